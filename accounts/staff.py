"""The people behind the roles of a few places, from one query, and who leads whom (ORG-1, ORG-2)."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from accounts.models import Post
from accounts.roles import Role

if TYPE_CHECKING:
    from accounts.models import User
    from estates.models import Estate

LEAD_OF: dict[str, Role] = {
    Role.SERVICE: Role.SERVICE_LEAD,
    Role.ENGINEERING: Role.ENGINEERING_LEAD,
    Role.SECURITY: Role.SECURITY_LEAD,
    Role.ENVIRONMENT: Role.ENVIRONMENT_LEAD,
    Role.CONTROL_ROOM: Role.SECURITY_LEAD,
}


def department_lead(role: str) -> Role:
    """The 主管 of the department a role belongs to; a lead or a manager answers to the 项目经理."""
    return LEAD_OF.get(role, Role.ESTATE_MANAGER)


def holds(user: User, roles: Collection[Role], node_id: int) -> bool:
    """Whether the user has a post in one of the roles at the node itself."""
    return any(post.node_id == node_id and post.role in roles for post in user.current_posts)


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
