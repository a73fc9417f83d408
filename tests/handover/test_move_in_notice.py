"""《入住知会单》 on paper, and what a tenant's end means for passes, fees and the house's file (HND-6, HND-7)."""

from __future__ import annotations

import subprocess
from datetime import date, timedelta

import pytest

from estates.models import Tenant
from foundation.notices.models import Notice
from handover.livingpapers import told
from handover.models import MoveIn, Pass, PassRule
from handover.services.living import add_lease, complete_move_in, end_move_in, watch_fees
from handover.services.passes import use_pass
from handover.services.signing import sign_move_in
from handover.signedpapers import papers_of
from tests.handover.factories import DAY, HOUR, MONDAY, SECOND, fresh, photo, refused
from tests.handover.passes import TODAY, YES, make_home, owes, release
from tests.handover.signatures import NAME
from tests.handover.test_move_in import confirmed, get, moved_in, of_owner, ready, registered, url

State = MoveIn.State


def text_of(pdf: bytes) -> str:
    done = subprocess.run(["pdftotext", "-layout", "-", "-"], input=pdf, capture_output=True, check=True)
    # Between a figure and its word the layout leaves a space out.
    return done.stdout.decode().replace("2人", "2 人")


def paper(cast, move_in, **options) -> str:
    response = get(cast, url("move_in_notice", move_in), **options)
    assert response.status_code == 200
    assert response["Content-Type"] == "application/pdf"
    return text_of(response.content)


# --- the paper ----------------------------------------------------------------------------------------------------------


def test_the_paper_says_who_lives_where_and_who_was_told_when(cast):
    move_in = moved_in(cast)
    Notice.objects.filter(user=cast.cashier).update(read_at=MONDAY + 2 * HOUR)
    text = paper(cast, move_in)
    for words in (
        "入住知会单", cast.estate_a1.name, "3幢2单元1502", "李租（租户）", "139****1111", "2 人", move_in.number,
        "2026-03-02 至 2027-03-01", "2026-03-02 10:00", "客服经办：客户助理甲", "收银尚未标注",
    ):  # fmt: skip
        assert words in text, words
    rows = [line.split() for line in text.splitlines() if "2026-03-02 10:00" in line and "入住时间" not in line]
    assert [(row[0], row[1]) for row in rows] == [
        ("工程部", cast.engineering_lead.name), ("秩序维护部", cast.security_lead.name),
        ("环境部", cast.environment_lead.name), ("中控室", cast.control_room.name), ("收银", cast.cashier.name),
    ]  # fmt: skip
    assert rows[-1][-2:] == ["2026-03-02", "11:00"]
    assert all(row[-1] == "尚未查看" for row in rows[:-1])
    assert "13900001111" not in text
    assert "13812345678" not in text
    assert text.count("\f") == 1, "one page"


def test_an_owners_paper_has_no_lease_and_names_who_watches_the_fees(cast):
    move_in = complete_move_in(move_in=of_owner(cast), by=cast.service, at=MONDAY)
    watch_fees(move_in=move_in, by=cast.cashier, at=MONDAY + HOUR)
    text = paper(cast, move_in)
    assert "黄桂兰（业主）" in text
    assert "租期" not in text
    assert f"{cast.cashier.name} 2026-03-02 10:00 标注" in text


def test_where_nobody_stands_for_a_department_the_paper_says_so(cast):
    house = make_home(cast, estate=cast.estate_b1)
    move_in = of_owner(cast, house, by=cast.foreign_manager)
    move_in = complete_move_in(move_in=move_in, by=cast.foreign_manager, at=MONDAY)
    assert paper(cast, move_in, by=cast.foreign_manager).count("没有在岗人员，请当面知会") == 4


def test_who_has_left_since_still_stands_there(cast):
    move_in = moved_in(cast)
    person = cast.control_room
    person.posts.update(ends_on=date(2026, 3, 31))
    assert [row.department for row in told(move_in) if row.notices] == [
        "工程部",
        "秩序维护部",
        "环境部",
        "中控室",
        "收银",
    ]
    person.posts.update(ends_on=date(2026, 2, 1))
    assert told(move_in)[-1].department == "其他"
    assert [one.user for one in told(move_in)[-1].notices] == [person]


def test_the_record_leads_to_it_once_somebody_lives_there(cast):
    move_in = ready(cast)
    address = url("move_in_notice", move_in)
    assert address not in get(cast, url("move_in", move_in)).content.decode()
    assert get(cast, address).status_code == 404
    complete_move_in(move_in=move_in, by=cast.service_lead, at=MONDAY)
    assert address in get(cast, url("move_in", move_in)).content.decode()
    end_move_in(move_in=move_in, until=TODAY, by=cast.service_lead, at=MONDAY + HOUR)
    assert "迁出日" in paper(cast, move_in)


def test_it_is_for_those_who_see_the_record(cast):
    address = url("move_in_notice", moved_in(cast))
    assert get(cast, address, by=cast.foreign_manager).status_code == 404
    assert get(cast, address, by=cast.environment).status_code == 403
    assert cast.client(cast.service).post(address).status_code == 405


# --- what a tenant needs ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("left", ["tenant_file", "safety", "undertaking"])
def test_with_one_paper_unsigned_no_tenant_moves_in(cast, left):
    """HND-5, HND-6: the tenant's two papers and the owner's undertaking."""
    move_in = confirmed(cast, registered(cast))
    add_lease(move_in=move_in, files=[photo()], by=cast.service, at=MONDAY)
    for code in papers_of(move_in):
        if code != left:
            sign_move_in(move_in=move_in, code=code, by=cast.service, at=MONDAY, signer="李租", strokes=NAME)
    with refused("还没有签字"):
        complete_move_in(move_in=move_in, by=cast.service_lead, at=MONDAY)
    assert (fresh(move_in).state, Tenant.objects.count()) == (State.PREPARING, 0)


def test_what_was_signed_for_other_terms_does_not_count(cast):
    move_in = ready(cast)
    MoveIn.objects.filter(pk=move_in.pk).update(lease_until=date(2027, 9, 1))
    with refused("还没有签字，或签字后内容有变化"):
        complete_move_in(move_in=fresh(move_in), by=cast.service_lead, at=MONDAY)
    for code in ("tenant_file", "undertaking"):
        sign_move_in(move_in=fresh(move_in), code=code, by=cast.service, at=MONDAY, signer="李租", strokes=NAME)
    assert complete_move_in(move_in=fresh(move_in), by=cast.service_lead, at=MONDAY).state == State.DONE


# --- the end ------------------------------------------------------------------------------------------------------------


def tenants_pass(cast, house, **options) -> Pass:
    return release(cast, house, carrier_kind="tenant", carrier="李租", consent=YES, reason="move_out", **options)


def test_after_the_end_a_pass_with_the_owners_word_still_lets_the_goods_out_on_its_day(cast):
    """The van comes the day after the last night; the pass has its own consent and its own day."""
    house = make_home(cast)
    move_in = moved_in(cast, house)
    given = tenants_pass(cast, house, valid_on=TODAY + timedelta(1))
    end_move_in(move_in=move_in, until=TODAY, by=cast.service_lead, at=MONDAY + 2 * HOUR)
    assert use_pass(release=given, by=cast.security, at=MONDAY + DAY).state == Pass.State.USED


def test_the_end_is_no_way_around_a_lease_that_holds_the_goods(cast):
    house = make_home(cast)
    PassRule.objects.create(estate=cast.estate_a1, holds_tenants=True)
    move_in = moved_in(cast, house, lease_holds_goods=True)
    owes(house, "300.00", cast)
    with refused("租约约定欠费不放行"):
        tenants_pass(cast, house)
    end_move_in(move_in=move_in, until=TODAY, by=cast.service_lead, at=MONDAY + 2 * HOUR)
    with refused("租约约定欠费不放行"):
        tenants_pass(cast, house)
    # Whoever comes next has a lease of their own; what came to nothing was no lease.
    given_up = registered(cast, house, name="王租", lease_holds_goods=False)
    end_move_in(move_in=given_up, until=TODAY, by=cast.service, at=MONDAY + 3 * HOUR)
    with refused("租约约定欠费不放行"):
        tenants_pass(cast, house)
    registered(cast, house, name="赵租", lease_holds_goods=False)
    assert tenants_pass(cast, house).state == Pass.State.WAITING


def test_the_watch_over_fees_ends_with_the_tenancy_and_stays_on_record(cast):
    first, second = moved_in(cast), moved_in(cast, make_home(cast, "1601"))
    watch_fees(move_in=first, by=cast.cashier, at=MONDAY + HOUR)
    assert list(MoveIn.objects.unwatched()) == [second]
    for one in (first, second):
        end_move_in(move_in=one, until=TODAY, by=cast.service_lead, at=MONDAY + 2 * HOUR)
    assert not MoveIn.objects.unwatched()
    assert fresh(first).fees_watched_by == cast.cashier
    with refused("入住以后才能标注"):
        watch_fees(move_in=second, by=cast.cashier, at=MONDAY + 3 * HOUR)
    assert list(Tenant.objects.values_list("until", flat=True)) == [TODAY, TODAY]


def test_of_an_end_that_is_refused_nothing_is_half_done(cast):
    """The file's tenancy began later than the day that is given."""
    move_in = moved_in(cast)
    Tenant.objects.update(since=TODAY + timedelta(1))
    with refused("退租日应在 2026-03-03 到今天之间"):
        end_move_in(move_in=move_in, until=TODAY, by=cast.service_lead, at=MONDAY + 2 * DAY + SECOND)
    assert fresh(move_in).state == State.DONE
    assert Tenant.objects.get().until is None


def test_the_house_may_be_let_again(cast):
    house = make_home(cast)
    move_in = moved_in(cast, house)
    end_move_in(move_in=move_in, until=TODAY, by=cast.service_lead, at=MONDAY + 2 * HOUR)
    again = ready(cast, house, name="王租", phone="13700002222", at=MONDAY + DAY)
    complete_move_in(move_in=again, by=cast.service_lead, at=MONDAY + DAY)
    assert list(Tenant.objects.order_by("pk").values_list("name", "until")) == [("李租", TODAY), ("王租", None)]
