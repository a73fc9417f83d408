"""The same form sent twice, by a double tap or again after a lost network, makes one record and shows it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from uuid import uuid4

import pytest
import time_machine
from django.db import models
from django.urls import reverse

from handover.choices import KeyKind
from handover.models import Batch, Defect, Handover, HouseKey, KeyMove, MoveIn, Pass
from handover.services.batches import create_batch
from handover.services.defects import register_defect
from handover.services.keys import hand_key
from handover.services.living import register_move_in
from handover.services.passes import make_pass
from tests.cast import Cast
from tests.handover.factories import MONDAY, make_handover, refused
from tests.handover.houses import make_key
from tests.handover.passes import SOFA, TODAY, make_home
from tests.handover.rounds import HOW_OFTEN, contest, make_hall, make_houses


@dataclass
class Page:
    """A page with a form: where it is and is sent to, what is typed, what it makes; `other` is something else typed."""

    url: str
    action: str
    typed: dict[str, str]
    other: dict[str, str]
    made: type[models.Model]
    shows: str = ""


def of_pass(cast: Cast) -> Page:
    url = reverse("handover:make_pass", args=[make_home(cast).pk])
    typed = {
        "carrier_kind": "owner", "carrier": "黄桂兰", "reason": "temporary", "valid_on": "2026-03-02",
        "count_furniture": "2",
    }  # fmt: skip
    return Page(url, url, typed, {"count_furniture": "3"}, Pass, "handover:pass")


def of_move_in(cast: Cast) -> Page:
    url = reverse("handover:register_move_in", args=[make_home(cast).pk])
    typed = {"who": "owner", "name": "黄桂兰", "phone": "13812345678", "people": "2", "planned_on": "2026-03-02"}
    tenant = {"who": "tenant", "name": "李租", "lease_from": "2026-03-02", "lease_until": "2027-03-01"}
    return Page(url, url, typed, tenant, MoveIn, "handover:move_in")


def of_batch(cast: Cast) -> Page:
    url = reverse("handover:create_batch")
    typed = {
        "estate": str(cast.estate_a1.pk), "name": "首批", "starts_on": "2026-03-02", "ends_on": "2026-03-08",
        "developer": "锦城置业有限公司", "advance_months": "6",
    }  # fmt: skip
    return Page(url, url, typed, {"name": "二批"}, Batch, "handover:batch")


def of_key(cast: Cast) -> Page:
    handover = make_handover(cast)
    key = make_key(cast, handover=handover)
    action = reverse("handover:hand_key", args=[key.pk])
    return Page(
        reverse("handover:house_keys", args=[handover.pk]), action, {"holder": "王芳"}, {"holder": "李强"}, KeyMove
    )


def of_defect(cast: Cast) -> Page:
    handover = make_handover(cast)
    urls = [reverse(f"handover:{name}", args=[handover.pk]) for name in ("house_defects", "register_defect")]
    return Page(*urls, {"room": "主卧", "what": "墙面|空鼓", "mark": ""}, {"room": "次卧"}, Defect)


PAGES = [of_pass, of_move_in, of_batch, of_key, of_defect]


def key_in(page: str, action: str) -> str:
    """The key of the form that is sent to `action`."""
    form = page[page.index(f'action="{action}"') :] if f'action="{action}"' in page else page
    found = re.search(r'name="client_key" value="([0-9a-f-]{36})"', form)
    assert found, "the form has no key"
    return found[1]


@pytest.fixture
def desk(cast):
    with time_machine.travel(MONDAY, tick=False):
        yield cast.client(cast.service_lead)


@pytest.mark.parametrize("page_of", PAGES)
def test_sent_twice_it_is_one_record_and_both_times_shown(cast, desk, page_of: Callable[[Cast], Page]):
    page = page_of(cast)
    key = key_in(desk.get(page.url).content.decode(), page.action)
    first, again = (desk.post(page.action, page.typed | {"client_key": key}) for _ in range(2))
    made = page.made.objects.get()
    assert (first.status_code, again.status_code) == (302, 302)
    assert first["Location"] == again["Location"]
    if page.shows:
        assert first["Location"] == reverse(page.shows, args=[made.pk])


@pytest.mark.parametrize("page_of", PAGES)
def test_each_page_has_a_key_of_its_own(cast, desk, page_of):
    page = page_of(cast)
    keys = {key_in(desk.get(page.url).content.decode(), page.action) for _ in range(2)}
    assert len(keys) == 2


@pytest.mark.parametrize("page_of", [of_pass, of_move_in, of_batch])
def test_something_else_under_the_same_key_is_asked_about_and_made_when_sent_once_more(cast, desk, page_of):
    """Back in the browser, and the form filled in anew."""
    page, key = page_of(cast), str(uuid4())
    desk.post(page.action, page.typed | {"client_key": key})
    other = page.typed | page.other
    response = desk.post(page.action, other | {"client_key": key})
    text = response.content.decode()
    assert response.status_code == 422
    assert "这张表单刚才已经提交，生成了" in text
    assert page.made.objects.count() == 1
    assert desk.post(page.action, other | {"client_key": key_in(text, page.action)}).status_code == 302
    assert page.made.objects.count() == 2


def test_somebody_else_under_the_same_key_does_not_get_the_key(cast, desk):
    page, key = of_key(cast), str(uuid4())
    desk.post(page.action, page.typed | {"client_key": key})
    assert desk.post(page.action, page.other | {"client_key": key}).status_code == 422
    assert KeyMove.objects.get().holder == "王芳"


@pytest.mark.parametrize("page_of", PAGES)
def test_a_key_that_is_none_is_said(cast, desk, page_of):
    page = page_of(cast)
    response = desk.post(page.action, page.typed | {"client_key": "1'--"})
    assert response.status_code == 422
    assert not page.made.objects.exists()


def test_a_key_of_another_estates_record_leads_nowhere(cast):
    key, foreign = uuid4(), make_home(cast, estate=cast.estate_b1)
    given = {"carrier_kind": "owner", "carrier": "黄桂兰", "items": [SOFA], "reason": "temporary", "valid_on": TODAY}
    make_pass(house=foreign, by=cast.foreign_manager, at=MONDAY, client_key=key, **given)
    living = {"is_tenant": False, "name": "黄桂兰", "phone": "13812345678", "people": 1, "planned_on": TODAY}
    register_move_in(house=foreign, by=cast.foreign_manager, at=MONDAY, client_key=key, **living)
    batch = {"name": "首批", "starts_on": TODAY, "ends_on": TODAY, "developer": "锦城置业"}
    create_batch(estate=cast.estate_b1, by=cast.foreign_manager, at=MONDAY, client_key=key, **batch)
    home, mine = make_home(cast), {"by": cast.service_lead, "at": MONDAY, "client_key": key}
    with refused("页面已过期"):
        make_pass(house=home, **mine, **given)
    with refused("页面已过期"):
        register_move_in(house=home, **mine, **living)
    with refused("页面已过期"):
        create_batch(estate=cast.estate_a1, **mine, **batch)


# --- at the same moment ---------------------------------------------------------------------------------------------------


def both_did(said: list[list[str]]) -> None:
    assert said == [["", ""]] * HOW_OFTEN


@pytest.mark.django_db(transaction=True)
def test_two_taps_at_once_make_one_record(cast):
    """A pass, a move-in and a batch: a hundred times, each under a key of its own."""
    forms = [(house, uuid4()) for house in make_houses(cast)]
    by = {"by": cast.service_lead, "at": MONDAY}

    def release(form):
        make_pass(
            house=form[0], carrier_kind="owner", carrier="王芳", items=[SOFA], reason="temporary", valid_on=TODAY,
            client_key=form[1], **by,
        )  # fmt: skip

    def move_in(form):
        register_move_in(
            house=form[0], is_tenant=False, name="王芳", phone="13812345678", people=1, planned_on=TODAY,
            client_key=form[1], **by,
        )  # fmt: skip

    def batch(form):
        create_batch(
            estate=cast.estate_a1, name=f"批次{form[0].number}", starts_on=TODAY, ends_on=date(2026, 3, 8),
            developer="锦城置业", client_key=form[1], **by,
        )  # fmt: skip

    for make, model in ((release, Pass), (move_in, MoveIn), (batch, Batch)):
        both_did(contest(forms, make, make))
        assert set(model.objects.values_list("client_key", flat=True)) == {key for _, key in forms}
        assert model.objects.count() == HOW_OFTEN


@pytest.mark.django_db(transaction=True)
def test_two_taps_at_once_make_one_defect_and_one_move_of_a_key(cast):
    hall = [(handover, uuid4()) for handover in make_hall(cast)]
    keys = HouseKey.objects.bulk_create(
        HouseKey(estate=one.estate, house=one.house, kind=KeyKind.ENTRY, label=one.house.number)
        for one in Handover.objects.select_related("house", "estate")
    )
    forms = [(key, uuid4()) for key in keys]

    def defect(form):
        register_defect(
            handover=form[0], room="主卧", trade="墙面", fault="空鼓", by=cast.service, at=MONDAY, client_key=form[1]
        )

    def hand(form):
        hand_key(key=form[0], holder="王芳", by=cast.service, at=MONDAY, client_key=form[1])

    both_did(contest(hall, defect, defect))
    both_did(contest(forms, hand, hand))
    assert (Defect.objects.count(), KeyMove.objects.count()) == (HOW_OFTEN, HOW_OFTEN)
