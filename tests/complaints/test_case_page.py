"""诉求单: the record (CMP-2…12, CMP-16): what it shows and which verbs it offers to whom."""

import pytest
from django.urls import reverse

from complaints.choices import GradeReason, Kind
from complaints.models import Case
from complaints.services.calling import record_attempt
from complaints.services.events import open_event
from complaints.services.extending import ask_extension, decide_extension
from complaints.services.handling import pause_case, report_result, resume_case
from complaints.services.judging import grade_case, judge_case
from complaints.services.registering import attach_photos
from foundation.journal.models import Entry
from foundation.timers.services import sweep
from tests.complaints.factories import (
    DAY,
    HOUR,
    MINUTE,
    MONDAY,
    accepted,
    answered,
    called_back,
    case_in,
    make_case,
    make_house,
    reported,
    scanned_case,
    tied,
    transferred,
)
from tests.complaints.pages import at
from tests.inspections.factories import photo

State = Case.State


@pytest.fixture(autouse=True)
def now():
    with at(MONDAY + HOUR):
        yield


def page(cast, user, case):
    return cast.client(user).get(reverse("complaints:case", args=[case.pk]))


def text(cast, user, case):
    response = page(cast, user, case)
    assert response.status_code == 200
    return response.content.decode()


def labels(response):
    return {verb.label: verb.why_not for verb in response.context["verbs"]}


class TestFacts:
    def test_the_customers_words_and_house_stand_on_top(self, cast):
        house = make_house(cast.estate_a1)
        case = make_case(cast, house=house, text="卫生间漏水到楼下", cause="leak")
        shown = text(cast, cast.service, case)
        for words in (case.number, "卫生间漏水到楼下", "3幢2单元1502", "王小明", "渗水漏水", "来电"):
            assert words in shown
        assert reverse("estates:house", args=[house.pk]) in shown
        assert shown.index("<blockquote>卫生间漏水到楼下") < shown.index("经过</h2>")

    def test_the_phone_is_masked(self, cast):
        shown = text(cast, cast.service, make_case(cast))
        assert "138****1234" in shown
        assert "13800001234" not in shown

    @pytest.mark.parametrize(("role", "offered"), [("service", True), ("engineering", False), ("auditor", False)])
    def test_only_who_may_is_offered_the_whole_number(self, cast, role, offered):
        assert ("显示完整电话" in text(cast, getattr(cast, role), make_case(cast))) == offered

    def test_the_house_is_no_link_for_who_may_not_open_it(self, cast):
        house = make_house(cast.estate_a1)
        shown = text(cast, cast.environment, make_case(cast, house=house))
        assert "3幢2单元1502" in shown
        assert reverse("estates:house", args=[house.pk]) not in shown

    def test_photos_of_the_customer_are_shown(self, cast):
        case = make_case(cast)
        attach_photos(case=case, photos=[photo()], by=cast.service, at=MONDAY)
        assert "客户照片 1" in text(cast, cast.service, case)

    def test_what_the_house_had_lately_is_one_click_away(self, cast):
        house = make_house(cast.estate_a1)
        before = make_case(cast, house=house, text="上次也是漏水", at=MONDAY - 30 * DAY)
        old = make_case(cast, house=house, text="去年的事", at=MONDAY - 181 * DAY)
        other = make_case(cast, house=make_house(cast.estate_a1, "1601"), phone="13700000001")
        case = make_case(cast, house=house)
        history = page(cast, cast.service, case).context["history"]
        assert history == [before]
        assert old not in history
        assert other not in history

    def test_a_caller_without_a_house_is_known_by_the_phone(self, cast):
        before = make_case(cast, at=MONDAY - DAY)
        assert page(cast, cast.service, make_case(cast)).context["history"] == [before]

    def test_of_another_estate_nothing_is_told(self, cast):
        """ORG-2: the same caller's case elsewhere is not shown to who does not see that estate."""
        make_case(cast, estate=cast.estate_b1, by=cast.foreign_manager, at=MONDAY - DAY)
        assert page(cast, cast.service, make_case(cast)).context["history"] == []


class TestNextCall:
    def test_who_has_just_registered_goes_on_with_the_next(self, cast):
        case = make_case(cast, at=MONDAY + 40 * MINUTE)
        url = f"{reverse('complaints:register')}?after={case.pk}"
        assert url in text(cast, cast.service, case)
        assert url not in text(cast, cast.service_lead, case)
        with at(MONDAY + 71 * MINUTE):
            assert url not in text(cast, cast.service, case)


class TestClocks:
    def test_the_running_ones_stand_on_top_with_their_words(self, cast):
        case = transferred(make_case(cast, kind=Kind.REPAIR), cast)
        response = page(cast, cast.engineering, case)
        running = {limit.kind.label: limit.clock for limit in response.context["running"]}
        assert set(running) == {"答复", "到场", "处理"}
        shown = response.content.decode()
        assert "剩 23 小时" in shown
        assert "已超时 25 分" in shown  # 到场 within 30 minutes of the transfer at 09:05
        assert "时限 3 天" in shown

    @pytest.mark.parametrize(
        ("reported_at", "words"), [(MONDAY + 2 * HOUR, "当日 24:00 前"), (MONDAY + 12 * HOUR, "次日 10:00 前")]
    )
    def test_the_answer_of_the_same_day_says_its_rule(self, cast, reported_at, words):
        """CMP-7: after 20:00 it is due the next morning."""
        case = reported(case_in(cast, State.HANDLING), cast, at=reported_at)
        with at(reported_at + MINUTE):
            shown = text(cast, cast.service, case)
        assert words in shown
        assert "按指定时间到期" not in shown

    def test_a_paused_one_looks_paused_and_says_why_by_whom_and_how_long(self, cast):
        case = accepted(transferred(make_case(cast, kind=Kind.REPAIR), cast), cast)
        pause_case(case=case, by=cast.engineering, at=MONDAY + 15 * MINUTE, reason="客户出差")
        resume_case(case=case, by=cast.engineering, at=MONDAY + 25 * MINUTE)
        pause_case(case=case, by=cast.engineering, at=MONDAY + 30 * MINUTE, reason="等客户买配件")
        shown = text(cast, cast.service, case)
        assert 'class="clock paused"' in shown
        assert "已暂停，剩" in shown
        assert "共暂停 40 分" in shown
        assert "等客户买配件" in shown
        assert "客户出差" in shown
        assert "工程甲：等客户买配件" in shown

    def test_the_ladder_shows_what_was_taken_and_what_is_to_come(self, cast):
        case = make_case(cast)
        sweep(at=MONDAY + HOUR)
        limits = {limit.kind.value: limit for limit in page(cast, cast.service, case).context["limits"]}
        transfer = [(step["share"], step["to"], bool(step.get("taken"))) for step in limits["transfer"].steps]
        assert transfer == [("50%", "经办人", True), ("100%", "项目经理", True)]
        answer = [(step["share"], bool(step.get("taken"))) for step in limits["answer"].steps]
        assert answer == [("50%", False), ("100%", False), ("150%", False), ("200%", False)]


class TestRounds:
    def test_a_reopened_case_shows_each_round_with_its_result(self, cast):
        case = case_in(cast, State.TO_CALLBACK)
        case = called_back(case, cast, solved=False, satisfaction=None)
        report_result(case=case, by=cast.engineering, at=MONDAY + 2 * DAY, result="更换主板")
        response = page(cast, cast.service, case)
        assert [(row.number, row.is_rework) for row in response.context["rounds"]] == [(2, True), (1, False)]
        shown = response.content.decode()
        assert "返工 第 2 轮" in shown
        assert "已更换门机皮带，运行正常" in shown
        assert "更换主板" in shown
        assert "超时" in shown  # 2 days for 重要, which has one

    def test_extensions_and_calls_are_listed(self, cast):
        case = transferred(make_case(cast), cast)
        asked = ask_extension(case=case, by=cast.engineering, at=MONDAY, due_at=MONDAY + 3 * DAY, reason="等配件到货")
        decide_extension(extension=asked, by=cast.estate_manager, at=MONDAY + HOUR, grant=True, remark="同意")
        case = answered(reported(case, cast), cast)
        record_attempt(case=case, by=cast.service_lead, at=MONDAY + 5 * HOUR, remark="无人接听")
        shown = text(cast, cast.service, case)
        for words in ("等配件到货", "2026-03-05 09:00", "同意", "未接通", "无人接听", "算有效的未接通 1 次"):
            assert words in shown


class TestConversation:
    def test_the_customer_speaks_left_we_answer_right_the_rest_stands_between(self, cast):
        case = called_back(case_in(cast, State.TO_CALLBACK, kind=Kind.NEED), cast)
        sides = [(one.entry.verb, one.side) for one in page(cast, cast.service, case).context["talk"]]
        assert sides == [
            ("case.register", "theirs"),
            ("case.transfer", "inner"),
            ("case.accept", "inner"),
            ("case.report", "inner"),
            ("case.answer", "ours"),
            ("case.callback", "theirs"),
        ]

    def test_it_holds_their_words_once(self, cast):
        case = make_case(cast, text="电梯停了两天")
        first = page(cast, cast.service, case).context["talk"][0]
        assert (first.name, first.words) == ("王小明", "电梯停了两天")
        assert all("电梯停了两天" not in str(line) for line in first.lines)

    def test_a_step_is_one_sentence(self, cast):
        case = make_case(cast)
        sweep(at=MONDAY + 6 * MINUTE)
        shown = text(cast, cast.service, case)
        assert "转派时限已用 50%，告知经办人（应于 2026-03-02 09:05）" in shown
        assert "整改期限" not in shown

    def test_granted_time_says_from_when_to_when(self, cast):
        case = transferred(make_case(cast), cast)
        asked = ask_extension(case=case, by=cast.engineering, at=MONDAY, due_at=MONDAY + 3 * DAY, reason="等配件")
        decide_extension(extension=asked, by=cast.estate_manager, at=MONDAY + HOUR, grant=True, remark="同意")
        words = "处理期限由 2026-03-03 09:00 延至 2026-03-05 09:00；同意"
        assert words in text(cast, cast.service, case)

    def test_the_week_that_is_over_names_the_moment(self, cast):
        case = make_case(cast)
        sweep(at=MONDAY + 7 * DAY)
        assert "待定级 → 重大（自 2026-03-09 09:00 起）" in text(cast, cast.service, case)


def offered(cast, case):
    """Role → what it is offered, refused ones with a mark."""
    return {
        role: [
            f"{'×' if why_not else ''}{label}"
            for label, why_not in labels(page(cast, getattr(cast, role), case)).items()
        ]
        for role in ("service", "service_lead", "estate_manager", "engineering", "security", "branch_supervisor")
    }


class TestVerbs:
    """What a role is offered in each state; × is refused with its reason."""

    def test_to_transfer(self, cast):
        assert offered(cast, make_case(cast)) == {
            "service": ["转派", "答复客户"],
            "service_lead": ["转派", "答复客户", "界定", "定级"],
            "estate_manager": ["转派", "答复客户", "界定", "定级"],
            "engineering": ["×转派"],
            "security": ["×转派"],
            "branch_supervisor": [],
        }

    def test_scanned(self, cast):
        found = offered(cast, scanned_case(cast))
        assert found["service"] == ["受理", "转派", "答复客户", "约定答复时间"]
        assert found["engineering"] == ["受理", "×转派"]

    def test_handling(self, cast):
        assert offered(cast, transferred(make_case(cast, kind=Kind.REPAIR), cast)) == {
            "service": ["答复进展", "约定答复时间", "改派"],
            "service_lead": ["答复进展", "约定答复时间", "改派"],
            "estate_manager": [
                "接单", "到场", "上报处理结果", "等待客户", "申请延期", "答复进展", "约定答复时间", "改派",
            ],
            "engineering": ["接单", "到场", "上报处理结果", "等待客户", "申请延期", "改派"],
            "security": ["×上报处理结果"],
            "branch_supervisor": [],
        }  # fmt: skip

    def test_accepted_by_a_person(self, cast):
        found = offered(cast, accepted(transferred(make_case(cast), cast), cast))
        assert found["engineering"] == ["上报处理结果", "等待客户", "申请延期", "答复进展", "改派"]

    def test_paused(self, cast):
        case = accepted(transferred(make_case(cast), cast), cast)
        pause_case(case=case, by=cast.engineering, at=MONDAY + HOUR, reason="等客户")
        assert "恢复计时" in offered(cast, case)["engineering"]
        assert "等待客户" not in offered(cast, case)["engineering"]

    def test_waiting_for_an_answer(self, cast):
        found = offered(cast, case_in(cast, State.TO_ANSWER))
        assert found["service"] == ["答复客户", "客户签署意见"]
        assert found["security"] == ["×答复客户"]
        assert found["branch_supervisor"] == []

    def test_waiting_for_the_callback(self, cast):
        case = case_in(cast, State.TO_CALLBACK)
        response = page(cast, cast.service, case)
        assert labels(response)["登记回访"] == "您经手过这张诉求单，请由另一人回访。"
        assert offered(cast, case)["service_lead"] == ["登记回访", "未接通", "客户签署意见"]

    def test_after_one_try_it_says_what_unreachable_still_needs(self, cast):
        case = case_in(cast, State.TO_CALLBACK)
        record_attempt(case=case, by=cast.service_lead, at=MONDAY + 4 * HOUR)
        why_not = labels(page(cast, cast.service_lead, case))["以无法联系关闭"]
        assert why_not == "要间隔 2 小时以上拨打 3 次才能以无法联系关闭，现在有效 1 次。"

    def test_closed(self, cast):
        case = called_back(case_in(cast, State.TO_CALLBACK), cast, satisfaction=4)
        assert offered(cast, case)["service_lead"] == ["客户签署意见"]

    def test_closed_but_dissatisfied(self, cast):
        case = called_back(case_in(cast, State.TO_CALLBACK), cast, satisfaction=2)
        assert offered(cast, case)["service_lead"] == ["重新打开", "客户签署意见"]
        assert offered(cast, case)["service"] == ["客户签署意见"]

    def test_invalid(self, cast):
        case = transferred(make_case(cast), cast)
        judge_case(case=case, by=cast.service_lead, at=MONDAY + HOUR, validity="invalid", reason="不属于物业范围")
        assert offered(cast, case)["service"] == ["说明并关闭"]
        assert offered(cast, case)["engineering"] == ["×说明并关闭"]
        assert offered(cast, case)["service_lead"] == ["说明并关闭", "重新界定"]

    def test_praise(self, cast):
        assert offered(cast, make_case(cast, kind=Kind.PRAISE))["service"] == ["转达并关闭"]

    def test_a_question_has_no_limit_to_pause_or_extend(self, cast):
        case = transferred(make_case(cast, kind=Kind.QUESTION), cast)
        assert offered(cast, case)["engineering"] == ["接单", "上报处理结果", "改派"]

    def test_a_request_for_more_time(self, cast):
        case = transferred(make_case(cast), cast)
        ask_extension(case=case, by=cast.engineering, at=MONDAY + HOUR, due_at=MONDAY + 3 * DAY, reason="等配件")
        found = offered(cast, case)
        assert found["estate_manager"][:2] == ["批准延期", "不批准延期"]
        assert found["branch_supervisor"] == ["批准延期", "不批准延期"]
        assert "×申请延期" in found["engineering"]

    def test_the_managers_own_request_is_the_branchs_to_grant(self, cast):
        case = transferred(make_case(cast), cast)
        ask_extension(case=case, by=cast.estate_manager, at=MONDAY + HOUR, due_at=MONDAY + 3 * DAY, reason="等配件")
        assert labels(page(cast, cast.estate_manager, case))["批准延期"].startswith("不能批准自己的延期申请")
        assert offered(cast, case)["branch_supervisor"] == ["批准延期", "不批准延期"]

    def test_there_is_one_main_verb(self, cast):
        verbs = page(cast, cast.estate_manager, make_case(cast)).context["verbs"]
        assert [verb.label for verb in verbs if verb.primary] == ["转派"]

    def test_a_case_is_transferred_only_to_departments_with_people(self, cast):
        cast.environment.posts.update(ends_on=MONDAY.date() - DAY)
        cast.environment_lead.posts.update(ends_on=MONDAY.date() - DAY)
        verb = page(cast, cast.service, make_case(cast)).context["verbs"][0]
        assert [code for code, _ in verb.form.fields["department"].choices] == ["service", "engineering", "security"]


class TestEventBox:
    @pytest.fixture
    def pair(self, cast):
        return [
            make_case(cast, house=make_house(cast.estate_a1, number), cause="water", phone=f"1380000{number}")
            for number in ("1501", "1502")
        ]

    def test_it_suggests_what_may_be_the_same(self, cast, pair):
        response = page(cast, cast.service, pair[0])
        assert response.context["suggested"] == [pair[1]]
        shown = response.content.decode()
        assert "可能是同一事件" in shown
        assert "归并为同一事件" in shown
        assert "不是同一事件" in shown

    def test_who_may_not_tie_reads_it_only(self, cast, pair):
        shown = text(cast, cast.engineering, pair[0])
        assert "可能是同一事件" in shown
        assert "归并为同一事件" not in shown
        assert "不是同一事件" not in shown

    def test_tied_it_leads_to_the_event_and_the_others(self, cast, pair):
        event = open_event(cases=pair, by=cast.service, at=MONDAY, title="3幢停水")
        response = page(cast, cast.service, pair[0])
        assert response.context["tied"] == [pair[1]]
        assert reverse("complaints:event", args=[event.pk]) in response.content.decode()
        assert [verb.label for verb in response.context["event_verbs"]] == ["移出事件"]

    def test_another_case_can_be_put_into_an_event_of_late(self, cast, pair):
        open_event(cases=pair, by=cast.service, at=MONDAY, title="3幢停水")
        verbs = page(cast, cast.service, make_case(cast)).context["event_verbs"]
        assert [verb.label for verb in verbs] == ["归入已有事件"]


class TestScope:
    @pytest.mark.parametrize("user", ["foreign_manager", "foreign_engineering"])
    def test_elsewhere_it_does_not_exist(self, cast, user):
        assert page(cast, getattr(cast, user), make_case(cast)).status_code == 404

    @pytest.mark.parametrize("role", ["cashier", "archivist"])
    def test_a_role_without_the_right(self, cast, role):
        assert page(cast, getattr(cast, role), make_case(cast)).status_code == 403

    def test_reading_writes_nothing(self, cast):
        case = make_case(cast)
        before = Entry.objects.count()
        page(cast, cast.service, case)
        assert Entry.objects.count() == before


@pytest.mark.parametrize("role", ["service", "service_lead", "estate_manager", "engineering", "group_supervisor"])
def test_its_queries_do_not_grow(cast, role, django_assert_max_num_queries):
    """A long life: rounds, pauses, steps, calls, extensions, an event, a history."""
    house = make_house(cast.estate_a1)
    for days in range(2, 6):
        make_case(cast, house=house, at=MONDAY - days * DAY)
    event = tied(cast, 4)
    case = event.cases.first()
    case = accepted(transferred(case, cast), cast)
    grade_case(case=case, by=cast.service_lead, at=MONDAY + 20 * MINUTE, reason=GradeReason.MAJOR_HARM)
    for hour in range(1, 4):
        pause_case(case=case, by=cast.engineering, at=MONDAY + hour * HOUR, reason="等客户")
        resume_case(case=case, by=cast.engineering, at=MONDAY + hour * HOUR + MINUTE)
    sweep(at=MONDAY + 9 * DAY)
    case = answered(reported(case, cast, at=MONDAY + 9 * DAY), cast, at=MONDAY + 9 * DAY)
    case = called_back(case, cast, at=MONDAY + 10 * DAY, solved=False, satisfaction=None)
    ask_extension(case=case, by=cast.engineering, at=MONDAY + 10 * DAY, due_at=MONDAY + 40 * DAY, reason="等配件")
    client = cast.client(getattr(cast, role))
    url = reverse("complaints:case", args=[case.pk])
    with at(MONDAY + 11 * DAY):
        client.get(url)
        with django_assert_max_num_queries(30):
            assert client.get(url).status_code == 200
