"""诉求单: the list, its filters, its export (RPT-5, ORG-2, ORG-4)."""

import io

import pytest
from django.urls import reverse
from python_calamine import CalamineWorkbook

from complaints.choices import Kind
from complaints.models import Case
from complaints.services.handling import arrive, pause_case
from complaints.services.judging import judge_case
from tests.complaints.factories import (
    DAY,
    HOUR,
    MINUTE,
    MONDAY,
    SECOND,
    accepted,
    answered,
    called_back,
    case_in,
    fresh,
    make_case,
    make_house,
    scanned_case,
    transferred,
)
from tests.complaints.pages import at

URL = reverse("complaints:cases")
EXPORT = reverse("complaints:cases_export")
NOW = MONDAY + 5 * HOUR
State = Case.State


@pytest.fixture(autouse=True)
def now():
    with at(NOW):
        yield


@pytest.fixture
def some(cast):
    """One case in each state, one of another estate of the branch, one of the other branch."""
    manager = cast.hire("service", cast.estate_a2, "desk2")
    house = make_house(cast.estate_a1)
    return {
        "scanned": scanned_case(cast, at=NOW - MINUTE),
        "waiting": make_case(
            cast, kind=Kind.NEED, at=NOW - 2 * MINUTE, text="想要一张门禁卡", house=house, cause="safety"
        ),
        "repair": accepted(
            transferred(make_case(cast, kind=Kind.REPAIR, phone="13911112222", text="灯泡坏了"), cast), cast
        ),
        "result": case_in(cast, State.TO_ANSWER, grade="major", phone="13700000003"),
        "answered": case_in(cast, State.TO_CALLBACK, kind=Kind.REPAIR, phone="13700000004"),
        "closed": called_back(
            case_in(cast, State.TO_CALLBACK, kind=Kind.REPAIR, phone="13700000005", at=MONDAY - 2 * DAY),
            cast, satisfaction=2,
        ),
        "second": make_case(cast, kind=Kind.QUESTION, estate=cast.estate_a2, by=manager, channel="wechat", at=NOW - HOUR),
        "foreign": make_case(cast, estate=cast.estate_b1, by=cast.foreign_manager),
    }  # fmt: skip


def found(client, some, **query):
    response = client.get(URL, query)
    assert response.status_code == 200
    names = {row.pk: name for name, row in some.items()}
    return [names[row.pk] for row in response.context["page"]]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"status": "to_transfer"}, ["second", "waiting", "scanned"]),
        ({"status": "handling"}, ["repair"]),
        ({"status": "to_answer"}, ["result"]),
        ({"status": "to_callback"}, ["answered"]),
        ({"status": "overdue"}, ["repair", "second"]),
        ({"status": "closed"}, ["closed"]),
        ({"status": "none", "kind": "repair"}, ["repair", "scanned", "answered"]),
        ({"kind": "need"}, ["waiting"]),
        ({"grade": "major"}, ["result"]),
        ({"channel": "wechat"}, ["second"]),
        ({"department": "engineering", "status": "handling"}, ["repair"]),
        ({"cause": "safety"}, ["waiting"]),
        (
            {"since": "2026-03-02", "status": "all", "kind": "repair", "sort": "received"},
            ["repair", "answered", "scanned"],
        ),
        ({"until": "2026-03-01", "status": "all"}, ["closed"]),
        ({"dissatisfied": "on", "status": "all"}, ["closed"]),
        ({"q": "灯泡"}, ["repair"]),
        ({"q": "3幢1502"}, ["waiting"]),
        ({"q": "13911112222"}, ["repair"]),
        ({"q": "2222"}, ["repair"]),
        ({"place": "A2"}, ["second"]),
        ({"sort": "received", "status": "to_transfer"}, ["second", "waiting", "scanned"]),
        ({"sort": "-received", "status": "to_transfer"}, ["scanned", "waiting", "second"]),
    ],
)
def test_filters_live_in_the_url(cast, some, query, expected):
    assert found(cast.client(cast.branch_supervisor), some, **query) == expected


def test_the_most_urgent_stands_first_and_what_has_no_limit_last(cast, some):
    order = found(cast.client(cast.service), some)
    moments = [fresh(some[name]).due_at for name in order]
    assert order[0] == "repair"
    assert moments == sorted(moments)
    judge_case(case=some["result"], by=cast.service_lead, at=NOW, validity="invalid", reason="误报")
    praise = make_case(cast, kind=Kind.PRAISE, at=NOW)
    assert fresh(praise).due_at is None
    ids = [row.pk for row in cast.client(cast.service).get(URL).context["page"]]
    assert ids[-1] == praise.pk
    assert [row.pk for row in cast.client(cast.service).get(URL, {"sort": "-due"}).context["page"]][-1] == praise.pk


@pytest.mark.parametrize("part", ["9111", "391111222", "139", "1111", "13911112"])
def test_a_part_of_a_phone_finds_nothing(cast, some, part):
    """ORG-4: else the masked digits could be asked for one by one."""
    assert found(cast.client(cast.service), some, q=part, status="all") == []


def test_a_number_is_found_by_a_part_and_a_caller_by_name(cast, some):
    client = cast.client(cast.service)
    assert found(client, some, q=some["repair"].number[-6:], status="all") == ["repair"]
    assert "repair" in found(client, some, q="小明")


def test_ungraded_complaints_wait_to_be_judged(cast):
    ungraded = make_case(cast)
    make_case(cast, kind=Kind.NEED)
    make_case(cast, grade="minor")
    judge_case(case=make_case(cast), by=cast.service_lead, at=MONDAY, validity="invalid", reason="误报")
    rows = cast.client(cast.service).get(URL, {"grade": "none"}).context["page"]
    assert [row.pk for row in rows] == [ungraded.pk]


def test_of_one_house_by_a_link(cast, some):
    house = some["waiting"].house_id
    assert found(cast.client(cast.service), some, house=house, status="all") == ["waiting"]
    assert found(cast.client(cast.foreign_manager), some, house=house, status="all") == []


def test_first_asked_and_mine(cast, some):
    assert found(cast.client(cast.engineering), some, mine="on", status="handling") == ["repair"]
    assert found(cast.client(cast.engineering_lead), some, mine="on") == []
    first = found(cast.client(cast.service), some, first_asked="on", status="all")
    assert "scanned" not in first
    assert {"waiting", "repair", "closed"} <= set(first)


def test_each_sees_what_lies_at_or_below(cast, some):
    assert "foreign" not in found(cast.client(cast.branch_supervisor), some, status="all")
    assert "foreign" in found(cast.client(cast.group_supervisor), some, status="all")
    assert found(cast.client(cast.foreign_manager), some, status="all") == ["foreign"]
    assert "second" not in found(cast.client(cast.service), some, status="all")


def test_the_tabs_count_what_they_open(cast, some):
    client = cast.client(cast.branch_supervisor)
    tabs = client.get(URL).context["tabs"]
    assert [tab["label"] for tab in tabs] == [
        "未关闭", "待转派", "处理中", "待回复", "待回访", "已超期", "已关闭", "全部",
    ]  # fmt: skip
    for tab in tabs:
        assert tab["count"] == len(client.get(URL, {"status": tab["value"]}).context["page"].object_list)


def test_at_its_moment_it_is_in_time_a_second_later_it_is_overdue(cast):
    """GEN-1."""
    case = make_case(cast)
    due = fresh(case).due_at
    client = cast.client(cast.service)
    for moment, expected in ((due, []), (due + SECOND, [case.pk])):
        with at(moment):
            assert [row.pk for row in client.get(URL, {"status": "overdue"}).context["page"]] == expected


def test_a_row_says_which_limit_is_next_or_that_it_waits(cast):
    case = transferred(make_case(cast, kind=Kind.REPAIR), cast)
    client = cast.client(cast.service)
    with at(MONDAY + 6 * MINUTE):
        shown = client.get(URL).content.decode()
    assert '到场</span> <span class="clock-words">剩 29 分' in shown
    case = answered(transferred(make_case(cast, kind=Kind.REPAIR, text="灯坏"), cast), cast, at=MONDAY + HOUR)
    Case.objects.exclude(pk=case.pk).delete()
    case = accepted(case, cast, at=MONDAY + HOUR)
    arrive(case=case, by=cast.engineering, at=MONDAY + HOUR)
    pause_case(case=case, by=cast.engineering, at=MONDAY + HOUR, reason="等客户")
    assert "处理已暂停" in client.get(URL).content.decode()


def test_an_empty_list_says_what_to_do_next(cast):
    shown = cast.client(cast.service).get(URL).content.decode()
    assert "没有诉求单" in shown
    assert "登记诉求" in shown


def test_phones_are_on_no_list(cast, some):
    assert "13911112222" not in cast.client(cast.service).get(URL, {"status": "all"}).content.decode()


def test_the_export_holds_the_same_rows_as_text_with_masked_phones(cast, some):
    make_case(cast, text="=HYPERLINK(1)", phone="13911113333")
    content = cast.client(cast.branch_supervisor).get(EXPORT, {"kind": "complaint", "q": "HYPER"}).content
    head, *lines = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python()
    line = dict(zip(head, lines[0], strict=True))
    assert len(lines) == 1
    assert (line["内容"], line["电话"], line["首问责任人"]) == ("=HYPERLINK(1)", "139****3333", "客户助理甲")
    assert line["是否超期"] == "是"


def test_the_export_has_the_lists_scope(cast, some):
    content = cast.client(cast.service).get(EXPORT, {"status": "all"}).content
    _, *lines = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python()
    assert len(lines) == 6


@pytest.mark.parametrize("url", [URL, EXPORT])
def test_the_right(cast, url):
    assert cast.client(cast.cashier).get(url).status_code == 403
    assert cast.client(cast.service).post(url).status_code == 405


def test_too_many_rows_are_refused_in_words(cast, some, monkeypatch):
    monkeypatch.setattr("complaints.views.cases.EXPORT_ROWS", 1)
    response = cast.client(cast.service).get(EXPORT, follow=True)
    assert "一次最多导出 1 条" in response.content.decode()


def test_queries_do_not_grow(cast, some, django_assert_max_num_queries):
    for number in range(20):
        make_case(cast, house=make_house(cast.estate_a1, f"{number + 1}01"), phone=f"1366666{number:04d}")
    client = cast.client(cast.branch_supervisor)
    client.get(URL, {"place": "A1"})
    with django_assert_max_num_queries(12):
        client.get(URL, {"status": "all", "q": "1"})
