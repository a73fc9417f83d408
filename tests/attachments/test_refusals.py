"""Bad input: each refused file is one sentence in Chinese, and nothing of it is kept."""

import io
import struct
import zlib

import pytest
from PIL import Image, ImageFile

from foundation.attachments import registry
from foundation.attachments.contents import MAX_BYTES
from foundation.attachments.models import Attachment
from foundation.attachments.services import AttachmentError
from foundation.numbering.models import Counter

from .conftest import picture

PDF = b"%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\nstartxref\n0\n%%EOF\n"


def png_header(width: int, height: int) -> bytes:
    """A PNG of a few bytes that claims to be enormous."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 100)) + chunk(b"IEND", b"")
    )


def other_picture(kind: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (20, 20)).save(out, kind)
    return out.getvalue()


def refused(attach, files, data: bytes, name: str = "IMG.jpg", **more) -> str:
    with pytest.raises(AttachmentError) as refusal:
        attach(data, name, **more)
    assert not Attachment.objects.exists()
    assert not [path for path in files.rglob("*") if path.is_file()]
    return str(refusal.value)


@pytest.mark.parametrize(
    "data",
    [
        b"MZ\x90\x00 not a photo",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"<html><body>hello</body></html>",
        b"PK\x03\x04 a zip",
        "只是文字".encode(),
        other_picture("GIF"),
        other_picture("BMP"),
        other_picture("TIFF"),
        other_picture("AVIF"),
        PDF,
    ],
    ids=["exe", "svg", "html", "zip", "text", "gif", "bmp", "tiff", "avif", "pdf"],
)
def test_another_kind_of_file_under_the_name_of_a_photo(attach, files, data):
    assert refused(attach, files, data) == "不支持这种文件，只能上传 JPEG、PNG、WebP、HEIC 图片。"


def test_over_20_megabytes(attach, files):
    assert refused(attach, files, picture() + b"\0" * MAX_BYTES) == "文件超过 20 MB，请压缩后重新上传。"


def test_exactly_20_megabytes_is_taken(attach):
    data = picture()
    assert attach(data + b"\0" * (MAX_BYTES - len(data))).size == MAX_BYTES


def test_an_empty_file(attach, files):
    assert refused(attach, files, b"") == "文件是空的，请重新选择。"


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize("size", [(8000, 5001), (40_000_001, 1), (12_000, 12_000), (60_000, 60_000)])
def test_over_40_megapixels_is_told_from_the_header(attach, files, size, monkeypatch):
    """A small file that would unpack to gigabytes is never decoded."""
    monkeypatch.setattr(Image.Image, "load", lambda image: pytest.fail("decoded"))
    assert "最多 4000 万像素" in refused(attach, files, png_header(*size))


def test_exactly_40_megapixels_is_taken(attach):
    assert attach(picture(size=(8000, 5000))).width == 8000


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "HEIF"])
@pytest.mark.parametrize("part", [0.02, 0.5, 0.95])
def test_a_photo_cut_short(attach, files, kind, part):
    image = Image.effect_noise((600, 400), 80)
    out = io.BytesIO()
    image.convert("RGB").save(out, kind)
    data = out.getvalue()[: int(len(out.getvalue()) * part)]
    assert refused(attach, files, data) == "图片不完整或已损坏，请重新拍摄或选择后上传。"


def test_a_photo_cut_short_in_a_process_that_also_prints(attach, files, monkeypatch):
    """WeasyPrint switches this on for everyone as soon as it is imported."""
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)
    data = picture()
    assert "已损坏" in refused(attach, files, data[: len(data) // 2])


def test_a_photo_with_its_inside_overwritten(attach, files):
    data = bytearray(picture("PNG"))
    data[60:120] = b"\xff" * 60
    assert "已损坏" in refused(attach, files, bytes(data))


def test_a_pdf_only_where_the_slot_says_so(attach, files):
    registry.takes_pdf(Counter, "report")
    assert "只能上传 JPEG" in refused(attach, files, PDF, "报告.pdf")
    kept = attach(PDF, "检测报告.pdf", slot="report")
    assert (kept.content_type, kept.name, kept.is_image) == ("application/pdf", "检测报告.pdf", False)
    assert not kept.shown
    assert not kept.thumb
    assert attach(picture(), slot="report").is_image


def test_a_pdf_cut_short(attach, files):
    registry.takes_pdf(Counter, "report")
    assert "PDF 文件不完整" in refused(attach, files, PDF[:40], slot="report")


def test_a_pdf_slot_names_what_it_takes(attach, files):
    registry.takes_pdf(Counter, "report")
    assert refused(attach, files, b"MZ", slot="report") == "不支持这种文件，只能上传 JPEG、PNG、WebP、HEIC 图片或 PDF。"
