"""Files made by code; every test keeps them in a folder of its own."""

import io
import uuid
from datetime import UTC, datetime

import pytest
from django.contrib.auth import get_user_model
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import ExifTags, Image

from foundation.attachments import registry, services
from foundation.numbering.models import Counter

AT = datetime(2026, 11, 3, 2, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


@pytest.fixture(autouse=True)
def rules(monkeypatch):
    monkeypatch.setattr(registry, "_readable", {})
    monkeypatch.setattr(registry, "_pdf_slots", set())


@pytest.fixture
def at():
    return AT


@pytest.fixture
def zhang(db):
    return get_user_model().objects.create_user("zhang", name="张工")


@pytest.fixture
def owner(db):
    """Any record will do: attachments know none."""
    return Counter.objects.create(kind="ZG", place="HZ01", period="202611", last=1)


@pytest.fixture
def attach(owner, zhang, at):
    def call(data: bytes, name: str = "IMG_0001.jpg", **more):
        arguments = {"owner": owner, "slot": "after", "by": zhang, "at": at, "client_key": None} | more
        return services.attach(upload=SimpleUploadedFile(name, data), **arguments)

    return call


def exif(*, taken: str = "", offset: str = "", orientation: int = 0, position: bool = False) -> bytes:
    tags = Image.Exif()
    if orientation:
        tags[ExifTags.Base.Orientation] = orientation
    camera = tags.get_ifd(ExifTags.IFD.Exif)
    if taken:
        camera[ExifTags.Base.DateTimeOriginal] = taken
    if offset:
        camera[ExifTags.Base.OffsetTimeOriginal] = offset
    if position:
        tags.get_ifd(ExifTags.IFD.GPSInfo).update({1: "N", 2: (30.0, 16.0, 25.0), 3: "E", 4: (120.0, 9.0, 11.0)})
    return tags.tobytes()


def picture(kind: str = "JPEG", size: tuple[int, int] = (640, 480), mode: str = "RGB", **options) -> bytes:
    """Left half red, right half blue, so that turning it shows."""
    image = Image.new("RGB", size, "red")
    image.paste("blue", (size[0] // 2, 0, *size))
    out = io.BytesIO()
    image.convert(mode).save(out, kind, **options)
    return out.getvalue()


def opened(field) -> Image.Image:
    with field.storage.open(field.name) as file:
        return Image.open(io.BytesIO(file.read()))


def key() -> uuid.UUID:
    return uuid.uuid4()
