"""What a phone sends while an inspection is filled in."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from inspections.models import Inspection
from tests.inspections.factories import day, photo


def url(verb: str, inspection: Inspection) -> str:
    return reverse(f"inspections:{verb}", args=[inspection.pk])


def send_answer(client: Client, inspection: Inspection, item: int, **content: Any) -> HttpResponse:
    """An answer under a new key, given at 09:00 of TODAY on top of nothing, unless told otherwise."""
    answered_at = content.pop("answered_at", day())
    sent = {
        "key": str(uuid.uuid4()),
        "item": item,
        "result": "p",
        "note": "",
        "reading": None,
        "answered_at": answered_at.isoformat() if isinstance(answered_at, datetime) else answered_at,
        "base_rev": 0,
    }
    return client.post(url("save_answer", inspection), sent | content, content_type="application/json")


def send_photo(client: Client, inspection: Inspection, item: int, **content: Any) -> HttpResponse:
    sent = {"key": str(uuid.uuid4()), "item": item, "taken_at": day().isoformat(), "photo": photo()}
    return client.post(url("attach_photo", inspection), sent | content)


def send_removal(client: Client, inspection: Inspection, key: str, **content: Any) -> HttpResponse:
    sent = {"key": key, "removed_at": day().isoformat()}
    return client.post(url("remove_photo", inspection), sent | content, content_type="application/json")
