"""Visits: planned, made, their points followed up (CMP-13, RPT-5)."""

import io
import re
from datetime import date

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from python_calamine import CalamineWorkbook

from accounts.models import Post
from accounts.roles import Role
from complaints.models import Case, Visit, VisitPoint
from complaints.services import visiting
from estates.models import Owner
from foundation.journal.models import Entry
from foundation.records.refusals import Refused
from tests.complaints.factories import DAY, MONDAY, make_house, standard_policy

VISITS, PLAN, EXPORT = (reverse(f"complaints:{name}") for name in ("visits", "plan_visit", "visits_export"))
TODAY = MONDAY.date()


@pytest.fixture
def house(cast):
    standard_policy()
    house = make_house(cast.estate_a1)
    Owner.objects.create(house=house, name="黄桂兰", phone="13812345678", since=TODAY)
    return house


def plan(cast, house, *, on=TODAY, at=MONDAY, **options) -> Visit:
    given = {"visitor": cast.service, "by": cast.service, "mode": "face", **options}
    return visiting.plan_visit(house=house, planned_on=on, at=at, **given)


def done(cast, house, *, satisfaction=4, points=("楼道灯不亮", "希望增加晾衣杆")) -> Visit:
    return visiting.record_visit(
        visit=plan(cast, house), by=cast.service, at=MONDAY, visited="黄桂兰", satisfaction=satisfaction, points=points
    )


def url(name: str, row) -> str:
    return reverse(f"complaints:{name}", args=[row.pk])


def post(cast, address, data=None, *, by=None, at=MONDAY):
    with time_machine.travel(at, tick=False):
        return cast.client(by or cast.service).post(address, data or {})


def get(cast, address, *, by=None, at=MONDAY, **data):
    with time_machine.travel(at, tick=False):
        return cast.client(by or cast.service).get(address, data)


def text_of(response) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def planned(cast, house, **changes):
    return {
        "caller": f"o{house.owner.pk}", "q": "3幢2单元1502", "visitor": cast.service.pk, "planned_on": "2026-03-05",
        "mode": "phone", "purpose": "节前走访", **changes,
    }  # fmt: skip


# --- planning -------------------------------------------------------------------------------------------------------


def test_a_visit_is_planned_for_the_found_house(cast, house):
    response = post(cast, PLAN, planned(cast, house), by=cast.service_lead)
    visit = Visit.objects.get()
    assert response["Location"] == VISITS
    assert (visit.house, visit.estate, visit.visitor, visit.planned_by) == (
        house, cast.estate_a1, cast.service, cast.service_lead,
    )  # fmt: skip
    assert (visit.planned_on, visit.mode, visit.purpose, visit.state) == (
        date(2026, 3, 5),
        "phone",
        "节前走访",
        "planned",
    )
    assert list(Entry.objects.about(visit).values_list("verb", flat=True)) == ["visit.plan"]


@pytest.mark.parametrize(
    ("changes", "field", "sentence"),
    [
        ({"caller": ""}, "q", "请从列表里选定房屋。"),
        ({"caller": "", "q": ""}, "q", "请查找要访问的房屋。"),
        ({"planned_on": "2026-03-01"}, "planned_on", "计划日期不能早于今天。"),
        ({"planned_on": ""}, "planned_on", "这个字段是必填项"),
        ({"visitor": ""}, "visitor", "请选择访问人。"),
        ({"visitor": "0"}, "visitor", "请选择访问人。"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(cast, house, changes, field, sentence):
    response = post(cast, PLAN, planned(cast, house, **changes))
    assert response.status_code == 422
    assert sentence in response.context["form"].errors[field][0]
    assert "节前走访" in response.content.decode()
    assert not Visit.objects.exists()


def test_today_is_not_too_early(cast, house):
    assert post(cast, PLAN, planned(cast, house, planned_on="2026-03-02")).status_code == 302


def test_the_visitor_is_of_the_desk_of_that_estate(cast, house):
    other = cast.hire(Role.SERVICE, cast.estate_a2, "elsewhere")
    Post.objects.create(user=cast.service, role=Role.SERVICE, node_id=cast.estate_a2.pk, starts_on=TODAY)
    response = post(cast, PLAN, planned(cast, house, visitor=other.pk))
    assert response.context["form"].errors["visitor"] == ["请选择这个项目的客服人员作为访问人。"]
    assert post(cast, PLAN, planned(cast, house, visitor=cast.engineering.pk)).status_code == 422
    assert not Visit.objects.exists()


def test_a_foreign_house_is_not_found(cast, house):
    other = make_house(cast.estate_b1)
    assert post(cast, PLAN, planned(cast, house, caller=f"h{other.pk}")).status_code == 422
    assert not Visit.objects.exists()


# --- making it ------------------------------------------------------------------------------------------------------

SAID = {"visited": "黄桂兰", "satisfaction": "2", "remark": "在家", "points": "楼道灯不亮\n\n 希望增加晾衣杆 "}


def test_a_visit_is_recorded_with_what_was_raised(cast, house):
    visit = plan(cast, house)
    response = post(cast, url("record_visit", visit), SAID, at=MONDAY + DAY)
    assert response["Location"] == url("visit", visit)
    visit.refresh_from_db()
    assert (visit.state, visit.done_at, visit.visited, visit.satisfaction) == ("done", MONDAY + DAY, "黄桂兰", 2)
    assert [point.text for point in visit.points.all()] == ["楼道灯不亮", "希望增加晾衣杆"]
    assert list(Entry.objects.about(visit).values_list("verb", flat=True)) == ["visit.plan", "visit.record"]


@pytest.mark.parametrize("satisfaction", ["", "0", "6", "x"])
def test_satisfaction_is_one_to_five(cast, house, satisfaction):
    visit = plan(cast, house)
    response = post(cast, url("record_visit", visit), {**SAID, "satisfaction": satisfaction})
    assert response.status_code == 422
    assert "请选择满意度，从 1 到 5。" in text_of(response)
    assert "希望增加晾衣杆" in text_of(response)
    assert Visit.objects.get().state == "planned"


def test_recorded_twice_changes_nothing(cast, house):
    visit = plan(cast, house)
    post(cast, url("record_visit", visit), SAID)
    response = post(cast, url("record_visit", visit), {**SAID, "satisfaction": "5", "remark": "又一次"})
    assert response.status_code == 422
    assert "这次访问已经登记过了。" in text_of(response)
    assert "又一次" in response.content.decode()
    assert (Visit.objects.get().satisfaction, VisitPoint.objects.count()) == (2, 2)


def test_a_visit_is_cancelled_with_its_reason(cast, house):
    visit = plan(cast, house)
    assert post(cast, url("cancel_visit", visit), {"reason": ""}).status_code == 422
    post(cast, url("cancel_visit", visit), {"reason": "业主出国"})
    assert Visit.objects.get().state == "cancelled"
    assert "业主出国" in text_of(get(cast, url("visit", visit)))
    refused = post(cast, url("cancel_visit", visit), {"reason": "再来一次"})
    assert refused.status_code == 422
    assert "再来一次" in text_of(refused)


# --- points ---------------------------------------------------------------------------------------------------------


def test_a_point_becomes_a_case_once(cast, house):
    visit = done(cast, house)
    point = visit.points.first()
    response = post(cast, url("case_from_point", point), {"kind": "repair"})
    assert response["Location"] == url("visit", visit)
    case = Case.objects.get()
    assert (case.house, case.kind, case.channel, case.text) == (house, "repair", "visit_them", "楼道灯不亮")
    assert (case.caller_name, case.caller_phone, case.responsible) == ("黄桂兰", "13812345678", cast.service)
    again = post(cast, url("case_from_point", point), {"kind": "repair"})
    assert again.status_code == 422
    assert Case.objects.count() == 1
    page = text_of(get(cast, url("visit", visit)))
    assert case.number in page
    assert page.count("转为诉求单") == 2  # the one that has become a case, and the button of the other


def test_a_point_needs_its_kind(cast, house):
    point = done(cast, house).points.first()
    response = post(cast, url("case_from_point", point), {"kind": ""})
    assert response.status_code == 422
    assert "请选择类型。" in text_of(response)
    assert not Case.objects.exists()


# --- the list ---------------------------------------------------------------------------------------------------------


def test_the_list_shows_what_is_planned_and_what_is_late(cast, house):
    plan(cast, house, on=TODAY, purpose="今天的")
    plan(cast, house, on=TODAY - DAY, at=MONDAY - DAY, purpose="昨天的")
    done(cast, house)
    words = text_of(get(cast, VISITS))
    assert "今天的" in words
    assert "昨天的" in words
    assert re.search(r"待访问 2 .*过了计划日期 1 .*已访问 1 .*已取消 0 .*全部 3", words)
    assert words.index("昨天的") < words.index("今天的")
    late = text_of(get(cast, VISITS, status="overdue"))
    assert "昨天的" in late
    assert "今天的" not in late


def test_at_midnight_after_its_day_a_visit_is_late(cast, house):
    visit = plan(cast, house, on=TODAY)
    assert not visit.is_overdue(TODAY)
    assert visit.is_overdue(TODAY + DAY)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"q": "3-2-1502"}, {"一"}),
        ({"q": "801"}, {"二"}),
        ({"mode": "phone"}, {"二"}),
        ({"mine": "on"}, {"一"}),
        ({"since": "2026-03-03"}, {"二"}),
        ({"until": "2026-03-02"}, {"一"}),
        ({"since": "not a day"}, {"一", "二"}),
        ({"dissatisfied": "on"}, set()),
    ],
)
def test_the_filters_are_in_the_address(cast, house, query, found):
    plan(cast, house, purpose="事由一")
    plan(
        cast, make_house(cast.estate_a1, "801"), on=date(2026, 3, 3), purpose="事由二", mode="phone",
        visitor=cast.service_lead,
    )  # fmt: skip
    words = text_of(get(cast, VISITS, **query))
    assert {one for one in ("一", "二") if f"事由{one}" in words} == found


def test_the_export_has_the_rows_of_the_list(cast, house):
    visit = done(cast, house, satisfaction=2)
    visiting.case_from_point(point=visit.points.first(), by=cast.service, at=MONDAY, kind="repair")
    plan(cast, house)
    response = get(cast, EXPORT, status="done")
    rows = CalamineWorkbook.from_filelike(io.BytesIO(response.content)).get_sheet_by_index(0).to_python()
    assert len(rows) == 2
    row = dict(zip(*rows, strict=True))
    assert (row["房屋"], row["满意度"], row["访问人"]) == ("3幢2单元1502", "不满意", "客户助理甲")
    assert row["反映事项"] == "楼道灯不亮\n希望增加晾衣杆"
    assert row["转为诉求单"] == Case.objects.get().number


def test_queries_do_not_grow_with_rows(cast, house):
    def count(address, **data) -> int:
        client = cast.client(cast.service)
        with time_machine.travel(MONDAY, tick=False), CaptureQueriesContext(connection) as queries:
            assert client.get(address, data).status_code == 200
        return len(queries)

    visit = done(cast, house)
    addresses = [(VISITS, {"status": "all"}), (EXPORT, {"status": "all"}), (url("visit", visit), {})]
    few = [count(address, **data) for address, data in addresses]
    for number in range(8):
        done(cast, make_house(cast.estate_a1, f"{number}01"))
        VisitPoint.objects.create(visit=visit, text="又一件")
    assert [count(address, **data) for address, data in addresses] == few
    assert few[0] <= 12


# --- who may --------------------------------------------------------------------------------------------------------


def test_verbs_refuse_get(cast, house):
    visit = done(cast, house)
    for address in (
        url("record_visit", visit), url("cancel_visit", visit), url("case_from_point", visit.points.first()),
    ):  # fmt: skip
        assert get(cast, address).status_code == 405


def test_another_estate_finds_nothing(cast, house):
    visit = done(cast, house)
    for address in (
        url("record_visit", visit), url("cancel_visit", visit), url("case_from_point", visit.points.first()),
    ):  # fmt: skip
        assert post(cast, address, by=cast.foreign_manager).status_code == 404
    assert get(cast, url("visit", visit), by=cast.foreign_manager).status_code == 404
    assert "3幢2单元1502" not in text_of(get(cast, VISITS, by=cast.foreign_manager, status="all"))


@pytest.mark.parametrize("role", [Role.ENGINEERING, Role.BRANCH_SUPERVISOR, Role.AUDITOR])
def test_others_read_only(cast, house, role):
    visit, user = plan(cast, house), cast.everyone[role]
    page = get(cast, url("visit", visit), by=user)
    assert page.status_code == 200
    assert "登记访问" not in text_of(page)
    assert post(cast, url("record_visit", visit), SAID, by=user).status_code == 403
    assert get(cast, PLAN, by=user).status_code == post(cast, PLAN, planned(cast, house), by=user).status_code == 403
    assert Visit.objects.get().state == "planned"


def test_without_the_right_nothing_is_shown(cast, house):
    assert get(cast, VISITS, by=cast.cashier).status_code == 403


def test_the_right_at_one_estate_is_none_at_another(cast, house):
    """客服 here, 工程 there: the visits there are read, not made."""
    Post.objects.filter(user=cast.service).delete()
    Post.objects.create(user=cast.service, role=Role.ENGINEERING, node_id=cast.estate_a1.pk, starts_on=TODAY)
    Post.objects.create(user=cast.service, role=Role.SERVICE, node_id=cast.estate_a2.pk, starts_on=TODAY)
    visit = plan(cast, house, by=cast.service_lead, visitor=cast.service_lead)
    response = post(cast, url("record_visit", visit), SAID)
    assert response.status_code == 422
    assert "您的岗位不能登记客户访问。" in text_of(response)
    with pytest.raises(Refused):
        plan(cast, house)
