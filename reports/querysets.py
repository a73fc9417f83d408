from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Q

from accounts.rights import HOLDERS, Right
from accounts.roles import Role
from estates.querysets import at_or_below

if TYPE_CHECKING:
    from accounts.models import User

# Drafts are the supervisors' working papers; an auditor reads all.
READERS_OF_DRAFTS = HOLDERS[Right.EDIT_BULLETIN] | {Role.AUDITOR}


class BulletinQuerySet(models.QuerySet):
    def visible_to(self, user: User) -> Self:
        """ORG-2: issued bulletins of the nodes at or below the user's; drafts for those who may edit them there."""
        drafts_at = {post.node_id for post in user.current_posts if post.role in READERS_OF_DRAFTS}
        return self.filter(
            Q(at_or_below(user.node_ids_with(Right.VIEW_BULLETINS), "node__"), state="issued")
            | Q(at_or_below(drafts_at, "node__"))
        )

    def drafts(self) -> Self:
        return self.filter(state="draft")

    def issued(self) -> Self:
        return self.filter(state="issued")


class WeeklySheetQuerySet(models.QuerySet):
    def visible_to(self, user: User) -> Self:
        """ORG-2: those of the nodes at or below the user's."""
        return self.filter(at_or_below(user.node_ids_with(Right.VIEW_WEEKLY), "node__"))
