"""The callback desk: who is called next, three answers, on to the next one (CMP-12)."""

import re

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Post
from accounts.roles import Role
from complaints.callbackdesk import queue
from complaints.models import Call, Case
from complaints.services.calling import record_attempt, record_callback
from complaints.sla import next_try_at
from tests.complaints.factories import (
    DAY,
    HOUR,
    MINUTE,
    MONDAY,
    SECOND,
    case_in,
    journal,
    make_house,
    moment,
)

CALLBACKS = reverse("complaints:callbacks")
NOON = MONDAY + 3 * HOUR
SAID = {"solved": "yes", "satisfaction": "4", "remark": "修得很快"}


def to_call(cast, *, at=MONDAY, text="电梯又停了", **options) -> Case:
    return case_in(cast, Case.State.TO_CALLBACK, at=at, text=text, **options)


def url(name: str, case: Case) -> str:
    return reverse(f"complaints:{name}", args=[case.pk])


def post(cast, name, case, data=None, *, by=None, at=NOON):
    with time_machine.travel(at, tick=False):
        return cast.client(by or cast.service_lead).post(url(name, case), data or {})


def get(cast, address, *, by=None, at=NOON, **data):
    with time_machine.travel(at, tick=False):
        return cast.client(by or cast.service_lead).get(address, data)


def text_of(response) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def order(cast, *, by=None, at=NOON) -> list[int]:
    return [row.pk for row in queue(by or cast.service_lead, None, at)]


def tried(cast, case, at) -> None:
    record_attempt(case=case, by=cast.service_lead, at=at)


# --- the queue ------------------------------------------------------------------------------------------------------


def test_the_most_urgent_comes_first(cast):
    later = to_call(cast, at=MONDAY)
    first = to_call(cast, at=MONDAY - 2 * HOUR)
    assert order(cast) == [first.pk, later.pk]


def test_what_the_user_handled_is_shown_last_with_the_reason(cast):
    """Fixed: by someone other than who accepted, reported or answered."""
    case = to_call(cast)
    page = get(cast, CALLBACKS, by=cast.service)
    assert "您经手过这张诉求单，请由另一人回访。" in text_of(page)
    assert url("desk", case) not in page.content.decode()
    assert "现在要回访 0 位" in text_of(page)
    other = get(cast, CALLBACKS)
    assert url("desk", case) in other.content.decode()
    assert "现在要回访 1 位" in text_of(other)


def test_after_a_try_the_others_come_first_until_the_next_one_counts(cast):
    early, late = to_call(cast, at=MONDAY - HOUR), to_call(cast, at=MONDAY)
    tried(cast, early, NOON)
    assert order(cast, at=NOON + MINUTE) == [late.pk, early.pk]
    page = text_of(get(cast, CALLBACKS, at=NOON + MINUTE))
    assert "有效 1 次 03-02 14:00 后再拨" in page
    assert "现在要回访 1 位" in page
    assert "现在要回访 1 位" in text_of(get(cast, CALLBACKS, at=NOON + 2 * HOUR - SECOND))
    assert "现在要回访 2 位" in text_of(get(cast, CALLBACKS, at=NOON + 2 * HOUR))


@pytest.mark.parametrize(
    ("tries", "next_at"),
    [
        ([], None),
        (["03-02 09:00"], "03-02 11:00"),
        (["03-02 09:00", "03-02 10:00"], "03-02 11:00"),  # too early, it does not count
        (["03-02 09:00", "03-02 11:00"], "03-03 00:00"),  # not all on one day
        (["03-02 20:00", "03-02 23:00"], "03-03 01:00"),
        (["03-02 09:00", "03-03 09:00"], "03-03 11:00"),
        (["03-02 09:00", "03-02 11:00", "03-02 13:00"], "03-03 00:00"),
        (["03-02 09:00", "03-02 11:00", "03-03 09:00"], None),
    ],
)
def test_when_the_next_call_counts(tries, next_at):
    found = next_try_at([moment(f"2026-{one}") for one in tries])
    assert found == (moment(f"2026-{next_at}") if next_at else None)


def test_praise_questions_and_closed_cases_are_not_in_the_queue(cast):
    case_in(cast, Case.State.CLOSED)
    case_in(cast, Case.State.CLOSED, kind="praise")
    case_in(cast, Case.State.HANDLING)
    assert order(cast) == []
    assert "没有要回访的" in text_of(get(cast, CALLBACKS))


def test_the_queue_ends_at_the_users_estates_and_follows_the_chosen_place(cast):
    case = to_call(cast)
    assert order(cast, by=cast.foreign_manager) == []
    Post.objects.create(
        user=cast.service_lead, role=Role.SERVICE_LEAD, node_id=cast.estate_a2.pk, starts_on=MONDAY.date()
    )
    assert str(case.text) not in text_of(get(cast, CALLBACKS, place="A2"))
    assert str(case.text) in text_of(get(cast, CALLBACKS, place="A1"))


# --- one after another ------------------------------------------------------------------------------------------------


def test_the_desk_shows_the_words_and_what_was_done(cast):
    case = to_call(cast)
    page = text_of(get(cast, url("desk", case)))
    for words in ("电梯又停了", "已更换门机皮带，运行正常", "电梯已恢复运行", "138****1234", "这是现在的最后一位。"):
        assert words in page
    assert "13800001234" not in page


def test_three_answers_close_it_and_lead_to_the_next_one(cast):
    case, other = to_call(cast, at=MONDAY - HOUR), to_call(cast)
    third = to_call(cast, at=MONDAY + MINUTE)
    response = post(cast, "desk_callback", case, SAID)
    assert response["Location"] == url("desk", other)
    case.refresh_from_db()
    assert (case.state, case.outcome, case.satisfaction) == ("closed", "solved", 4)
    call = Call.objects.get(case=case)
    assert (call.by, call.reached, call.solved, call.satisfaction, call.remark) == (
        cast.service_lead, True, True, 4, "修得很快",
    )  # fmt: skip
    assert third.pk in order(cast)


def test_the_message_counts_who_is_left_and_says_when_all_are_done(cast):
    first, second = to_call(cast, at=MONDAY - HOUR), to_call(cast)
    with time_machine.travel(NOON, tick=False):
        client = cast.client(cast.service_lead)
        assert "回访已保存。还有 1 位。" in text_of(client.post(url("desk_callback", first), SAID, follow=True))
        last = client.post(url("desk_callback", second), SAID, follow=True)
    assert last.redirect_chain[-1][0] == CALLBACKS
    assert "回访已保存。现在要回访的都打完了。" in text_of(last)


def test_not_solved_opens_it_again(cast):
    case = to_call(cast)
    post(cast, "desk_callback", case, {"solved": "no", "remark": "又停了"})
    case.refresh_from_db()
    assert (case.state, case.round) == (Case.State.HANDLING, 2)
    assert journal(case)[-1] == "unsolved"


def test_not_reached_is_recorded_with_the_remark_and_goes_on(cast):
    case, other = to_call(cast, at=MONDAY - HOUR), to_call(cast)
    response = post(cast, "desk_attempt", case, {"remark": "关机", "satisfaction": "3"})
    assert response["Location"] == url("desk", other)
    call = Call.objects.get(case=case)
    assert (call.reached, call.satisfaction, call.remark) == (False, None, "关机")
    case.refresh_from_db()
    assert case.state == Case.State.TO_CALLBACK


def test_skipping_goes_round(cast):
    first, second = to_call(cast, at=MONDAY - HOUR), to_call(cast)
    assert f'href="{url("desk", second)}"' in get(cast, url("desk", first)).content.decode()
    assert f'href="{url("desk", first)}"' in get(cast, url("desk", second)).content.decode()


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"remark": "说了很多"}, "请选择问题是否解决。"),
        ({"solved": "yes", "remark": "说了很多"}, "请选择满意度，从 1 到 5。"),
        ({"solved": "yes", "satisfaction": "6", "remark": "说了很多"}, "请选择"),
    ],
)
def test_a_refused_answer_keeps_the_words(cast, data, sentence):
    case = to_call(cast)
    response = post(cast, "desk_callback", case, data)
    assert response.status_code == 422
    assert sentence in text_of(response)
    assert "说了很多</textarea>" in response.content.decode()
    assert not Call.objects.exists()


def test_a_handler_is_refused_and_the_words_stay(cast):
    case = to_call(cast)
    assert "请由另一人回访" in text_of(get(cast, url("desk", case), by=cast.service))
    for name in ("desk_callback", "desk_attempt"):
        response = post(cast, name, case, SAID, by=cast.service)
        assert response.status_code == 422
        assert "请由另一人回访" in text_of(response)
        assert "修得很快" in text_of(response)
    assert not Call.objects.exists()


def test_answered_twice_is_one_callback(cast):
    case = to_call(cast)
    post(cast, "desk_callback", case, SAID)
    response = post(cast, "desk_callback", case, SAID)
    assert response.status_code == 422
    assert "已经关闭" in text_of(response)
    assert Call.objects.count() == 1


def test_unreachable_is_offered_after_a_try_with_the_reason_why_not_yet(cast):
    case = to_call(cast)
    assert "以无法联系关闭" not in text_of(get(cast, url("desk", case)))
    tried(cast, case, NOON)
    assert "要间隔 2 小时以上拨打 3 次才能以无法联系关闭，现在有效 1 次。" in text_of(get(cast, url("desk", case)))
    assert post(cast, "desk_close", case, at=NOON + HOUR).status_code == 422
    tried(cast, case, NOON + 2 * HOUR)
    tried(cast, case, NOON + DAY)
    response = post(cast, "desk_close", case, at=NOON + DAY + MINUTE)
    assert response["Location"] == CALLBACKS
    case.refresh_from_db()
    assert (case.state, case.outcome) == ("closed", "unreachable")


# --- not satisfied ----------------------------------------------------------------------------------------------------


def dissatisfied(cast, *, at=NOON, satisfaction=2, text="还是慢") -> Case:
    case = to_call(cast, at=at - 3 * HOUR, text=text)
    return record_callback(
        case=case, by=cast.service_lead, at=at, solved=True, satisfaction=satisfaction, remark="等了三天"
    )


def test_the_service_lead_sees_today_who_is_not_satisfied(cast):
    case = dissatisfied(cast)
    dissatisfied(cast, satisfaction=3, text="一般的")
    page = get(cast, CALLBACKS, status="dissatisfied")
    words = text_of(page)
    assert "还是慢" in words
    assert "等了三天" in words
    assert "一般的" not in words
    assert url("case", case) in page.content.decode()


def test_today_begins_and_ends_at_midnight(cast):
    """24:00 belongs to the next day."""
    midnight = moment("2026-03-03T00:00")
    dissatisfied(cast, at=midnight - SECOND, text="昨夜的")
    dissatisfied(cast, at=midnight, text="今天的")
    words = text_of(get(cast, CALLBACKS, at=midnight + HOUR, status="dissatisfied"))
    assert "今天的" in words
    assert "昨夜的" not in words


def test_the_assistant_has_no_such_list(cast):
    dissatisfied(cast)
    words = text_of(get(cast, CALLBACKS, by=cast.service, status="dissatisfied"))
    assert "还是慢" not in words
    assert "今天不满意" not in words


# --- who may, and what it costs ---------------------------------------------------------------------------------------


def test_verbs_refuse_get(cast):
    case = to_call(cast)
    for name in ("desk_callback", "desk_attempt", "desk_close"):
        assert get(cast, url(name, case)).status_code == 405
    assert post(cast, "desk", case).status_code == 405


def test_another_estate_finds_nothing(cast):
    case = to_call(cast)
    for name in ("desk_callback", "desk_attempt", "desk_close"):
        assert post(cast, name, case, SAID, by=cast.foreign_manager).status_code == 404
    assert get(cast, url("desk", case), by=cast.foreign_manager).status_code == 404


@pytest.mark.parametrize("role", [Role.ENGINEERING, Role.BRANCH_SUPERVISOR, Role.AUDITOR, Role.CASHIER])
def test_without_the_right_it_is_refused(cast, role):
    case, user = to_call(cast), cast.everyone[role]
    assert get(cast, CALLBACKS, by=user).status_code == get(cast, url("desk", case), by=user).status_code == 403
    assert post(cast, "desk_callback", case, SAID, by=user).status_code == 403
    assert not Call.objects.exists()


def test_queries_do_not_grow_with_rows(cast):
    def count(address, **data) -> int:
        client = cast.client(cast.service_lead)
        with time_machine.travel(NOON + HOUR, tick=False), CaptureQueriesContext(connection) as queries:
            assert client.get(address, data).status_code == 200
        return len(queries)

    first = to_call(cast)
    dissatisfied(cast)
    tried(cast, first, NOON)
    addresses = [(CALLBACKS, {}), (CALLBACKS, {"status": "dissatisfied"}), (url("desk", first), {})]
    few = [count(address, **data) for address, data in addresses]
    for number in range(6):
        tried(cast, to_call(cast, house=make_house(cast.estate_a1, f"{number}01")), NOON)
        dissatisfied(cast)
    assert [count(address, **data) for address, data in addresses] == few
    assert few[0] <= 14
