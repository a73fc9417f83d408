"""`{% photos attachments "整改前" %}`: files as thumbnails that open in full."""

from collections.abc import Iterable
from typing import Any

from django import template

from foundation.attachments.models import Attachment

register = template.Library()


@register.inclusion_tag("attachments/_photos.html")
def photos(attachments: Iterable[Attachment], label: str = "照片") -> dict[str, Any]:
    return {"attachments": attachments, "label": label}
