"""`{% timeline entries %}`: what happened to a record, in words."""

from collections.abc import Iterable
from typing import Any

from django import template

from foundation.journal.models import Entry

register = template.Library()


@register.inclusion_tag("journal/timeline.html")
def timeline(entries: Iterable[Entry]) -> dict[str, Any]:
    """Shows the entries in the order given; `Entry.objects.about(record)` brings them with their people."""
    return {"entries": entries}
