"""Looking for words in columns of text."""

from __future__ import annotations

from django.db.models import Q


def holds(text: str, *fields: str) -> Q:
    """One of the fields holds the text, whatever its case.

    Words without case, as Chinese ones are, are compared as they stand: folding a column row by row costs five times
    as much as reading it.
    """
    lookup = "contains" if text.upper() == text.lower() else "icontains"
    found = Q()
    for field in fields:
        found |= Q(**{f"{field}__{lookup}": text})
    return found
