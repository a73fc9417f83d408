"""When a recipient gets many notices at once: over 10 in 10 minutes, what waits goes out as one message."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

MOST = 10
WINDOW = timedelta(minutes=10)
# After a digest the next ones are collected. What is urgent does not wait as long, but a flood of it is no flood of
# messages either.
COLLECTING = WINDOW
COLLECTING_URGENT = timedelta(minutes=1)


@dataclass(frozen=True)
class Packed:
    """A message that was made up for the recipient: when, of how many notices."""

    at: datetime
    size: int = 1
    is_digest: bool = False
    is_urgent: bool = False


@dataclass(frozen=True)
class Decision:
    """Each by itself, or `together` as one message, or none before `hold_until`."""

    together: bool = False
    hold_until: datetime | None = None


def decide(*, waiting: int, urgent: bool, held: bool, packed: Sequence[Packed], at: datetime) -> Decision:
    """What becomes of the `waiting` notices of one recipient.

    `urgent`, `held`: whether any of them is urgent, or was held before. `packed`: what was made up lately. A message
    that is exactly ten minutes old no longer counts. What is urgent is held only by a digest that was urgent itself.
    """
    window = COLLECTING_URGENT if urgent else COLLECTING
    digests = [one.at for one in packed if one.is_digest and (one.is_urgent or not urgent)]
    if digests and at < (until := max(digests) + window):
        return Decision(hold_until=until)
    lately = sum(one.size for one in packed if one.at > at - WINDOW)
    return Decision(together=lately + waiting > MOST or (held and waiting > 1))
