"""How often strangers may use public pages: counted in Redis, by address and by whatever else a limit is for."""

from __future__ import annotations

from functools import cache
from typing import cast

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.http import HttpRequest
from limits import RateLimitItem
from limits.storage import Storage, storage_from_string
from limits.strategies import MovingWindowRateLimiter


@cache
def _limiter() -> MovingWindowRateLimiter:
    return MovingWindowRateLimiter(cast(Storage, storage_from_string(settings.REDIS_URL)))


def client_address(request: HttpRequest) -> str:
    """The caller's IP, through as many proxies as are trusted (TRUSTED_PROXY_COUNT)."""
    return get_adapter().get_client_ip(request)


def is_too_often(limit: RateLimitItem, *who: str) -> bool:
    """Count one more use; True where it is one too many."""
    return not _limiter().hit(limit, settings.CACHES["default"].get("KEY_PREFIX", ""), *who)
