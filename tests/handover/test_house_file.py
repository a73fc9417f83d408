"""一户一档 of the chapter (ORG-7): one panel and its lines of the timeline, in constant statements."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from estates import housefile
from handover.models import Defect, HouseKey, MoveIn
from handover.services.outcomes import not_taken
from tests.handover.factories import HOUR, MONDAY, make_handover, make_house
from tests.handover.houses import found, make_key
from tests.handover.money import billed, paid
from tests.handover.passes import TODAY, make_home, release

pytestmark = pytest.mark.django_db


def page_of(client, house) -> str:
    answer = client.get(reverse("estates:house", args=[house.pk]))
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.fixture
def lived(cast):
    """1502: billed and half paid, with a defect, a key, a pass and a move-in."""
    house = make_home(cast)
    bill = billed(cast)
    paid(bill, cast, "893.60")
    found(cast, handover=bill.handover)
    make_key(cast, handover=bill.handover)
    release(cast, house)
    MoveIn.objects.create(
        number="RZ-1", estate=house.estate, house=house, name="黄桂兰", phone="13812345678", state="done",
        planned_on=TODAY, done_at=MONDAY, registered_at=MONDAY, registered_by=cast.service,
    )  # fmt: skip
    return house


def test_everything_of_the_chapter_is_on_the_page_of_the_house(cast, lived):
    page = page_of(cast.client(cast.service), lived)
    for shown in (
        "交房与入住",
        "办理中",
        "主卧墙面：空鼓",
        "1 个未销",
        "入户门 1502-1",
        "未缴 1000.00 元",
        "黄桂兰</a>（业主）",
        "临时携出",
    ):
        assert shown in page, shown


def test_the_timeline_tells_of_all_of_it(cast, lived):
    verbs = set(housefile.entries(lived, cast.service).values_list("verb", flat=True))
    assert {
        "handover.arrive", "defect.open", "bill.make", "payment.receive", "key.register", "pass.make",
    } <= verbs  # fmt: skip


def test_a_house_that_was_not_taken_over_shows_why(cast):
    handover = make_handover(cast)
    not_taken(handover=handover, by=cast.service, at=MONDAY + HOUR, reason="loan")
    assert "按揭或产权手续未办完" in page_of(cast.client(cast.service), handover.house)


def test_a_house_without_anything_has_no_panel(cast):
    assert "交房与入住</h2>" not in page_of(cast.client(cast.service), make_house(cast.estate_a1, "1701"))


def test_another_house_of_the_estate_is_not_mixed_in(cast, lived):
    found(cast, handover=make_handover(cast, "1601"), room="书房")
    assert "书房" not in page_of(cast.client(cast.service), lived)


def test_those_who_see_houses_elsewhere_only_get_nothing(cast, lived):
    assert housefile.entries(lived, cast.foreign_manager).filter(verb="bill.make").count() == 0
    assert "交房与入住" not in {panel.title for panel in housefile.panels(lived, cast.foreign_manager)}


def test_the_statements_do_not_grow(cast, lived):
    client = cast.client(cast.service)

    def statements() -> int:
        with CaptureQueriesContext(connection) as captured:
            page_of(client, lived)
        return len(captured)

    page_of(client, lived)
    few = statements()
    handover = lived.handovers.get()
    for number in range(3):
        found(cast, handover=handover, fault=f"问题{number}")
        make_key(cast, f"1502-{number + 2}", handover=handover)
        release(cast, lived, at=MONDAY + number * HOUR)
    assert Defect.objects.count() == HouseKey.objects.count() == 4
    assert statements() == few
