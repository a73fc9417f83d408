"""The people behind the roles of a few places, from one query (INS-10, INS-11)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from accounts.models import Post
from accounts.roles import Role
from inspections.teams import department_lead

if TYPE_CHECKING:
    from accounts.models import User
    from estates.models import Estate


@dataclass(frozen=True)
class Staff:
    """Active users by (node id, role)."""

    by_post: dict[tuple[int, str], list[User]]

    def holding(self, roles: Iterable[str], node_id: int) -> list[User]:
        """Each person once, whichever of the roles they hold."""
        found = {user.pk: user for role in roles for user in self.by_post.get((node_id, role), [])}
        return list(found.values())

    def in_charge(self, role: str, estate: Estate) -> list[User]:
        """Those who hold a role at the estate; the 主管 or else the 项目经理 too, unless it is one person's."""
        members = self.holding([role], estate.pk)
        if len(members) == 1:
            return members
        leads = self.holding([department_lead(role)], estate.pk) or self.holding([Role.ESTATE_MANAGER], estate.pk)
        return [*members, *(lead for lead in leads if lead not in members)]


def staff(node_ids: Iterable[int], on: date, roles: Iterable[str] | None = None) -> Staff:
    """Everyone there, or only those who hold one of the roles: of many places, they are far fewer."""
    posts = Post.objects.current(on).filter(node__in=set(node_ids), user__is_active=True)
    if roles is not None:
        posts = posts.filter(role__in=list(roles))
    by_post: dict[tuple[int, str], list[User]] = {}
    for post in posts.select_related("user").order_by("user_id"):
        by_post.setdefault((post.node_id, post.role), []).append(post.user)
    return Staff(by_post)
