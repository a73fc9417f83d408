"""Photos that a verb of a case takes along, kept before anything else: a browser can't be given them back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from django.core.files.uploadedfile import UploadedFile

from complaints import guards
from complaints.models import Case
from complaints.services.registering import attach_photos

if TYPE_CHECKING:
    from accounts.models import User

RESULT = "result"  # the attachment slot of what was done


def attach_results(*, case: Case, photos: Sequence[UploadedFile], by: User, at: datetime) -> None:
    """处理后照片 of a result that is about to be reported."""
    guards.may_report(case, by)
    attach_photos(case=case, photos=photos, by=by, at=at, slot=RESULT)
