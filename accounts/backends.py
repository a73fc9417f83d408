"""Login by username or phone."""

from __future__ import annotations

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend
from django.contrib.auth.base_user import AbstractBaseUser
from django.db.models import Q
from django.http import HttpRequest

from accounts.models import User


def user_named(login: str) -> User | None:
    """Whom a username (in any case) or a phone names; no username is a number, so it is one person at most."""
    return User.objects.filter(Q(username__iexact=login) | Q(phone=login)).first()


class NameOrPhoneBackend(AuthenticationBackend):
    """allauth's backend, which hashes a password for unknown names too, so that both answers take the same time."""

    def _authenticate(self, request: HttpRequest | None, **credentials: Any) -> AbstractBaseUser | None:
        login = credentials.get("username")
        if not isinstance(login, str) or not login:
            return None
        return self._check_password(user_named(login.strip()), credentials["password"])

    def get_user(self, user_id: Any) -> User | None:
        return User.objects.filter(pk=user_id, is_active=True).first()
