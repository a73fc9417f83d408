"""Stories that happen side by side, in the order of time, with the sweep running between them as it does."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from heapq import heappop, heappush
from itertools import count
from typing import Any

from django.db import connection, transaction
from django.db.models.signals import post_init

from foundation.journal.models import Entry
from foundation.records.refusals import Refused
from foundation.timers.models import Clock, ClockState
from foundation.timers.sweeping import sweep

MINUTE = timedelta(minutes=1)
# A step that was taken leaves a dead row behind for as long as the demo's transaction lasts: old ones are not read.
LOOK_BACK = timedelta(days=2)

# Yields the moment at which it goes on and is handed that moment, from its beginning on.
Story = Generator[datetime, datetime, None]


class Play:
    """What is still to happen. What would be later than `now` does not: a story then stays where it stands."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self._queue: list[tuple[datetime, int, Story]] = []
        self._order = count()

    def add(self, story: Story) -> None:
        """Those of one moment go on in the order in which they came."""
        heappush(self._queue, (next(story), next(self._order), story))

    def run(self) -> None:
        at = self._queue[0][0] if self._queue else self.now
        while self._queue and self._queue[0][0] <= self.now:
            moment, _, story = heappop(self._queue)
            _sweep_until(moment, since=at)
            at = moment
            try:
                then = story.send(moment)
            except StopIteration:
                continue
            except Refused:
                # What time or another person has made impossible meanwhile: the story stays where it stands. Guards
                # refuse before anything is written, so there is nothing to undo.
                transaction.set_rollback(False)
                continue
            heappush(self._queue, (max(then, moment), next(self._order), story))
        _sweep_until(self.now, since=at)


def swept_at(moment: datetime) -> Story:
    """A sweep at the moment at which time alone does something that no clock knows of (CMP-8)."""
    sweep(at=_minute((yield moment)))


def _sweep_until(moment: datetime, *, since: datetime) -> None:
    """The sweep comes each minute; in those in which nothing is due it would do nothing."""
    while due := _first_due(since):
        tick = max(_minute(due), _minute(since + timedelta(microseconds=1)))
        if tick > moment:
            return
        sweep(at=tick)
        since = tick


def _first_due(since: datetime) -> datetime | None:
    running = Clock.objects.filter(state=ClockState.RUNNING, next_at__gt=since - LOOK_BACK)
    return running.order_by("next_at").values_list("next_at", flat=True).first()


def _minute(moment: datetime) -> datetime:
    """The next full minute, itself included."""
    return moment + (datetime.min.replace(tzinfo=moment.tzinfo) - moment) % MINUTE


@contextmanager
def as_it_happened() -> Iterator[None]:
    """In one transaction, entries of the journal are recorded when they happen, not when the demo is loaded.

    What fails undoes everything, so none of the savepoints within is needed, and they are a third of all statements.
    Triggers are told at once that none is ignored: each would find out by an error of its own, and after each error
    Postgres walks through all foreign keys that are still to be checked, which are a million here (4 ms).
    """

    def recorded(instance: Entry, **_: Any) -> None:
        if instance.pk is None:
            instance.recorded_at = instance.at

    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL pgtrigger.ignore = '{}'")
    features = connection.features
    before, features.uses_savepoints = features.uses_savepoints, False
    post_init.connect(recorded, sender=Entry)
    try:
        yield
    finally:
        post_init.disconnect(recorded, sender=Entry)
        features.uses_savepoints = before
