"""Who has taken a house over is its owner in the house's file, once (HND-1, ORG-7)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from estates import housefile, search
from estates.models import IdType, Owner
from handover import readiness
from handover.choices import BuyerKind, StepKind
from handover.models import Handover
from handover.services.ownership import become_owner, buyer_names
from handover.services.steps import finish_step
from tests.handover.factories import DAY, HOUR, MONDAY, at_step, entry, fresh, refused

TODAY = date(2026, 3, 2)
AT = MONDAY + 2 * HOUR
PERSON, OTHER, USCC = "11010519491231002X", "440524188001010014", "91350100M000100Y43"
LAST = list(StepKind)[-1]


@pytest.fixture(autouse=True)
def ready(monkeypatch):
    """Every step has what it needs."""
    monkeypatch.setattr(readiness, "missing", lambda handover, kind: "")


def taken_over(cast, *, before: Owner | None = None, at=AT, **buyer) -> Handover:
    """By 王芳, unless something else is said of the buyer; `before`: who owns the house until then."""
    handover = at_step(cast, LAST)
    if before is not None:
        before.house = handover.house
        before.save()
    given = {"buyer_name": "王芳", "buyer_phone": "13800001502", **buyer}
    Handover.objects.filter(pk=handover.pk).update(**given)
    finish_step(handover=fresh(handover), kind=LAST, by=cast.service, at=at)
    return fresh(handover)


def owner(name: str = "锦城置业", **facts) -> Owner:
    return Owner(name=name, since=date(2022, 6, 30), **facts)


def house_lines(handover: Handover, cast) -> list[str]:
    """The house's timeline as its page shows it."""
    verbs = [one.verb for one in housefile.entries(handover.house, cast.service)]
    return [verb for verb in verbs if verb in ("house.owner", "handover.done")]


def test_the_buyer_is_the_houses_owner(cast):
    handover = taken_over(cast, buyer_id_type=IdType.ID_CARD, buyer_id_number=PERSON)
    made = Owner.objects.get()
    assert (made.house, made.name, made.phone, made.since, made.until) == (
        handover.house, "王芳", "13800001502", TODAY, None,
    )  # fmt: skip
    assert (made.id_type, made.id_number) == (IdType.ID_CARD, PERSON)
    said = entry(handover.house, "house.owner")
    assert (said.by, said.at) == (cast.service, AT)
    assert PERSON not in str(said.data)
    assert "13800001502" not in str(said.data)


def test_the_owner_before_ends_that_day(cast):
    handover = taken_over(cast, before=owner())
    before, now = Owner.objects.order_by("pk")
    assert (before.name, before.until) == ("锦城置业", TODAY - timedelta(1))
    assert (now.name, now.since, now.until) == ("王芳", TODAY, None)
    assert entry(handover.house, "house.owner").data["name"] == {"before": "锦城置业", "after": "王芳"}


def test_who_came_that_same_day_gives_way_too(cast):
    taken_over(cast, before=Owner(name="李强", since=TODAY))
    assert list(Owner.objects.order_by("pk").values_list("name", "until")) == [("李强", TODAY), ("王芳", None)]


def test_who_is_entered_already_stays_and_what_was_missing_is_filled_in(cast):
    """The 业主清册 came first: no second owner."""
    known = owner("王芳")
    handover = taken_over(
        cast, before=known, buyer_name="王芳、李强", buyer_kind=BuyerKind.COUPLE, buyer_id_type=IdType.ID_CARD,
        buyer_id_number=PERSON,
    )  # fmt: skip
    made = Owner.objects.get()
    assert (made.pk, made.since, made.until) == (known.pk, date(2022, 6, 30), None)
    assert (made.phone, made.id_number, made.co_owners) == ("13800001502", PERSON, ["李强"])
    said = entry(handover.house, "house.owner").data
    assert said["phone"] == {"before": "", "after": "138****1502"}
    assert PERSON not in str(said)


def test_what_the_file_knows_is_not_written_over(cast):
    known = owner("王芳", phone="13911112222", id_type=IdType.ID_CARD, id_number=PERSON, co_owners=["李强"])
    handover = taken_over(cast, before=known, buyer_id_type=IdType.PASSPORT, buyer_id_number="G12345678")
    made = Owner.objects.get()
    assert (made.phone, made.id_number, made.co_owners) == ("13911112222", PERSON, ["李强"])
    assert house_lines(handover, cast) == ["handover.done"]


def test_two_of_one_name_with_two_documents_are_two(cast):
    known = owner("王芳", id_type=IdType.ID_CARD, id_number=OTHER)
    taken_over(cast, before=known, buyer_id_type=IdType.ID_CARD, buyer_id_number=PERSON)
    assert [one.id_number for one in Owner.objects.order_by("pk")] == [OTHER, PERSON]


@pytest.mark.parametrize("name", ["李强、王芳", "李强"])
def test_a_couple_is_known_whoever_comes_first(cast, name):
    known = owner("王芳", co_owners=["李强"])
    taken_over(cast, before=known, buyer_name=name, buyer_kind=BuyerKind.COUPLE, buyer_id_type="id_card",
               buyer_id_number=PERSON)  # fmt: skip
    made = Owner.objects.get()
    assert (made.name, made.co_owners, made.until) == ("王芳", ["李强"], None)
    assert not made.id_number, "the document may be the other one's"


def test_a_company_is_one_owner(cast):
    taken_over(
        cast, buyer_name="锦程、远航贸易有限公司", buyer_kind=BuyerKind.COMPANY, buyer_id_type=IdType.USCC,
        buyer_id_number=USCC,
    )  # fmt: skip
    made = Owner.objects.get()
    assert (made.name, made.co_owners, made.id_type) == ("锦程、远航贸易有限公司", [], IdType.USCC)


def test_who_acts_by_proxy_makes_the_buyer_the_owner(cast):
    taken_over(cast, buyer_kind=BuyerKind.PROXY)
    assert Owner.objects.get().name == "王芳"


@pytest.mark.parametrize(
    ("name", "kind", "names"),
    [
        ("王芳", "person", ["王芳"]),
        (" 王 芳 ", "person", ["王 芳"]),
        ("王芳，李强", "couple", ["王芳", "李强"]),
        ("王芳,李强", "couple", ["王芳", "李强"]),
        ("王芳 李强", "couple", ["王芳", "李强"]),
        ("王芳/李强/王芳", "couple", ["王芳", "李强"]),
        ("王 芳", "couple", ["王 芳"]),
        ("李和平、欧阳娜娜", "person", ["李和平", "欧阳娜娜"]),
        ("甲、乙有限公司", "company", ["甲、乙有限公司"]),
        ("、", "person", ["、"]),
    ],
)
def test_the_names_of_a_cell(name, kind, names):
    assert buyer_names(name, kind) == names


def test_done_twice_it_changes_nothing(cast):
    handover = taken_over(cast)
    become_owner(handover, by=cast.service, at=AT + DAY)
    assert Owner.objects.count() == 1
    assert house_lines(handover, cast).count("house.owner") == 1


def test_the_timeline_of_the_house_tells_it_once(cast):
    handover = taken_over(cast)
    assert sorted(house_lines(handover, cast)) == ["handover.done", "house.owner"]


@pytest.mark.parametrize("typed", ["王芳", "wf", "李强", "13800001502", "1502"])
def test_the_new_owner_is_found_and_the_one_before_is_not(cast, typed):
    handover = taken_over(cast, before=owner("黄桂兰"), buyer_name="王芳、李强", buyer_kind=BuyerKind.COUPLE)
    assert [one.house for one in search.callers(cast.service, typed)][:1] == [handover.house]
    assert not search.callers(cast.service, "黄桂兰")


def test_a_document_that_is_none_hands_nothing_over(cast):
    """All of the last step, or nothing of it."""
    with refused("身份证号"):
        taken_over(cast, buyer_id_type=IdType.ID_CARD, buyer_id_number="110105194912310021")
    assert not Owner.objects.exists()
    assert not Handover.objects.filter(state="done").exists()
