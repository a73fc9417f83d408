"""One inspection's page."""

from datetime import timedelta

import pytest
from django.urls import reverse

from inspections.choices import Tier
from tests.inspections.factories import TODAY, answer_all, day, make_inspection, make_ladder, submit
from tests.inspections.pages import at


@pytest.fixture(autouse=True)
def now():
    with at(day(hour=20)):
        yield


@pytest.fixture
def inspection(cast):
    make_ladder()
    made = make_inspection(cast.estate_a1)
    answer_all(made, by=cast.engineering, fail={"photo": "柜门没关", "reading": "漏水"})
    return submit(made, by=cast.engineering)


def page(cast, user, inspection):
    return cast.client(user).get(reverse("inspections:record", args=[inspection.pk]))


def test_it_shows_the_answers_by_subject_failures_first(cast, inspection):
    response = page(cast, cast.engineering, inspection)
    text = response.content.decode()
    assert [line.item.code for line in response.context["failures"]] == ["photo", "reading"]
    assert [subject.section.name for subject in response.context["subjects"]] == ["供电系统安全管理", "消防安全管理"]
    assert [subject.failed for subject in response.context["subjects"]] == [1, 1]
    for words in ("柜门没关", "读数 0.05", "0.1–0.2 MPa", "提交检查", "files/", "ZG-A1-202611-0001"):
        assert words in text


def test_print_and_report_once_it_is_submitted(cast, inspection):
    urls = [verb.url for verb in page(cast, cast.engineering, inspection).context["verbs"]]
    assert urls == [
        reverse("inspections:report", args=[inspection.pk]), reverse("inspections:form_pdf", args=[inspection.pk]),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("moment", "role", "why_not"),
    [
        (day(hour=20), "engineering", ""),
        (day(1, 0), "engineering", ""),
        (day(1, 0, 0, 1), "engineering", "这次检查已过截止时间，记为漏检。"),
        (day(hour=20), "branch_supervisor", "只有项目的督导小组成员可以填写这次检查。"),
    ],
)
def test_filling_is_offered_by_the_guard(cast, moment, role, why_not):
    open_one = make_inspection(cast.estate_a1)
    with at(moment):
        (verb,) = page(cast, getattr(cast, role), open_one).context["verbs"]
    assert (verb.label, verb.why_not) == ("开始检查", why_not)


def test_who_fills_nothing_is_offered_nothing(cast):
    assert page(cast, cast.auditor, make_inspection(cast.estate_a1)).context["verbs"] == []


def test_ins_16_the_comparison_is_for_the_upper_tiers(cast):
    make_ladder()
    own = make_inspection(cast.estate_a1, on=TODAY - timedelta(days=1))
    answer_all(own, by=cast.engineering)
    submit(own, by=cast.engineering)
    upper = make_inspection(cast.estate_a1, tier=Tier.BRANCH)
    answer_all(upper, by=cast.branch_supervisor, fail={"plain": "灯不亮"})
    submit(upper, by=cast.branch_supervisor)
    assert "与项目自查不符" in page(cast, cast.branch_supervisor, upper).content.decode()
    assert "与项目自查不符" not in page(cast, cast.estate_manager, upper).content.decode()


def test_elsewhere_it_does_not_exist(cast, inspection):
    assert page(cast, cast.foreign_manager, inspection).status_code == 404
    assert page(cast, cast.cashier, inspection).status_code == 403
    assert cast.client(cast.engineering).post(reverse("inspections:record", args=[inspection.pk])).status_code == 405


@pytest.mark.parametrize("role", ["engineering", "group_supervisor"])
def test_its_queries_do_not_grow(cast, inspection, role, django_assert_max_num_queries):
    client = cast.client(getattr(cast, role))
    with django_assert_max_num_queries(15):
        client.get(reverse("inspections:record", args=[inspection.pk]))
