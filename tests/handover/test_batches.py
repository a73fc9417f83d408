"""交付批次, their slots and the live board (HND-1, HND-4)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date, time

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from foundation.records.refusals import Refused
from handover.board import board_of
from handover.choices import StepKind
from handover.models import Batch, Handover, HandoverStep, Slot
from handover.services.batches import close_batch, open_batch
from handover.services.outcomes import not_taken
from handover.services.slots import add_slots, appoint, change_capacity
from handover.services.steps import take_step
from tests.handover.factories import (
    DAY,
    FIRST_DAY,
    HOUR,
    LAST_DAY,
    MONDAY,
    SECOND,
    arrived,
    fresh,
    handed_over,
    journal,
    make_batch,
    make_handover,
    make_house,
    refused,
)

NOW = MONDAY + 2 * HOUR
FORM = {
    "name": "首批集中交付", "starts_on": "2026-03-02", "ends_on": "2026-03-08", "developer": "锦城置业", "advance_months": "6",
}  # fmt: skip


@pytest.fixture(autouse=True)
def now():
    with time_machine.travel(NOW, tick=False):
        yield


def slots(
    cast, batch, *, capacity: int = 1, opens: time = time(14), closes: time = time(16), first=FIRST_DAY, last=FIRST_DAY
):
    given = {"first": first, "last": last, "opens": opens, "closes": closes, "minutes": 60, "capacity": capacity}
    return add_slots(batch=batch, by=cast.estate_manager, at=MONDAY, **given)


# --- made, opened, closed -------------------------------------------------------------------------------------------


def test_a_batch_is_made_from_its_form_with_a_number_and_the_order_of_the_steps(cast):
    client = cast.client(cast.estate_manager)
    response = client.post(reverse("handover:create_batch"), {**FORM, "estate": cast.estate_a1.pk})
    batch = Batch.objects.get()
    assert response.url == reverse("handover:batch", args=[batch.pk])
    assert (batch.number, batch.state, batch.steps) == ("JF-A1-202603-0001", "preparing", list(StepKind.values))
    assert journal(batch, prefix="batch.") == ["create"]


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"ends_on": "2026-03-01"}, "结束日期不能早于开始日期"),
        ({"advance_months": "0"}, "预收月数至少为 1"),
        ({"developer": ""}, "请写开发商"),
        ({"estate": ""}, "请选择项目"),
    ],
)
def test_a_wrong_batch_is_refused_and_what_was_typed_stays(cast, wrong, sentence):
    given = {**FORM, "estate": cast.estate_a1.pk, **wrong}
    response = cast.client(cast.estate_manager).post(reverse("handover:create_batch"), given)
    assert response.status_code == 422
    assert sentence in response.content.decode()
    assert "首批集中交付" in response.content.decode()
    assert not Batch.objects.exists()


def test_another_estate_is_no_choice(cast):
    given = {**FORM, "estate": cast.estate_b1.pk}
    assert cast.client(cast.estate_manager).post(reverse("handover:create_batch"), given).status_code == 422
    assert not Batch.objects.exists()


def test_a_batch_without_houses_is_not_opened(cast):
    with refused("请先导入交付名单"):
        open_batch(batch=make_batch(cast, []), by=cast.estate_manager, at=NOW)


def test_a_batch_ends_when_every_house_is_handed_over_or_has_its_reason(cast):
    batch = make_batch(cast)
    first, second = batch.handovers.all()
    not_taken(handover=first, by=cast.service, at=NOW, reason="away")
    with refused("还有 1 户没有接房，也没有登记未接房原因"):
        close_batch(batch=batch, by=cast.estate_manager, at=NOW)
    not_taken(handover=second, by=cast.service, at=NOW, reason="loan")
    assert close_batch(batch=batch, by=cast.estate_manager, at=NOW).state == "closed"
    with refused("已经结束"):
        close_batch(batch=batch, by=cast.estate_manager, at=NOW)
    assert journal(batch, prefix="batch.") == ["create", "import", "open", "close"]


@pytest.mark.parametrize("name", ["open_batch", "close_batch"])
def test_opening_and_closing_are_the_managers(cast, name):
    batch = make_batch(cast, opened=name == "close_batch")
    Handover.objects.filter(batch=batch).update(state="not_taken", reason="away")
    url = reverse(f"handover:{name}", args=[batch.pk])
    assert cast.client(cast.estate_manager).get(url).status_code == 405
    assert cast.client(cast.service).post(url).status_code == 403
    assert cast.client(cast.foreign_manager).post(url).status_code == 404
    before = fresh(batch).state
    assert cast.client(cast.service_lead).post(url).status_code == 302
    assert fresh(batch).state != before


# --- slots ----------------------------------------------------------------------------------------------------------


def test_slots_fill_the_hours_of_each_day(cast):
    batch = make_batch(cast)
    made = slots(cast, batch, last=date(2026, 3, 3))
    assert len(made) == 4
    assert [slot.starts_at for slot in batch.slots.all()][:2] == [MONDAY + 5 * HOUR, MONDAY + 6 * HOUR]
    with refused("已经有时段了"):
        slots(cast, batch)
    assert slots(cast, batch, opens=time(15), closes=time(18))[0].starts_at == MONDAY + 7 * HOUR


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"last": date(2026, 3, 9)}, "应在批次的 2026-03-02 至 2026-03-08 之内"),
        ({"first": date(2026, 3, 1)}, "应在批次的"),
        ({"closes": time(14, 59)}, "放不下一个时段"),
    ],
)
def test_slots_outside_of_the_batch_are_refused(cast, given, sentence):
    with refused(sentence):
        slots(cast, make_batch(cast), **given)
    assert not Slot.objects.exists()


def test_a_slot_takes_as_many_houses_as_it_has_room_for(cast):
    batch = make_batch(cast)
    first, second = batch.handovers.all()
    two, three = slots(cast, batch)
    assert appoint(handover=first, slot=two, by=cast.service, at=NOW).slot == two
    with refused("已经约满 1 户，请换一个时段"):
        appoint(handover=second, slot=two, by=cast.service, at=NOW)
    assert appoint(handover=second, slot=three, by=cast.service, at=NOW).slot == three
    assert appoint(handover=first, slot=None, by=cast.service, at=NOW).slot is None
    assert journal(first) == ["appoint", "appoint"]


def test_a_slot_is_appointed_until_its_end(cast):
    batch = make_batch(cast)
    first, second = batch.handovers.all()
    slot = slots(cast, batch, capacity=2)[0]
    assert appoint(handover=first, slot=slot, by=cast.service, at=slot.ends_at - SECOND).slot == slot
    with refused("已经过了"):
        appoint(handover=second, slot=slot, by=cast.service, at=slot.ends_at)


def test_another_batchs_slot_is_refused(cast):
    slot = slots(cast, make_batch(cast, ["1601"], name="第二批"))[0]
    with refused("这个批次没有这个时段"):
        appoint(handover=make_handover(cast), slot=slot, by=cast.service, at=NOW)


def test_room_is_never_less_than_what_is_appointed_and_none_removes_the_slot(cast):
    batch = make_batch(cast)
    slot, other = slots(cast, batch, capacity=2)
    for handover in batch.handovers.all():
        appoint(handover=handover, slot=slot, by=cast.service, at=NOW)
    with refused("已经约了 2 户，请先改约"):
        change_capacity(slot=slot, capacity=1, by=cast.estate_manager, at=NOW)
    assert change_capacity(slot=slot, capacity=3, by=cast.estate_manager, at=NOW).capacity == 3
    change_capacity(slot=other, capacity=0, by=cast.estate_manager, at=NOW)
    assert list(batch.slots.all()) == [slot]


def test_the_pages_of_slots_set_and_change_them(cast):
    batch, client = make_batch(cast), cast.client(cast.service_lead)
    given = {"first": FIRST_DAY, "last": LAST_DAY, "opens": "09:00", "closes": "10:00", "minutes": 30, "capacity": 2}
    assert client.post(reverse("handover:add_slots", args=[batch.pk]), given).status_code == 302
    assert batch.slots.count() == 14
    slot = batch.slots.first()
    assert slot is not None
    url = reverse("handover:change_slot", args=[slot.pk])
    assert client.post(url, {"capacity": "9"}).status_code == 302
    assert fresh(slot).capacity == 9
    wrong = client.post(url, {"capacity": "-1"})
    assert wrong.status_code == 422
    assert 'value="-1"' in wrong.content.decode()
    assert cast.client(cast.service).post(url, {"capacity": "1"}).status_code == 403
    assert cast.client(cast.foreign_manager).post(url, {"capacity": "1"}).status_code == 404
    assert client.post(reverse("handover:add_slots", args=[batch.pk]), given).status_code == 422


@pytest.mark.django_db(transaction=True)
def test_of_many_appointments_at_once_a_slot_takes_its_number(cast):
    batch = make_batch(cast, [f"{floor}01" for floor in range(1, 9)])
    slot = slots(cast, batch, capacity=3)[0]

    def go(handover):
        try:
            return appoint(handover=handover, slot=slot, by=cast.service, at=NOW).pk
        except Refused:
            return None
        finally:
            connection.close()

    for _ in range(5):
        with ThreadPoolExecutor(8) as pool:
            won = [pk for pk in pool.map(go, list(batch.handovers.all())) if pk]
        assert len(won) == 3
        assert batch.handovers.filter(slot=slot).count() == 3
        batch.handovers.update(slot=None)


# --- the board ------------------------------------------------------------------------------------------------------


def hall(cast) -> Batch:
    """1501 is being served, 1502 waits, 1503 comes at two, 1504 has no appointment, 1505 stays away; 1506 is through."""
    batch = make_batch(cast, [f"15{door:02d}" for door in range(1, 7)])
    one, two, three, _, five, six = batch.handovers.order_by("house__number")
    take_step(handover=arrived(one, cast), kind=StepKind.IDENTITY, by=cast.service, at=NOW)
    arrived(two, cast)
    appoint(handover=three, slot=slots(cast, batch)[0], by=cast.service, at=NOW)
    not_taken(handover=five, by=cast.service, at=NOW, reason="loan")
    Handover.objects.filter(pk=arrived(six, cast).pk).update(state="done", done_at=NOW)
    return batch


def test_the_board_says_where_each_house_is(cast):
    board = board_of(hall(cast), NOW)
    found = {group.code: [(tile.handover.house.number, tile.label) for tile in group.tiles] for group in board.groups}
    assert found == {
        "serving": [("1501", "核对身份")],
        "waiting": [("1502", "待核对身份")],
        "coming": [("1503", "已预约"), ("1504", "未预约")],
        "absent": [("1505", "按揭或产权手续未办完")],
        "done": [("1506", "已接房")],
    }
    assert board.serving.tiles[0].people == "客户助理甲"
    assert [(row["booked"], row["came"]) for row in board.slots] == [(1, 0)]


def test_who_misses_the_appointment_is_marked_from_its_end_on(cast):
    batch = hall(cast)
    end = MONDAY + 6 * HOUR
    assert [tile.is_late for tile in board_of(batch, end - SECOND).coming.tiles] == [False, False]
    assert [tile.is_late for tile in board_of(batch, end).coming.tiles] == [True, False]


def test_the_board_names_no_buyer(cast):
    batch = hall(cast)
    html = cast.client(cast.security).get(reverse("handover:board", args=[batch.pk])).content.decode()
    assert "3幢2单元1501" in html
    assert "购房人" not in html
    assert "1380000" not in html


def test_the_fragment_is_the_board_alone(cast):
    batch = hall(cast)
    html = cast.client(cast.service).get(reverse("handover:board", args=[batch.pk]), headers={"HX-Request": "true"})
    assert html.content.decode().lstrip().startswith('<div id="board"')


def test_a_board_of_500_houses_takes_ten_queries_at_most(cast):
    batch = make_batch(cast, ["1501"])
    houses = [make_house(cast.estate_a1, f"{floor}{door:02d}") for floor in range(1, 51) for door in range(1, 11)]
    here = Handover.objects.bulk_create(
        Handover(batch=batch, estate=cast.estate_a1, house=house, buyer_name="王芳", state="under_way", arrived_at=NOW)
        for house in houses
        if house.number != "1501"
    )
    HandoverStep.objects.bulk_create(
        HandoverStep(handover=one, kind=kind, position=position, state="taken", taken_by=cast.service, taken_at=NOW)
        for one in here
        for position, kind in enumerate(("identity", "documents"), 1)
    )
    client = cast.client(cast.service)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        response = client.get(reverse("handover:board", args=[batch.pk]))
    assert response.content.decode().count("tile tile-serving") == 499
    assert len(queries) <= 10, [query["sql"][:80] for query in queries]


# --- lists ----------------------------------------------------------------------------------------------------------


def test_the_list_of_batches_is_scoped_and_counts_the_houses(cast):
    batch = hall(cast)
    make_batch(cast, ["101"], estate=cast.estate_b1, name="外地批次")
    html = cast.client(cast.service).get(reverse("handover:batches")).content.decode()
    assert batch.name in html
    assert "外地批次" not in html
    assert cast.client(cast.environment).get(reverse("handover:batches")).status_code == 403


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=1503", ["1503"]),
        ("q=购房人1504", ["1504"]),
        ("q=13800001505", ["1505"]),
        ("status=not_taken", ["1505"]),
        ("q=380000", []),
    ],
)
def test_a_batch_finds_its_houses(cast, query, found):
    batch = hall(cast)
    response = cast.client(cast.service).get(f"{reverse('handover:batch', args=[batch.pk])}?{query}")
    assert [row.house.number for row, _ in response.context["rows"]] == found


def test_queries_of_a_batch_do_not_grow_with_its_houses(cast):
    client, counts = cast.client(cast.service), []
    for count in (2, 30):
        batch = make_batch(cast, [f"{number}" for number in range(count * 100, count * 100 + count)], name=f"{count}")
        for handover in batch.handovers.all()[:2]:
            arrived(handover, cast)
        with CaptureQueriesContext(connection) as queries:
            client.get(reverse("handover:batch", args=[batch.pk]))
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_handed_over_houses_show_the_day(cast):
    handover = handed_over(cast, at=MONDAY + DAY)
    html = cast.client(cast.service).get(reverse("handover:batch", args=[handover.batch_id])).content.decode()
    assert "03-03 09:00 接房" in html
