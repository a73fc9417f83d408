import hashlib
import io
from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction
from PIL import Image

from foundation.attachments.models import Attachment
from foundation.attachments.services import detach, photo_for_print
from foundation.numbering.models import Counter

from .conftest import exif, opened, picture


@pytest.mark.parametrize(
    ("kind", "content_type"),
    [("JPEG", "image/jpeg"), ("PNG", "image/png"), ("WEBP", "image/webp"), ("HEIF", "image/heic")],
)
def test_the_four_kinds_of_photo_are_kept_and_shown_as_jpeg(attach, kind, content_type):
    data = picture(kind, (2000, 1000))
    kept = attach(data, "现场.bin")
    assert (kept.content_type, kept.width, kept.height, kept.size) == (content_type, 2000, 1000, len(data))
    assert kept.sha256 == hashlib.sha256(data).hexdigest()
    assert kept.original.open().read() == data
    assert (opened(kept.shown).format, opened(kept.shown).size) == ("JPEG", (1600, 800))
    assert (opened(kept.thumb).format, opened(kept.thumb).size) == ("JPEG", (320, 160))
    assert kept.thumb_size == (320, 160)


def test_the_kind_is_told_by_content_and_the_name_follows(attach):
    assert attach(picture("PNG"), r"C:\照片\门.jpg").name == "门.png"
    assert attach(picture(), "../../etc/passwd").name == "passwd.jpg"
    assert attach(picture(), "照\x00片\n.JPG").name == "照片.jpg"


def test_a_small_photo_is_not_blown_up(attach):
    kept = attach(picture(size=(100, 50)))
    assert opened(kept.shown).size == opened(kept.thumb).size == (100, 50)


def test_position_stays_in_the_original_only(attach):
    data = picture(exif=exif(taken="2026:11:03 10:20:30", position=True))
    assert Image.open(io.BytesIO(data)).getexif().get_ifd(0x8825)
    kept = attach(data)
    for field in (kept.shown, kept.thumb):
        assert not dict(opened(field).getexif())
        with field.storage.open(field.name) as file:
            assert b"Exif" not in file.read()
    assert kept.original.open().read() == data


def test_comments_and_xmp_are_not_shown(attach):
    secret = b"<x:xmpmeta>GPSLatitude 30,16</x:xmpmeta>"
    kept = attach(picture(comment=b"30.2741N", xmp=secret))
    shown = kept.shown.open().read()
    assert b"GPSLatitude" not in shown
    assert b"30.2741N" not in shown


@pytest.mark.parametrize("kind", ["JPEG", "WEBP", "PNG", "HEIF"])
def test_the_time_of_taking_comes_from_the_camera_in_shanghai_time(attach, kind):
    kept = attach(picture(kind, exif=exif(taken="2026:11:03 10:20:30")))
    assert kept.taken_at == datetime(2026, 11, 3, 2, 20, 30, tzinfo=UTC)


def test_a_camera_that_knows_its_offset_is_believed(attach):
    kept = attach(picture(exif=exif(taken="2026:11:03 10:20:30", offset="+09:00")))
    assert kept.taken_at == datetime(2026, 11, 3, 1, 20, 30, tzinfo=UTC)


def test_what_the_device_says_comes_first(attach, at):
    kept = attach(picture(exif=exif(taken="2026:11:03 10:20:30")), taken_at=at - timedelta(hours=1))
    assert kept.taken_at == at - timedelta(hours=1)


@pytest.mark.parametrize("taken", ["", "0000:00:00 00:00:00", "昨天"])
def test_without_a_usable_time_there_is_none(attach, taken):
    data = picture(exif=exif(taken=taken) if taken.isascii() else b"")
    assert attach(data).taken_at is None


@pytest.mark.parametrize(
    ("orientation", "red"),
    [(1, "left"), (2, "right"), (3, "right"), (4, "left"), (5, "top"), (6, "top"), (7, "bottom"), (8, "bottom")],
)
def test_it_stands_upright_however_the_camera_was_held(attach, orientation, red):
    """The file has red on its left; the tag says where that side belongs."""
    kept = attach(picture(size=(800, 400), exif=exif(orientation=orientation)))
    size = (800, 400) if orientation < 5 else (400, 800)
    shown = opened(kept.shown)
    assert (kept.width, kept.height) == shown.size == size
    width, height = size
    spots = {
        "left": (20, height // 2),
        "right": (width - 20, height // 2),
        "top": (width // 2, 20),
        "bottom": (width // 2, height - 20),
    }
    assert shown.getpixel(spots[red])[0] > 200


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")
def test_garbled_exif_is_no_reason_to_refuse(attach):
    kept = attach(picture(exif=b"Exif\0\0MM\0*\0\0\xff\xff garbage"))
    assert (kept.taken_at, opened(kept.shown).size) == (None, (640, 480))
    assert attach(picture(exif=b"Exif\0\0not a tiff")).taken_at is None


@pytest.mark.parametrize(
    ("kind", "mode"),
    [("PNG", "RGBA"), ("PNG", "P"), ("PNG", "LA"), ("PNG", "1"), ("JPEG", "CMYK"), ("JPEG", "L"), ("WEBP", "RGBA")],
)
def test_every_colour_mode_is_shown(attach, kind, mode):
    assert opened(attach(picture(kind, mode=mode)).shown).mode == "RGB"


def test_a_photo_with_a_second_picture_in_it_is_a_jpeg(attach):
    second = Image.new("RGB", (64, 48))
    assert attach(picture("MPO", save_all=True, append_images=[second])).content_type == "image/jpeg"


def test_transparent_becomes_white(attach):
    out = io.BytesIO()
    Image.new("RGBA", (50, 50), (0, 0, 0, 0)).save(out, "PNG")
    assert opened(attach(out.getvalue()).shown).getpixel((25, 25)) == (255, 255, 255)


def test_the_files_of_many_records_in_one_query(attach, owner, django_assert_num_queries):
    other = Counter.objects.create(kind="ZG", place="HZ02", period="202611", last=1)
    first, second = attach(picture()), attach(picture(), slot="before")
    third = attach(picture(), owner=other)
    with django_assert_num_queries(1):
        found = Attachment.objects.for_owners(Counter, [owner.pk, other.pk, 0]).by_owner()
    assert found == {owner.pk: [first, second], other.pk: [third]}
    assert list(Attachment.objects.for_owner(owner, "before")) == [second]


def test_a_file_taken_away_is_no_longer_found(attach, owner):
    detach(attachment=attach(picture()))
    assert not Attachment.objects.for_owner(owner).exists()


def test_a_photo_for_print_is_at_most_800_pixels(attach):
    printed = Image.open(io.BytesIO(photo_for_print(attach(picture(size=(3000, 1500))))))
    assert (printed.format, printed.size) == ("JPEG", (800, 400))


def test_no_row_without_its_file(attach, files, monkeypatch):
    """A disk that is full fails before there is a row."""
    monkeypatch.setattr("foundation.attachments.services._save", lambda name, content: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        attach(picture())
    assert not Attachment.objects.exists()


def test_a_rolled_back_upload_leaves_files_but_no_row(attach, files):
    with transaction.atomic():
        attach(picture())
        transaction.set_rollback(True)
    assert not Attachment.objects.exists()
    assert list(files.rglob("original.jpg"))
