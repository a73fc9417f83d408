"""The main job from end to end, by hand on a phone: the day's 十必查 with its failures, also without network, their
rectification and re-check by three people, and the month's bulletin as a PDF (INS-7…10, RPT-1, RPT-2).

The content is the delivered one, the inspection is made by its schedule. The three people work now; the bulletin is
issued on the 3rd of the next month, when the server's clock has moved there.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count

import pytest
import time_machine
from django.core.management import call_command
from django.db.models import Count, Q
from django.utils import timezone
from PIL import Image
from playwright.sync_api import Locator, Page, expect
from pypdf import PdfReader

from accounts.models import User
from foundation.attachments.models import Attachment
from foundation.journal.models import Entry
from foundation.worktime.local import local_date
from inspections.choices import Tier
from inspections.models import Answer, AnswerRevision, Inspection, Item, Rectification
from inspections.services.filling import photo_slot
from inspections.services.generation import generate_inspections
from inspections.services.standards import load_standards
from reports.models import Bulletin
from reports.months import Month
from tests.browser.conftest import DESKTOP, Browse
from tests.browser.test_fill_offline import expect_state, wait_for_worker
from tests.cast import PASSWORD, Cast

pytestmark = pytest.mark.browser

# Everything the phone still has to send, as it keeps it.
WAITING = """async () => {
    const open = indexedDB.open("dudao-fill");
    const database = await new Promise((done) => (open.onsuccess = () => done(open.result)));
    const all = (table) => new Promise((done) => {
        const asked = database.transaction(table).objectStore(table).getAll();
        asked.onsuccess = () => done(asked.result);
    });
    const rows = { answers: await all("answers"), photos: await all("photos") };
    database.close();
    return {
        answers: rows.answers.map(({ item, key, result, note, answered_at }) => ({ item, key, result, note, answered_at })),
        photos: rows.photos.map(({ item, key, taken_at }) => ({ item, key, taken_at })),
    };
}"""
_shots = count(1)


def shot(color: str) -> dict[str, object]:
    """A photo as a phone's camera gives it: large, its own file each time."""
    out = io.BytesIO()
    number = next(_shots)
    Image.effect_noise((1200, 900), 40 + number).convert("RGB").resize((2400, 1800)).save(out, "JPEG", quality=70)
    return {"name": f"IMG_{number:04}.jpg", "mimeType": "image/jpeg", "buffer": out.getvalue(), "color": color}
