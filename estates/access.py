"""Who may do what here. Users and their roles live in an app above; they are asked through `may` (ORG-2)."""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import wraps
from typing import TYPE_CHECKING, Any, Protocol

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.http.response import HttpResponseBase

if TYPE_CHECKING:
    from estates.models import Node

VIEW_HOUSES = "view_houses"
CHANGE_HOUSES = "change_houses"
REVEAL_PERSONAL = "reveal_personal"
IMPORT_HOUSES = "import_houses"
ADMINISTER = "administer"


class Actor(Protocol):
    """What this app asks of a user."""

    pk: Any
    name: str

    @property
    def node_ids(self) -> Collection[int]: ...

    def may(self, right: Any, node: Node | None = None) -> bool: ...

    def node_ids_with(self, right: Any) -> Collection[int]: ...


def node_ids(user: Any, right: str | None = None) -> Collection[int]:
    """Where the user holds a post; with a right, only where the post gives it. Nowhere for who is not logged in.

    A person may be 环境 at one estate and 秩序 at another: the houses of the first are not theirs to see (ORG-2).
    """
    if right is None:
        return getattr(user, "node_ids", ())
    return user.node_ids_with(right) if user.is_authenticated else ()


class StaffRequest(HttpRequest):
    """A request that has passed `LoginRequiredMiddleware`: its user is someone with posts."""

    user: Any


def needs(right: str) -> Callable[[Callable[..., HttpResponseBase]], Callable[..., HttpResponseBase]]:
    """A view for those whose role gives the right somewhere; where, is for the scoped query and the service to say.

    The others read a page that says so (403). `LoginRequiredMiddleware` has already asked who they are.
    """

    def decorate(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
        @wraps(view)
        def asked(request: StaffRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not request.user.may(right):
                raise PermissionDenied("您的岗位没有这项权限。")
            return view(request, *args, **kwargs)

        asked.right = right  # type: ignore[attr-defined]
        return asked

    return decorate
