"""What is to happen to the houses of a batch of the demo, before the developer's list makes them its houses."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random

from config.demo.casestories import DAY, HOUR
from config.demo.handoverhouses import Hall, OneHouse
from config.demo.handoverlists import Buyer
from config.demo.play import Play, Story
from foundation.worktime.local import start_of_day
from handover.models import Batch
from handover.services.batches import create_batch

Tell = Callable[[OneHouse], Sequence[Story]]


@dataclass
class Plan:
    """A batch before its list is read: each buyer with the story of the house."""

    hall: Hall
    now: datetime
    rows: list[tuple[Buyer, Tell]] = field(default_factory=list)

    def add(self, buyer: Buyer, tell: Tell = lambda one: ()) -> None:
        self.rows.append((buyer, tell))

    def tell(self, batch: Batch, play: Play) -> list[OneHouse]:
        """The houses in their order, their stories in the play."""
        rows = batch.handovers.select_related("house__estate__parent", "estate__parent", "batch")
        known = {one.house_id: one for one in rows}
        ones = [OneHouse(self.hall, known[buyer.house.pk], self.rng()) for buyer, _ in self.rows]
        for one, (_, tell) in zip(ones, self.rows, strict=True):
            for story in tell(one):
                add(play, story)
        return ones

    def rng(self) -> Random:
        return Random(self.hall.rng.getrandbits(64))


def add(play: Play, story: Story) -> None:
    """A story may have nothing to tell."""
    try:
        play.add(story)
    except StopIteration:
        return


def new_batch(hall: Hall, name: str, starts_on: date, days: int, *, developer: str, place: str) -> Batch:
    """Made by the manager three weeks before."""
    return create_batch(
        estate=hall.estate,
        name=name,
        starts_on=starts_on,
        ends_on=starts_on + timedelta(days=days - 1),
        developer=developer,
        hall=place,
        by=hall.manager,
        at=start_of_day(starts_on) - 21 * DAY + 9 * HOUR,
    )
