"""The board of a batch: where each of its houses is now. Three queries, however many houses (HND-1, HND-4)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Prefetch

from foundation.worktime.local import local_date
from handover.models import Batch, Handover, HandoverStep

State = Handover.State


@dataclass
class Tile:
    """One house. `since` is when it came, or when its last step was taken or finished."""

    handover: Handover
    label: str
    people: str = ""
    since: datetime | None = None
    done: int = 0
    total: int = 0
    is_late: bool = False


@dataclass
class Group:
    code: str
    label: str
    icon: str
    empty: str
    tiles: list[Tile] = field(default_factory=list)


@dataclass
class Board:
    """The groups in the order in which people look at them."""

    batch: Batch
    at: datetime
    serving: Group
    waiting: Group
    coming: Group
    absent: Group
    done: Group

    @property
    def groups(self) -> list[Group]:
        return [self.serving, self.waiting, self.coming, self.absent, self.done]

    @property
    def total(self) -> int:
        return sum(len(group.tiles) for group in self.groups)

    @property
    def slots(self) -> list[dict[str, Any]]:
        """Today's hours: how many are appointed, and how many of these have come."""
        today = local_date(self.at)
        found: dict[int, dict[str, Any]] = {}
        for group in self.groups:
            for tile in group.tiles:
                slot = tile.handover.slot
                if slot is None or local_date(slot.starts_at) != today:
                    continue
                row = found.setdefault(slot.pk, {"slot": slot, "booked": 0, "came": 0, "now": False})
                row["booked"] += 1
                row["came"] += tile.handover.arrived_at is not None
                row["now"] = slot.starts_at <= self.at < slot.ends_at
        return sorted(found.values(), key=lambda row: row["slot"].starts_at)


def board_of(batch: Batch, at: datetime) -> Board:
    board = Board(
        batch,
        at,
        Group("serving", "办理中", "user-check", "现在没有正在办理的房屋。"),
        Group("waiting", "等候", "hourglass", "没有到场等候的业主。"),
        Group("coming", "未到", "calendar-clock", "没有还没到场的房屋。"),
        Group("absent", "未接房", "circle-slash", "没有登记未接房的房屋。"),
        Group("done", "已接房", "circle-check", "还没有接房的房屋。"),
    )
    for handover in _houses(batch):
        _place(board, handover)
    for group in (board.serving, board.waiting):
        group.tiles.sort(key=lambda tile: tile.since or at)
    # Those with an appointment first, by the hour.
    board.coming.tiles.sort(key=lambda tile: (tile.handover.slot is None, _hour(tile), natural(tile.handover)))
    for group in (board.absent, board.done):
        group.tiles.sort(key=lambda tile: natural(tile.handover))
    return board


def _houses(batch: Batch) -> Iterable[Handover]:
    steps = HandoverStep.objects.select_related("taken_by").filter(handover__state=State.UNDER_WAY)
    rows = batch.handovers.select_related("house", "slot").defer("buyer_id_number")
    return rows.order_by().prefetch_related(Prefetch("steps", steps))


def _place(board: Board, handover: Handover) -> None:
    match handover.state:
        case State.DONE:
            board.done.tiles.append(Tile(handover, "已接房", since=handover.done_at))
        case State.NOT_TAKEN:
            board.absent.tiles.append(Tile(handover, handover.get_reason_display()))
        case State.UNDER_WAY:
            _place_present(board, handover)
        case _:
            slot = handover.slot
            is_late = slot is not None and slot.ends_at <= board.at
            label = "过了预约时段" if is_late else "已预约" if slot else "未预约"
            board.coming.tiles.append(Tile(handover, label, is_late=is_late))


def _place_present(board: Board, handover: Handover) -> None:
    """Being served where a counter has taken a step; else waiting for the next one of its order."""
    steps = list(handover.steps.all())
    done = [step for step in steps if step.state == HandoverStep.State.DONE]
    taken = [step for step in steps if step.state == HandoverStep.State.TAKEN]
    tile = Tile(handover, "", done=len(done), total=len(steps))
    if taken:
        tile.label = "、".join(str(step) for step in taken)
        tile.people = "、".join(step.taken_by.name for step in taken if step.taken_by)
        tile.since = min((step.taken_at for step in taken if step.taken_at), default=handover.arrived_at)
        board.serving.tiles.append(tile)
        return
    ahead = next((step for step in steps if step.state == HandoverStep.State.WAITING), None)
    tile.label = f"待{ahead}" if ahead else ""
    moments = [step.done_at for step in done if step.done_at] + [handover.arrived_at or board.at]
    tile.since = max(moments)
    board.waiting.tiles.append(tile)


def _hour(tile: Tile) -> float:
    return tile.handover.slot.starts_at.timestamp() if tile.handover.slot else 0


def natural(handover: Handover) -> list[tuple[int, str]]:
    """2幢 before 10幢, 301 before 1502."""
    return [(len(part), part) for part in handover.house.lookup.split("-")]
