"""交房日报表, 《房屋交接汇总表》 and the houses that were not taken over, of one batch at any moment (HND-4). Reads only."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, Q, Sum
from django.db.models.functions import Length

from foundation.journal.models import Entry
from foundation.worktime.local import end_of_day, local_date, start_of_day
from handover.board import natural
from handover.choices import NotTaken
from handover.models import Batch, Bill, Defect, Handover, Payment
from handover.querysets import HandoverQuerySet

State = Handover.State
ZERO = Decimal("0.00")
KIND = Handover._meta.label_lower
ARRIVE, NOT_TAKEN = "handover.arrive", "handover.not_taken"
WORDS = {"booked": "预约", "came": "到场", "not_taken": "未接房", "done": "接房"}
# As people count houses: a shorter name first, so that 2幢 comes before 10幢 and 301 before 1502.
AS_COUNTED = tuple(
    order
    for name in ("house__building__name", "house__unit__name", "house__number")
    for order in (Length(name), F(name))
)
# The days that a report of a long batch shows, up to the one that was asked for.
DAYS = 31


def rate(part: int, whole: int) -> str:
    """To one decimal, in per cent; empty where there is nothing to count."""
    return f"{100 * part / whole:.1f}" if whole else ""


# --- 交房日报表 ---------------------------------------------------------------------------------------------------------


@dataclass
class Day:
    """What happened on one day of Asia/Shanghai."""

    on: date
    booked: int = 0
    came: int = 0
    done: int = 0
    not_taken: int = 0


@dataclass
class Daily:
    """A day of a batch. What is left and what was done so far: as of `until`, the end of the day or now."""

    batch: Batch
    day: date
    until: datetime
    houses: int
    done_so_far: int
    days: list[Day]
    rows: list[DailyRow]
    defects: int
    defects_open: int
    billed: Decimal
    paid: Decimal

    @property
    def today(self) -> Day:
        return self.days[-1]

    @property
    def done_rate(self) -> str:
        return rate(self.done_so_far, self.houses)


@dataclass
class DailyRow:
    """One house that was appointed, came, was handed over or was not taken over on the day, and how."""

    handover: Handover
    happened: list[str] = field(default_factory=list)
    why: str = ""


def daily(batch: Batch, day: date, at: datetime) -> Daily:
    """As of the end of the day, or of `at` while it runs; five statements, however many houses the batch has."""
    start, until = start_of_day(day), min(end_of_day(day), max(at, start_of_day(day)))
    houses = list(
        Handover.objects.filter(batch=batch).select_related("house", "slot").defer("buyer_id_number").order_by()
    )
    happened = list(_happened(houses, until))
    defects = Defect.objects.filter(handover__batch=batch, found_at__lt=until)
    counted = defects.aggregate(
        new=Count("pk", filter=Q(found_at__gte=start)),
        left=Count("pk", filter=Q(confirmed_at=None) | Q(confirmed_at__gte=until)),
    )
    bills = Bill.objects.filter(handover__batch=batch, made_at__gte=start, made_at__lt=until)
    billed = bills.filter(Q(cancelled_at=None) | Q(cancelled_at__gte=until)).aggregate(sum=Sum("total"))["sum"]
    payments = Payment.objects.filter(bill__handover__batch=batch, at__gte=start, at__lt=until)
    return Daily(
        batch=batch,
        day=day,
        until=until,
        houses=len(houses),
        done_so_far=sum(one.done_at is not None and one.done_at < until for one in houses),
        days=_by_day(batch, day, happened),
        rows=_by_house(day, happened),
        defects=counted["new"],
        defects_open=counted["left"],
        billed=billed or ZERO,
        paid=payments.aggregate(sum=Sum("amount"))["sum"] or ZERO,
    )


@dataclass
class Events:
    """What the journal knows of one house: when its owner came, and when and why it was not taken over.

    The house itself keeps only the last of them, and nothing after it is tried again.
    """

    came: list[datetime] = field(default_factory=list)
    refused: list[tuple[datetime, str]] = field(default_factory=list)


def _events(houses: Sequence[Handover], until: datetime) -> dict[int, Events]:
    entries = Entry.objects.filter(
        subject_kind=KIND, subject_id__in=[one.pk for one in houses], verb__in=(ARRIVE, NOT_TAKEN), at__lt=until
    )
    found: dict[int, Events] = defaultdict(Events)
    for entry in entries.order_by("at", "pk"):
        if entry.verb == ARRIVE:
            found[entry.subject_id].came.append(entry.at)
            continue
        words = [entry.data.get("reason", ""), entry.data.get("note", "")]
        found[entry.subject_id].refused.append((entry.at, "：".join(word for word in words if word)))
    return found


def _happened(houses: Sequence[Handover], until: datetime) -> Iterator[tuple[Handover, date, str, str]]:
    """House, day, what (a field of `Day`), and why."""
    events = _events(houses, until)
    for one in houses:
        if one.slot:
            yield one, local_date(one.slot.starts_at), "booked", ""
        known = events.get(one.pk, Events())
        for on in {local_date(at) for at in known.came}:
            yield one, on, "came", ""
        # Of several times on one day the last one tells why.
        for on, why in {local_date(at): why for at, why in known.refused}.items():
            yield one, on, "not_taken", why
        if one.done_at is not None and one.done_at < until:
            yield one, local_date(one.done_at), "done", ""


def _by_day(batch: Batch, day: date, happened: Sequence[tuple[Handover, date, str, str]]) -> list[Day]:
    """From the batch's first day to the one that was asked for; that one always, the last `DAYS` of them."""
    first = max(min(batch.starts_on, day), day - timedelta(days=DAYS - 1))
    found = {first + timedelta(days=n): Day(first + timedelta(days=n)) for n in range((day - first).days + 1)}
    for _, on, what, _ in happened:
        if on in found:
            setattr(found[on], what, getattr(found[on], what) + 1)
    return list(found.values())


def _by_house(day: date, happened: Sequence[tuple[Handover, date, str, str]]) -> list[DailyRow]:
    rows: dict[int, DailyRow] = {}
    for one, on, what, why in happened:
        if on == day:
            row = rows.setdefault(one.pk, DailyRow(one))
            row.happened.append(WORDS[what])
            row.why = why or row.why
    return sorted(rows.values(), key=lambda row: natural(row.handover))


# --- 《房屋交接汇总表》 -----------------------------------------------------------------------------------------------------


@dataclass
class Part:
    """How many houses of a building, or of all, are in each state."""

    label: str
    houses: int = 0
    done: int = 0
    under_way: int = 0
    not_taken: int = 0
    not_begun: int = 0

    @property
    def rate(self) -> str:
        return rate(self.done, self.houses)


@dataclass
class Line:
    """One house of the summary."""

    handover: Handover
    defects: int
    open_defects: int
    bill: Bill | None
    paid: Decimal

    @property
    def owed(self) -> Decimal | None:
        return self.bill.total - self.paid if self.bill else None


@dataclass
class Summary:
    batch: Batch
    at: datetime
    parts: list[Part]
    total: Part
    reasons: list[tuple[str, int]]
    defects: int
    open_defects: int
    overdue_defects: int
    billed: Decimal
    paid: Decimal

    @property
    def owed(self) -> Decimal:
        return self.billed - self.paid


def summary(batch: Batch, at: datetime) -> Summary:
    """As it is at `at`, which is now: four statements, however many houses."""
    found = Handover.objects.filter(batch=batch).order_by()
    total = Part("合计")
    parts: dict[str, Part] = {}
    counts: Counter[str] = Counter()
    for row in found.values("house__building__name", "state", "reason").annotate(n=Count("pk")):
        name, state, number = row["house__building__name"], row["state"], row["n"]
        for part in (parts.setdefault(name, Part(name)), total):
            part.houses += number
            setattr(part, state, getattr(part, state) + number)
        if state == State.NOT_TAKEN:
            counts[row["reason"]] += number
    defects = Defect.objects.filter(handover__batch=batch)
    bills = Bill.objects.valid().filter(handover__batch=batch)
    payments = Payment.objects.filter(bill__handover__batch=batch)
    return Summary(
        batch=batch,
        at=at,
        parts=sorted(parts.values(), key=lambda part: (len(part.label), part.label)),
        total=total,
        reasons=[(reason.label, counts[reason]) for reason in NotTaken if counts[reason]],
        **defects.aggregate(
            defects=Count("pk"),
            open_defects=Count("pk", filter=Q(confirmed_at=None)),
            overdue_defects=Count("pk", filter=Q(state=Defect.State.OPEN, due_at__lt=at)),
        ),
        billed=bills.aggregate(sum=Sum("total"))["sum"] or ZERO,
        paid=payments.aggregate(sum=Sum("amount"))["sum"] or ZERO,
    )


def in_order(batch: Batch) -> HandoverQuerySet:
    """The houses of a batch with what a list shows of them."""
    houses = Handover.objects.filter(batch=batch).select_related("house", "slot").defer("buyer_id_number")
    return houses.order_by(*AS_COUNTED)


def lines(handovers: Iterable[Handover]) -> list[Line]:
    """Three statements for all of them, with house and slot at hand."""
    handovers = list(handovers)
    ids = [one.pk for one in handovers]
    defects = Defect.objects.filter(handover__in=ids).order_by().values("handover")
    counted = {
        row["handover"]: (row["n"], row["left"])
        for row in defects.annotate(n=Count("pk"), left=Count("pk", filter=Q(confirmed_at=None)))
    }
    bills = {bill.handover_id: bill for bill in Bill.objects.valid().filter(handover__in=ids)}
    paid: dict[Any, Decimal] = dict(
        Payment.objects.filter(bill__handover__in=ids, bill__cancelled_at=None)
        .order_by()
        .values_list(F("bill__handover"))
        .annotate(sum=Sum("amount"))
    )
    return [Line(one, *counted.get(one.pk, (0, 0)), bills.get(one.pk), paid.get(one.pk, ZERO)) for one in handovers]


# --- the houses that were not taken over --------------------------------------------------------------------------------


@dataclass
class Unaccepted:
    """未接房 with its reason; `since` and `by` of the last time it was registered."""

    handover: Handover
    since: datetime | None
    by: str


def not_taken(batch: Batch, reason: str = "") -> HandoverQuerySet:
    found = in_order(batch).filter(state=State.NOT_TAKEN)
    return found.filter(reason=reason) if reason in NotTaken.values else found


def reasons(batch: Batch) -> list[tuple[str, int]]:
    """How many houses for each reason that occurs, in the order of the choices."""
    found = Handover.objects.filter(batch=batch, state=State.NOT_TAKEN).order_by()
    counts = dict(found.values_list("reason").annotate(n=Count("pk")))
    return [(reason.label, counts[reason]) for reason in NotTaken if reason in counts]


def unaccepted(handovers: Iterable[Handover]) -> list[Unaccepted]:
    """One statement for all of them: who registered it and when is in the journal."""
    handovers = list(handovers)
    entries = Entry.objects.filter(subject_kind=KIND, subject_id__in=[one.pk for one in handovers], verb=NOT_TAKEN)
    last = {entry.subject_id: entry for entry in entries.select_related("by").order_by("at", "pk")}
    found = []
    for one in handovers:
        entry = last.get(one.pk)
        found.append(Unaccepted(one, entry.at if entry else None, entry.by.name if entry and entry.by else ""))
    return found
