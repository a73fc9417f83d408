"""The answer of a guard that does not let through."""

from __future__ import annotations

from collections.abc import Callable


class Refused(Exception):
    """One Chinese sentence for the person who asked, shown where they asked."""

    @property
    def sentence(self) -> str:
        return str(self)


def refusal(guard: Callable[..., None], *args: object) -> str:
    """The guard's sentence, or "" when it lets through: for a button's `disabled` and its reason."""
    try:
        guard(*args)
    except Refused as refused:
        return refused.sentence
    return ""
