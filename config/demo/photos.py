"""Photos made by code: a plain scene with a caption, so that nothing is shown that somebody else took."""

from __future__ import annotations

import io
from functools import cache
from random import Random

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image, ImageDraw, ImageFont

SIZE = (960, 720)
FONT = "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc"


@cache
def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    try:
        return ImageFont.truetype(FONT, size)
    except OSError:
        return ImageFont.load_default(size)


def scene(caption: str, rng: Random, *, good: bool) -> SimpleUploadedFile:
    """A corridor drawn in perspective with boxes in the way (or none, after it was put right)."""
    wall = tuple(rng.randrange(170, 215) for _ in range(3))
    image = Image.new("RGB", SIZE, wall)
    draw = ImageDraw.Draw(image)
    width, height = SIZE
    far = (width * 0.36, height * 0.30, width * 0.64, height * 0.60)
    floor = tuple(max(0, shade - 60) for shade in wall)
    draw.polygon([(0, height), (far[0], far[3]), (far[2], far[3]), (width, height)], fill=floor)
    draw.polygon(
        [(0, 0), (far[0], far[1]), (far[2], far[1]), (width, 0)], fill=tuple(min(255, shade + 25) for shade in wall)
    )
    draw.rectangle(far, fill=(90, 110, 100))
    draw.rectangle((width * 0.47, height * 0.24, width * 0.53, height * 0.28), fill=(20, 130, 80))
    for _ in range(0 if good else rng.randrange(3, 7)):
        left, top = rng.randrange(120, width - 300), rng.randrange(430, 560)
        side = rng.randrange(70, 150)
        shade = rng.randrange(110, 170)
        draw.rectangle(
            (left, top, left + side, top + side), fill=(shade, shade - 30, shade - 70), outline=(70, 50, 30), width=3
        )
    return _photo(image, draw, caption)


def wet_wall(caption: str, rng: Random, *, good: bool) -> SimpleUploadedFile:
    """A corner of a room with a stain where water came through (or a fresh coat of paint, after it was put right)."""
    wall = tuple(rng.randrange(205, 235) for _ in range(3))
    image = Image.new("RGB", SIZE, wall)
    draw = ImageDraw.Draw(image)
    width, height = SIZE
    ceiling = tuple(min(255, shade + 15) for shade in wall)
    draw.polygon([(0, 0), (width * 0.3, height * 0.22), (width, height * 0.16), (width, 0)], fill=ceiling)
    draw.line([(width * 0.3, height * 0.22), (width * 0.3, height)], fill=tuple(shade - 35 for shade in wall), width=4)
    left, top = rng.randrange(330, 520), rng.randrange(150, 230)
    if good:
        draw.rectangle((left, top, left + 330, top + 260), fill=tuple(min(255, shade + 10) for shade in wall))
    for ring in range(0 if good else 7):
        shade = tuple(
            round(part * (0.72 + ring * 0.035) * tint) for part, tint in zip(wall, (1, 0.93, 0.8), strict=True)
        )
        edge = 170 - ring * 20
        for _ in range(5):
            x, y = left + rng.randrange(-40, 240), top + rng.randrange(-10, 200)
            draw.ellipse((x, y, x + edge * 1.3, y + edge), fill=shade)
    for _ in range(0 if good else 5):
        x, y = left + rng.randrange(0, 260), top + rng.randrange(180, 260)
        draw.line([(x, y), (x + rng.randrange(-6, 6), y + rng.randrange(60, 180))], fill=(150, 135, 110), width=3)
    return _photo(image, draw, caption)


def signed_sheet(number: str, opinion: str, name: str) -> SimpleUploadedFile:
    """A sheet with the customer's opinion and a signature."""
    image = Image.new("RGB", SIZE, (250, 249, 244))
    draw = ImageDraw.Draw(image)
    draw.text((340, 60), "客户意见确认单", font=_font(40), fill=(30, 30, 30))
    draw.text((90, 150), f"编号：{number}", font=_font(28), fill=(60, 60, 60))
    draw.text((90, 250), opinion, font=_font(32), fill=(25, 40, 110))
    draw.text((520, 520), f"签名：{name}", font=_font(40), fill=(25, 40, 110))
    draw.line([(600, 575), (820, 568)], fill=(80, 80, 80), width=2)
    return _file(image, "客户意见.jpg")


def lease(house: str, owner: str, tenant: str, term: str) -> SimpleUploadedFile:
    """The first page of a lease."""
    image = Image.new("RGB", SIZE, (252, 251, 247))
    draw = ImageDraw.Draw(image)
    draw.text((360, 50), "房屋租赁合同", font=_font(40), fill=(30, 30, 30))
    lines = [
        f"出租人（甲方）：{owner}",
        f"承租人（乙方）：{tenant}",
        f"房屋：{house}",
        f"租赁期限：{term}",
        "租金按季支付，押一付三。",
    ]
    for number, line in enumerate(lines):
        draw.text((90, 160 + number * 66), line, font=_font(28), fill=(45, 45, 45))
    draw.text((90, 600), f"甲方签名：{owner}", font=_font(32), fill=(25, 40, 110))
    draw.text((520, 600), f"乙方签名：{tenant}", font=_font(32), fill=(25, 40, 110))
    return _file(image, "租赁合同.jpg")


def _photo(image: Image.Image, draw: ImageDraw.ImageDraw, caption: str) -> SimpleUploadedFile:
    width, height = SIZE
    draw.rectangle((0, height - 64, width, height), fill=(25, 35, 30))
    draw.text((20, height - 54), caption[:30], font=_font(30), fill=(240, 240, 235))
    return _file(image, "现场照片.jpg")


def _file(image: Image.Image, name: str) -> SimpleUploadedFile:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=80)
    return SimpleUploadedFile(name, out.getvalue(), "image/jpeg")
