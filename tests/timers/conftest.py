import pytest

from foundation.timers import registry
from foundation.timers.registry import Firing
from foundation.worktime.services import seed_year
from tests.timers.clocks import BROKEN, KIND, START


@pytest.fixture(autouse=True)
def told(monkeypatch) -> list[Firing]:
    """What the handlers were told: KIND's notes everything, BROKEN's raises if an odd subject is among the batch."""
    firings: list[Firing] = []

    def fail(batch):
        if any(firing.clock.subject_id % 2 for firing in batch):
            raise RuntimeError("处理程序出错")
        firings.extend(batch)

    for kind, name, function in ((KIND, "处理时限", firings.extend), (BROKEN, "会出错", fail)):
        monkeypatch.setitem(registry._handlers, kind, function)
        monkeypatch.setitem(registry._names, kind, name)
    return firings


@pytest.fixture
def workdays(db) -> None:
    seed_year(2026, at=START)
