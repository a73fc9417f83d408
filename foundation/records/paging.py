"""Pages of long lists: which rows a page has is asked first, what they show only of these."""

from __future__ import annotations

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet

PAGE = 50


def page_of(rows: QuerySet, *, count: int, number: str | None, related: tuple[str, ...]) -> Page:
    """A page of ordered, scoped `rows` with `related` at hand; `count` is known from the tabs, and not asked twice.

    Two narrow steps: a late page of a year of records, or one sorted by a score, would else join and carry them all.
    """
    paginator = Paginator(rows.none(), PAGE)
    paginator.count = count
    page = paginator.get_page(number)
    keys = _keys(rows.values_list("pk", flat=True), page)
    found = rows.model.objects.select_related(*related).in_bulk(keys)
    page.object_list = [found[key] for key in keys if key in found]
    return page


def _keys(keys: QuerySet, page: Page) -> list[int]:
    """Counted from the nearer end, so that the last page costs what the first one does."""
    first, after = max(0, page.start_index() - 1), page.end_index()
    behind = page.paginator.count - after
    if first <= behind:
        return list(keys[first:after])
    return list(keys.reverse()[behind : behind + after - first])[::-1]
