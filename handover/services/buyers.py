"""The buyer as the developer's list has it: corrected at the desk, revealed with a line in the journal (ORG-4)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from accounts.rights import Right
from estates import masking
from estates.models import IdType
from foundation.journal.services import change
from foundation.records.refusals import Refused
from handover.choices import BuyerKind
from handover.guards import batches as guards
from handover.models import Handover
from handover.services.papers import ask_for_documents
from handover.services.verbs import note, working_on

if TYPE_CHECKING:
    from accounts.models import User

WORDS: dict[str, dict[str, str]] = {"buyer_kind": dict(BuyerKind.choices), "buyer_id_type": dict(IdType.choices)}
SHOWN_AS = {"buyer_phone": masking.phone, "buyer_id_number": masking.id_number}


def change_buyer(*, handover: Handover, values: Mapping[str, Any], by: User, at: datetime) -> Handover:
    """更正 name, phone, kind, document or the day of the notice. Another kind of buyer is asked for other documents."""
    with working_on(handover, at) as handover:
        guards.may_change_buyer(handover, by)
        changed = {name: value for name, value in values.items() if (getattr(handover, name) or "") != (value or "")}
        if not changed:
            return handover
        said = {name: change(_shown(name, getattr(handover, name)), _shown(name, changed[name])) for name in changed}
        for name, value in changed.items():
            setattr(handover, name, value)
        handover.save(update_fields=list(changed))
        if "buyer_kind" in changed and handover.documents.exists():
            ask_for_documents(handover)
        note(handover, "buyer", by=by, at=at, **said)
    return handover


def _shown(name: str, value: Any) -> str:
    if name in WORDS:
        return WORDS[name].get(value or "", "")
    return SHOWN_AS.get(name, str)(value or "")


def reveal_buyer(*, handover: Handover, by: User, at: datetime) -> tuple[str, str]:
    """The whole phone and document number, for those who must identify the buyer; each look is recorded."""
    with working_on(handover, at) as handover:
        if not by.may(Right.REVEAL_PERSONAL, handover.estate):
            raise Refused("您的岗位不能查看完整证件号和手机。")
        note(handover, "reveal", by=by, at=at)
    return handover.buyer_phone, handover.buyer_id_number or ""
