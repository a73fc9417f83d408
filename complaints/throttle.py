"""How often strangers may use the public pages: counted in Redis, by address and by code."""

from __future__ import annotations

from functools import cache
from typing import cast

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.http import HttpRequest
from limits import RateLimitItem, parse
from limits.storage import Storage, storage_from_string
from limits.strategies import MovingWindowRateLimiter

# A family reports a few things a day; a whole estate without power some hundred an hour.
REPORTS_OF_ADDRESS = parse("10/10 minutes")
REPORTS_OF_CODE = parse("200/hour")
LOOKS_OF_ADDRESS = parse("120/minute")


@cache
def _limiter() -> MovingWindowRateLimiter:
    return MovingWindowRateLimiter(_storage())


def _storage() -> Storage:
    return cast(Storage, storage_from_string(settings.REDIS_URL))


def client_address(request: HttpRequest) -> str:
    """The caller's IP, through as many proxies as are trusted (TRUSTED_PROXY_COUNT)."""
    return get_adapter().get_client_ip(request)


def is_too_often(limit: RateLimitItem, *who: str) -> bool:
    """Count one more use; True where it is one too many."""
    return not _limiter().hit(limit, settings.CACHES["default"].get("KEY_PREFIX", ""), *who)
