"""显示完整电话: a look at a caller's whole number is itself on the case (ORG-4)."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction

from complaints import guards
from complaints.models import Case
from complaints.services.verbs import note

if TYPE_CHECKING:
    from accounts.models import User


@transaction.atomic
def reveal_phone(*, case: Case, by: User, at: datetime) -> str:
    """The caller's whole number; each look is in the journal."""
    guards.may_reveal(case, by)
    note(case, "reveal", by=by, at=at, name=case.caller_name)
    return case.caller_phone
