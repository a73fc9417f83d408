from datetime import UTC, datetime

import pytest
from django.contrib.auth import get_user_model

AT = datetime(2026, 11, 3, 1, 0, tzinfo=UTC)


@pytest.fixture
def at():
    return AT


@pytest.fixture
def people(db):
    users = get_user_model().objects
    return [users.create_user(name, name=name.title()) for name in ("zhang", "wang", "li")]


@pytest.fixture
def zhang(people):
    return people[0]


@pytest.fixture
def wang(people):
    return people[1]
