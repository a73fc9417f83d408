from datetime import datetime

from django import template

from foundation.worktime.local import format_deadline

register = template.Library()


@register.filter
def deadline(at: datetime | None) -> str:
    """`{{ rectification.due_at|deadline }}`: 24:00 of its day, not 00:00 of the next."""
    return format_deadline(at) if at else ""
