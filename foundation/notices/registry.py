"""Names of places, said by the app that owns them in `AppConfig.ready()`: places stand above this one.

registry.places(lambda user: Node.objects.visible_to(user, ADMINISTER).values_list("pk", "name"))
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

Places = Callable[[Any], Iterable[tuple[int, str]]]

_places: list[Places] = []
_steps: dict[str, str] = {}


def places(function: Places) -> None:
    """`function` gives the places of which a user is an administrator: (id, name), in the order of a list."""
    _places[:] = [function]


def places_of(user: Any) -> dict[int, str]:
    return {pk: name for function in _places for pk, name in function(user)}


def steps(names: Mapping[str, str]) -> None:
    """Whom steps of a ladder tell, by code, lowest first. Chapters that tell the same people use the same code."""
    for code, name in names.items():
        _steps.setdefault(code, name)


def step_codes() -> list[str]:
    return list(_steps)


def step_name(code: str) -> str:
    return _steps.get(code, code)
