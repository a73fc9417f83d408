"""What an uploaded file is, judged by its content, and the two pictures made of it. No database here."""

import hashlib
import io
import logging
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import IO, Any, TypeAlias
from zoneinfo import ZoneInfo

import pillow_heif
from django.core.files.base import File
from PIL import ExifTags, Image, ImageFile

from foundation.attachments.models import PDF, THUMB_SIDE

Readable: TypeAlias = "IO[bytes] | File[Any]"
logger = logging.getLogger(__name__)
pillow_heif.register_heif_opener()

MEGABYTE = 1024 * 1024
MAX_BYTES = 20 * MEGABYTE
MAX_PIXELS = 40_000_000
SHOWN_SIDE, SHOWN_QUALITY = 1600, 85
THUMB_QUALITY = 80
SHANGHAI = ZoneInfo("Asia/Shanghai")

# What Pillow may try, and what comes out. MPO is how some phones write a JPEG with a second picture in it.
OPENERS = ["JPEG", "PNG", "WEBP", "HEIF"]
TYPES = {
    "JPEG": ("image/jpeg", "jpg"),
    "MPO": ("image/jpeg", "jpg"),
    "PNG": ("image/png", "png"),
    "WEBP": ("image/webp", "webp"),
    "HEIF": ("image/heic", "heic"),
}

# EXIF orientation: how the picture has to be turned to stand upright. From 5 on, width and height change places.
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
LYING = {5, 6, 7, 8}


class AttachmentError(Exception):
    """A file that is refused; the message is the sentence for the user."""


@dataclass(frozen=True, slots=True)
class Content:
    """A file that was looked at and accepted."""

    content_type: str
    suffix: str
    width: int | None = None
    height: int | None = None
    taken_at: datetime | None = None
    shown: bytes = b""
    thumb: bytes = b""


def measure(file: Readable) -> tuple[int, str]:
    """Size in bytes and SHA-256, read in pieces; refuses an empty file and one over 20 MB."""
    digest, size = hashlib.sha256(), 0
    file.seek(0)
    while piece := file.read(MEGABYTE):
        size += len(piece)
        if size > MAX_BYTES:
            raise AttachmentError("文件超过 20 MB，请压缩后重新上传。")
        digest.update(piece)
    if not size:
        raise AttachmentError("文件是空的，请重新选择。")
    return size, digest.hexdigest()


def read(file: Readable, *, pdf: bool) -> Content:
    """Look at a measured file: what it is, whether it is intact, when it was taken; make its two pictures.

    Raises AttachmentError for what is no JPEG, PNG, WebP or HEIC (or PDF where `pdf`), over 40 megapixels or damaged.
    The size in pixels comes from the header, before anything is decoded.
    """
    if pdf and _begins(file, b"%PDF-"):
        if not _is_whole_pdf(file):
            raise AttachmentError("PDF 文件不完整或已损坏，请重新导出后上传。")
        return Content(PDF, "pdf")
    image = _open(file, pdf=pdf)
    content_type, suffix = TYPES[image.format or ""]
    width, height = image.size
    if width * height > MAX_PIXELS:
        raise AttachmentError(f"图片像素过大（{width}×{height}），最多 4000 万像素，请缩小后重新上传。")
    # WeasyPrint, once imported, lets Pillow fill cut-off pictures with grey in the whole process.
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    # Damaged files make decoders raise almost anything; the user can do one thing about all of it.
    try:
        # A JPEG can be decoded at half or a quarter of its size, which saves most of the time and memory.
        image.draft("RGB", (SHOWN_SIDE, SHOWN_SIDE))
        image.load()
        exif = _exif(image)
        orientation = exif.get(ExifTags.Base.Orientation, 1)
        shown = _shown(image, turn=TURNS.get(orientation))
    except Exception as damage:
        logger.info("Refused a damaged picture", exc_info=True)
        raise AttachmentError("图片不完整或已损坏，请重新拍摄或选择后上传。") from damage
    if orientation in LYING:
        width, height = height, width
    thumb = shown.copy()
    thumb.thumbnail((THUMB_SIDE, THUMB_SIDE), Image.Resampling.LANCZOS)
    return Content(
        content_type,
        suffix,
        width,
        height,
        _taken_at(exif),
        shown=_jpeg(shown, SHOWN_QUALITY),
        thumb=_jpeg(thumb, THUMB_QUALITY),
    )


def scaled(picture: bytes, side: int) -> bytes:
    """A picture as a JPEG whose longer side is at most `side` pixels."""
    image = Image.open(io.BytesIO(picture))
    image.draft("RGB", (side, side))
    image.thumbnail((side, side), Image.Resampling.LANCZOS)
    return _jpeg(image, THUMB_QUALITY)


def _begins(file: Readable, mark: bytes) -> bool:
    file.seek(0)
    return file.read(len(mark)) == mark


def _is_whole_pdf(file: Readable) -> bool:
    file.seek(0, io.SEEK_END)
    file.seek(max(0, file.tell() - 2048))
    tail = file.read()
    return b"startxref" in tail and b"%%EOF" in tail


def _open(file: Readable, *, pdf: bool) -> Image.Image:
    """The picture's header; nothing is decoded yet."""
    file.seek(0)
    try:
        return Image.open(file, formats=OPENERS)
    except Image.DecompressionBombError as bomb:
        raise AttachmentError("图片像素过大，最多 4000 万像素，请缩小后重新上传。") from bomb
    except Exception as unknown:
        if _looks_like_picture(file):
            logger.info("Refused a damaged picture", exc_info=True)
            raise AttachmentError("图片不完整或已损坏，请重新拍摄或选择后上传。") from unknown
        kinds = "JPEG、PNG、WebP、HEIC 图片或 PDF" if pdf else "JPEG、PNG、WebP、HEIC 图片"
        raise AttachmentError(f"不支持这种文件，只能上传 {kinds}。") from unknown


def _looks_like_picture(file: Readable) -> bool:
    """It begins as one of our types does: then it is a broken picture rather than another kind of file."""
    file.seek(0)
    head = file.read(12)
    return (
        head.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"))
        or (head[:4] == b"RIFF" and head[8:] == b"WEBP")
        or (head[4:8] == b"ftyp" and head[8:] in {b"heic", b"heix", b"mif1"})
    )


def _exif(image: Image.Image) -> Image.Exif:
    """What the camera wrote beside a decoded picture. Many apps garble it, which is no reason to refuse the photo."""
    try:
        return image.getexif()
    except Exception:
        return Image.Exif()


def _shown(image: Image.Image, *, turn: Image.Transpose | None) -> Image.Image:
    """Upright, at reading size, on white, and without any of what came along with it."""
    profile = image.info.get("icc_profile") if image.mode in {"RGB", "RGBA"} else None
    if image.has_transparency_data:
        layer = image.convert("RGBA")
        picture = Image.new("RGB", layer.size, "white")
        picture.paste(layer, mask=layer.getchannel("A"))
    else:
        picture = image.convert("RGB")
    picture.thumbnail((SHOWN_SIDE, SHOWN_SIDE), Image.Resampling.LANCZOS)
    if turn is not None:
        picture = picture.transpose(turn)
    # Position, comments and XMP stay behind; colours are kept as they were meant.
    picture.info = {"icc_profile": profile} if profile else {}
    return picture


def _jpeg(picture: Image.Image, quality: int) -> bytes:
    out = io.BytesIO()
    picture.convert("RGB").save(
        out, "JPEG", quality=quality, optimize=True, icc_profile=picture.info.get("icc_profile"), exif=b""
    )
    return out.getvalue()


def _taken_at(exif: Image.Exif) -> datetime | None:
    """When the camera says it was taken. A camera without an offset is on Shanghai time."""
    try:
        camera = exif.get_ifd(ExifTags.IFD.Exif)
        moment = datetime.strptime(str(camera[ExifTags.Base.DateTimeOriginal]).strip("\0 "), "%Y:%m:%d %H:%M:%S")  # noqa: DTZ007
    except Exception:
        return None
    return moment.replace(tzinfo=_offset(str(camera.get(ExifTags.Base.OffsetTimeOriginal, ""))) or SHANGHAI)


def _offset(text: str) -> timezone | None:
    """ "+08:00" as a time zone."""
    try:
        return timezone(datetime.strptime(text.strip("\0 "), "%z").utcoffset() or timedelta(0))
    except ValueError:
        return None
