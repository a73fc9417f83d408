"""What the desk's form brings to a registration: who the found caller is, and photos that came before there is a case."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from django.contrib.auth import get_user_model
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction

from complaints.choices import CallerKind
from complaints.models import Case
from complaints.services.registering import PHOTOS, Caller, register_case
from estates.models import Building, NameKey, Owner, Tenant
from estates.search import Found
from foundation.attachments.models import Attachment
from foundation.attachments.querysets import AttachmentQuerySet, kind_of
from foundation.attachments.services import AttachmentError, attach
from foundation.records.refusals import Refused

if TYPE_CHECKING:
    from accounts.models import User

# As long as the device keeps the words of a form that was not sent.
KEPT = timedelta(days=7)
KINDS = {
    NameKey.Kind.OWNER.label: CallerKind.OWNER,
    NameKey.Kind.CO_OWNER.label: CallerKind.OWNER,
    NameKey.Kind.TENANT.label: CallerKind.TENANT,
}


# --- the caller -----------------------------------------------------------------------------------------------------


def kind_of_caller(found: Found) -> str:
    return KINDS.get(found.kind, CallerKind.OTHER)


def phone_of(found: Found) -> str:
    """The full phone of a found person, which no page shows (ORG-4)."""
    people = {NameKey.Kind.OWNER.label: Owner, NameKey.Kind.TENANT.label: Tenant}
    if found.person_id is None or found.kind not in people:
        return ""
    return people[found.kind].objects.filter(pk=found.person_id).values_list("phone", flat=True).first() or ""


def caller_of(
    found: Found | None, *, name: str, kind: str, phone: str, building: Building | None = None, place: str = ""
) -> Caller:
    """Who calls. The phone on file is copied for the person it belongs to; another one of the house gives their own."""
    if found is None:
        return Caller(building=building, place=place, kind=kind, name=name, phone=phone)
    if not phone and name in ("", found.name):
        phone = phone_of(found)
    return Caller(house=found.house, place=place, kind=kind, name=name or found.name, phone=phone)


# --- photos ---------------------------------------------------------------------------------------------------------


def keep_photos(*, key: UUID, photos: Sequence[UploadedFile], by: User, at: datetime) -> None:
    """Keep the photos of a form until it becomes a case; Refused names those that are none, the good ones stay.

    Until then they are their sender's and nobody reads them. What became nothing within a week is dropped.
    """
    _kept(by).filter(slot__startswith="new:", at__lt=at - KEPT).delete()
    faults = []
    for photo in photos:
        try:
            attach(owner=by, slot=_slot(key), upload=photo, by=by, at=at)
        except AttachmentError as error:
            faults.append(f"{photo.name}：{error}")
    if faults:
        raise Refused(" ".join(faults))


def kept_photos(*, key: UUID, by: User) -> list[Attachment]:
    return list(_kept(by).filter(slot=_slot(key)))


def register_with_photos(*, key: UUID, by: User, at: datetime, **given: Any) -> Case:
    """`register_case`, with the photos that were kept under the form's key."""
    with transaction.atomic():
        case = register_case(by=by, at=at, client_key=_free(key, by), **given)
        _kept(by).filter(slot=_slot(key)).update(owner_kind=kind_of(Case), owner_id=case.pk, slot=PHOTOS)
    return case


def _free(key: UUID, by: User) -> UUID:
    """A key that somebody else's case has was made up; it must not lead there, nor stand in the way (ORG-2)."""
    taken = Case.objects.filter(client_key=key).exclude(registered_by=by).exists()
    return uuid4() if taken else key


def _kept(by: User) -> AttachmentQuerySet:
    return Attachment.objects.for_owners(get_user_model(), [by.pk])


def _slot(key: UUID) -> str:
    return f"new:{key.hex}"
