from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import Q


class NoticeQuerySet(models.QuerySet):
    def visible_to(self, user: AbstractBaseUser | AnonymousUser) -> "NoticeQuerySet":
        """A user's own notices, nobody else's."""
        return self.filter(user=user.pk)

    def unread(self) -> "NoticeQuerySet":
        return self.filter(read_at=None)

    def for_reading(self) -> "NoticeQuerySet":
        """Unread first, then the newest."""
        return self.alias(is_read=Q(read_at__isnull=False)).order_by("is_read", "-at", "-id")
