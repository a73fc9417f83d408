"""A developer's list of 10,000 houses brought in by a worker, and the hall's board with 500 of them (HND-1, HND-4).

The estate is this part's own and is gone after it: the other parts count what the year holds.
"""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from functools import partial
from itertools import count
from typing import Any, NamedTuple
from unittest import mock

import xlsxwriter
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse
from python_calamine import CalamineWorkbook
from stdnum.cn import ric

from accounts.models import Post, User
from accounts.roles import Role
from estates.models import Branch, Estate, House
from foundation.worktime.local import SHANGHAI, local_date
from handover.choices import NotTaken, StepKind
from handover.models import Batch, Handover, HandoverStep, OwnerList
from handover.ownerlists import COLUMNS
from handover.services import batches, lists
from handover.services.slots import add_slots
from script.benchmarks.measuring import Row, percentile, timed
from script.benchmarks.pages import Page, Person, counting, measure, row

HOUSES, ROUNDS = 10_000, 3
SHOWN, QUERIES = 500, 10
STATES = {"serving": 40, "waiting": 40, "coming": 220, "absent": 50, "done": 150}
SECONDS, MEGABYTES = 20, 300
CODE = "HALL"
DAYS, OPENS, CLOSES, MINUTES = 20, time(9), time(17), 30
CAPACITY = -(-HOUSES // (DAYS * 16))

PLACE = """
INSERT INTO estates_building (estate_id, name) SELECT %(estate)s, n || '幢' FROM generate_series(1, 25) AS n;

INSERT INTO estates_unit (building_id, name)
SELECT id, n || '单元' FROM estates_building, generate_series(1, 2) AS n WHERE estate_id = %(estate)s;

INSERT INTO estates_house (estate_id, building_id, unit_id, number, code, area, lookup, lookup_back)
SELECT b.estate_id, b.id, u.id, door, b.name || u.name || door, 89,
       concat_ws('-', building, unit, door, ''), concat_ws('-', door, unit, building, '')
FROM estates_unit u JOIN estates_building b ON b.id = u.building_id,
     LATERAL (SELECT rtrim(b.name, '幢') AS building, rtrim(u.name, '单元') AS unit) AS named,
     generate_series(1, 50) AS floor, generate_series(1, 4) AS flat, LATERAL (SELECT floor || to_char(flat, 'FM00') AS door) AS d
WHERE b.estate_id = %(estate)s ORDER BY u.id, floor, flat;
ANALYZE estates_house
"""
# The journal refuses DELETE, and rightly so; with the triggers off nothing cascades either.
FORGET = """
SET session_replication_role = replica;
DELETE FROM notices_notice WHERE user_id = %(user)s;
DELETE FROM journal_entry WHERE node_id = %(estate)s;
DELETE FROM handover_handover WHERE estate_id = %(estate)s;
DELETE FROM handover_slot WHERE batch_id IN (SELECT id FROM handover_batch WHERE estate_id = %(estate)s);
DELETE FROM handover_ownerlist WHERE batch_id IN (SELECT id FROM handover_batch WHERE estate_id = %(estate)s);
DELETE FROM handover_batch WHERE estate_id = %(estate)s;
DELETE FROM numbering_counter WHERE place = %(code)s;
DELETE FROM estates_house WHERE estate_id = %(estate)s;
DELETE FROM estates_unit WHERE building_id IN (SELECT id FROM estates_building WHERE estate_id = %(estate)s);
DELETE FROM estates_building WHERE estate_id = %(estate)s;
DELETE FROM accounts_post WHERE node_id = %(estate)s;
DELETE FROM accounts_user WHERE id = %(user)s;
DELETE FROM estates_node WHERE id = %(estate)s;
RESET session_replication_role
"""
TOUCHED = "handover_handover, handover_ownerlist, estates_house, estates_unit, estates_building, journal_entry"


class Place(NamedTuple):
    estate: Estate
    manager: User


def run(at: datetime) -> list[Row]:
    with place(at) as here:
        return [*_boards(here, at), *_imports(here, at)]


@contextmanager
def place(at: datetime) -> Iterator[Place]:
    """An estate of 10,000 houses with its manager, committed: a worker in another process has to see it."""
    estate = Estate.objects.create(code=CODE, name="交付花园", parent=Branch.objects.order_by("pk")[0])
    manager = User.objects.create(username=CODE.lower(), name="交付项目经理", password="!")
    Post.objects.create(
        user=manager, role=Role.ESTATE_MANAGER, node_id=estate.pk, starts_on=local_date(at) - timedelta(days=9)
    )
    try:
        _execute(PLACE, {"estate": estate.pk})
        assert House.objects.filter(estate=estate).count() == HOUSES
        yield Place(estate, User.objects.get(pk=manager.pk))
    finally:
        _execute(FORGET, {"estate": estate.pk, "user": manager.pk, "code": CODE})
        _execute(f"VACUUM ANALYZE {TOUCHED}")


def make_batch(here: Place, at: datetime) -> Batch:
    """With slots enough for all houses."""
    first = local_date(at)
    last = first + timedelta(days=DAYS - 1)
    batch = batches.create_batch(
        estate=here.estate, name="首批", starts_on=first, ends_on=last, developer="锦城置业有限公司", by=here.manager, at=at
    )  # fmt: skip
    add_slots(
        batch=batch, first=first, last=last, opens=OPENS, closes=CLOSES, minutes=MINUTES, capacity=CAPACITY,
        by=here.manager, at=at,
    )  # fmt: skip
    return batch


# --- the list ---------------------------------------------------------------------------------------------------------

WRITTEN = ", ".join(field.column for field in Handover._meta.concrete_fields if not field.primary_key)
EMPTY = "DELETE FROM handover_handover WHERE batch_id = %(batch)s"


def _imports(here: Place, at: datetime) -> list[Row]:
    """Each time by a new process, as it is after a start of the worker; in turns with the bare reading and writing."""
    batch = make_batch(here, at)
    content = sheet(batch)
    done, floors = [], []
    for _ in range(ROUNDS):
        done.append(_worked(here, batch, content, at))
        written = _copied(batch)
        _execute(EMPTY, {"batch": batch.pk})
        floors.append(timed(partial(_bare, content, written)))
        _execute(EMPTY, {"batch": batch.pk})
    slowest = max(done, key=lambda one: one["silence"])
    told = f"{len(content) / 1e6:.1f} MB，进度告知 {slowest['told']} 次，最长间隔 {slowest['silence']:.1f} s"
    return [
        Row(
            f"导入 {HOUSES:,} 户的交付名单，从文件到完成",
            percentile((one["ms"] for one in done), 0.5),
            ROUNDS,
            percentile(floors, 0.5),
            most=SECONDS * 1000,
            about=f"{told}；下限为 calamine 读同一文件加 COPY 同样的行",
        ),
        Row(
            "  后台进程的内存峰值",
            max(one["peak"] for one in done),
            ROUNDS,
            max(one["before"] for one in done),
            unit="MB",
            most=MEGABYTES,
            about="下限为取到任务之前的内存",
        ),
    ]


def sheet(batch: Batch) -> bytes:
    """The developer's file: every column filled in every row."""
    houses = House.objects.filter(estate=batch.estate_id).order_by("pk").values_list("code", flat=True)
    slots = [slot for slot in batch.slots.all() for _ in range(slot.capacity)]
    buffer = io.BytesIO()
    workbook = xlsxwriter.Workbook(buffer, {"in_memory": True})
    page = workbook.add_worksheet()
    page.write_row(0, 0, COLUMNS)
    for number, (code, slot) in enumerate(zip(houses, slots, strict=False), 1):
        begins = slot.starts_at.astimezone(SHANGHAI)
        page.write_row(number, 0, _line(number, code, begins))
    workbook.close()
    return buffer.getvalue()


def _line(number: int, code: str, begins: datetime) -> Sequence[str]:
    born = date(1960, 1, 1) + timedelta(days=number)
    card = f"330106{born:%Y%m%d}{number % 1000:03d}"
    return (
        code, f"购房人{number}", ("个人", "夫妻共有")[number % 2], "身份证", card + ric.calc_check_digit(card + "0"),
        f"138{number:08d}", begins.date().isoformat(), begins.date().isoformat(), f"{begins:%H:%M}",
    )  # fmt: skip


def _worked(here: Place, batch: Batch, content: bytes, at: datetime) -> dict[str, Any]:
    with mock.patch("handover.tasks.work_list.delay"):
        kept = lists.upload_list(batch=batch, filename="名单.xlsx", content=content, by=here.manager, at=at)
    told = subprocess.run(
        [sys.executable, "-m", "script.benchmarks.handover_worker", str(kept.pk)],
        env=dict(os.environ),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    kept.refresh_from_db()
    assert (kept.state, kept.row_count) == (OwnerList.State.SAVED, HOUSES), (kept.state, kept.fault, kept.faults[:3])
    return json.loads(told.stdout)


def _copied(batch: Batch) -> bytes:
    """What the product wrote, as COPY gives it back."""
    with connection.cursor() as cursor:
        query = f"COPY (SELECT {WRITTEN} FROM handover_handover WHERE batch_id = {batch.pk} ORDER BY id) TO STDOUT"
        with cursor.copy(query) as copy:
            return b"".join(bytes(piece) for piece in copy)


def _bare(content: bytes, written: bytes) -> None:
    rows = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python()
    assert len(rows) == HOUSES + 1
    query = f"COPY handover_handover ({WRITTEN}) FROM STDIN"
    with transaction.atomic(), connection.cursor() as cursor, cursor.copy(query) as copy:
        copy.write(written)


# --- the board --------------------------------------------------------------------------------------------------------


def _boards(here: Place, at: datetime) -> list[Row]:
    """The page, and the fragment that each screen asks for every four seconds; rolled back."""
    with transaction.atomic():
        batch = make_batch(here, at)
        _fill(batch, here.manager, at)
        rows = _asked(here, reverse("handover:board", args=[batch.pk]))
        transaction.set_rollback(True)
    return rows


def _asked(here: Place, address: str) -> list[Row]:
    rows = []
    person = Person("项目经理", here.manager, here.estate)
    page = Page(f"交付现场 {SHOWN} 户", [address], queries=QUERIES)
    screens = {"": Client(), "（自动刷新的部分）": Client(headers={"HX-Request": "true"})}
    with counting() as asked:
        for name, client in screens.items():
            client.force_login(person.user)
            frame = measure(client, [reverse("accounts:profile")], asked).median
            rows.append(row(person, page._replace(name=page.name + name), client, asked, frame))
            asked.clear()
            shown = client.get(address).content.decode()
            about = f"{len(shown.encode()) / 1024:,.0f} kB"
            assert all(group in shown for group in ("办理中", "等候", "未到", "未接房", "已接房"))
            rows.append(Row("  语句", len(asked), unit="条", most=QUERIES, about=about))
    return rows


def _fill(batch: Batch, by: User, at: datetime) -> None:
    """Houses in every state; today's hours are appointed, and some of them have gone by."""
    State = Handover.State  # noqa: N806
    as_state = {"serving": State.UNDER_WAY, "waiting": State.UNDER_WAY, "coming": State.NOT_BEGUN,
                "absent": State.NOT_TAKEN, "done": State.DONE}  # fmt: skip
    groups = [name for name, number in STATES.items() for _ in range(number)]
    assert len(groups) == SHOWN
    houses = House.objects.filter(estate=batch.estate_id).order_by("pk")[:SHOWN]
    slots = list(batch.slots.all())
    made = []
    for number, house, group in zip(count(), houses, groups, strict=False):
        came = at - timedelta(minutes=number % 90 + 5)
        is_here = group in ("serving", "waiting", "done")
        made.append(
            Handover(
                batch=batch,
                estate_id=batch.estate_id,
                house=house,
                slot=slots[number % len(slots)] if number % 3 else None,
                buyer_name=f"购房人{number}",
                buyer_phone=f"138{number:08d}",
                state=as_state[group],
                arrived_at=came if is_here else None,
                done_at=at if group == "done" else None,
                reason=NotTaken.AWAY if group == "absent" else "",
            )
        )
    Handover.objects.bulk_create(made)
    HandoverStep.objects.bulk_create(
        step for handover, group in zip(made, groups, strict=True) for step in _steps(handover, group, by, at)
    )


def _steps(handover: Handover, group: str, by: User, at: datetime) -> Iterator[HandoverStep]:
    if group in ("coming", "absent"):
        return
    kinds = list(StepKind.values)
    finished = len(kinds) if group == "done" else handover.house_id % (len(kinds) - 1)
    for position, kind in enumerate(kinds, 1):
        step = HandoverStep(handover=handover, kind=kind, position=position)
        if position <= finished:
            step.state, step.done_at, step.done_by = HandoverStep.State.DONE, at, by
        elif position == finished + 1 and group == "serving":
            step.state, step.taken_at, step.taken_by = HandoverStep.State.TAKEN, at, by
        yield step


def _execute(sql: str, values: dict[str, Any] | None = None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
