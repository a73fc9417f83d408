"""Signing one text: kept whole, once per text, never changed (HND-5)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connection, transaction

from foundation.attachments.models import Attachment
from foundation.journal.models import Entry
from foundation.numbering.models import Counter
from foundation.records.refusals import Refused
from foundation.signatures.models import SLOT, Signature
from foundation.signatures.services import is_signed, signatures, signed
from foundation.signatures.texts import digest
from tests.attachments.conftest import picture
from tests.signatures.conftest import AT, TEXT
from tests.signatures.drawings import DOT, OTHER_NAME

LATER = AT + timedelta(minutes=7)


def scan(data: bytes | None = None, name: str = "签收单.jpg") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, picture() if data is None else data)


def refused(sentence: str):
    return pytest.raises(Refused, match=sentence)


def test_it_keeps_the_text_its_hash_the_strokes_and_the_picture(sign, subject, staff):
    sign(at=AT)
    found = signed(subject, "keys")
    assert (found.signer, found.title, found.text, found.sha256) == ("王芳", "《钥匙签收单》", TEXT, digest(TEXT))
    assert (found.at, found.by, found.round) == (AT, staff, 1)
    assert len(found.strokes["strokes"]) == 2
    assert found.drawing.strokes[1][0] == (300, 110, 900)
    assert (found.picture.content_type, found.picture.slot, found.picture.owner_id) == ("image/png", SLOT, subject.pk)
    entry = Entry.objects.about(subject).get(verb="signature.sign")
    assert entry.data == {"paper": "《钥匙签收单》", "signer": "王芳"}


@pytest.mark.parametrize(
    ("data", "name", "kind"),
    [(None, "签收单.jpg", "image/jpeg"), (b"%PDF-1.4\nstartxref\n%%EOF", "签收单.pdf", "application/pdf")],
)
def test_a_scan_takes_the_place_of_a_drawing(sign, subject, data, name, kind):
    sign(strokes="", scan=scan(data, name))
    found = signed(subject, "keys")
    assert (found.is_drawn, found.drawing, found.picture.content_type) == (False, None, kind)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"strokes": ""}, "请签名。"),
        ({"strokes": DOT}, "这不像一个签名"),
        ({"strokes": "{}"}, "签名没有完整传到"),
        ({"signer": "  "}, "请填写签名人。"),
        ({"scan": scan()}, "只能选一种"),
        ({"seen": digest("别的文字")}, "请重新阅读"),
        ({"strokes": "", "scan": scan(b"not a picture")}, "不支持这种文件"),
        ({"strokes": "", "scan": scan(b"")}, "文件是空的"),
    ],
)
def test_what_is_no_signature_leaves_nothing_behind(sign, subject, given, sentence):
    with refused(sentence):
        sign(**given)
    assert signed(subject, "keys") is None
    assert not Attachment.objects.exists()
    assert not Entry.objects.about(subject).exists()


def test_the_same_text_is_signed_once(sign, subject):
    sign()
    with refused("已经签过这份文件"):
        sign(at=LATER, strokes=OTHER_NAME)
    with refused("已经签过这份文件"):
        sign(at=LATER, reason="   ")
    assert signatures(subject).count() == 1
    assert Attachment.objects.count() == 1


def test_with_a_reason_it_is_signed_again_and_the_first_one_stays(sign, subject):
    sign(signer="王方")
    sign(at=LATER, reason="签名人写错")
    first, second = signatures(subject)
    assert (first.round, first.signer, second.round, second.signer, second.reason) == (
        1,
        "王方",
        2,
        "王芳",
        "签名人写错",
    )
    assert signed(subject, "keys") == second


def test_a_changed_text_has_to_be_signed_again(sign, subject):
    sign()
    assert is_signed(subject, "keys", TEXT)
    assert not is_signed(subject, "keys", TEXT + "另加一条。")
    sign(text=TEXT + "另加一条。", at=LATER)
    assert is_signed(subject, "keys", TEXT + "另加一条。")
    assert not is_signed(subject, "keys", TEXT), "only the last round counts"


def test_another_slot_and_another_record_are_signed_by_themselves(sign, subject):
    other = Counter.objects.create(kind="ZG", place="HZ02", period="202611", last=1)
    sign()
    sign(slot="safety")
    sign(subject=other)
    assert {one.slot for one in signatures(subject)} == {"keys", "safety"}
    assert [one.slot for one in signatures(other)] == ["keys"]


@pytest.mark.parametrize("change", [{"signer": "李四"}, {"text": "别的"}, {"strokes": None}])
def test_nobody_changes_a_signature(sign, change):
    sign()
    with pytest.raises(IntegrityError, match="签名只能增加"), transaction.atomic():
        Signature.objects.update(**change)
    assert Signature.objects.get().signer == "王芳"


def test_nobody_empties_the_signatures(sign):
    sign()
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET LOCAL dudao.allow_truncate = 'off'")
        with pytest.raises(IntegrityError, match="签名不能清空"), transaction.atomic():
            cursor.execute("TRUNCATE signatures_signature CASCADE")
    assert Signature.objects.count() == 1


def test_nobody_deletes_a_signature(sign):
    sign()
    with pytest.raises(IntegrityError, match="签名只能增加"), transaction.atomic():
        Signature.objects.all().delete()
    assert Signature.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_eight_who_sign_at_once_one_is_kept(sign, subject):
    def one(number: int) -> str:
        try:
            return sign(signer=f"王{number}").signer
        except Refused as refusal:
            return refusal.sentence
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        said = list(pool.map(one, range(8)))
    assert Signature.objects.count() == Attachment.objects.count() == 1
    assert [word for word in said if len(word) < 5] == [Signature.objects.get().signer]
    assert all("刚刚在另一处签好" in word or "已经签过" in word for word in said if len(word) >= 5)
