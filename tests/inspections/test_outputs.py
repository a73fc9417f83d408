"""Outputs (INS-15): the filled form, the report of one inspection and of one round, as page and PDF."""

import subprocess
from urllib.parse import unquote

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from estates.models import Estate
from inspections.choices import Tier, Way
from inspections.models import Schedule
from tests.inspections.factories import answer_all, day, make_inspection, make_version, submit
from tests.inspections.rounds import make_schedule, planned
from tests.sheets import lines

pytestmark = pytest.mark.django_db


@pytest.fixture
def failed(cast):
    """The branch's inspection: a red line and an item with a photo failed, after the estate had passed both."""
    own = make_inspection(cast.estate_a1)
    answer_all(own, by=cast.engineering)
    submit(own, by=cast.engineering)
    upper = planned(make_schedule(cast.group), cast.estate_a1)
    fail = {"redline": "通道堆放纸箱", "photo": "柜门破损"}
    answer_all(upper, by=cast.branch_supervisor, fail=fail, at=day(1))
    return submit(upper, by=cast.branch_supervisor, at=day(1))


def url(name, inspection):
    return reverse(f"inspections:{name}", args=[inspection.pk])


def round_url(name, inspection):
    return reverse(f"inspections:{name}", args=[inspection.schedule_id, inspection.period_start.isoformat()])


def words(answer):
    """The text of a PDF without its spaces."""
    assert answer["Content-Type"] == "application/pdf"
    text = subprocess.run(["pdftotext", "-layout", "-", "-"], input=answer.content, capture_output=True, check=True)
    return "".join(text.stdout.decode().split())


def file_name(answer):
    return unquote(answer["Content-Disposition"].partition("filename*=utf-8''")[2])


def test_the_form_holds_every_item_with_its_answer(cast, failed):
    answer = cast.client(cast.estate_manager).get(url("form_pdf", failed))
    text = words(answer)
    expected = ("样例检查表检查表", "桂语江南", "配电房照明", "通道堆放纸箱", "0.15MPa", "（0.1–0.2MPa）", "检查人：")
    for one in (*expected, failed.number):
        assert one in text
    assert "未提交" not in text
    assert file_name(answer) == "样例检查表检查表_桂语江南_2026年11月.pdf"


def test_a_form_that_is_not_submitted_says_so_and_has_boxes(cast):
    text = words(cast.client(cast.estate_manager).get(url("form_pdf", make_inspection(cast.estate_a1))))
    assert "未提交" in text
    assert text.count("□不合格") == 4


def test_a_reading_is_printed_as_a_number(cast):
    inspection = make_inspection(cast.estate_a1)
    answer_all(inspection, by=cast.engineering)
    inspection.answers.filter(item__code="reading").update(reading=380)
    assert "380MPa" in words(cast.client(cast.estate_manager).get(url("form_pdf", inspection)))


def test_a_subset_prints_the_items_it_asks(cast):
    version = make_version()
    ids = list(version.items.filter(code="redline").values_list("pk", flat=True))
    inspection = make_inspection(cast.estate_a1, frequency="", item_ids=ids, item_total=1)
    text = words(cast.client(cast.estate_manager).get(url("form_pdf", inspection)))
    assert "疏散通道" in text
    assert "配电房照明" not in text


def test_the_report_as_page(cast, failed):
    page = cast.client(cast.branch_supervisor).get(url("report", failed))
    report = page.context["report"]
    assert [failure.answer.item.code for failure in report.failures] == ["photo", "redline"]
    assert [len(failure.photos) for failure in report.failures] == [1, 0]
    assert all(failure.discrepancy for failure in report.failures)
    assert [(s.name, s.failed, s.grade_label) for s in report.subjects] == [
        ("供电系统安全管理", 1, "不合格"),
        ("消防安全管理", 1, "不合格"),
    ]
    text = page.content.decode()
    assert failed.rectifications.first().number in text
    assert "与自查不符" in text


def test_the_report_as_pdf_says_the_same(cast, failed):
    answer = cast.client(cast.branch_supervisor).get(url("report_pdf", failed))
    text = words(answer)
    for number in (str(failed.score), failed.number, *failed.rectifications.values_list("number", flat=True)):
        assert number in text
    for expected in ("样例检查表督导报告", "不合格2项", "红线不合格，等级一律为不合格", "开出整改单2张", "与自查不符"):
        assert expected in text
    assert b"/Subtype /Image" in answer.content or b"/Subtype/Image" in answer.content
    assert file_name(answer) == "样例检查表督导报告_桂语江南_2026年11月.pdf"


def test_the_estate_does_not_read_of_discrepancies(cast, failed):
    """INS-16: for the upper tiers."""
    client = cast.client(cast.estate_manager)
    assert "自查" not in client.get(url("report", failed)).content.decode().replace("自查可信度", "")
    assert "自查" not in words(client.get(url("report_pdf", failed)))


def test_without_submission_there_is_no_report(cast):
    inspection = make_inspection(cast.estate_a1)
    client = cast.client(cast.estate_manager)
    assert "检查还没有提交" in client.get(url("report", inspection)).content.decode()
    assert client.get(url("report_pdf", inspection)).url == url("report", inspection)


@pytest.mark.parametrize("name", ["form_pdf", "report", "report_pdf"])
def test_scope_and_right_of_one_inspection(cast, failed, name):
    assert cast.client(cast.foreign_manager).get(url(name, failed)).status_code == 404
    assert cast.client(cast.cashier).get(url(name, failed)).status_code == 403


def test_an_estate_does_not_print_a_mystery_visit_to_come(cast):
    version = make_version("mystery", way=Way.MYSTERY)
    visit = make_inspection(cast.estate_a1, tier=Tier.GROUP, version=version)
    assert cast.client(cast.estate_manager).get(url("form_pdf", visit)).status_code == 404
    assert cast.client(cast.group_supervisor).get(url("form_pdf", visit)).status_code == 200


# --- rounds ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def two(cast, failed):
    """The same round at two more estates: one missed, one of the other branch done without a failure."""
    planned(failed.schedule, cast.estate_a2, state="missed")
    other = planned(failed.schedule, cast.estate_b1)
    other_supervisor = cast.hire("branch_supervisor", cast.branch_b, "b-supervisor")
    answer_all(other, by=other_supervisor, at=day(1))
    submit(other, by=other_supervisor, at=day(1))
    return failed


def test_the_list_of_rounds_counts_what_the_user_sees(cast, two):
    address = reverse("inspections:rounds") + "?since=2026-10-01&frequency=month"
    [row] = cast.client(cast.group_supervisor).get(address).context["page"].object_list
    assert (row["due"], row["done"], row["missed"], row["label"]) == (3, 2, 1, "2026年11月")
    [row] = cast.client(cast.branch_supervisor).get(address).context["page"].object_list
    assert (row["due"], row["done"], row["missed"]) == (2, 1, 1)
    assert cast.client(cast.group_supervisor).get(address + "&schedule=x&until=abc").status_code == 200


def test_the_export_of_the_rounds_holds_the_same_rows(cast, two):
    address = reverse("inspections:rounds_export") + "?since=2026-10-01&frequency=month"
    assert address.partition("?")[0] in cast.client(cast.auditor).get(reverse("inspections:rounds")).content.decode()
    Schedule.objects.update(name="=1+1")
    [line] = lines(cast.client(cast.group_supervisor).get(address))
    assert (line["周期"], line["督导计划"], line["应检"], line["已检"], line["漏检"]) == ("2026年11月", "=1+1", 3, 2, 1)
    [line] = lines(cast.client(cast.branch_supervisor).get(address))
    assert (line["应检"], line["已检"], line["漏检"], line["红线项目"]) == (2, 1, 1, 1)
    assert lines(cast.client(cast.branch_supervisor).get(address + "&since=2027-01-01")) == []


def test_too_many_rounds_are_refused_in_words(cast, two, monkeypatch):
    monkeypatch.setattr("inspections.views.outputs.EXPORT_ROWS", 0)
    address = reverse("inspections:rounds_export") + "?since=2026-10-01"
    page = cast.client(cast.group_supervisor).get(address, follow=True)
    assert "一次最多导出 0 条" in page.content.decode()


def test_the_report_of_a_round_ranks_the_estates_and_names_the_missed(cast, two):
    page = cast.client(cast.group_supervisor).get(round_url("round_report", two))
    report = page.context["report"]
    assert [(rank, row.estate_id) for rank, row in report.ranking] == [(1, cast.estate_b1.pk), (2, cast.estate_a1.pk)]
    assert [row.estate_id for row in report.missed] == [cast.estate_a2.pk]
    assert [row.item.code for row in report.redlines] == ["redline"]
    assert {one.what for one in report.frequent} == {"配电柜外观", "疏散通道"}
    assert "统计您可见的 3 个项目" in page.content.decode()


def test_the_round_as_pdf_says_the_same(cast, two):
    answer = cast.client(cast.group_supervisor).get(round_url("round_report_pdf", two))
    text = words(answer)
    for expected in ("样例检查表督导报告", "统计范围为3个项目", "漏检项目：春江花月", "云栖玫瑰园", "通道堆放纸箱"):
        assert expected in text
    assert file_name(answer) == "样例检查表督导报告_分子公司_2026年11月.pdf"


def test_a_round_is_about_the_visible_estates_alone(cast, two):
    client = cast.client(cast.branch_supervisor)
    page = client.get(round_url("round_report", two))
    assert "统计您可见的 2 个项目" in page.content.decode()
    assert "云栖玫瑰园" not in words(client.get(round_url("round_report_pdf", two)))


@pytest.mark.parametrize("name", ["round_report", "round_report_pdf"])
def test_scope_and_right_of_a_round(cast, failed, name):
    assert cast.client(cast.foreign_manager).get(round_url(name, failed)).status_code == 404
    assert cast.client(cast.archivist).get(round_url(name, failed)).status_code == 403
    for period in ("2026-10-01", "2026-11", "never"):
        unknown = reverse(f"inspections:{name}", args=[failed.schedule_id, period])
        assert cast.client(cast.group_supervisor).get(unknown).status_code == 404


def test_queries_do_not_grow(cast, two):
    client = cast.client(cast.group_supervisor)
    addresses = [round_url("round_report", two), reverse("inspections:rounds"), url("report", two)]

    def counts():
        found = []
        for address in addresses:
            with CaptureQueriesContext(connection) as queries:
                assert client.get(address).status_code == 200
            found.append(len(queries))
        return found

    counts()
    few = counts()
    for number in range(20):
        estate = Estate.objects.create(code=f"X{number}", name=f"项目{number}", parent=cast.branch_b)
        planned(two.schedule, estate, state="missed")
    assert counts() == few
    assert max(few) <= 15
