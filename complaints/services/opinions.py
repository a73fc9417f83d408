"""客户签署意见 (CMP-11)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from django.core.files.uploadedfile import UploadedFile

from complaints import guards
from complaints.models import Case
from complaints.services.registering import attach_photos
from complaints.services.verbs import note, working_on
from foundation.attachments.models import Attachment
from foundation.records.refusals import Refused

if TYPE_CHECKING:
    from accounts.models import User

SIGNED = "signed"  # the attachment slot of the signed sheet


def attach_signed(*, case: Case, scans: Sequence[UploadedFile], by: User, at: datetime) -> None:
    """Keep the signed sheet before anything else is looked at: a browser can't be given it back."""
    guards.may_sign(case, by)
    attach_photos(case=case, photos=scans, by=by, at=at, slot=SIGNED)


def sign_opinion(*, case: Case, by: User, at: datetime, opinion: str) -> Case:
    """The customer's written opinion, with the sheet that was signed (kept before by `attach_signed`)."""
    with working_on(case, at) as case:
        guards.may_sign(case, by)
        opinion = opinion.strip()
        if not opinion:
            raise Refused("请抄录客户签署的意见。")
        if not Attachment.objects.for_owner(case, slot=SIGNED).exists():
            raise Refused("请附上客户签字的照片或扫描件。")
        case.opinion, case.opinion_signed_at = opinion, at
        case.save(update_fields=["opinion", "opinion_signed_at"])
        note(case, "sign", by=by, at=at, opinion=opinion)
    return case
