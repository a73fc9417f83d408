"""Signing: the one way in which a signature comes to be."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.core.files.uploadedfile import SimpleUploadedFile, UploadedFile
from django.db import IntegrityError, models, transaction
from django.db.models import QuerySet

from foundation.attachments.models import Attachment
from foundation.attachments.querysets import kind_of
from foundation.attachments.services import AttachmentError, attach
from foundation.journal.services import record
from foundation.records.refusals import Refused
from foundation.signatures import drawing as drawn
from foundation.signatures.models import SLOT, Signature
from foundation.signatures.texts import digest, tidy

AGAIN = "已经签过这份文件；如需重签，请写明原因。"
CHANGED = "文件内容刚刚有变化，请重新阅读后再签名。"
AT_ONCE = "这份文件刚刚在另一处签好了，请刷新页面查看。"


def sign(
    *,
    subject: models.Model,
    slot: str,
    signer: str,
    title: str,
    text: str,
    by: AbstractBaseUser,
    at: datetime,
    strokes: str = "",
    scan: UploadedFile | None = None,
    node: models.Model | int | None = None,
    reason: str = "",
    seen: str = "",
) -> Signature:
    """Keep the signature of `signer` under exactly this `text` (HND-5). `by` is the member of staff who was present.

    `strokes` is what the signature field sends; a `scan` of the signed paper takes its place. Refused: neither of them,
    both, a drawing that is no signature, a damaged scan, a text whose hash is not the one that was `seen`, and the same
    text a second time without a `reason`. A text that has changed since is signed as a new round. Of two who sign at
    once, one is kept and the other refused.
    """
    signer, reason, text = signer.strip(), reason.strip(), tidy(text)
    if not signer:
        raise Refused("请填写签名人。")
    if strokes.strip() and scan:
        raise Refused("屏幕签名和扫描件只能选一种，请清除其中一个。")
    if seen and seen != digest(text):
        raise Refused(CHANGED)
    drawing = None if scan else drawn.read(strokes)
    with transaction.atomic():
        last = signed(subject, slot)
        if last and last.sha256 == digest(text) and not reason:
            raise Refused(AGAIN)
        signature = Signature(
            subject_kind=kind_of(subject),
            subject_id=subject.pk,
            slot=slot,
            round=last.round + 1 if last else 1,
            signer=signer,
            title=title,
            text=text,
            sha256=digest(text),
            strokes=drawing.as_json() if drawing else None,
            picture=_picture(subject, drawing, scan, title, by, at),
            reason=reason,
            at=at,
            by_id=by.pk,
        )
        try:
            with transaction.atomic():
                signature.save(force_insert=True)
        except IntegrityError:
            raise Refused(AT_ONCE) from None
        said: dict[str, Any] = {"paper": title, "signer": signer} | ({"reason": reason} if reason else {})
        record(subject, "signature.sign", by=by, at=at, node=node, **said)
    return signature


def signed(subject: models.Model, slot: str) -> Signature | None:
    """The last round, or None where nobody has signed."""
    return Signature.objects.in_slot(subject, slot).select_related("picture", "by").first()


def is_signed(subject: models.Model, slot: str, text: str) -> bool:
    """Whether the last signature stands under exactly this text."""
    last = Signature.objects.in_slot(subject, slot).values_list("sha256", flat=True).first()
    return last == digest(text)


def signatures(subject: models.Model) -> QuerySet[Signature]:
    """All that was signed there, all rounds, oldest first."""
    return Signature.objects.about(subject).select_related("picture", "by")


def _picture(
    subject: models.Model,
    drawing: drawn.Drawing | None,
    scan: UploadedFile | None,
    title: str,
    by: AbstractBaseUser,
    at: datetime,
) -> Attachment:
    """The drawing as a picture made here, never one that a browser sends; or the scan."""
    upload = scan or SimpleUploadedFile(f"{title}签名.png", drawn.png(drawing), "image/png")  # type: ignore[arg-type]
    try:
        return attach(owner=subject, slot=SLOT, upload=upload, by=by, at=at)
    except AttachmentError as error:
        raise Refused(str(error)) from None
