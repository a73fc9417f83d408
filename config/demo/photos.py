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
    draw.rectangle((0, height - 64, width, height), fill=(25, 35, 30))
    draw.text((20, height - 54), caption[:34], font=_font(30), fill=(240, 240, 235))
    out = io.BytesIO()
    image.save(out, "JPEG", quality=80)
    return SimpleUploadedFile("现场照片.jpg", out.getvalue(), "image/jpeg")
