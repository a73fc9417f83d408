"""扫码报事: the codes that owners scan, and what they may do with them without a login (CMP-1, channel 扫码).

An address carries a random key with a signature: it can't be guessed, and it can be ended. A report's own address is
the case's key, signed; it shows the progress of this case and nothing about anyone else.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.core.signing import BadSignature, Signer
from django.db import transaction
from django.urls import reverse

from accounts.rights import Right
from complaints.choices import CallerKind, Channel
from complaints.models import Case, ReportCode
from complaints.services.registering import PHOTOS, Caller, register_case
from estates.models import Estate, House
from foundation.attachments.models import Attachment
from foundation.attachments.querysets import AttachmentQuerySet, kind_of
from foundation.attachments.services import AttachmentError, attach
from foundation.journal.services import record
from foundation.records.refusals import Refused

if TYPE_CHECKING:
    from accounts.models import User

CODES = Signer(sep=".", salt="complaints.code")
CASES = Signer(sep=".", salt="complaints.case")
MOST_PHOTOS = 6


# --- making and ending ----------------------------------------------------------------------------------------------


def make_code(*, estate: Estate, house: House | None = None, by: User, at: datetime) -> ReportCode:
    """生成 the code of an estate or a house; the one that was in use ends, so that a leaked one can be replaced."""
    _may_make(estate, by)
    if house is not None and house.estate_id != estate.pk:
        raise Refused("这套房屋不在本项目。")
    with transaction.atomic():
        # One at a time for an estate: the constraint on codes in use would refuse the second.
        Estate.objects.select_for_update(of=("self",)).get(pk=estate.pk)
        for code in ReportCode.objects.filter(estate=estate, house=house, ended_at=None):
            _end(code, by, at)
        code = ReportCode.objects.create(estate=estate, house=house, made_at=at, made_by=by)
        record(code, "code.make", by=by, at=at, node=estate.pk)
    return code


def end_code(*, code: ReportCode, by: User, at: datetime) -> ReportCode:
    """停用: whoever scans it is told to ring the desk."""
    _may_make(code.estate, by)
    with transaction.atomic():
        code = ReportCode.objects.select_for_update(of=("self",)).select_related("estate", "house").get(pk=code.pk)
        if code.ended_at is not None:
            raise Refused("这个报事码已经停用。")
        _end(code, by, at)
    return code


def _end(code: ReportCode, by: User, at: datetime) -> None:
    code.ended_at = at
    code.save(update_fields=["ended_at"])
    record(code, "code.end", by=by, at=at, node=code.estate_id)


def _may_make(estate: Estate, user: User) -> None:
    if not user.may(Right.MAKE_CODES, estate):
        raise Refused("您的岗位不能生成报事码。")


# --- addresses ------------------------------------------------------------------------------------------------------


def report_path(code: ReportCode) -> str:
    """Where an owner reports by this code."""
    return reverse("complaints:report_form", args=[CODES.sign(code.key)])


def address_of(code: ReportCode) -> str:
    """The absolute address in the QR."""
    return f"{settings.SITE_URL}{report_path(code)}"


def code_of(signed: str) -> ReportCode | None:
    """The code in use behind a signed key; None for one that was made up or has ended."""
    try:
        key = CODES.unsign(signed)
    except BadSignature:
        return None
    codes = ReportCode.objects.filter(key=key, ended_at=None, estate__is_active=True)
    return codes.select_related("estate__parent", "house").first()


def estate_of_ended(signed: str) -> Estate | None:
    """Whose desk is to be rung by whoever scans a code that has ended; None for one that was made up."""
    try:
        key = CODES.unsign(signed)
    except BadSignature:
        return None
    code = ReportCode.objects.filter(key=key, estate__is_active=True).select_related("estate").first()
    return code.estate if code else None


def progress_path(case: Case) -> str:
    """Where the one who reported follows the case."""
    return reverse("complaints:report_progress", args=[CASES.sign(str(case.pk))])


def reported_case(signed: str) -> Case | None:
    """The case behind a signed key: only what came by a scan has such a page."""
    try:
        pk = CASES.unsign(signed)
    except BadSignature:
        return None
    return Case.objects.filter(pk=int(pk), channel=Channel.SCAN).select_related("estate__parent", "house").first()


# --- reporting ------------------------------------------------------------------------------------------------------


def keep_photos(*, code: ReportCode, key: UUID, photos: Sequence[UploadedFile], at: datetime) -> None:
    """Keep the photos of a form until it becomes a case; Refused names those that are none, the good ones stay."""
    faults = []
    for photo in photos:
        if len(kept_photos(code=code, key=key)) >= MOST_PHOTOS:
            faults.append(f"最多 {MOST_PHOTOS} 张照片。")
            break
        try:
            attach(owner=code, slot=_slot(key), upload=photo, by=None, at=at)
        except AttachmentError as error:
            faults.append(f"{photo.name}：{error}")
    if faults:
        raise Refused(" ".join(faults))


def kept_photos(*, code: ReportCode, key: UUID) -> AttachmentQuerySet:
    return Attachment.objects.for_owner(code, slot=_slot(key))


def _slot(key: UUID) -> str:
    return f"new:{key.hex}"


def report_case(
    *, code: ReportCode, key: UUID, kind: str, text: str, name: str, phone: str, at: datetime, place: str = ""
) -> Case:
    """报事: a case by the customer's own hand, with the photos kept under the form's key; sent twice it is one case."""
    caller = Caller(house=code.house, place=place.strip(), kind=CallerKind.OTHER, name=name.strip(), phone=phone)
    with transaction.atomic():
        case = register_case(
            estate=code.estate,
            caller=caller,
            channel=Channel.SCAN,
            kind=kind,
            text=text,
            by=None,
            at=at,
            client_key=key,
        )
        kept_photos(code=code, key=key).update(owner_kind=kind_of(Case), owner_id=case.pk, slot=PHOTOS)
    return case
