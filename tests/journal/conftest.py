from datetime import UTC, datetime

import pytest
from django.contrib.auth import get_user_model

from foundation.journal import verbs
from foundation.numbering.models import Counter

AT = datetime(2026, 11, 3, 1, 15, tzinfo=UTC)


@pytest.fixture(autouse=True)
def words(monkeypatch):
    for registry in ("_labels", "_names", "_describers"):
        monkeypatch.setattr(verbs, registry, dict(getattr(verbs, registry)))
    verbs.register(
        {"test.open": "开单", "test.extend": "延期", "test.close": "关闭"},
        names={"due_on": "整改期限", "measures": "整改措施", "urgent": "加急"},
    )


@pytest.fixture
def at():
    return AT


@pytest.fixture
def zhang(db):
    return get_user_model().objects.create_user("zhang", name="张工")


@pytest.fixture
def subject(db):
    """Any record will do: the journal knows none."""
    return Counter.objects.create(kind="ZG", place="HZ01", period="202611", last=1)
