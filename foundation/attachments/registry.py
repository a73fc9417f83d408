"""Who may read a file, and which slots take a PDF: said by the app that owns the record, in `AppConfig.ready()`.

    @registry.readable(Rectification)
    def rectifications(user):
        return Rectification.objects.visible_to(user)

    registry.takes_pdf(Rectification, "report")

Where one slot is for fewer eyes than the rest (copies of documents, ORG-4), it is said for that slot: `readable(Case, "id")`.
A file of a record whose app says nothing is read by nobody (ORG-2).
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.db import models

from foundation.attachments.querysets import kind_of

if TYPE_CHECKING:
    from foundation.attachments.models import Attachment

Readable = Callable[[AbstractBaseUser | AnonymousUser], models.QuerySet]

_readable: dict[tuple[str, str], Readable] = {}
_pdf_slots: set[tuple[str, str]] = set()


def readable(model: type[models.Model], slot: str = "") -> Callable[[Readable], Readable]:
    """Decorate the function that gives the records of this model whose files, or those of one slot, a user may read."""

    def keep(function: Readable) -> Readable:
        _readable[kind_of(model), slot] = function
        return function

    return keep


def takes_pdf(model: type[models.Model], slot: str) -> None:
    """Let this slot take PDF files beside photos."""
    _pdf_slots.add((kind_of(model), slot))


def is_pdf_slot(model: type[models.Model] | models.Model, slot: str) -> bool:
    return (kind_of(model), slot) in _pdf_slots


def may_read(user: AbstractBaseUser | AnonymousUser, attachment: "Attachment") -> bool:
    """Does the user see the record that the file belongs to?"""
    kind = attachment.owner_kind
    owners = _readable.get((kind, attachment.slot)) or _readable.get((kind, ""))
    return owners is not None and owners(user).filter(pk=attachment.owner_id).exists()
