"""同一事件: tied, declined, untied, answered together; five customers make it 重大 (CMP-8, CMP-16)."""

from __future__ import annotations

import pytest

from accounts.models import Post
from accounts.roles import Role
from complaints.choices import Cause, Grade, Kind
from complaints.models import Case, Event
from complaints.services.events import (
    answer_event,
    decline_event,
    open_event,
    suggestions,
    tie_case,
    untie_case,
)
from complaints.services.judging import judge_case
from foundation.journal.models import Entry
from tests.cast import SINCE
from tests.complaints.factories import (
    DAY,
    HOUR,
    MINUTE,
    MONDAY,
    SECOND,
    accepted,
    answered,
    called_back,
    entry,
    fresh,
    journal,
    make_case,
    make_house,
    refused,
    reported,
    tied,
    told,
    transferred,
)

AT = MONDAY + HOUR


def house_case(cast, floor, *, at=MONDAY, building="3幢", **options):
    house = make_house(cast.estate_a1, f"{floor}02", building=building)
    return make_case(cast, at=at, house=house, cause=Cause.WATER, **options)


def opened(cast, cases, *, by=None, title="3幢停水", at=AT):
    return open_event(cases=cases, by=by or cast.service, at=at, title=title)


def tie(cast, case, event, *, by=None, at=AT):
    return tie_case(case=case, event=event, by=by or cast.service, at=at)


# --- opening and tying ----------------------------------------------------------------------------------------------


def test_two_cases_make_an_event_with_a_number(cast):
    cases = [house_case(cast, 1), house_case(cast, 2, kind=Kind.REPAIR)]
    event = opened(cast, cases)
    assert event.number == "SJ-A1-202603-0001"
    assert (event.building, event.cause, event.title) == (cases[0].building, Cause.WATER, "3幢停水")
    assert {case.pk for case in event.cases.all()} == {case.pk for case in cases}
    assert [journal(case)[-1] for case in cases] == ["tie", "tie"]
    assert Entry.objects.filter(verb="event.open").get().by == cast.service


@pytest.mark.parametrize(("title", "count", "sentence"), [(" ", 2, "请写明是什么事件"), ("停水", 1, "至少选择两张")])
def test_an_event_needs_words_and_two_cases(cast, title, count, sentence):
    with refused(sentence):
        opened(cast, [house_case(cast, floor) for floor in range(count)], title=title)
    assert not Event.objects.exists()


def test_the_same_case_twice_is_one(cast):
    case = house_case(cast, 1)
    with refused("至少选择两张"):
        opened(cast, [case, case])


def test_cases_of_two_estates_are_not_tied(cast):
    elsewhere = make_case(cast, estate=cast.estate_b1, by=cast.foreign_manager)
    with refused("不同项目"):
        opened(cast, [house_case(cast, 1), elsewhere])
    of_both = cast.hire(Role.SERVICE, cast.estate_a1, "两处客服")
    Post.objects.create(user=of_both, role=Role.SERVICE, node_id=cast.estate_b1.pk, starts_on=SINCE)
    with refused("这个事件属于另一个项目"):
        tie(cast, elsewhere, tied(cast, 2), by=of_both)
    assert fresh(elsewhere).event is None


def test_one_that_is_tied_already_leaves_nothing_half_done(cast):
    event = tied(cast, 2)
    free = house_case(cast, 7)
    with refused("已经归入一个事件"):
        opened(cast, [free, event.cases.first()])
    assert fresh(free).event is None
    assert Event.objects.count() == 1


def test_tied_twice_the_second_is_refused(cast):
    event, case = tied(cast, 2), house_case(cast, 7)
    tie(cast, case, event)
    with refused("已经归入一个事件"):
        tie(cast, case, event)
    assert journal(case).count("tie") == 1


@pytest.mark.parametrize("role", ["engineering", "security_lead", "branch_supervisor", "auditor"])
def test_the_desk_ties(cast, role):
    event, case = tied(cast, 2), house_case(cast, 7)
    with refused("由客服归并同一事件"):
        tie(cast, case, event, by=getattr(cast, role))


# --- five customers -------------------------------------------------------------------------------------------------


def test_the_fifth_customer_makes_all_open_ones_major_with_the_reason(cast):
    event = tied(cast, 4)
    assert {case.grade for case in event.cases.all()} == {""}
    fifth = tie(cast, house_case(cast, 7, grade=Grade.MINOR), event)
    assert fifth.grade == Grade.MAJOR
    for case in event.cases.all():
        assert case.grade == Grade.MAJOR
        said = entry(case, "grow_event")
        assert said.by is None
        assert said.data["why"] == "五户以上客户就同一事件投诉"
        assert case.due_at is not None
        assert told(case, cast.estate_manager)[-1].startswith("重大投诉：")
    assert entry(fifth, "grow_event").data["grade"] == {"before": "轻微", "after": "重大"}


def test_a_sixth_is_made_major_too_and_the_others_are_not_told_again(cast):
    event = tied(cast, 5)
    before = {case.pk: len(told(case, cast.estate_manager)) for case in event.cases.all()}
    sixth = tie(cast, house_case(cast, 7, grade=Grade.MINOR), event)
    assert sixth.grade == Grade.MAJOR
    for pk, count in before.items():
        assert len(told(Case.objects.get(pk=pk), cast.estate_manager)) == count
        assert journal(Case.objects.get(pk=pk)).count("grow_event") == 1


def test_a_closed_one_counts_and_keeps_its_grade(cast):
    event = tied(cast, 4)
    closed = event.cases.first()
    closed = called_back(answered(reported(transferred(closed, cast), cast), cast), cast)
    fifth = tie(cast, house_case(cast, 7), event, at=MONDAY + 5 * HOUR)
    assert fifth.grade == Grade.MAJOR
    assert fresh(closed).grade == ""


def test_repairs_and_invalid_ones_do_not_count(cast):
    event = tied(cast, 3)
    judge_case(case=event.cases.first(), by=cast.service_lead, at=AT, validity="invalid", reason="与我方无关")
    tie(cast, house_case(cast, 7, kind=Kind.REPAIR), event)
    assert tie(cast, house_case(cast, 8), event).grade == ""
    assert tie(cast, house_case(cast, 9), event).grade == ""
    assert tie(cast, house_case(cast, 10), event).grade == Grade.MAJOR


def test_an_invalid_one_stays_as_it_is_when_the_others_grow(cast):
    event = tied(cast, 5 - 1)
    invalid = tie(cast, house_case(cast, 6), event)
    assert invalid.grade == Grade.MAJOR
    event = open_event(
        cases=[house_case(cast, 20, building="5幢"), house_case(cast, 21, building="5幢")],
        by=cast.service, at=AT, title="5幢停水",
    )  # fmt: skip
    one = event.cases.first()
    judge_case(case=one, by=cast.service_lead, at=AT, validity="invalid", reason="与我方无关")
    for floor in range(22, 26):
        tie(cast, house_case(cast, floor, building="5幢"), event)
    assert fresh(one).grade == ""
    assert {case.grade for case in event.cases.exclude(pk=one.pk)} == {Grade.MAJOR}


def test_who_left_neither_house_nor_phone_can_not_be_told_apart(cast):
    event = tied(cast, 4)
    assert tie(cast, make_case(cast, phone=""), event).grade == ""
    assert tie(cast, make_case(cast, phone="13800009999"), event).grade == Grade.MAJOR


def test_untied_the_count_falls_and_a_grade_that_was_given_stays(cast):
    event = tied(cast, 4)
    case = event.cases.first()
    untie_case(case=case, by=cast.service, at=AT, reason="是自家水表")
    assert tie(cast, house_case(cast, 7), event).grade == ""
    assert tie(cast, house_case(cast, 8), event).grade == Grade.MAJOR
    kept = event.cases.first()
    assert untie_case(case=kept, by=cast.service, at=AT, reason="是自家水表").grade == Grade.MAJOR


# --- untying and declining ------------------------------------------------------------------------------------------


def test_untied_with_the_reason_and_twice_refused(cast):
    event = tied(cast, 2)
    case = event.cases.first()
    with refused("请写明移出的原因"):
        untie_case(case=case, by=cast.service, at=AT, reason=" ")
    case = untie_case(case=case, by=cast.service, at=AT, reason="是自家水表")
    assert case.event is None
    assert entry(case, "untie").data["reason"] == "是自家水表"
    with refused("没有归入事件"):
        untie_case(case=case, by=cast.service, at=AT, reason="是自家水表")


def test_cases_of_one_building_and_cause_within_a_day_are_suggested(cast):
    case = house_case(cast, 1, at=MONDAY + DAY)
    same = house_case(cast, 2, at=MONDAY)
    house_case(cast, 3, at=MONDAY - SECOND)
    house_case(cast, 4, at=MONDAY + DAY, building="4幢")
    make_case(cast, at=MONDAY + DAY, house=make_house(cast.estate_a1, "502"), cause=Cause.LIFT)
    assert suggestions(case, cast.service) == [same]
    assert suggestions(case, cast.foreign_manager) == []


def test_declined_it_is_not_suggested_again(cast):
    case, other = house_case(cast, 1), house_case(cast, 2)
    case = decline_event(case=case, by=cast.service, at=AT)
    assert suggestions(case, cast.service) == []
    assert suggestions(other, cast.service) == [], "nor is it offered to the others"
    assert journal(case)[-1] == "decline_event"
    event = tied(cast, 2)
    assert tie(cast, case, event).event == event, "a decision can be changed"


# --- one answer -----------------------------------------------------------------------------------------------------


def test_one_answer_reaches_every_open_case_that_can_be_answered(cast):
    event = tied(cast, 4)
    waiting, reported_, invalid, called = event.cases.order_by("pk")
    reported(accepted(transferred(reported_, cast), cast), cast)
    judge_case(case=invalid, by=cast.service_lead, at=AT, validity="invalid", reason="与我方无关")
    answered(called, cast, settled=True)
    at = MONDAY + 4 * HOUR
    assert answer_event(event=event, by=cast.service, at=at, answer="水泵已修好") == 2
    assert fresh(waiting).rounds.get().replied_at == at
    assert fresh(waiting).state == Case.State.TO_TRANSFER
    assert fresh(reported_).state == Case.State.TO_CALLBACK
    assert not fresh(invalid).rounds.get().replied_at
    said = Entry.objects.get(verb="event.answer")
    assert said.data["answered"] == 2


def test_answered_when_nothing_can_be_is_refused(cast):
    event = tied(cast, 2)
    for case in event.cases.all():
        answered(case, cast, at=AT, settled=True)
    with refused("没有可以答复的诉求单"):
        answer_event(event=event, by=cast.service, at=AT + MINUTE, answer="水泵已修好")
    with refused("请写明答复客户的内容"):
        answer_event(event=event, by=cast.service, at=AT + MINUTE, answer="")
    with refused("由客服统一答复"):
        answer_event(event=event, by=cast.engineering, at=AT + MINUTE, answer="水泵已修好")
