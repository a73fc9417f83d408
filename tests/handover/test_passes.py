"""出门条: who may carry what out, with whose word, on which day, and only once (HND-7)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from functools import partial
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction

from foundation.notices.models import Notice
from foundation.worktime.local import end_of_day
from handover.choices import Payer
from handover.models import MoveIn, Pass, PassItem, PassRule, Payment
from handover.services.arrears import unpaid
from handover.services.passes import (
    AHEAD,
    Item,
    cancel_pass,
    decide_pass,
    expire_passes,
    make_pass,
    passes_lately,
    use_pass,
)
from tests.complaints.test_at_once import at_once
from tests.handover.factories import DAY, HOUR, MINUTE, MONDAY, SECOND, entry, fresh, journal, refused
from tests.handover.passes import SOFA, TODAY, YES, make_home, owes, release

State = Pass.State
MIDNIGHT = end_of_day(TODAY)


def told(row, user) -> list[str]:
    return list(Notice.objects.filter(user=user, key__startswith=f"pass:{row.pk}:").values_list("title", flat=True))


# --- made -----------------------------------------------------------------------------------------------------------


def test_a_pass_says_who_carries_what_when(cast):
    given = release(cast, items=[SOFA, Item("carton", "", 6)], vehicle="浙a12345", carrier_phone="138 1234 5678")
    assert given.state == State.READY
    assert (given.vehicle, given.carrier_phone) == ("浙A12345", "13812345678")
    assert [str(one) for one in given.items.all()] == ["沙发×2", "纸箱×6"]
    assert given.number.startswith("FX-A1-202603-")
    assert entry(given, "pass.make").data == {"goods": "沙发×2、纸箱×6"}
    assert len(given.code) == 8
    assert not set(given.code) & set("01OIL")


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"items": []}, "请至少登记一件大件物品"),
        ({"items": [Item("furniture", "沙发", 0)]}, "数量应在 1 到 999 之间"),
        ({"items": [Item("gold", "", 1)]}, "请选择物品种类"),
        ({"carrier": " "}, "请写明携带人姓名"),
        ({"carrier_kind": "neighbour"}, "请选择携带人身份"),
        ({"reason": "gift"}, "请选择出门原因"),
        ({"carrier_phone": "12"}, "电话 12 不对"),
        ({"carrier": "王五"}, "不是这户登记的业主或共有人"),
        ({"valid_on": TODAY - timedelta(1)}, "有效日期应在今天到 2026-03-09 之间"),
        ({"valid_on": TODAY + AHEAD + timedelta(1)}, "有效日期应在今天到 2026-03-09 之间"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_made(cast, options, sentence):
    with refused(sentence):
        release(cast, **options)
    assert not Pass.objects.exists()
    assert not PassItem.objects.exists()


def test_the_last_day_ahead_and_a_co_owner_are_right(cast):
    house = make_home(cast)
    house.owners.update(co_owners=["陈立"])
    assert release(cast, house, carrier="陈立", valid_on=TODAY + AHEAD).state == State.READY


@pytest.mark.parametrize("who", ["engineering", "security", "cashier", "auditor", "foreign_manager"])
def test_the_desk_makes_passes(cast, who):
    with refused("由客服或项目经理开具"):
        release(cast, by=getattr(cast, who))


# --- consent --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["tenant", "family", "helper", "staff"])
def test_without_the_owners_word_there_is_no_pass(cast, kind):
    make = partial(release, cast, make_home(cast), carrier_kind=kind, carrier="李租")
    for consent, sentence in (
        (None, "请先电话核实业主"),
        (replace(YES, answer=""), "请先电话核实业主"),
        (replace(YES, answer="none"), "联系不上业主"),
        (replace(YES, answer="no"), "不同意，不能开具"),
        (replace(YES, at=None), "请写明去电时间"),
        (replace(YES, at=MONDAY + SECOND), "去电时间不能晚于现在"),
    ):
        with refused(sentence):
            make(consent=consent)
    assert not Pass.objects.exists()
    given = make(consent=YES)
    assert (given.consent_by, given.consent_phone, given.consent_at) == ("黄桂兰", "13812345678", MONDAY - HOUR)
    assert entry(given, "pass.make").data["consent"] == "同意租户搬出"


def test_where_no_owner_is_registered_name_and_number_are_asked_for(cast):
    house = make_home(cast)
    house.owners.all().delete()
    make = partial(release, cast, house, carrier_kind="staff", carrier="小赵")
    with refused("请写明接听电话的同意人"):
        make(consent=YES)
    with refused("请写明拨打的号码"):
        make(consent=replace(YES, by="刘总"))
    given = make(consent=replace(YES, by="刘总", phone="0571-87654321"))
    assert (given.consent_by, given.consent_phone) == ("刘总", "057187654321")


def test_postgres_itself_refuses_a_pass_without_the_owners_word(cast):
    given = release(cast)
    with pytest.raises(IntegrityError, match="others_need_consent"), transaction.atomic():
        Pass.objects.filter(pk=given.pk).update(carrier_kind="tenant")


# --- what is unpaid ---------------------------------------------------------------------------------------------------


def test_unpaid_to_the_day(cast):
    house = make_home(cast)
    bill = owes(house, "1503.60", cast, since=TODAY + timedelta(1))
    owes(house, "88.00", cast, payer=Payer.DEVELOPER)
    assert unpaid(house, TODAY) == 0
    assert unpaid(house, TODAY + timedelta(1)) == Decimal("1503.60")
    paid = pay(bill, "1503.60", cast, "S1")
    assert unpaid(house, TODAY + timedelta(1)) == 0
    pay(bill, "-1503.60", cast, "S1-冲", reverses=paid, reason="收错")
    assert unpaid(house, TODAY + timedelta(1)) == Decimal("1503.60")


def pay(bill, amount, cast, receipt, **options) -> Payment:
    given = {"amount": Decimal(amount), "method": "cash", "receipt": receipt, "cashier": cast.cashier, **options}
    return Payment.objects.create(bill=bill, estate=bill.estate, at=MONDAY, client_key=uuid4(), **given)


def test_a_move_out_with_fees_unpaid_waits_for_the_manager(cast):
    house = make_home(cast)
    owes(house, "1503.60", cast)
    given = release(cast, house, reason="move_out")
    assert (given.state, given.arrears) == (State.WAITING, Decimal("1503.60"))
    assert entry(given, "pass.make").data["arrears"] == "1503.60 元"
    assert told(given, cast.estate_manager) == ["欠费迁出待决定：3幢2单元1502 欠 1503.60 元"]
    with refused("还在等项目经理决定"):
        use_pass(release=given, by=cast.security, at=MONDAY)
    assert release(cast, house, reason="temporary").state == State.READY


@pytest.mark.parametrize(("allow", "state"), [(True, State.READY), (False, State.REFUSED)])
def test_the_manager_decides_once_with_a_reason(cast, allow, state):
    house = make_home(cast)
    owes(house, "1503.60", cast)
    given = release(cast, house, reason="move_out")
    decide = partial(decide_pass, release=given, allow=allow, decision="已签分期协议", by=cast.estate_manager)
    with refused("由项目经理决定"):
        decide(by=cast.service_lead, at=MONDAY)
    with refused("请写明决定的理由"):
        decide(decision=" ", at=MONDAY)
    given = decide(at=MONDAY + HOUR)
    assert (given.state, given.decided_by, given.decided_at) == (state, cast.estate_manager, MONDAY + HOUR)
    assert told(given, cast.service)
    with refused("已经决定过了"):
        decide(at=MONDAY + HOUR)
    assert journal(given, prefix="pass.") == ["make", "decide"]
    if allow:
        assert use_pass(release=given, by=cast.security, at=MONDAY + HOUR).state == State.USED
    else:
        with refused("决定不予放行"):
            use_pass(release=given, by=cast.security, at=MONDAY + HOUR)


def test_after_its_day_nothing_is_decided(cast):
    house = make_home(cast)
    owes(house, "1.00", cast)
    given = release(cast, house, reason="move_out")
    with refused("有效日期 2026-03-02 已过"):
        decide_pass(release=given, allow=True, decision="可以", by=cast.estate_manager, at=MIDNIGHT)
    assert (
        decide_pass(release=given, allow=True, decision="可以", by=cast.estate_manager, at=MIDNIGHT - SECOND).state
        == State.READY
    )


@pytest.mark.parametrize(("estate_holds", "lease_holds"), [(False, True), (True, False), (True, True)])
def test_a_tenant_is_held_back_only_where_estate_and_lease_say_so(cast, estate_holds, lease_holds):
    house = make_home(cast)
    owes(house, "1503.60", cast)
    PassRule.objects.create(estate=cast.estate_a1, holds_tenants=estate_holds)
    MoveIn.objects.create(
        number="RZ-1", estate=house.estate, house=house, is_tenant=True, name="李租", phone="13900000000",
        lease_from=TODAY, lease_until=TODAY, lease_holds_goods=lease_holds, planned_on=TODAY,
        registered_at=MONDAY, registered_by=cast.service,
    )  # fmt: skip
    make = partial(release, cast, house, carrier_kind="tenant", carrier="李租", consent=YES)
    if estate_holds and lease_holds:
        with refused("租约约定欠费不放行，结清后再开具"):
            make(reason="move_out")
    else:
        assert make(reason="move_out").state == State.WAITING
    assert make(reason="temporary").state == State.READY
    assert release(cast, house, reason="move_out").state == State.WAITING, "the owner is never held back"


# --- at the gate ------------------------------------------------------------------------------------------------------


def test_the_gate_uses_it_once(cast):
    given = use_pass(release=release(cast), by=cast.security, at=MONDAY + HOUR)
    assert (given.state, given.used_by, given.used_at) == (State.USED, cast.security, MONDAY + HOUR)
    with refused(f"已经用过：2026-03-02 10:00 由{cast.security.name}放行"):
        use_pass(release=given, by=cast.security_lead, at=MONDAY + HOUR + MINUTE)
    assert fresh(given).used_by == cast.security
    assert journal(given, prefix="pass.") == ["make", "use"]


@pytest.mark.parametrize(
    ("at", "sentence"),
    [
        (MIDNIGHT - DAY - SECOND, "2026-03-02 才有效"),
        (MIDNIGHT - DAY, ""),
        (MIDNIGHT - SECOND, ""),
        (MIDNIGHT, "已过有效日期 2026-03-02"),
    ],
)
def test_it_is_good_from_the_first_to_the_last_second_of_its_day(cast, at, sentence):
    given = release(cast, at=MONDAY - DAY)
    if sentence:
        with refused(sentence):
            use_pass(release=given, by=cast.security, at=at)
        assert fresh(given).state == State.READY
    else:
        assert use_pass(release=given, by=cast.security, at=at).state == State.USED


@pytest.mark.parametrize("who", ["service", "engineering", "cashier", "auditor", "foreign_manager"])
def test_the_gate_checks_and_nobody_else(cast, who):
    with refused("由秩序维护岗核验"):
        use_pass(release=release(cast), by=getattr(cast, who), at=MONDAY)


def test_a_cancelled_one_does_not_pass_and_a_used_one_is_not_cancelled(cast):
    given = release(cast)
    with refused("请写明作废的原因"):
        cancel_pass(release=given, reason="", by=cast.service, at=MONDAY)
    cancel_pass(release=given, reason="改日搬", by=cast.service, at=MONDAY)
    with refused("已经作废"):
        use_pass(release=given, by=cast.security, at=MONDAY)
    used = use_pass(release=release(cast), by=cast.security, at=MONDAY)
    for one, word in ((given, "已作废"), (used, "已放行")):
        with refused(f"{word}，不能作废"):
            cancel_pass(release=one, reason="改日搬", by=cast.service, at=MONDAY)
    assert entry(given, "pass.cancel").data == {"reason": "改日搬"}


def test_what_its_day_left_is_closed_once(cast):
    house = make_home(cast)
    owes(house, "1.00", cast)
    waiting, ready = release(cast, house, reason="move_out"), release(cast, house)
    tomorrow = release(cast, house, valid_on=TODAY + timedelta(1))
    assert expire_passes(at=MIDNIGHT - SECOND) == 0
    assert expire_passes(at=MIDNIGHT) == 2
    assert expire_passes(at=MIDNIGHT) == 0
    assert [fresh(one).state for one in (waiting, ready, tomorrow)] == [State.CANCELLED, State.EXPIRED, State.READY]
    assert journal(ready, prefix="pass.") == ["make", "expire"]
    with refused("已过有效日期"):
        use_pass(release=ready, by=cast.security, at=MIDNIGHT)


# --- repetition -------------------------------------------------------------------------------------------------------


def test_the_third_within_seven_days_is_flagged(cast):
    """GEN-1: the moment seven days ago is still within them."""
    house = make_home(cast)
    for at in (MONDAY, MONDAY + SECOND):
        assert not release(cast, house, at=at).is_frequent
    third = release(cast, house, at=MONDAY + 7 * DAY, valid_on=TODAY + timedelta(7))
    assert third.is_frequent
    assert told(third, cast.estate_manager) == told(third, cast.security_lead) == ["频繁放行：3幢2单元1502"]


def test_one_second_more_than_seven_days_is_not_within_them(cast):
    house = make_home(cast)
    for at in (MONDAY, MONDAY + SECOND):
        release(cast, house, at=at)
    later = MONDAY + 7 * DAY + SECOND
    given = release(cast, house, at=later, valid_on=TODAY + timedelta(7))
    assert not given.is_frequent
    assert not told(given, cast.estate_manager)


def test_the_estates_own_number_counts_and_what_let_nothing_out_does_not(cast):
    house = make_home(cast)
    rule = PassRule.objects.create(estate=cast.estate_a1, frequent_passes=2)
    cancel_pass(release=release(cast, house), reason="写错", by=cast.service, at=MONDAY)
    assert not release(cast, house).is_frequent
    assert release(cast, house).is_frequent
    assert passes_lately(house, rule, MONDAY) == 2
    assert not release(cast, make_home(cast, "1601")).is_frequent


# --- at once ----------------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_two_desks_at_once_count_each_other(cast):
    house = make_home(cast)
    release(cast, house)
    options = {"carrier_kind": "owner", "carrier": "黄桂兰", "items": [SOFA], "reason": "temporary", "valid_on": TODAY}
    go = partial(make_pass, house=house, at=MONDAY, by=cast.service, **options)
    assert at_once(go, go) == ["", ""]
    assert Pass.objects.filter(is_frequent=True).count() == 1
