"""Named questions of the chapter. What a page, file, export or count uses starts from `visible_to` (ORG-2)."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Count, Prefetch, Q

from accounts.rights import Right
from estates import querysets
from estates.models import Estate, Kind, Node
from inspections.choices import Tier, Way
from inspections.teams import TEAM

if TYPE_CHECKING:
    from accounts.models import User
    from inspections.models import ChecklistVersion, Rectification


# From a row at an estate to the node whose team supervises it.
TIER_PATH = {Tier.ESTATE: "estate", Tier.BRANCH: "estate__parent", Tier.GROUP: "estate__parent__parent"}


class AtEstateQuerySet(querysets.AtEstateQuerySet):
    """Rows of this chapter."""

    right = Right.VIEW_INSPECTIONS


class ChecklistQuerySet(models.QuerySet):
    """Checklists are the company's, not an estate's: every employee may read them."""

    def visible_to(self, user: User) -> Self:
        return self if user.is_authenticated else self.none()

    def in_use(self) -> Self:
        return self.filter(is_active=True, versions__state="published").distinct()


class VersionQuerySet(models.QuerySet):
    def visible_to(self, user: User) -> Self:
        return self if user.is_authenticated else self.none()

    def published(self) -> Self:
        return self.filter(state="published")

    def effective(self, checklist_id: int, period_start: date) -> ChecklistVersion | None:
        """INS-6: the newest version that was in force when the period began, with its `item_count`."""
        in_force = self.published().filter(checklist=checklist_id, effective_on__lte=period_start)
        return in_force.annotate(item_count=Count("items")).order_by("-number").first()  # type: ignore[return-value]

    def with_content(self) -> Self:
        """Sections and items in two more queries, in order."""
        from inspections.models import Item, Section

        return self.prefetch_related(
            Prefetch(
                "sections", Section.objects.prefetch_related(Prefetch("items", Item.objects.order_by("position", "id")))
            )
        )


class ScheduleQuerySet(models.QuerySet):
    def visible_to(self, user: User) -> Self:
        """A schedule is seen by those who see one of the estates it is for."""
        estates = Estate.objects.visible_to(user, Right.VIEW_INSPECTIONS)
        covered = (
            Q(nodes__in=estates.values("pk"))
            | Q(nodes__in=estates.values("parent"))
            | Q(nodes__in=estates.values("parent__parent"))
            | Q(nodes__in=Node.objects.visible_to(user, Right.VIEW_INSPECTIONS).values("pk"))
        )
        return self.filter(covered).distinct()

    def active(self) -> Self:
        return self.filter(is_active=True, checklist__is_active=True)


class InspectionQuerySet(AtEstateQuerySet):
    def visible_to(self, user: User, right: str | None = None) -> Self:
        """ORG-2; and an estate does not see a mystery visit coming: its people see it once it is over (INS-3)."""
        visible = super().visible_to(user, right)
        own = [post.node_id for post in user.current_posts if post.node.kind == Kind.ESTATE]
        if not own:
            return visible
        return visible.exclude(
            version__checklist__way=Way.MYSTERY,
            tier__in=[Tier.BRANCH, Tier.GROUP],
            state__in=["open", "doing"],
            estate__in=own,
        )

    def for_team(self, user: User) -> Self:
        """Those of which the user's team is the one that inspects (INS-2, INS-8)."""
        mine = Q(pk__in=[])
        for tier, path in TIER_PATH.items():
            nodes = [post.node_id for post in user.current_posts if post.role in TEAM[tier]]
            mine |= Q(tier=tier, **{f"{path}__in": nodes})
        return self.filter(mine)

    def unfinished(self) -> Self:
        return self.filter(state__in=["open", "doing"])

    def open(self, at: datetime) -> Self:
        """INS-8: can be filled at this moment, the last one included."""
        return self.unfinished().filter(opens_at__lte=at, closes_at__gte=at)

    def submitted(self) -> Self:
        return self.filter(state="submitted")

    def missed(self) -> Self:
        return self.filter(state="missed")

    def due_in(self, first: date, last: date) -> Self:
        """Whose period ends in `first`…`last` (both included): a quarter's is due in its last month."""
        return self.filter(period_end__gt=first, period_end__lte=last + timedelta(days=1))


class SectionResultQuerySet(AtEstateQuerySet):
    estate_path = "inspection__estate"


class DiscrepancyQuerySet(AtEstateQuerySet):
    pass


class RectificationQuerySet(AtEstateQuerySet):
    def locked(self, pk: int) -> Rectification:
        """One row for a verb, locked, with what its guards and messages read."""
        rows = self.select_for_update(of=("self",)).select_related("estate__parent", "item")
        return rows.get(pk=pk)  # type: ignore[return-value]

    def open(self) -> Self:
        return self.exclude(state="closed")

    def overdue(self, at: datetime) -> Self:
        """Not handed in by its due moment (GEN-1: at the moment itself it is in time)."""
        return self.filter(state="open", due_at__lt=at)

    def of(self, user: User) -> Self:
        """Those that the user answers for: named as the person, or holding the role where nobody is named."""
        mine = Q(assignee=user)
        for post in user.current_posts:
            mine |= Q(assignee=None, estate=post.node_id, role=post.role)
        return self.filter(mine)

    def repeated(self) -> Self:
        return self.filter(repeat_of__isnull=False)
