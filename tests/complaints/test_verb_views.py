"""Every verb of a case as its own URL: it works by POST, refuses GET, does not exist elsewhere, asks for its right, and
what was refused comes back with everything that was typed (422)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.urls import reverse

from complaints.choices import Kind
from complaints.models import Case, CaseExtension, Event
from complaints.services.calling import record_attempt
from complaints.services.events import open_event
from complaints.services.extending import ask_extension
from complaints.services.handling import pause_case
from complaints.services.judging import judge_case
from foundation.attachments.models import Attachment
from foundation.journal.models import Entry
from tests.cast import Cast
from tests.complaints.factories import (
    DAY,
    HOUR,
    MINUTE,
    MONDAY,
    accepted,
    called_back,
    case_in,
    fresh,
    journal,
    make_case,
    make_house,
    scanned_case,
    transferred,
)
from tests.complaints.pages import at
from tests.inspections.factories import photo

State = Case.State
NOW = MONDAY + 5 * HOUR


def handling(cast: Cast) -> Case:
    return accepted(transferred(make_case(cast, kind=Kind.REPAIR), cast), cast)


def paused(cast: Cast) -> Case:
    return pause_case(case=handling(cast), by=cast.engineering, at=MONDAY + HOUR, reason="等客户")


def invalid(cast: Cast) -> Case:
    return judge_case(case=make_case(cast), by=cast.service_lead, at=MONDAY, validity="invalid", reason="与物业无关")


def unreachable(cast: Cast) -> Case:
    case = case_in(cast, State.TO_CALLBACK)
    for moment in (MONDAY + 4 * HOUR, MONDAY + 7 * HOUR, MONDAY + DAY):
        record_attempt(case=case, by=cast.service_lead, at=moment)
    return case


def dissatisfied(cast: Cast) -> Case:
    return called_back(case_in(cast, State.TO_CALLBACK), cast, satisfaction=1)


def alike(cast: Cast) -> Case:
    """With another one of the same building and cause."""
    pair = [
        make_case(cast, house=make_house(cast.estate_a1, number), cause="water", phone=f"1380000{number}")
        for number in ("1501", "1502")
    ]
    return pair[0]


def in_event(cast: Cast) -> Case:
    case = alike(cast)
    open_event(cases=list(Case.objects.order_by("pk")), by=cast.service, at=MONDAY, title="3幢停水")
    return fresh(case)


@dataclass(frozen=True)
class View:
    """`made`: the case before; `by`: who does it; `other`: a role without the right; `data`: the form; `does`: what the
    journal then ends with; `wrong`: a form that is refused and `typed` the words that must come back."""

    made: Callable[[Cast], Case]
    by: str
    other: str
    data: dict[str, Any]
    does: str
    wrong: dict[str, Any] | None = None
    typed: str = ""


def moment(days: int) -> str:
    return f"{MONDAY + days * DAY:%Y-%m-%dT%H:%M}"


VERBS = {
    "take": View(scanned_case, "service", "branch_supervisor", {}, "take"),
    "transfer": View(
        make_case, "service", "auditor", {"department": "engineering"}, "transfer", {"remark": "请尽快"}, "请尽快"
    ),
    "accept": View(lambda cast: transferred(make_case(cast), cast), "engineering", "auditor", {}, "accept"),
    "arrive": View(handling, "engineering", "branch_supervisor", {}, "arrive"),
    "pause": View(handling, "engineering", "auditor", {"reason": "客户出差"}, "pause", {"reason": " "}),
    "resume": View(paused, "engineering", "branch_supervisor", {}, "resume"),
    "report": View(handling, "engineering", "auditor", {"result": "已更换"}, "report", {"result": ""}),
    "ask_extension": View(
        handling, "engineering", "branch_supervisor", {"due_at": moment(9), "reason": "等配件"}, "ask_extension",
        {"due_at": moment(-1), "reason": "等进口配件"}, "等进口配件",
    ),
    "answer": View(
        make_case, "service", "group_supervisor", {"answer": "已安排"}, "reply", {"answer": "", "settled": "on"}, "checked"
    ),
    "promise": View(
        lambda cast: make_case(cast, kind=Kind.NEED), "service", "auditor", {"promised_at": moment(2)}, "promise",
        {"promised_at": moment(-1)}, moment(-1),
    ),
    "judge": View(
        make_case, "service_lead", "service", {"validity": "valid"}, "judge", {"reason": "先看看"}, "先看看"
    ),
    "grade": View(
        make_case, "service_lead", "engineering", {"reason": "minor.easy"}, "grade", {"remark": "换灯即可"}, "换灯即可"
    ),
    "explain": View(invalid, "service", "auditor", {"explanation": "已说明"}, "explain", {"explanation": " "}),
    "close": View(
        lambda cast: make_case(cast, kind=Kind.PRAISE), "service", "auditor", {"remark": "已转达"}, "close"
    ),
    "call_attempt": View(
        lambda cast: case_in(cast, State.TO_CALLBACK), "service_lead", "engineering", {"remark": "无人接听"}, "call_attempt"
    ),
    "callback": View(
        lambda cast: case_in(cast, State.TO_CALLBACK), "service_lead", "engineering",
        {"solved": "yes", "satisfaction": "5"}, "callback", {"solved": "yes", "remark": "师傅很好"}, "师傅很好",
    ),
    "close_unreachable": View(unreachable, "service_lead", "engineering", {}, "close_unreachable"),
    "reopen": View(dissatisfied, "service_lead", "service", {"reason": "客户仍不满意"}, "reopen", {"reason": ""}),
    "open_event": View(
        alike, "service", "engineering", {"cases": [], "title": "3幢停水"}, "tie", {"title": "三幢大停水"}, "三幢大停水"
    ),
    "untie": View(in_event, "service", "engineering", {"reason": "另一根管子"}, "untie", {"reason": ""}),
    "decline_event": View(alike, "service", "engineering", {}, "decline_event"),
}  # fmt: skip
# Verbs that may be done again.
AGAIN = {"answer", "call_attempt", "promise"}


@pytest.fixture(autouse=True)
def now():
    with at(NOW):
        yield


def post(cast, user, verb, pk, data=None):
    return cast.client(user).post(reverse(f"complaints:{verb}", args=[pk]), data or {})


def filled(verb: str, case: Case) -> dict[str, Any]:
    data = dict(VERBS[verb].data)
    if verb == "open_event":
        data["cases"] = [one.pk for one in Case.objects.exclude(pk=case.pk)]
    return data


@pytest.mark.parametrize("verb", VERBS)
class TestEveryVerb:
    def test_it_works_and_goes_back_to_the_case(self, cast, verb):
        view = VERBS[verb]
        case = view.made(cast)
        if verb == "close_unreachable":
            with at(MONDAY + DAY + MINUTE):
                response = post(cast, cast.service_lead, verb, case.pk)
        else:
            response = post(cast, getattr(cast, view.by), verb, case.pk, filled(verb, case))
        assert response.status_code == 302, response.context and response.context.get("refused")
        assert response["Location"] == reverse("complaints:case", args=[case.pk])
        assert journal(case)[-1] == view.does
        assert Entry.objects.about(case).last().by == getattr(cast, view.by)

    def test_get_is_refused(self, cast, verb):
        case = VERBS[verb].made(cast)
        url = reverse(f"complaints:{verb}", args=[case.pk])
        assert cast.client(getattr(cast, VERBS[verb].by)).get(url).status_code == 405

    def test_elsewhere_it_does_not_exist(self, cast, verb):
        case = VERBS[verb].made(cast)
        before = journal(case)
        assert post(cast, cast.foreign_manager, verb, case.pk, filled(verb, case)).status_code == 404
        assert journal(case) == before

    def test_a_role_without_the_right(self, cast, verb):
        case = VERBS[verb].made(cast)
        before = journal(case)
        assert post(cast, getattr(cast, VERBS[verb].other), verb, case.pk, filled(verb, case)).status_code == 403
        assert journal(case) == before


@pytest.mark.parametrize("verb", sorted(VERBS.keys() - AGAIN))
def test_done_twice_is_refused_in_words_and_changes_nothing(cast, verb):
    view = VERBS[verb]
    case = view.made(cast)
    data, user = filled(verb, case), getattr(cast, view.by)
    with at(MONDAY + DAY + MINUTE if verb == "close_unreachable" else NOW):
        post(cast, user, verb, case.pk, data)
        before = journal(case)
        response = post(cast, user, verb, case.pk, data)
    assert response.status_code == 422
    assert journal(case) == before
    assert "没有完成" in response.content.decode() or "没有保存" in response.content.decode()


@pytest.mark.parametrize("verb", [verb for verb, view in VERBS.items() if view.wrong is not None])
def test_what_is_refused_opens_again_with_what_was_typed(cast, verb):
    view = VERBS[verb]
    case = view.made(cast)
    before = journal(case)
    response = post(cast, getattr(cast, view.by), verb, case.pk, view.wrong)
    shown = response.content.decode()
    assert response.status_code == 422
    assert view.typed in shown
    assert "data-bound" in shown
    assert 'class="error-summary"' in shown
    assert journal(case) == before


class TestReport:
    def test_photos_stay_though_the_words_are_missing(self, cast):
        case = handling(cast)
        response = post(cast, cast.engineering, "report", case.pk, {"result": "", "photos": [photo(), photo("2.jpg")]})
        assert response.status_code == 422
        assert "已保存 2 张照片" in response.content.decode()
        assert Attachment.objects.for_owner(case, slot="result").count() == 2
        assert post(cast, cast.engineering, "report", case.pk, {"result": "已更换"}).status_code == 302

    def test_who_may_not_report_leaves_no_photo(self, cast):
        case = handling(cast)
        response = post(cast, cast.security, "report", case.pk, {"result": "我来过", "photos": [photo()]})
        assert response.status_code == 422
        assert "由工程部处理，您不能操作。" in response.content.decode()
        assert "您填写的处理结果：我来过" in response.content.decode()
        assert not Attachment.objects.for_owner(case).exists()


class TestSign:
    def test_it_works_with_the_sheet(self, cast):
        case = case_in(cast, State.TO_ANSWER)
        response = post(cast, cast.service, "sign", case.pk, {"opinion": "同意处理", "photos": [photo()]})
        assert response.status_code == 302
        assert (fresh(case).opinion, journal(case)[-1]) == ("同意处理", "sign")

    def test_without_the_sheet_the_words_stay(self, cast):
        case = case_in(cast, State.TO_ANSWER)
        response = post(cast, cast.service, "sign", case.pk, {"opinion": "同意处理"})
        assert response.status_code == 422
        assert "请附上客户签字的照片或扫描件。" in response.content.decode()
        assert "同意处理" in response.content.decode()

    def test_without_the_words_the_sheet_stays(self, cast):
        case = case_in(cast, State.TO_ANSWER)
        assert post(cast, cast.service, "sign", case.pk, {"photos": [photo()]}).status_code == 422
        assert post(cast, cast.service, "sign", case.pk, {"opinion": "同意处理"}).status_code == 302


class TestTie:
    @pytest.fixture
    def event(self, cast):
        return in_event(cast).event

    def test_it_works(self, cast, event):
        case = make_case(cast)
        assert post(cast, cast.service, "tie", case.pk, {"event": event.pk}).status_code == 302
        assert fresh(case).event == event

    def test_only_an_event_of_this_estate(self, cast, event):
        elsewhere = Event.objects.create(
            number="SJ-B1-1", estate=cast.estate_b1, title="别处", opened_at=MONDAY, opened_by=cast.foreign_manager
        )
        case = make_case(cast)
        response = post(cast, cast.service, "tie", case.pk, {"event": elsewhere.pk})
        assert response.status_code == 422
        assert fresh(case).event is None

    def test_untied_from_the_events_page_one_stays_there(self, cast, event):
        case = event.cases.first()
        response = post(cast, cast.service, "untie", case.pk, {"reason": "不相干", "stay": "1"})
        assert response["Location"] == reverse("complaints:event", args=[event.pk])


class TestDecideExtension:
    @pytest.fixture
    def asked(self, cast):
        due_at = MONDAY + 9 * DAY
        return ask_extension(case=handling(cast), by=cast.engineering, at=MONDAY + HOUR, due_at=due_at, reason="等配件")

    def test_granting(self, cast, asked):
        response = post(cast, cast.estate_manager, "decide_extension", asked.pk, {"grant": "True", "remark": ""})
        assert response.status_code == 302
        asked.refresh_from_db()
        assert asked.state == CaseExtension.State.GRANTED

    def test_refusing_needs_a_reason(self, cast, asked):
        response = post(cast, cast.estate_manager, "decide_extension", asked.pk, {"remark": ""})
        assert response.status_code == 422
        assert "不批准时请写明理由。" in response.content.decode()
        assert post(cast, cast.estate_manager, "decide_extension", asked.pk, {"remark": "不必"}).status_code == 302
        asked.refresh_from_db()
        assert asked.state == CaseExtension.State.REFUSED

    def test_get_elsewhere_and_without_the_right(self, cast, asked):
        url = reverse("complaints:decide_extension", args=[asked.pk])
        assert cast.client(cast.estate_manager).get(url).status_code == 405
        assert post(cast, cast.foreign_manager, "decide_extension", asked.pk, {"grant": "True"}).status_code == 404
        assert post(cast, cast.engineering, "decide_extension", asked.pk, {"grant": "True"}).status_code == 403

    def test_twice_is_refused_in_words(self, cast, asked):
        post(cast, cast.estate_manager, "decide_extension", asked.pk, {"grant": "True"})
        response = post(cast, cast.branch_supervisor, "decide_extension", asked.pk, {"remark": "改主意"})
        assert response.status_code == 422
        assert "已经处理过了" in response.content.decode()


class TestReveal:
    def test_the_whole_number_and_a_line_in_the_journal(self, cast):
        case = make_case(cast)
        response = post(cast, cast.service, "reveal", case.pk)
        assert "13800001234" in response.content.decode()
        assert "no-store" in response["Cache-Control"]
        assert journal(case)[-1] == "reveal"

    @pytest.mark.parametrize(("user", "status"), [("engineering", 403), ("auditor", 403), ("foreign_manager", 404)])
    def test_not_for_others(self, cast, user, status):
        case = make_case(cast)
        response = post(cast, getattr(cast, user), "reveal", case.pk)
        assert response.status_code == status
        assert "13800001234" not in response.content.decode()
        assert "reveal" not in journal(case)

    def test_get_is_refused(self, cast):
        assert cast.client(cast.service).get(reverse("complaints:reveal", args=[make_case(cast).pk])).status_code == 405


def test_a_form_of_a_department_without_people_is_refused(cast):
    cast.environment.posts.update(ends_on=MONDAY.date() - DAY)
    cast.environment_lead.posts.update(ends_on=MONDAY.date() - DAY)
    case = make_case(cast)
    response = post(cast, cast.service, "transfer", case.pk, {"department": "environment"})
    assert response.status_code == 422
    assert "请选择本项目有在岗人员的部门。" in response.content.decode()


def test_an_opened_event_has_the_ticked_ones_only_and_nothing_else(cast):
    case = alike(cast)
    stranger = make_case(cast, text="别的事")
    response = post(cast, cast.service, "open_event", case.pk, {"cases": [stranger.pk], "title": "停水"})
    assert response.status_code == 422
    assert not Event.objects.exists()
