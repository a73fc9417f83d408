"""`{% lucide "name" size=20 class="…" %}`, each icon drawn once per process: a long list has over a hundred of them."""

from functools import lru_cache
from typing import Any

from django import template
from lucide.templatetags import lucide as library

register = template.Library()


@register.simple_tag
@lru_cache(maxsize=1024)
def lucide(name: str, *, size: int | None = 24, **attributes: Any) -> str:
    return library.lucide(name, size=size, **attributes)
