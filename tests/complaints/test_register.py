"""登记 (CMP-1…4): number, clocks and notices at once; what is wrong is said in a sentence and nothing is half done."""

from __future__ import annotations

import threading
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection

from complaints.choices import Channel, Department, Grade, Kind
from complaints.models import Case
from complaints.services.registering import Caller, register_case
from foundation.journal.models import Entry
from foundation.notices.models import Notice
from foundation.timers.models import Clock
from foundation.worktime.local import end_of_day, start_of_day
from tests.complaints.factories import (
    DAY,
    MINUTE,
    MONDAY,
    SECOND,
    due,
    entry,
    journal,
    make_case,
    make_house,
    policy_with,
    refused,
    running,
    scanned_case,
    standard_policy,
    told,
)


def test_a_complaint_has_its_number_its_clocks_and_its_first_responsible_person(cast):
    case = make_case(cast, house=make_house(cast.estate_a1))
    assert case.number == "TS-A1-202603-0001"
    assert case.state == Case.State.TO_TRANSFER
    assert (case.responsible, case.registered_by) == (cast.service, cast.service)
    assert case.building_id == case.house.building_id
    assert running(case) == {"transfer", "judge", "answer", "handle"}
    assert (case.due_at, case.due_clock) == (MONDAY + 10 * MINUTE, "transfer")
    assert journal(case) == ["register"]
    assert entry(case, "register").by == cast.service
    assert case.rounds.get().started_at == MONDAY


@pytest.mark.parametrize(
    ("kind", "clocks"),
    [
        (Kind.REPAIR, {"transfer", "answer", "handle"}),
        (Kind.NEED, {"transfer", "answer"}),
        (Kind.SUGGESTION, {"transfer", "answer"}),
        (Kind.QUESTION, {"transfer", "answer"}),
        (Kind.PRAISE, set()),
    ],
)
def test_each_kind_has_the_clocks_of_its_policy(cast, kind, clocks):
    assert running(make_case(cast, kind=kind)) == clocks


def test_numbers_follow_each_other_without_gaps_by_estate_and_month(cast):
    first, second = make_case(cast), make_case(cast)
    elsewhere = make_case(cast, estate=cast.estate_b1, by=cast.foreign_manager)
    assert [case.number for case in (first, second, elsewhere)] == [
        "TS-A1-202603-0001", "TS-A1-202603-0002", "TS-B1-202603-0001",
    ]  # fmt: skip


def test_an_ungraded_complaint_tells_the_service_lead_and_the_manager_at_once(cast):
    case = make_case(cast)
    for person in (cast.service_lead, cast.estate_manager):
        assert told(case, person) == ["重要投诉（待界定）：电梯又停了，没有人来修"]
    assert not told(case, cast.engineering)
    assert not told(case, cast.branch_supervisor)


def test_what_came_by_the_public_form_waits_for_someone_to_take_it(cast):
    case = scanned_case(cast)
    assert case.state == Case.State.REGISTERED
    assert case.responsible is None
    for person in (cast.service, cast.service_lead):
        assert told(case, person) == ["客户扫码报修：楼道灯不亮"]


def test_it_can_be_transferred_in_the_same_breath(cast):
    case = make_case(cast, transfer_to=Department.ENGINEERING)
    assert case.state == Case.State.HANDLING
    assert journal(case) == ["register", "transfer"]
    assert case.rounds.get().transferred_in_time is True


def test_it_can_be_settled_on_the_spot(cast):
    case = make_case(cast, kind=Kind.NEED, answer="已告知装修流程")
    assert case.state == Case.State.TO_CALLBACK
    assert running(case) == {"callback"}


def test_a_transfer_that_is_refused_leaves_no_case_behind(cast):
    standard_policy()
    with refused("没有在岗人员"):
        make_case(cast, estate=cast.estate_b1, by=cast.foreign_manager, transfer_to=Department.SECURITY)
    assert not Case.objects.exists()
    assert not Clock.objects.exists()
    assert not Notice.objects.exists()
    assert make_case(cast, estate=cast.estate_b1, by=cast.foreign_manager).number.endswith("0001"), "no number was lost"


def test_the_clocks_run_from_the_moment_of_receipt(cast):
    case = make_case(cast, kind=Kind.NEED, at=MONDAY, received_at=MONDAY - 30 * MINUTE)
    assert due(case, "answer") == "2026-03-03 08:30:00"
    assert case.registered_at == MONDAY


# --- bad input ------------------------------------------------------------------------------------------------------


def test_a_received_time_in_the_future_is_refused(cast):
    with refused("受理时间不能晚于现在"):
        make_case(cast, received_at=MONDAY + SECOND)
    assert not Case.objects.exists()
    assert make_case(cast, received_at=MONDAY).received_at == MONDAY


def test_a_received_time_before_the_estate_began_is_refused(cast):
    estate = cast.estate_a1
    begun = start_of_day(estate.delivery_on)
    with refused("早于本项目开始服务的日期（2022-06-30）"):
        make_case(cast, received_at=begun - SECOND)
    assert make_case(cast, received_at=begun).received_at == begun
    estate.early_start_on = estate.delivery_on - timedelta(days=365)
    estate.save()
    assert make_case(cast, received_at=end_of_day(estate.early_start_on)).pk


def test_a_house_of_another_estate_is_refused(cast):
    with refused("不在本项目"):
        make_case(cast, house=make_house(cast.estate_b1))


def test_words_are_asked_for(cast):
    with refused("请写下客户反映的内容"):
        make_case(cast, text="   ")


@pytest.mark.parametrize("kind", [Kind.COMPLAINT, Kind.PRAISE])
def test_complaints_and_praise_take_no_promise(cast, kind):
    with refused("不能约定答复时间"):
        make_case(cast, kind=kind, promised_at=MONDAY + DAY)


def test_a_promise_earlier_than_now_is_refused(cast):
    with refused("必须晚于现在"):
        make_case(cast, kind=Kind.NEED, promised_at=MONDAY)
    assert not Case.objects.exists()


@pytest.mark.parametrize(
    "role", ["cashier", "archivist", "auditor", "administrator", "branch_supervisor", "foreign_manager"]
)
def test_who_has_no_post_for_it_is_refused(cast, role):
    person = cast.foreign_manager if role == "foreign_manager" else getattr(cast, role)
    with refused("不能在这个项目登记诉求"):
        make_case(cast, by=person)


def test_without_a_policy_in_force_nothing_is_registered(cast):
    with refused("还没有启用的时限方案"):
        register_case(
            estate=cast.estate_a1,
            caller=Caller(),
            channel=Channel.PHONE,
            kind=Kind.NEED,
            text="问",
            by=cast.service,
            at=MONDAY,
        )


def test_a_case_keeps_the_policy_it_was_opened_with(cast):
    old = make_case(cast, grade=Grade.MINOR)
    newer = policy_with(since=MONDAY + DAY, handle={"amount": 9})
    assert make_case(cast, grade=Grade.MINOR, at=MONDAY + DAY - SECOND).policy_id == old.policy_id
    later = make_case(cast, grade=Grade.MINOR, at=MONDAY + DAY)
    assert later.policy == newer
    assert due(later, "handle") == "2026-03-12 09:00:00"
    assert due(old, "handle") == "2026-03-09 09:00:00"


def test_the_phone_is_kept_as_digits(cast):
    assert make_case(cast, phone="+86 138-0000 1234").caller_phone == "13800001234"
    assert make_case(cast, phone="０５７１－８８８８　６６６６").caller_phone == "057188886666"


# --- the same form twice --------------------------------------------------------------------------------------------


def test_the_same_form_sent_again_is_the_same_case(cast):
    key = uuid4()
    first = make_case(cast, client_key=key)
    again = make_case(cast, client_key=key, at=MONDAY + MINUTE, text="别的话")
    assert again.pk == first.pk
    assert again.text == first.text
    assert journal(first) == ["register"]
    assert Notice.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_the_same_form_sent_twice_at_once_is_one_case(cast):
    standard_policy()
    key, made, gate = uuid4(), [], threading.Barrier(4)

    def send():
        try:
            gate.wait()
            made.append(make_case(cast, client_key=key).pk)
        finally:
            connection.close()

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 4
    assert made == [Case.objects.get().pk] * 4
    assert Clock.objects.count() == 4
    assert Entry.objects.filter(verb="case.register").count() == 1
    assert make_case(cast).number == "TS-A1-202603-0002", "the slower one took no number"
