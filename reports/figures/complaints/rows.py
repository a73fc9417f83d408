"""The rows behind the figures of complaints and requests (RPT-3, CMP-14, CMP-15).

What happens belongs to the period in which it happens. Each figure is taken from one of five bases: cases received or
closed, rounds of handling, calls, and the journal's steps of ladders.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Count, DurationField, Exists, ExpressionWrapper, F, OuterRef, Q, QuerySet, Sum

from complaints.choices import CALLED_BACK, DISSATISFIED, Kind, Validity
from complaints.models import Call, Case, Round
from foundation.journal.models import Entry
from reports.figures.values import Figure, Scope, Value, average, share_of

CASE_KIND = Case._meta.label_lower
ESCALATED = "case.escalate"
REPEAT = timedelta(days=90)
CONTENT = DISSATISFIED + 2  # 4 and 5 of 5
HOUR = Decimal(3600)


def within(scope: Scope, field: str) -> Q:
    return Q(**{f"{field}__gte": scope.start, f"{field}__lt": scope.until})


# --- bases: where the rows come from, and which column is the person's ------------------------------------------------


def of_slice(scope: Scope, prefix: str = "", person: str = "") -> Q:
    """What a table's row or column narrows: kind, grade, department, the person who did it."""
    part, found = scope.slice, Q()
    for name in ("kind", "grade", "department"):
        if value := getattr(part, name):
            found &= Q(**{f"{prefix}{name}": "" if value == "none" else value})
    if part.grade == "none":
        found &= Q(**{f"{prefix}kind": Kind.COMPLAINT})
    if part.person:
        found &= Q(**{person: part.person}) if person else Q(pk__in=[])
    return found


def cases(scope: Scope, person: str = "responsible") -> QuerySet:
    return Case.objects.filter(scope.at_estates(), of_slice(scope, person=person))


def rounds(scope: Scope, person: str) -> QuerySet:
    return Round.objects.filter(scope.at_estates("case__estate"), of_slice(scope, "case__", person))


def calls(scope: Scope) -> QuerySet:
    return Call.objects.filter(scope.at_estates("case__estate"), of_slice(scope, "case__", "by"))


def was_received(scope: Scope) -> Q:
    return within(scope, "received_at")


def received(scope: Scope) -> QuerySet:
    return cases(scope).filter(was_received(scope))


def repeats(scope: Scope) -> QuerySet:
    """Complaints of a house, or of a phone without a house, that complained of the same cause within 90 days before."""
    same_customer = Q(house__isnull=False, house=OuterRef("house")) | (
        Q(house=None, caller_phone=OuterRef("caller_phone")) & ~Q(caller_phone="")
    )
    earlier = Case.objects.filter(
        same_customer,
        estate=OuterRef("estate"),
        kind=Kind.COMPLAINT,
        cause=OuterRef("cause"),
        received_at__lt=OuterRef("received_at"),
        received_at__gte=OuterRef("received_at") - REPEAT,
    ).exclude(validity=Validity.INVALID)
    complaints = cases(scope).filter(kind=Kind.COMPLAINT).exclude(validity=Validity.INVALID).exclude(cause="")
    return complaints.filter(Exists(earlier))


def repeated(scope: Scope) -> QuerySet:
    return repeats(scope).filter(was_received(scope))


def was_left_open(scope: Scope) -> Q:
    """Received, and not closed, when the period ended."""
    return (Q(closed_at=None) | Q(closed_at__gte=scope.until)) & Q(received_at__lt=scope.until)


def left_open(scope: Scope) -> QuerySet:
    return cases(scope).filter(was_left_open(scope))


def left_overdue(scope: Scope) -> QuerySet:
    """Open with a limit that was over when the period ended."""
    return left_open(scope).filter(due_at__lt=scope.until)


def was_replied(scope: Scope) -> Q:
    return within(scope, "replied_at")


def replied(scope: Scope) -> QuerySet:
    return rounds(scope, "replied_by").filter(was_replied(scope))


def was_handled(scope: Scope) -> Q:
    return within(scope, "result_at")


def handled(scope: Scope) -> QuerySet:
    return rounds(scope, "result_by").filter(was_handled(scope))


def was_transferred(scope: Scope) -> Q:
    return within(scope, "transferred_at") & Q(transferred_in_time__isnull=False)


def transferred(scope: Scope) -> QuerySet:
    return rounds(scope, "case__responsible").filter(was_transferred(scope))


def was_same_day(scope: Scope) -> Q:
    return within(scope, "answered_at") & Q(answered_in_time__isnull=False)


def same_day(scope: Scope) -> QuerySet:
    return rounds(scope, "answered_by").filter(was_same_day(scope))


def was_to_call(scope: Scope) -> Q:
    """Rounds answered in the period that have to be called back (CMP-12)."""
    return within(scope, "answered_at") & Q(case__kind__in=CALLED_BACK) & ~Q(case__validity=Validity.INVALID)


def to_call(scope: Scope) -> QuerySet:
    return rounds(scope, "answered_by").filter(was_to_call(scope))


def was_solved(scope: Scope) -> Q:
    return within(scope, "closed_at") & Q(outcome=Case.Outcome.SOLVED)


def solved(scope: Scope) -> QuerySet:
    return cases(scope, "handler").filter(was_solved(scope))


def was_reached(scope: Scope) -> Q:
    return within(scope, "at") & Q(reached=True)


def reached(scope: Scope) -> QuerySet:
    return calls(scope).filter(was_reached(scope))


def rated(scope: Scope) -> QuerySet:
    return reached(scope).filter(satisfaction__isnull=False)


def escalations(scope: Scope) -> QuerySet:
    """The journal's entries of steps taken at or after the limit: each once per clock and round (CMP-9)."""
    steps = Entry.objects.filter(scope.at_estates("node_id"), subject_kind=CASE_KIND, verb=ESCALATED)
    steps = steps.exclude(data__share="50%")
    part = scope.slice
    if part.kind or part.grade or part.department or part.person:
        narrowed = Case.objects.filter(scope.at_estates(), of_slice(scope, person="responsible"))
        steps = steps.filter(subject_id__in=narrowed.values("pk"))
    return steps


def escalated(scope: Scope) -> QuerySet:
    return escalations(scope).filter(within(scope, "at"))


# --- measures ---------------------------------------------------------------------------------------------------------


def span_between(begin: str, end: str) -> ExpressionWrapper:
    return ExpressionWrapper(F(end) - F(begin), output_field=DurationField())


def mean_hours(span: Any) -> Callable[[QuerySet], Value]:
    """The mean of a duration, in hours."""

    def measure(rows: QuerySet) -> Value:
        found = rows.aggregate(total=Sum(span), number=Count("pk"))
        return hours(found["total"], found["number"])

    return measure


def hours(total: timedelta | None, number: int) -> Value:
    return average(Decimal(total.total_seconds()) / HOUR, number) if total is not None else None


def mean_satisfaction(rows: QuerySet) -> Value:
    found = rows.aggregate(total=Sum("satisfaction"), number=Count("pk"))
    return average(Decimal(found["total"] or 0), found["number"])


RESPONSE = span_between("started_at", "replied_at")

FIGURES = (
    Figure("case_received", "受理诉求", "件", "本期受理的诉求，按受理时间。", received),
    Figure("case_repeat", "重复投诉", "件", "本期受理的投诉中，同一户 90 天内为同一事由投诉过的。", repeated,
           better="less", late=True),
    Figure("case_transfer_rate", "及时转派率", "%", "本期转派的诉求中，在时限内转派的。", transferred,
           share_of(Q(transferred_in_time=True)), better="more"),
    Figure("case_replied", "首次答复", "次", "本期首次答复客户的轮次；重新打开后另计一轮。", replied),
    Figure("case_reply_rate", "及时答复率", "%", "本期首次答复中，在答复时限内的。",
           lambda scope: replied(scope).filter(replied_in_time__isnull=False), share_of(Q(replied_in_time=True)),
           better="more"),
    Figure("case_reply_hours", "平均响应", "小时", "从受理（或重新打开）到首次答复的平均时间。", replied,
           mean_hours(RESPONSE), better="less"),
    Figure("case_handled", "处理完成", "次", "本期上报处理结果的轮次。", handled),
    Figure("case_handle_rate", "及时处理率", "%", "本期上报的结果中，在处理时限内的；没有处理时限的不计。",
           lambda scope: handled(scope).filter(handled_in_time__isnull=False), share_of(Q(handled_in_time=True)),
           better="more"),
    Figure("case_handle_hours", "平均处理", "小时", "处理时限的平均用时，不含等待客户的暂停。",
           lambda scope: handled(scope).filter(used__isnull=False), mean_hours("used"), better="less"),
    Figure("case_same_day_rate", "当日回复率", "%", "结果上报后按当日回复的要求答复客户的。", same_day,
           share_of(Q(answered_in_time=True)), better="more"),
    Figure("case_solved", "解决关闭", "件", "本期经回访确认解决而关闭的诉求。", solved),
    Figure("case_first_fix", "一次解决率", "%", "本期解决关闭的诉求中，没有重新打开过的。", solved,
           share_of(Q(round=1)), better="more"),
    Figure("case_to_call", "应回访", "次", "本期答复客户、按规定要回访的轮次。", to_call),
    Figure("case_call_rate", "回访率", "%", "本期应回访的轮次中，已经拨打回访的。", to_call,
           share_of(Q(called_at__isnull=False)), better="more"),
    Figure("case_called", "接通回访", "次", "本期接通的回访，含客户自评。", reached),
    Figure("case_satisfaction", "满意度", "分", "本期回访给出的满意度平均分，满分 5 分。", rated, mean_satisfaction,
           better="more"),
    Figure("case_content", "满意率", "%", "本期回访中满意和很满意的占比。", rated,
           share_of(Q(satisfaction__gte=CONTENT)), better="more"),
    Figure("case_open", "期末未关闭", "件", "本期结束时仍未关闭的诉求。", left_open),
    Figure("case_overdue", "期末超期", "件", "本期结束时有时限已超过的未关闭诉求。", left_overdue, better="less", late=True),
    Figure("case_escalations", "时限升级", "次", "本期到期和超期后的升级步骤，每一步计一次。", escalated,
           better="less", late=True),
)  # fmt: skip
BY_KEY: Mapping[str, Figure] = {figure.key: figure for figure in FIGURES}
