"""Named questions of the chapter. What a page, file, export or count uses starts from `visible_to` (ORG-2)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Self

from django.db import models
from django.db.models import Count, Max, OuterRef, Prefetch, Q, Subquery

from accounts.rights import Right
from complaints.choices import CALLED_BACK, ROLES, Kind
from complaints.sla import EVENT_SPAN, WEEK
from estates import querysets
from foundation.timers.models import Clock

if TYPE_CHECKING:
    from accounts.models import User
    from complaints.models import Case, Policy


class AtEstateQuerySet(querysets.AtEstateQuerySet):
    """Rows of this chapter."""

    right = Right.VIEW_CASES


class PolicyQuerySet(models.QuerySet):
    """Policies are the company's: every employee may read them."""

    def visible_to(self, user: User) -> Self:
        return self if user.is_authenticated else self.none()

    def published(self) -> Self:
        return self.filter(state="published")

    def in_force(self, at: datetime) -> Policy | None:
        """The newest version that had begun by then (GEN-1: at its moment it has begun)."""
        begun = self.published().filter(effective_at__lte=at)
        return begun.order_by("-effective_at", "-number").first()  # type: ignore[return-value]


def due_since(to_case: str = "") -> Subquery:
    """When the limit began whose due moment a case shows, for rows that reach it by `to_case`."""
    running = Clock.objects.filter(
        subject_kind="complaints.case",
        subject_id=OuterRef(f"{to_case}pk"),
        due_at=OuterRef(f"{to_case}due_at"),
        state="running",
    )
    return Subquery(running.order_by("pk").values("round_started_at")[:1])


class CaseQuerySet(AtEstateQuerySet):
    def locked(self, pk: int) -> Case:
        """One row for a verb, locked, with what its guards and messages read."""
        rows = self.select_for_update(of=("self",)).select_related(
            "estate__parent", "house", "responsible", "handler", "policy"
        )
        return rows.get(pk=pk)  # type: ignore[return-value]

    def open(self) -> Self:
        return self.exclude(state="closed")

    def overdue(self, at: datetime) -> Self:
        """One of its clocks is past its due moment (GEN-1)."""
        return self.open().filter(due_at__lt=at)

    def first_asked(self, user: User) -> Self:
        """CMP-1: those that the user stays responsible for until they are closed."""
        return self.filter(responsible=user)

    def of(self, user: User) -> Self:
        """Those that the user answers for now: as first responsible, as handler, or by the department's post."""
        mine = Q(responsible=user) | Q(handler=user)
        for post in user.current_posts:
            departments = [code for code, roles in ROLES.items() if post.role in roles]
            if departments:
                mine |= Q(handler=None, estate=post.node_id, department__in=departments, state="handling")
        return self.filter(mine)

    def to_call_back(self) -> Self:
        return self.filter(state="to_callback", kind__in=CALLED_BACK)

    def grown_major(self, at: datetime) -> Self:
        """CMP-8: complaints not judged invalid and without a standing result seven days after they were received."""
        return (
            self.open()
            .filter(kind=Kind.COMPLAINT, result_at__isnull=True, received_at__lte=at - WEEK)
            .exclude(grade="major")
            .exclude(validity="invalid")
        )

    def like(self, case: Case) -> Self:
        """CMP-16: from the same building, with the same cause, within 24 hours of it; never itself."""
        if case.building_id is None or not case.cause:
            return self.none()
        around = (case.received_at - EVENT_SPAN, case.received_at + EVENT_SPAN)
        return self.filter(building=case.building_id, cause=case.cause, received_at__range=around).exclude(pk=case.pk)

    def of_caller(self, *, house_id: int | None, phone: str, since: timedelta, at: datetime) -> Self:
        """What the house or the caller has had lately, newest first."""
        who = Q(pk__in=[])
        if house_id:
            who |= Q(house=house_id)
        if phone:
            who |= Q(caller_phone=phone)
        return self.filter(who, received_at__gte=at - since).order_by("-received_at", "-pk")

    def open_first(self) -> Self:
        """Open ones before closed ones, each the newest first."""
        closed = models.ExpressionWrapper(Q(state="closed"), models.BooleanField())
        return self.order_by(closed, "-received_at", "-pk")

    def with_due_since(self) -> Self:
        """`due_since`: when the limit began that is due first."""
        return self.annotate(due_since=due_since())

    def for_lists(self) -> Self:
        return self.select_related("estate", "house", "handler", "responsible")


class OfCaseQuerySet(AtEstateQuerySet):
    estate_path = "case__estate"


class RoundQuerySet(OfCaseQuerySet):
    pass


class CallQuerySet(OfCaseQuerySet):
    def tries(self, case: Any) -> Self:
        """The unanswered calls of the present round."""
        return self.filter(case=case, round=case.round, reached=False)


class EventQuerySet(AtEstateQuerySet):
    def counted(self) -> Self:
        """For lists: with the number of its cases and of the open ones, and when the last came."""
        unfinished = Q(cases__isnull=False, cases__closed_at=None)
        return self.select_related("estate", "building").annotate(
            total=Count("cases"), open_cases=Count("cases", filter=unfinished), last=Max("cases__received_at")
        )

    def of(self, case: Case) -> Self:
        """The event that the case is tied to now, whatever the instance at hand says."""
        return self.filter(cases=case.pk)

    def with_cases(self) -> Self:
        from complaints.models import Case

        cases = Case.objects.for_lists().order_by("received_at", "pk")
        return self.select_related("estate", "building").prefetch_related(Prefetch("cases", cases))


class VisitQuerySet(AtEstateQuerySet):
    def planned(self) -> Self:
        return self.filter(state="planned")


class OfVisitQuerySet(AtEstateQuerySet):
    estate_path = "visit__estate"
