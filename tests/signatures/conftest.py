"""Signatures know no business: the record that is signed here is a counter."""

from datetime import UTC, datetime

import pytest
from django.contrib.auth import get_user_model

from foundation.attachments import registry
from foundation.numbering.models import Counter
from foundation.signatures import services
from foundation.signatures.models import SLOT
from tests.signatures.drawings import NAME

AT = datetime(2026, 11, 3, 2, 30, 15, tzinfo=UTC)
TEXT = "## 一、约定\n- 门窗已检查\n| 钥匙 | 数量 |\n| 入户门 | 3 |\n本人已阅读以上内容。"


@pytest.fixture(autouse=True)
def files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


@pytest.fixture(autouse=True)
def rules(monkeypatch):
    monkeypatch.setattr(registry, "_pdf_slots", {("numbering.counter", SLOT)})


@pytest.fixture
def staff(db):
    return get_user_model().objects.create_user("zhang", name="张工")


@pytest.fixture
def subject(db):
    return Counter.objects.create(kind="ZG", place="HZ01", period="202611", last=1)


@pytest.fixture
def sign(subject, staff):
    def call(**more):
        given = {
            "subject": subject, "slot": "keys", "signer": "王芳", "title": "《钥匙签收单》", "text": TEXT,
            "strokes": NAME, "by": staff, "at": AT,
        } | more  # fmt: skip
        return services.sign(**given)

    return call
