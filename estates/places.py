"""The place that a user's lists look at: a group, a branch or an estate, chosen in the top bar."""

from __future__ import annotations

from django.http import HttpRequest

from estates.models import Node

PARAMETER = "place"
SESSION_KEY = "place"


def current_place(request: HttpRequest) -> Node | None:
    """The chosen node; None means everything the user sees.

    `?place=<code>` in the address wins and is remembered in the session, an empty `?place=` forgets it. A code of a
    node that the user does not see counts as absent, so the answer is never wider than `visible_to` (ORG-2). One query
    a request, none where nothing is chosen.
    """
    if not hasattr(request, "_place"):
        request._place = _read(request)  # type: ignore[attr-defined]
    return request._place  # type: ignore[attr-defined, no-any-return]


def _read(request: HttpRequest) -> Node | None:
    user = request.user
    if not user.is_authenticated:
        return None
    remembered = request.session.get(SESSION_KEY, "")
    code = request.GET.get(PARAMETER, remembered)
    # No code holds NUL, which PostgreSQL would refuse.
    visible = Node.objects.visible_to(user).select_related("parent")
    place = visible.filter(code=code).first() if code and "\0" not in code else None
    chosen = place.code if place else ""
    if chosen != remembered:
        request.session[SESSION_KEY] = chosen
    return place
