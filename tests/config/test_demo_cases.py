"""The demo's months of cases: all kinds, grades and states, nothing from the future, the same from the same seed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from random import Random

import pytest
from django.db import transaction
from django.db.models import F, Max

from accounts.models import User
from accounts.roles import Role
from complaints.choices import CALLED_BACK, Channel, Grade, GradeReason, Kind, Validity
from complaints.models import Call, Case, CaseExtension, Event, ReportCode, Round, Visit, VisitPoint
from complaints.services.upgrading import customers
from config.demo import cases, names
from config.demo.play import as_it_happened
from config.demo.world import World, build_world
from config.standards import load_standards
from foundation.attachments.models import Attachment
from foundation.journal.models import Entry
from foundation.notices.models import Notice
from foundation.timers.models import Clock, ClockState, ClockStep
from foundation.worktime.local import local_date, parse_at
from reports.models import WeeklySheet
from tests.config.emptied import forget

pytestmark = [pytest.mark.slow, pytest.mark.django_db]

NOW = parse_at("2026-11-21T10:40")
FEW = {"CASES": 4, "CASES_FIRST": 6, "CASES_NEW": 3, "CASES_BEFORE_DELIVERY": 3}
TOLD = (
    "number",
    "kind",
    "grade",
    "state",
    "round",
    "text",
    "caller_name",
    "caller_phone",
    "received_at",
    "due_at",
    "closed_at",
)


def build(seed: int) -> tuple[World, str]:
    """Three estates, one of them not delivered, with few cases besides those that must not be missing."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(names, "ESTATES", [names.ESTATES[0], names.ESTATES[6], names.ESTATES[-1]])
        for name, number in FEW.items():
            patch.setattr(cases, name, number)
        rng = Random(seed)
        with as_it_happened():
            world = build_world(rng, local_date(NOW))
            load_standards(at=NOW - timedelta(days=200))
            return world, cases.build_cases(world, rng, at=NOW)


@pytest.fixture(scope="module")
def demo(django_db_setup, django_db_blocker, tmp_path_factory) -> Iterator[tuple[World, str]]:
    """Built once for the whole module, undone after it."""
    with (
        pytest.MonkeyPatch.context() as patch,
        django_db_blocker.unblock(),
        transaction.atomic(),
    ):
        from django.conf import settings

        patch.setattr(settings, "MEDIA_ROOT", str(tmp_path_factory.mktemp("files")))
        yield build(7)
        transaction.set_rollback(True)


def test_every_kind_and_channel_of_contact_is_there(demo) -> None:
    assert set(Case.objects.values_list("kind", flat=True)) == set(Kind.values)
    assert {Channel.PHONE, Channel.SCAN, Channel.BOX, Channel.PATROL, Channel.REFERRED, Channel.VISIT_THEM} <= set(
        Case.objects.values_list("channel", flat=True)
    )


def test_complaints_of_every_grade_and_an_invalid_one_are_there(demo) -> None:
    assert set(Case.objects.exclude(grade="").values_list("grade", flat=True)) == set(Grade.values)
    assert Case.objects.filter(validity=Validity.INVALID).exists()


def test_every_state_is_there_at_the_first_estate(demo) -> None:
    world, _ = demo
    here = Case.objects.filter(estate=world.estates[0])
    assert set(here.values_list("state", flat=True)) == set(Case.State.values)


def test_one_event_has_six_callers_whose_complaints_became_major_by_their_number(demo) -> None:
    event = Event.objects.get(title__contains="停水")
    tied = list(event.cases.all())
    assert len(tied) == customers(tied) == 6
    assert len({case.building_id for case in tied}) == 1
    assert {(case.grade, case.grade_reason) for case in tied} == {(Grade.MAJOR, GradeReason.MAJOR_MANY)}
    grown = Entry.objects.filter(
        subject_kind="complaints.case", verb="case.grow_event", subject_id__in=[c.pk for c in tied]
    )
    assert grown.count() == 6


def test_nothing_happened_later_than_now(demo) -> None:
    moments = [
        (Case, "received_at"), (Case, "registered_at"), (Case, "judged_at"), (Case, "result_at"), (Case, "closed_at"),
        (Round, "started_at"), (Round, "ended_at"), (Call, "at"), (CaseExtension, "asked_at"), (Event, "opened_at"),
        (Visit, "done_at"), (Entry, "at"), (Notice, "at"), (Notice, "read_at"), (Attachment, "at"), (ClockStep, "taken_at"),
        (Clock, "stopped_at"), (WeeklySheet, "computed_at"), (ReportCode, "made_at"),
    ]  # fmt: skip
    later = [
        (model.__name__, field)
        for model, field in moments
        if (last := model.objects.aggregate(last=Max(field))["last"]) is not None and last > NOW
    ]
    assert later == []


def test_what_was_due_has_been_swept_and_was_recorded_when_it_happened(demo) -> None:
    assert not Clock.objects.filter(state=ClockState.RUNNING, next_at__lte=NOW).exists()
    assert not ClockStep.objects.filter(late=True).exists()
    assert not Entry.objects.exclude(recorded_at=F("at")).exists()


def test_some_are_late_and_their_ladder_reached_the_branch(demo) -> None:
    assert Case.objects.overdue(NOW).exists()
    assert Round.objects.filter(handled_in_time=False).exists()
    assert Round.objects.filter(handled_in_time=True).exists()
    steps = Entry.objects.filter(verb="case.escalate").values_list("data__to", flat=True)
    assert {"经办人", "项目经理", "分公司督导"} <= set(steps)


def test_callbacks_end_in_every_way(demo) -> None:
    outcomes = set(Case.objects.exclude(outcome="").values_list("outcome", flat=True))
    assert {Case.Outcome.SOLVED, Case.Outcome.ANSWERED} <= outcomes
    assert Call.objects.filter(reached=False).exists()
    assert Call.objects.filter(solved=False).exists()
    assert Case.objects.filter(round__gt=1).exists()
    assert Call.objects.filter(satisfaction__lte=2).exists()
    assert Call.objects.filter(satisfaction__gte=4).exists()


def test_nobody_who_handled_a_case_called_back(demo) -> None:
    assert Call.objects.exclude(by=None).exists()
    for case in Case.objects.filter(kind__in=CALLED_BACK).prefetch_related("handlers", "calls"):
        handlers = {user.pk for user in case.handlers.all()}
        if case.round == 1:
            assert handlers.isdisjoint(call.by_id for call in case.calls.all())


def test_more_time_was_granted_refused_and_is_asked_for(demo) -> None:
    assert set(CaseExtension.objects.values_list("state", flat=True)) == set(CaseExtension.State.values)
    assert CaseExtension.objects.filter(state="refused").exclude(decided_by=None).exists()


def test_a_case_waits_for_its_customer_and_another_was_promised_an_answer(demo) -> None:
    assert Case.objects.open().exclude(paused_at=None).exists()
    assert Case.objects.exclude(promised_at=None).exists()


def test_a_scan_of_today_waits_for_someone_to_take_it(demo) -> None:
    world, _ = demo
    waiting = Case.objects.get(estate=world.estates[0], channel=Channel.SCAN, responsible=None, state="registered")
    assert NOW - waiting.received_at < timedelta(minutes=15)


def test_visits_are_planned_overdue_made_and_cancelled_and_a_point_became_a_case(demo) -> None:
    assert set(Visit.objects.values_list("state", flat=True)) == set(Visit.State.values)
    assert any(visit.is_overdue(local_date(NOW)) for visit in Visit.objects.planned())
    assert VisitPoint.objects.filter(case__channel=Channel.VISIT_THEM).exists()


def test_every_estate_has_a_code_and_the_last_weeks_have_their_sheets(demo) -> None:
    world, _ = demo
    for estate in world.estates:
        assert ReportCode.objects.filter(estate=estate, house=None, ended_at=None).count() == 1
    assert WeeklySheet.objects.values("friday").distinct().count() == cases.WEEKS
    assert WeeklySheet.objects.filter(node=world.estates[0]).exclude(remark="").exists()


def test_callers_are_the_people_of_their_houses_and_some_have_no_house(demo) -> None:
    assert Case.objects.filter(house=None).exists()
    for case in Case.objects.filter(caller_kind="owner").select_related("house"):
        assert case.house.owners.filter(name=case.caller_name, phone=case.caller_phone).exists()
    for case in Case.objects.filter(caller_kind="tenant").select_related("house"):
        assert case.house.tenants.filter(name=case.caller_name, phone=case.caller_phone).exists()


def test_photos_and_signed_opinions_are_attached(demo) -> None:
    slots = Attachment.objects.filter(owner_kind="complaints.case").values_list("slot", flat=True)
    assert "signed" in slots


def test_the_desk_of_the_first_estate_has_somebody_to_call(demo) -> None:
    world, _ = demo
    estate = world.estates[0]
    for user in User.objects.filter(pk__in=[one.pk for one in world.at(estate, Role.SERVICE)]):
        assert Case.objects.to_call_back().filter(estate=estate).exclude(handlers=user).exists()


def test_the_same_seed_tells_the_same(demo) -> None:
    first = list(Case.objects.order_by("number").values_list(*TOLD))
    journal = Entry.objects.filter(subject_kind="complaints.case").count()
    with transaction.atomic():
        forget()
        build(7)
        assert list(Case.objects.order_by("number").values_list(*TOLD)) == first
        assert Entry.objects.filter(subject_kind="complaints.case").count() == journal
        transaction.set_rollback(True)


def test_the_line_of_figures_says_how_many(demo) -> None:
    _, line = demo
    assert f"诉求 {Case.objects.count()} 张（未关闭 {Case.objects.open().count()} 张）" in line
