"""INS-9, INS-10, INS-12: what submitting an inspection does, beyond its page (test_submit_inspection)."""

from datetime import datetime, timedelta
from decimal import Decimal
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from foundation.journal.models import Entry
from foundation.notices.models import Notice
from foundation.records.refusals import Refused
from foundation.timers.models import Clock
from inspections.models import Inspection, InspectionPolicy, Rectification, SectionResult
from inspections.services.filling import Given, attach_photo, save_answer
from inspections.services.submission import Incomplete, submit_inspection
from tests.attachments.conftest import picture
from tests.inspections.content import published

AT = datetime(2026, 11, 20, 15, tzinfo=ZoneInfo("Asia/Shanghai"))
MIDNIGHT = datetime(2026, 11, 21, 0, 0, tzinfo=ZoneInfo("Asia/Shanghai"))


NOTES = {"exit": "门口堆放纸箱", "pressure": "末端压力异常", "notice": "标志过期"}


@pytest.fixture
def inspection(cast):
    return open_inspection(cast)


def open_inspection(cast, *, tier="estate", at=AT, version=None):
    version = version or published(f"list-{uuid4().hex[:6]}")
    day = at.astimezone(ZoneInfo("Asia/Shanghai")).replace(hour=0, minute=0, second=0, microsecond=0)
    return Inspection.objects.create(
        number=uuid4().hex,
        version=version,
        estate=cast.estate_a1,
        tier=tier,
        frequency="day",
        period_start=day.date(),
        period_end=day.date() + timedelta(days=1),
        opens_at=day,
        closes_at=day + timedelta(days=1),
        item_total=3,
    )


def answer(inspection, by, at=AT, **results):
    """Answer items by code: `p`, `f` or `n`, or a reading."""
    for item in inspection.version.items.all():
        if item.code not in results:
            continue
        value = results[item.code]
        reading = value if isinstance(value, Decimal) else None
        given = Given(
            key=uuid4(), result="p" if reading is not None else value, note=NOTES.get(item.code, ""), reading=reading
        )
        save_answer(inspection=inspection, item=item, given=given, by=by, at=at)


def submit(inspection, by, at=AT, **results):
    answer(inspection, by, at, **results)
    return submit_inspection(inspection=inspection, by=by, at=at)


def test_an_unfinished_inspection_is_refused_with_every_missing_item(cast, inspection):
    answer(inspection, cast.engineering, exit="f", notice="p")
    with pytest.raises(Incomplete, match="还有 2 项") as refused:
        submit_inspection(inspection=inspection, by=cast.engineering, at=AT)
    assert [(missing.item.code, missing.sentence) for missing in refused.value.missing] == [
        ("exit", "不合格项缺少照片"),
        ("pressure", "还没有作答"),
    ]
    inspection.refresh_from_db()
    assert inspection.state == "doing"
    assert not SectionResult.objects.exists()


def test_a_reading_item_without_its_reading_and_a_failure_without_words_are_missing(cast, inspection):
    pressure = inspection.version.items.get(code="pressure")
    notice = inspection.version.items.get(code="notice")
    save_answer(inspection=inspection, item=pressure, given=Given(uuid4(), "p"), by=cast.engineering, at=AT)
    save_answer(inspection=inspection, item=notice, given=Given(uuid4(), "f", note="  "), by=cast.engineering, at=AT)
    answer(inspection, cast.engineering, exit="n")
    with pytest.raises(Incomplete) as refused:
        submit_inspection(inspection=inspection, by=cast.engineering, at=AT)
    assert [missing.sentence for missing in refused.value.missing] == ["缺少读数（MPa）", "不合格项缺少说明"]


def test_the_score_is_the_passed_weight_over_the_applicable_weight(cast, inspection):
    done = submit(inspection, cast.engineering, exit="n", pressure=Decimal("0.5"), notice="f")
    assert (done.score, done.grade) == (Decimal("75.00"), "fair")
    assert (done.passed, done.failed, done.not_applicable, done.redline_failed) == (1, 1, 1, 0)
    by_section = {row.section.code: row for row in SectionResult.objects.select_related("section")}
    assert (by_section["fire"].passed_weight, by_section["fire"].applicable_weight) == (3, 3)
    assert (by_section["lifts"].passed_weight, by_section["lifts"].failed) == (0, 1)


def test_a_reading_out_of_range_fails_by_itself_and_says_so_on_the_rectification(cast, inspection):
    done = submit(inspection, cast.engineering, exit="p", pressure=Decimal("0.09"), notice="p")
    assert done.failed == 1
    row = Rectification.objects.get()
    assert row.problem == "读数 0.09 MPa（要求 0.1–1.2 MPa）；末端压力异常"
    assert row.role == "engineering"
    assert row.assignee == cast.engineering


def test_one_rectification_with_its_clock_is_opened_for_each_failed_item(cast, inspection):
    submit(inspection, cast.engineering, exit="n", pressure=Decimal(2), notice="f")
    rows = {row.item.code: row for row in Rectification.objects.select_related("item")}
    assert set(rows) == {"pressure", "notice"}
    assert sorted(row.number for row in rows.values()) == [
        f"ZG-{cast.estate_a1.code}-202611-0001",
        f"ZG-{cast.estate_a1.code}-202611-0002",
    ]
    # INS-11: 24:00 of the n-th calendar day after submission.
    assert rows["pressure"].due_at == MIDNIGHT + timedelta(days=2)
    assert rows["notice"].due_at == MIDNIGHT + timedelta(days=3)
    for row in rows.values():
        clock = Clock.objects.about(row).get()
        assert clock.due_at == row.due_at
        assert Entry.objects.about(row).get().verb == "rectification.open"


def test_a_red_line_failure_caps_the_grade_and_tells_the_manager_and_the_branch_at_once(cast, inspection):
    """INS-10; 0 days to rectify means the same day."""
    exit_item = inspection.version.items.get(code="exit")
    photo = SimpleUploadedFile("exit.jpg", picture())
    attach_photo(inspection=inspection, item=exit_item, upload=photo, key=uuid4(), taken_at=AT, by=cast.security, at=AT)
    done = submit(inspection, cast.security, exit="f", pressure=Decimal("0.5"), notice="p")
    assert (done.redline_failed, done.grade) == (1, "poor")
    assert Rectification.objects.get().due_at == MIDNIGHT
    urgent = Notice.objects.filter(level="urgent")
    assert {notice.user for notice in urgent} == {cast.estate_manager, cast.branch_supervisor}
    assert "安全出口畅通" in urgent[0].body


def test_submitting_twice_is_refused_and_changes_nothing(cast, inspection):
    submit(inspection, cast.engineering, exit="n", pressure=Decimal("0.5"), notice="f")
    before = (Rectification.objects.count(), Entry.objects.count(), Notice.objects.count())
    with pytest.raises(Refused, match="已经提交"):
        submit_inspection(inspection=inspection, by=cast.engineering, at=AT)
    assert (Rectification.objects.count(), Entry.objects.count(), Notice.objects.count()) == before


def test_it_can_be_submitted_until_the_very_moment_it_closes(cast, inspection):
    """INS-8, GEN-1."""
    answer(inspection, cast.engineering, exit="p", pressure=Decimal("0.5"), notice="p")
    with pytest.raises(Refused, match="漏检"):
        submit_inspection(inspection=inspection, by=cast.engineering, at=MIDNIGHT + timedelta(seconds=1))
    assert submit_inspection(inspection=inspection, by=cast.engineering, at=MIDNIGHT).state == "submitted"


def test_only_the_team_of_the_tier_submits(cast, inspection):
    answer(inspection, cast.engineering, exit="p", pressure=Decimal("0.5"), notice="p")
    for outsider in (cast.branch_supervisor, cast.administrator, cast.auditor, cast.foreign_engineering):
        with pytest.raises(Refused, match="督导小组"):
            submit_inspection(inspection=inspection, by=outsider, at=AT)


# --- INS-12 ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("gap", "repeated"), [(timedelta(days=90), True), (timedelta(days=90, seconds=1), False)])
def test_the_same_item_failed_again_within_90_days_is_marked(cast, gap, repeated):
    version = published()
    submit(
        open_inspection(cast, version=version, at=AT - gap),
        cast.engineering,
        AT - gap,
        exit="p",
        pressure=Decimal(1),
        notice="f",
    )
    submit(open_inspection(cast, version=version), cast.engineering, exit="p", pressure=Decimal(1), notice="f")
    first, second = Rectification.objects.order_by("opened_at")
    assert first.repeat_of is None
    assert (second.repeat_of == first) is repeated
    assert second.is_repeat is repeated


def test_the_window_is_the_administrators(cast):
    InspectionPolicy.objects.create(pk=1, repeat_days=10)
    version = published()
    earlier = AT - timedelta(days=11)
    submit(
        open_inspection(cast, version=version, at=earlier),
        cast.engineering,
        earlier,
        exit="p",
        pressure=Decimal(1),
        notice="f",
    )
    submit(open_inspection(cast, version=version), cast.engineering, exit="p", pressure=Decimal(1), notice="f")
    assert not Rectification.objects.filter(repeat_of__isnull=False).exists()
