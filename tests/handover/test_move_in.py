"""入住: of the owner, of a tenant with the owner's word, and its end (HND-6)."""

from __future__ import annotations

from datetime import date, timedelta
from functools import partial

import pytest
import time_machine
from django.urls import reverse

from accounts.roles import Role
from estates.models import Tenant
from foundation.notices.models import Notice
from handover.models import MoveIn
from handover.services.living import (
    add_lease,
    complete_move_in,
    confirm_tenant,
    end_move_in,
    register_move_in,
    watch_fees,
)
from handover.services.signing import sign_move_in
from handover.signedpapers import papers_of
from tests.complaints.test_at_once import at_once, one_did
from tests.handover.factories import DAY, HOUR, MONDAY, SECOND, entry, fresh, journal, make_handover, photo, refused
from tests.handover.passes import TODAY, make_home

State = MoveIn.State


def registered(cast, house=None, **options) -> MoveIn:
    """A tenant, for a year from MONDAY."""
    given = {
        "is_tenant": True, "name": "李租", "phone": "139 0000 1111", "people": 2, "planned_on": TODAY,
        "lease_from": TODAY, "lease_until": date(2027, 3, 1), "by": cast.service, "at": MONDAY, **options,
    }  # fmt: skip
    return register_move_in(house=house or make_home(cast), **given)


def of_owner(cast, house=None, **options) -> MoveIn:
    return registered(cast, house, is_tenant=False, name="黄桂兰", lease_from=None, lease_until=None, **options)


def confirmed(cast, move_in, **options) -> MoveIn:
    given = {"answer": "yes", "phone": "", "called_at": MONDAY, "words": "同意出租", **options}
    return confirm_tenant(move_in=move_in, by=cast.service, at=MONDAY, **given)


def signed(cast, move_in) -> None:
    for code in papers_of(move_in):
        sign_move_in(move_in=move_in, code=code, by=cast.service, at=MONDAY, signer="李租", scan=photo())


def ready(cast, house=None, **options) -> MoveIn:
    """A tenant with everything that is asked for."""
    move_in = confirmed(cast, registered(cast, house, **options))
    add_lease(move_in=move_in, files=[photo()], by=cast.service, at=MONDAY)
    signed(cast, move_in)
    return move_in


def moved_in(cast, house=None, **options) -> MoveIn:
    return complete_move_in(move_in=ready(cast, house, **options), by=cast.service_lead, at=MONDAY + HOUR)


def told(move_in, user) -> list[Notice]:
    return list(Notice.objects.filter(user=user, key__startswith=f"move_in:{move_in.pk}:").order_by("pk"))


# --- registered -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"name": " "}, "请写明入住人姓名"),
        ({"phone": ""}, "请写明入住人手机"),
        ({"phone": "1390000"}, "手机应为 11 位"),
        ({"people": 0}, "入住人数应在 1 到 99 之间"),
        ({"lease_until": None}, "请写明租期"),
        ({"lease_until": TODAY - timedelta(1)}, "租期结束不能早于开始"),
        ({"lease_from": date(2025, 1, 1), "lease_until": TODAY - timedelta(1)}, "租期已经结束"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_registered(cast, options, sentence):
    with refused(sentence):
        registered(cast, **options)
    assert not MoveIn.objects.exists()


def test_a_house_has_one_tenant_moving_in_at_a_time(cast):
    house = make_home(cast)
    given = registered(cast, house)
    assert given.phone == "13900001111"
    with refused("已经有租户入住在办"):
        registered(cast, house, name="王租")
    assert of_owner(cast, house).state == State.PREPARING
    end_move_in(move_in=given, until=TODAY, by=cast.service, at=MONDAY)
    assert registered(cast, house, name="王租").number != given.number


@pytest.mark.django_db(transaction=True)
def test_two_desks_at_once_register_one(cast):
    house = make_home(cast)
    one_did(at_once(partial(registered, cast, house), partial(registered, cast, house)), "已经有租户入住")
    assert MoveIn.objects.count() == 1


@pytest.mark.parametrize("who", ["engineering", "security", "cashier", "auditor", "foreign_manager"])
def test_the_desk_registers(cast, who):
    with refused("不能办理入住"):
        registered(cast, by=getattr(cast, who))


# --- a tenant ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"answer": "none"}, "联系不上业主，租户不能入住"),
        ({"answer": "no"}, "业主不同意，租户不能入住"),
        ({"answer": ""}, "请选择业主的答复"),
        ({"called_at": None}, "请写明去电时间"),
        ({"called_at": MONDAY + SECOND}, "去电时间不能晚于现在"),
        ({"phone": "12"}, "手机应为 11 位"),
    ],
)
def test_without_the_owners_word_nothing_is_confirmed(cast, options, sentence):
    move_in = registered(cast)
    with refused(sentence):
        confirmed(cast, move_in, **options)
    assert fresh(move_in).owner_confirmed_at is None


def test_the_owners_word_is_kept_once(cast):
    move_in = confirmed(cast, registered(cast))
    assert (move_in.owner_confirmed_at, move_in.owner_confirmation) == (MONDAY, "138****5678 同意出租")
    with refused("业主已经确认过"):
        confirmed(cast, move_in)
    with refused("不需要业主确认"):
        confirmed(cast, of_owner(cast, make_home(cast, "1601")))


def test_a_tenant_moves_in_with_word_lease_and_papers_and_not_before(cast):
    move_in = registered(cast)
    complete = partial(complete_move_in, move_in=move_in, by=cast.service_lead, at=MONDAY + HOUR)
    with refused("业主还没有确认"):
        complete()
    confirmed(cast, move_in)
    with refused("还没有上传租赁合同"):
        complete()
    with refused("请选择租赁合同"):
        add_lease(move_in=move_in, files=[], by=cast.service, at=MONDAY)
    add_lease(move_in=move_in, files=[photo()], by=cast.service, at=MONDAY)
    with refused("《租户信息表》还没有签字"):
        complete()
    signed(cast, move_in)
    with refused("由客服主管、档案员或项目经理完成"):
        complete(by=cast.service)
    assert not Tenant.objects.exists()
    done = complete()
    assert (done.state, done.done_at) == (State.DONE, MONDAY + HOUR)
    tenant = Tenant.objects.get()
    assert (tenant.name, tenant.phone, tenant.since, tenant.until) == ("李租", "13900001111", TODAY, None)
    with refused("已入住，不能再改"):
        complete()
    assert journal(move_in, prefix="move_in.").count("done") == 1


def test_a_tenant_who_is_in_the_file_already_stays_as_entered(cast):
    house = make_home(cast)
    known = Tenant.objects.create(house=house, name="李租", phone="13900001111", since=date(2025, 1, 1))
    moved_in(cast, house)
    assert Tenant.objects.get() == known
    assert fresh(known).since == date(2025, 1, 1)


# --- an owner ---------------------------------------------------------------------------------------------------------


def test_an_owner_moves_in_once_the_house_was_handed_over(cast):
    handover = make_handover(cast)
    move_in = of_owner(cast, handover.house)
    with refused("还没有接房"):
        complete_move_in(move_in=move_in, by=cast.service, at=MONDAY)
    type(handover).objects.filter(pk=handover.pk).update(state="under_way")
    type(handover).objects.filter(pk=handover.pk).update(state="done", done_at=MONDAY)
    assert complete_move_in(move_in=move_in, by=cast.service, at=MONDAY).state == State.DONE


def test_of_an_older_house_nothing_is_asked(cast):
    assert complete_move_in(move_in=of_owner(cast), by=cast.service, at=MONDAY).state == State.DONE


# --- the departments --------------------------------------------------------------------------------------------------


def test_the_other_departments_get_the_notice_once(cast):
    move_in = moved_in(cast)
    for role in ("engineering_lead", "security_lead", "environment_lead", "control_room", "cashier"):
        (notice,) = told(move_in, getattr(cast, role))
        assert notice.title == "入住知会单：3幢2单元1502 租户李租入住"
        assert "2 人" in notice.body
        # Who may not see the chapter's pages has no link to one.
        assert bool(notice.url) is (role != "environment_lead")
    for role in ("service", "engineering", "estate_manager"):
        assert not told(move_in, getattr(cast, role))


def test_where_a_department_has_no_lead_its_people_are_told(cast):
    person = cast.hire(Role.ENGINEERING, cast.estate_b1, "宁波工程")
    house = make_home(cast, estate=cast.estate_b1)
    move_in = of_owner(cast, house, by=cast.foreign_manager)
    move_in = complete_move_in(move_in=move_in, by=cast.foreign_manager, at=MONDAY)
    assert told(move_in, person)
    assert not told(move_in, cast.engineering_lead)


def test_the_cashier_marks_the_house_once(cast):
    move_in = ready(cast)
    with refused("入住以后才能标注"):
        watch_fees(move_in=move_in, by=cast.cashier, at=MONDAY)
    complete_move_in(move_in=move_in, by=cast.service_lead, at=MONDAY)
    with refused("由收银员标注"):
        watch_fees(move_in=move_in, by=cast.service_lead, at=MONDAY)
    given = watch_fees(move_in=move_in, by=cast.cashier, at=MONDAY + HOUR)
    assert (given.fees_watched_at, given.fees_watched_by) == (MONDAY + HOUR, cast.cashier)
    with refused("已经标注过"):
        watch_fees(move_in=move_in, by=cast.cashier, at=MONDAY + DAY)


# --- the end ----------------------------------------------------------------------------------------------------------


def test_the_tenants_end_is_the_end_of_the_tenancy(cast):
    move_in = moved_in(cast)
    end = partial(end_move_in, move_in=move_in, by=cast.service_lead, at=MONDAY + 3 * DAY)
    for until, sentence in (
        (TODAY - timedelta(1), "不能早于入住日 2026-03-02"),
        (TODAY + timedelta(4), "不能晚于今天"),
    ):
        with refused(sentence):
            end(until=until)
    with refused("由客服主管、档案员或项目经理登记"):
        end(until=TODAY, by=cast.service)
    given = end(until=TODAY + timedelta(3), reason="租期未满，协商退租")
    assert (given.state, given.ended_on) == (State.ENDED, TODAY + timedelta(3))
    assert Tenant.objects.get().until == TODAY + timedelta(3)
    assert [one.title for one in told(move_in, cast.cashier)][-1] == "迁出知会：3幢2单元1502 李租"
    assert entry(move_in, "move_in.end").data["reason"] == "租期未满，协商退租"
    with refused("已经登记过迁出"):
        end(until=TODAY)


def test_a_tenant_who_came_after_is_not_ended(cast):
    move_in = moved_in(cast)
    Tenant.objects.update(until=TODAY)
    after = Tenant.objects.create(house=move_in.house, name="王租", phone="13700000000", since=TODAY + timedelta(1))
    end_move_in(move_in=move_in, until=TODAY, by=cast.service_lead, at=MONDAY + DAY)
    assert fresh(after).until is None


# --- the pages --------------------------------------------------------------------------------------------------------


def url(name: str, row) -> str:
    return reverse(f"handover:{name}", args=[row.pk])


def get(cast, address, *, by=None, **data):
    with time_machine.travel(MONDAY, tick=False):
        return cast.client(by or cast.service_lead).get(address, data)


def post(cast, address, data=None, *, by=None):
    with time_machine.travel(MONDAY, tick=False):
        return cast.client(by or cast.service_lead).post(address, data or {})


def typed(**options) -> dict:
    return {
        "who": "tenant", "name": "李租", "phone": "13900001111", "people": "2", "planned_on": "2026-03-02",
        "lease_from": "2026-03-02", "lease_until": "2027-03-01", **options,
    }  # fmt: skip


def test_the_desk_walks_a_tenant_through(cast):
    response = post(cast, url("register_move_in", make_home(cast)), typed())
    move_in = MoveIn.objects.get()
    assert response["Location"] == url("move_in", move_in)
    assert "业主还没有确认这位租户" in get(cast, url("move_in", move_in)).content.decode()
    said = {"answer": "yes", "called_at": "2026-03-02T08:30", "words": "同意"}
    assert post(cast, url("confirm_tenant", move_in), said).status_code == 302
    assert post(cast, url("add_lease", move_in), {"photos": [photo()]}).status_code == 302
    signed(cast, move_in)
    assert post(cast, url("complete_move_in", move_in)).status_code == 302
    assert post(cast, url("watch_fees", move_in), by=cast.cashier).status_code == 302
    page = get(cast, url("move_in", move_in)).content.decode()
    assert "已入住" in page
    assert "138****5678 同意" in page
    assert "13900001111" not in page
    assert post(cast, url("end_move_in", move_in), {"until": "2026-03-02"}).status_code == 302
    assert fresh(move_in).state == State.ENDED
    assert move_in.number in get(cast, reverse("handover:move_ins"), status="ended").content.decode()
    assert get(cast, reverse("handover:move_ins_export"), status="ended").content[:2] == b"PK"


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"lease_until": ""}, "请写明租期结束"),
        ({"phone": "12"}, "手机应为 11 位"),
        ({"people": "0"}, "入住人数至少为 1"),
    ],
)
def test_what_was_typed_stays_with_the_sentence(cast, given, sentence):
    response = post(cast, url("register_move_in", make_home(cast)), typed(**given))
    assert response.status_code == 422
    assert sentence in response.content.decode()
    assert 'value="李租"' in response.content.decode()


def test_one_that_comes_to_nothing_is_given_up_with_its_reason(cast):
    move_in = registered(cast)
    assert "请写明取消的原因" in post(cast, url("end_move_in", move_in)).content.decode()
    assert fresh(move_in).state == State.PREPARING
    assert post(cast, url("end_move_in", move_in), {"reason": "没谈拢"}).status_code == 302
    given = fresh(move_in)
    assert (given.state, given.ended_on, given.done_at) == (State.ENDED, TODAY, None)
    assert not told(move_in, cast.cashier), "nobody was told of a move-in, and nobody of its end"


def test_a_refused_verb_keeps_its_words_on_the_page(cast):
    move_in = registered(cast)
    said = {"answer": "no", "called_at": "2026-03-02T08:30", "words": "坚决不同意"}
    response = post(cast, url("confirm_tenant", move_in), said)
    assert response.status_code == 422
    assert "业主不同意，租户不能入住" in response.content.decode()
    assert "坚决不同意" in response.content.decode()


@pytest.mark.parametrize(
    ("verb", "by", "without"),
    [
        ("confirm_tenant", "service", "security"),
        ("add_lease", "service", "security"),
        ("complete_move_in", "service", "engineering"),
        ("watch_fees", "cashier", "service"),
        ("end_move_in", "service", "engineering"),
    ],
)
def test_a_verb_refuses_get_strangers_and_other_posts(cast, verb, by, without):
    move_in = registered(cast)
    assert get(cast, url(verb, move_in), by=getattr(cast, by)).status_code == 405
    assert post(cast, url(verb, move_in), by=getattr(cast, without)).status_code == 403
    foreign = cast.hire(Role.CASHIER, cast.estate_b1, "宁波收银") if verb == "watch_fees" else cast.foreign_manager
    assert post(cast, url(verb, move_in), by=foreign).status_code == 404
    assert journal(move_in, prefix="move_in.") == ["register"]
