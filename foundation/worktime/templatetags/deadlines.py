from datetime import datetime, timedelta

from django import template

from foundation.worktime.local import format_deadline, format_duration

register = template.Library()


@register.filter
def deadline(at: datetime | None) -> str:
    """`{{ rectification.due_at|deadline }}`: 24:00 of its day, not 00:00 of the next."""
    return format_deadline(at) if at else ""


@register.filter
def duration(span: timedelta | None) -> str:
    """`{{ round.used|duration }}`: 3 小时 20 分."""
    return format_duration(span) if span is not None else ""
