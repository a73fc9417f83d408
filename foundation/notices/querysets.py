from __future__ import annotations

from datetime import datetime
from typing import Self

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import Q


class NoticeQuerySet(models.QuerySet):
    def visible_to(self, user: AbstractBaseUser | AnonymousUser) -> Self:
        """A user's own notices, nobody else's."""
        return self.filter(user=user.pk)

    def unread(self) -> Self:
        return self.filter(read_at=None)

    def for_reading(self) -> Self:
        """Unread first, then the newest."""
        return self.alias(is_read=Q(read_at__isnull=False)).order_by("is_read", "-at", "-id")


class ParcelQuerySet(models.QuerySet):
    def waiting(self) -> Self:
        return self.filter(state="waiting")

    def due(self, at: datetime) -> Self:
        return self.waiting().filter(next_at__lte=at)

    def failed(self) -> Self:
        return self.filter(state="failed")
