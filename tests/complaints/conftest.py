"""Photos of a test stay in its own folder; the year's working days are known where a test asks for them."""

import pytest

from foundation.worktime.services import seed_year
from tests.complaints.factories import SINCE


@pytest.fixture(autouse=True)
def files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


@pytest.fixture
def workdays(db) -> None:
    """2026 with its public holidays and make-up workdays."""
    seed_year(2026, at=SINCE)
