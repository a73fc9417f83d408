"""Who supervises at which tier (INS-2, INS-8): values and posts only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from accounts.roles import Role
from inspections.choices import Tier

if TYPE_CHECKING:
    from accounts.models import User
    from estates.models import Estate

# 品质改善小组, 品质督导工作小组, 品质督导委员会: the roles that make up each tier's team, at that tier's own node.
TEAM: dict[str, frozenset[Role]] = {
    Tier.ESTATE: frozenset(
        {
            Role.ESTATE_MANAGER,
            Role.SERVICE_LEAD,
            Role.SERVICE,
            Role.ENGINEERING,
            Role.ENGINEERING_LEAD,
            Role.SECURITY,
            Role.SECURITY_LEAD,
            Role.ENVIRONMENT,
            Role.ENVIRONMENT_LEAD,
            Role.CONTROL_ROOM,
        }
    ),
    Tier.BRANCH: frozenset({Role.BRANCH_SUPERVISOR}),
    Tier.GROUP: frozenset({Role.GROUP_SUPERVISOR}),
}

# Position of the tier's node in `Node.lineage` of an estate: itself, its branch, its group.
_LEVEL = {Tier.ESTATE: 0, Tier.BRANCH: 1, Tier.GROUP: 2}


def tier_node_id(estate: Estate, tier: str) -> int:
    """Id of the node whose team supervises this estate at `tier`."""
    return estate.lineage[_LEVEL[Tier(tier)]]


def tiers_of(user: User, estate: Estate) -> list[str]:
    """The tiers for which the user is on the team that supervises this estate, highest first."""
    held = {(post.node_id, Role(post.role)) for post in user.current_posts}
    return [
        tier
        for tier in (Tier.GROUP, Tier.BRANCH, Tier.ESTATE)
        if any((tier_node_id(estate, tier), role) in held for role in TEAM[tier])
    ]
