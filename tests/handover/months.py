"""A batch of which one house was taken over, one was called for and one never came: what the developer owes for March.

Three houses of 89.50 ㎡ since 2 March, the first taken over on the 15th, the second called for the 10th: 436.96 yuan.
"""

from __future__ import annotations

from datetime import date

from foundation.worktime.local import start_of_day
from foundation.worktime.months import Month
from handover.models import Batch, Handover
from tests.cast import Cast
from tests.handover.factories import HOUR, make_batch
from tests.handover.money import fee_items

MARCH, APRIL = Month(date(2026, 3, 1)), Month(date(2026, 4, 1))
APRIL_1 = start_of_day(date(2026, 4, 1)) + 9 * HOUR


def taken(handover: Handover, day: date) -> None:
    done_at = start_of_day(day) + 10 * HOUR
    Handover.objects.filter(pk=handover.pk).update(state="under_way", arrived_at=done_at)
    Handover.objects.filter(pk=handover.pk).update(state="done", done_at=done_at)


def half_taken(cast: Cast) -> Batch:
    fee_items(cast.estate_a1)
    made = make_batch(cast, ["1501", "1502", "1503"])
    taken(made.handovers.get(house__number="1501"), date(2026, 3, 15))
    made.handovers.filter(house__number="1502").update(notice_on=date(2026, 3, 10))
    return made
