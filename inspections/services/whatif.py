"""试算 of 整改: what `sla_due` asks of this chapter (INS-11)."""

from __future__ import annotations

from foundation.records.refusals import Refused
from foundation.timers.whatif import Question, Terms
from inspections.services.escalation import current_ladder
from inspections.services.opening import due_moment

KIND = CLOCK = "整改"
# Ten years: no item gives more.
MOST_DAYS = 3650


def terms(question: Question) -> Terms:
    """A rectification opened at `at`, to be done in so many calendar days, by the ladder that is set now."""
    if question.clock != CLOCK:
        raise Refused(f"{KIND}没有“{question.clock}”时限（有{CLOCK}）。")
    if not question.days.isdecimal() or int(question.days) > MOST_DAYS:
        raise Refused(f"整改天数要写成 0 到 {MOST_DAYS} 的整数。")
    return Terms(limit=None, ladder=current_ladder(), due_at=due_moment(question.at, int(question.days)))
