"""试算: `manage.py sla_due` answers with the moments that a real case's clocks have (CMP-3…10, INS-11)."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from complaints.choices import ClockKind, Grade, Kind, Variant
from complaints.content import needed_limits
from complaints.models import Policy
from complaints.services.handling import pause_case, resume_case
from complaints.services.policies import draft_policy
from complaints.services.tryout import try_out
from foundation.timers.management.commands.sla_due import Command
from foundation.timers.models import Clock
from foundation.timers.whatif import Question
from inspections.models import EscalationStep, Rectification
from inspections.services.standards import load_standards as load_checklists
from tests.complaints.factories import (
    DAY,
    HOUR,
    MINUTE,
    MONDAY,
    SINCE,
    accepted,
    answered,
    clock,
    make_case,
    moment,
    policy_with,
    reported,
    standard_policy,
    transferred,
)
from tests.inspections.factories import make_rectification

HOURS = "08:30-12:00,14:00-18:00"
MORNING = "2026-03-02T09:00"


def asked(text: str, *pauses: str) -> str:
    """What the command prints, asked as it is typed: asked("投诉 重大 答复 2026-03-02T09:00 --calendar 工作日")."""
    kind, grade, name, at, *rest = text.split()
    given = ["--kind", kind, "--clock", name, "--at", at, *rest]
    if grade != "-":
        given += ["--grade", grade]
    for pause in pauses:
        given += ["--pause", pause]
    out = StringIO()
    call_command("sla_due", *given, stdout=out)
    return out.getvalue()


def due(text: str, *pauses: str) -> str:
    """The due moment without the zone, which is always +08:00: 2026-03-04T09:00:00."""
    first = asked(text, *pauses).splitlines()[0]
    assert first.startswith("到期 ")
    assert first.endswith("+08:00")
    return first.removeprefix("到期 ").removesuffix("+08:00")


def refusal(text: str, *pauses: str) -> str:
    with pytest.raises(CommandError) as error:
        asked(text, *pauses)
    return str(error.value)


# --- what it prints ---------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("db")
def test_it_prints_the_due_moment_and_a_line_for_each_step():
    standard_policy()
    assert asked(f"投诉 重大 答复 {MORNING}") == (
        "到期 2026-03-04T09:00:00+08:00\n"
        "50% 2026-03-03T09:00:00+08:00 经办人\n"
        "100% 2026-03-04T09:00:00+08:00 项目经理\n"
        "150% 2026-03-05T09:00:00+08:00 分公司督导\n"
        "200% 2026-03-06T09:00:00+08:00 集团督导\n"
    )


@pytest.mark.usefixtures("db")
def test_cmp_9_a_limit_shorter_than_a_day_stops_at_the_manager():
    standard_policy()
    assert asked(f"投诉 - 界定 {MORNING}").splitlines() == [
        "到期 2026-03-02T13:00:00+08:00",
        "50% 2026-03-02T11:00:00+08:00 经办人",
        "100% 2026-03-02T13:00:00+08:00 项目经理",
    ]


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        (f"投诉 重大 转派 {MORNING}", "2026-03-02T09:10:00"),
        (f"投诉 重大 处理 {MORNING}", "2026-03-17T09:00:00"),
        (f"投诉 重要 答复 {MORNING}", "2026-03-03T09:00:00"),
        (f"投诉 重要 处理 {MORNING}", "2026-03-03T09:00:00"),
        (f"投诉 轻微 答复 {MORNING}", "2026-03-03T09:00:00"),
        (f"投诉 轻微 处理 {MORNING}", "2026-03-09T09:00:00"),
        (f"投诉 轻微 回访 {MORNING}", "2026-03-03T09:00:00"),
        (f"报修 紧急 到场 {MORNING}", "2026-03-02T09:15:00"),
        (f"报修 一般 到场 {MORNING}", "2026-03-02T09:30:00"),
        (f"报修 紧急 处理 {MORNING}", "2026-03-03T09:00:00"),
        (f"报修 一般 处理 {MORNING}", "2026-03-05T09:00:00"),
        (f"需求 - 答复 {MORNING}", "2026-03-03T09:00:00"),
        (f"建议 - 回访 {MORNING}", "2026-03-03T09:00:00"),
        (f"咨询 - 答复 {MORNING}", "2026-03-03T09:00:00"),
    ],
)
@pytest.mark.usefixtures("db")
def test_cmp_4_5_7_12_every_kind_and_grade_has_its_limits(question, expected):
    standard_policy()
    assert due(question) == expected


@pytest.mark.usefixtures("db")
def test_cmp_7_what_is_not_graded_runs_as_serious_and_as_an_ordinary_repair():
    standard_policy()
    assert asked(f"投诉 - 处理 {MORNING}") == asked(f"投诉 重要 处理 {MORNING}")
    assert asked(f"报修 - 到场 {MORNING}") == asked(f"报修 一般 到场 {MORNING}")


@pytest.mark.parametrize(
    ("result_at", "expected"),
    [
        ("2026-03-02T00:00", "2026-03-03T00:00:00"),
        ("2026-03-02T20:00", "2026-03-03T00:00:00"),
        ("2026-03-02T20:00:01", "2026-03-03T10:00:00"),
        ("2026-03-02T23:59:59", "2026-03-03T10:00:00"),
    ],
)
@pytest.mark.usefixtures("db")
def test_cmp_7_same_day_answer_ends_with_the_day_or_next_morning(result_at, expected):
    standard_policy()
    assert due(f"投诉 - 当日回复 {result_at}") == expected


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        # 国庆 1 to 7 October 2026, made up for on Saturday the 10th.
        ("投诉 重大 答复 2026-09-30T16:00 --calendar 工作日", "2026-10-09T16:00:00"),
        ("投诉 轻微 处理 2026-09-30T16:00 --calendar 工作日", "2026-10-15T16:00:00"),
        ("投诉 重要 答复 2026-10-03T12:00 --calendar 工作日", "2026-10-09T00:00:00"),
        (f"投诉 重要 处理 2026-03-02T17:00 --calendar 服务时间 --hours {HOURS}", "2026-03-03T17:00:00"),
        (f"投诉 重要 处理 2026-03-06T17:00 --calendar 服务时间 --hours {HOURS} --days 每天", "2026-03-07T17:00:00"),
        (f"投诉 重要 处理 2026-03-06T17:00 --calendar 服务时间 --hours {HOURS} --days 工作日", "2026-03-09T17:00:00"),
        # Used up at closing time, not at the next opening.
        (f"投诉 重要 处理 2026-03-02T08:30 --calendar 服务时间 --hours {HOURS}", "2026-03-02T18:00:00"),
        (
            "投诉 重要 处理 2026-03-06T23:00 --calendar 服务时间 --hours 20:00-02:00 --days 工作日",
            "2026-03-09T23:00:00",
        ),
    ],
)
@pytest.mark.usefixtures("workdays")
def test_gen_2_another_calendar_may_be_asked_for(question, expected):
    standard_policy()
    assert due(question) == expected


@pytest.mark.usefixtures("db")
def test_cmp_4_shares_of_a_promise_count_from_receipt():
    standard_policy()
    assert asked(f"需求 - 答复 {MORNING} --promise 2026-03-03T18:00").splitlines() == [
        "到期 2026-03-03T18:00:00+08:00",
        "50% 2026-03-03T01:30:00+08:00 经办人",
        "100% 2026-03-03T18:00:00+08:00 项目经理",
        "150% 2026-03-04T10:30:00+08:00 分公司督导",
        "200% 2026-03-05T03:00:00+08:00 集团督导",
    ]


@pytest.mark.usefixtures("db")
def test_an_offset_is_kept_to_and_without_one_it_is_shanghai():
    standard_policy()
    assert due("投诉 重大 答复 2026-03-02T01:00+00:00") == due(f"投诉 重大 答复 {MORNING}") == "2026-03-04T09:00:00"


# --- pauses -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pauses", "expected"),
    [
        (["2026-03-02T10:00/2026-03-02T15:00"], "2026-03-03T14:00:00"),
        (["2026-03-02T20:00/2026-03-03T08:00", "2026-03-02T10:00/2026-03-02T15:00"], "2026-03-04T02:00:00"),
        # Clipped to the beginning, or before it altogether.
        (["2026-03-01T10:00/2026-03-02T10:00"], "2026-03-03T10:00:00"),
        (["2026-03-01T10:00/2026-03-01T12:00"], "2026-03-03T09:00:00"),
        # One right after the other; at the very limit; after it.
        (["2026-03-02T10:00/2026-03-02T11:00", "2026-03-02T11:00/2026-03-02T12:00"], "2026-03-03T11:00:00"),
        (["2026-03-03T09:00/2026-03-03T12:00"], "2026-03-03T12:00:00"),
        (["2026-03-03T09:00:01/2026-03-03T12:00"], "2026-03-03T09:00:00"),
    ],
)
@pytest.mark.usefixtures("db")
def test_cmp_10_pauses_move_the_limit_to_handle(pauses, expected):
    standard_policy()
    assert due(f"投诉 重要 处理 {MORNING}", *pauses) == expected


@pytest.mark.usefixtures("db")
def test_gen_6_a_pause_after_the_limit_moves_the_later_steps():
    standard_policy()
    assert asked(f"投诉 重要 处理 {MORNING}", "2026-03-03T15:00/2026-03-05T15:00").splitlines() == [
        "到期 2026-03-03T09:00:00+08:00",
        "50% 2026-03-02T21:00:00+08:00 经办人",
        "100% 2026-03-03T09:00:00+08:00 项目经理",
        "150% 2026-03-05T21:00:00+08:00 分公司督导",
        "200% 2026-03-06T09:00:00+08:00 集团督导",
    ]


# --- 整改 ---------------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("db")
def test_ins_11_a_rectification_is_due_at_the_end_of_its_day():
    load_checklists(at=SINCE)
    assert asked(f"整改 - 整改 {MORNING} --days 3").splitlines() == [
        "到期 2026-03-06T00:00:00+08:00",
        "+0天 2026-03-06T00:00:00+08:00 部门主管",
        "+1天 2026-03-07T00:00:00+08:00 项目经理",
        "+3天 2026-03-09T00:00:00+08:00 分公司督导",
        "+7天 2026-03-13T00:00:00+08:00 集团督导",
    ]
    assert due(f"整改 - 整改 {MORNING} --days 0") == "2026-03-03T00:00:00"


@pytest.mark.usefixtures("db")
def test_ins_11_the_ladder_is_the_one_that_the_administrator_has_set():
    EscalationStep.objects.create(audience="estate_manager", days_after=2)
    assert asked(f"整改 - 整改 {MORNING} --days 1").splitlines()[1:] == ["+2天 2026-03-06T00:00:00+08:00 项目经理"]


def test_ins_11_a_real_rectification_has_the_same_moments(cast):
    row = make_rectification(cast.estate_a1, by=cast.security, at=MONDAY)
    real = Clock.objects.about(row).get(kind=Rectification.CLOCK)
    assert printed(real) == asked(f"整改 - 整改 {MORNING} --days {row.item.days}").splitlines()


# --- refusals: one sentence, exit status 1 ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("question", "pauses", "sentence"),
    [
        (f"装修 - 审批 {MORNING}", [], "没有这一类时限：装修"),
        (f"表扬 - 答复 {MORNING}", [], "没有这一类时限：表扬"),
        (f"投诉 紧急 答复 {MORNING}", [], "投诉没有“紧急”这一级（有重大、重要、轻微）"),
        (f"需求 重大 答复 {MORNING}", [], "需求不分级"),
        (f"需求 - 到场 {MORNING}", [], "需求没有“到场”时限（有转派、答复、当日回复、回访）"),
        (f"投诉 - 到期 {MORNING}", [], "投诉没有“到期”时限"),
        ("投诉 - 答复 昨天", [], "看不懂的时间：昨天"),
        ("投诉 - 答复 2026-02-30T09:00", [], "看不懂的时间"),
        ("投诉 - 答复 0001-01-01T00:00", [], "超出可以计算的范围"),
        ("投诉 - 答复 9999-12-31T23:00", [], "超出可以计算的范围"),
        (f"投诉 - 答复 {MORNING}", ["2026-03-02T10:00/2026-03-02T11:00"], "只暂停处理时限"),
        (f"投诉 - 处理 {MORNING}", ["2026-03-02T11:00/2026-03-02T10:00"], "暂停的结束必须晚于开始"),
        (f"投诉 - 处理 {MORNING}", ["2026-03-02T11:00/2026-03-02T11:00"], "暂停的结束必须晚于开始"),
        (
            f"投诉 - 处理 {MORNING}",
            ["2026-03-02T10:30/2026-03-02T12:00", "2026-03-02T10:00/2026-03-02T11:00"],
            "两次暂停重叠",
        ),
        (f"投诉 - 处理 {MORNING}", ["2026-03-02T10:00"], "看不懂的暂停"),
        (f"投诉 - 处理 {MORNING}", ["2026-03-02T10:00/中午"], "看不懂的时间：中午"),
        (f"投诉 - 答复 {MORNING} --calendar 农历", [], "没有这种日历：农历"),
        (f"投诉 - 答复 {MORNING} --hours {HOURS}", [], "服务时段和服务日只用于服务时间"),
        (f"投诉 - 答复 {MORNING} --days 工作日", [], "服务时段和服务日只用于服务时间"),
        (f"投诉 - 答复 {MORNING} --calendar 服务时间", [], "服务时间要写明服务时段"),
        (f"投诉 - 答复 {MORNING} --calendar 服务时间 --hours 早九晚五", [], "看不懂的服务时段：早九晚五"),
        (f"投诉 - 答复 {MORNING} --calendar 服务时间 --hours 08:00-25:00", [], "看不懂的服务时段"),
        (f"投诉 - 答复 {MORNING} --calendar 服务时间 --hours 08:00-12:00,11:00-18:00", [], "不能重叠"),
        (f"投诉 - 答复 {MORNING} --calendar 服务时间 --hours {HOURS} --days 3", [], "看不懂的服务日：3"),
        (f"投诉 - 当日回复 {MORNING} --calendar 工作日", [], "不用写日历"),
        (f"投诉 - 答复 {MORNING} --promise 2026-03-03T09:00", [], "投诉不能约定答复时间"),
        (f"报修 - 处理 {MORNING} --promise 2026-03-03T09:00", [], "承诺时间只用于答复时限"),
        (f"需求 - 答复 {MORNING} --promise 2026-03-01T09:00", [], "承诺答复的时间必须晚于受理时间"),
        (f"需求 - 答复 {MORNING} --promise {MORNING}", [], "承诺答复的时间必须晚于受理时间"),
        (f"整改 - 整改 {MORNING}", [], "整改天数要写成"),
        (f"整改 - 整改 {MORNING} --days 工作日", [], "整改天数要写成"),
        (f"整改 - 整改 {MORNING} --days=-1", [], "整改天数要写成"),
        (f"整改 - 整改 {MORNING} --days 99999999999", [], "整改天数要写成"),
        (f"整改 - 处理 {MORNING} --days 3", [], "整改没有“处理”时限"),
        (f"整改 重大 整改 {MORNING} --days 3", [], "整改的时限不用“等级”"),
        (f"整改 - 整改 {MORNING} --days 3", ["2026-03-02T10:00/2026-03-02T11:00"], "整改的时限不用“暂停”"),
    ],
)
@pytest.mark.usefixtures("workdays")
def test_what_cannot_be_answered_is_refused_in_one_sentence(question, pauses, sentence):
    standard_policy()
    said = refusal(question, *pauses)
    assert sentence in said
    assert said.count("。") == 1
    assert "\n" not in said


@pytest.mark.parametrize("missing", ["--kind", "--clock", "--at"])
def test_what_is_not_said_is_asked_for(missing):
    given = {"--kind": "投诉", "--clock": "答复", "--at": MORNING}
    del given[missing]
    with pytest.raises(CommandError, match=f"请写明 {missing}"):
        call_command("sla_due", *[text for pair in given.items() for text in pair])


@pytest.mark.usefixtures("workdays")
def test_gen_3_a_year_without_working_days_is_never_guessed():
    standard_policy()
    assert refusal("投诉 重大 处理 2026-12-25T10:00 --calendar 工作日") == "无法计算：缺少2027年工作日数据。"
    assert refusal("投诉 重大 答复 2024-12-25T10:00 --calendar 工作日") == "无法计算：缺少2024年工作日数据。"


@pytest.mark.usefixtures("workdays")
def test_gen_3_what_is_known_is_said_though_a_later_step_is_not():
    standard_policy()
    assert asked("投诉 重要 答复 2026-12-30T10:00 --calendar 工作日").splitlines() == [
        "到期 2026-12-31T10:00:00+08:00",
        "50% 2026-12-30T22:00:00+08:00 经办人",
        "100% 2026-12-31T10:00:00+08:00 项目经理",
        "150% 2026-12-31T22:00:00+08:00 分公司督导",
        "200% 无法计算：缺少2027年工作日数据 集团督导",
    ]


def test_a_refusal_is_a_line_on_stderr_and_exit_status_1(capsys):
    with pytest.raises(SystemExit) as stopped:
        Command().run_from_argv(["manage.py", "sla_due", "--kind", "装修", "--clock", "审批", "--at", MORNING])
    printed = capsys.readouterr()
    assert stopped.value.code == 1
    assert printed.out == ""
    assert len(printed.err.splitlines()) == 1
    assert "没有这一类时限：装修" in printed.err


# --- by which version -------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("db")
def test_it_answers_by_the_version_that_was_in_force_at_that_moment():
    policy_with(since=moment("2026-03-02T12:00"), answer={"amount": 3})
    assert due("投诉 重要 答复 2026-03-02T11:59:59") == "2026-03-03T11:59:59"
    assert due("投诉 重要 答复 2026-03-02T12:00") == "2026-03-05T12:00:00"


@pytest.mark.usefixtures("db")
def test_before_the_first_version_it_answers_by_that_one_and_without_any_by_the_delivered_one():
    assert Policy.objects.count() == 0
    assert due("投诉 重大 答复 2019-05-05T09:00") == "2019-05-07T09:00:00"
    policy_with(answer={"amount": 5})
    assert due(f"投诉 重大 答复 {MORNING}") == "2026-03-07T09:00:00"


def test_a_draft_is_tried_out_before_it_is_published(cast):
    standard_policy()
    draft = draft_policy(by=cast.administrator, at=MONDAY)
    draft.rules.filter(clock=ClockKind.ANSWER).update(amount=6)
    question = Question(kind="投诉", grade="重大", clock="答复", at=MONDAY)
    assert try_out(draft, question).due_at == MONDAY + 6 * DAY
    assert due(f"投诉 重大 答复 {MORNING}") == "2026-03-04T09:00:00"


# --- a real case has the same moments ---------------------------------------------------------------------------------


def printed(real: Clock) -> list[str]:
    """A running clock as the command prints one."""
    zone = MONDAY.tzinfo
    steps = [
        (f"{step.percent}%" if step.percent is not None else f"+{step.days_after}天", at, step.name)
        for step, at in zip(real.steps, real.plan, strict=True)
    ]
    return [
        f"到期 {real.due_at.astimezone(zone).isoformat()}",
        *(f"{share} {at.astimezone(zone).isoformat()} {name}" for share, at, name in steps),
    ]


def question_of(case, kind: ClockKind, at, *rest: str) -> str:
    grade = Variant(case.variant).label if case.variant else "-"
    return " ".join([Kind(case.kind).label, grade, kind.label, at.isoformat(), *rest])


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        (Kind.COMPLAINT, {"grade": Grade.MAJOR}),
        (Kind.COMPLAINT, {"grade": Grade.SERIOUS}),
        (Kind.COMPLAINT, {"grade": Grade.MINOR}),
        (Kind.COMPLAINT, {}),
        (Kind.REPAIR, {"urgent": True}),
        (Kind.REPAIR, {}),
        (Kind.NEED, {}),
        (Kind.SUGGESTION, {}),
        (Kind.QUESTION, {}),
    ],
)
def test_every_clock_of_a_real_case_is_as_it_was_tried_out(cast, kind, options):
    """All limits that the kind has, each from its own beginning."""
    case = make_case(cast, kind=kind, **options)
    begun = dict.fromkeys(ClockKind, MONDAY)
    begun[ClockKind.ARRIVE] = MONDAY + 5 * MINUTE
    begun[ClockKind.SAME_DAY] = MONDAY + 2 * HOUR
    begun[ClockKind.CALLBACK] = MONDAY + 3 * HOUR
    for step in (transferred, accepted, reported, answered):
        case = step(case, cast)
    limits = [ClockKind(key[2]) for key in needed_limits() if key[:2] == (kind, case.variant)]
    assert len(limits) >= 3
    for name in limits:
        real = printed(clock(case, name))
        assert asked(question_of(case, name, begun[name])).splitlines() == real, name


@pytest.mark.parametrize("promised", [MONDAY + 33 * HOUR, MONDAY + 5 * HOUR, MONDAY + 70 * HOUR + timedelta(seconds=7)])
def test_cmp_4_a_real_promise_is_as_it_was_tried_out(cast, promised):
    case = make_case(cast, kind=Kind.REPAIR, promised_at=promised)
    rest = ("--promise", promised.isoformat())
    assert asked(question_of(case, ClockKind.ANSWER, MONDAY, *rest)).splitlines() == printed(clock(case, "answer"))


CALENDARS = {
    "自然时间": {"calendar": "natural"},
    "工作日": {"calendar": "workday"},
    "服务时间每天": {"calendar": "service"},
    "服务时间工作日": {"calendar": "service", "workdays_only": True},
}
ASKED = {
    "自然时间": [],
    "工作日": ["--calendar", "工作日"],
    "服务时间每天": ["--calendar", "服务时间", "--hours", HOURS],
    "服务时间工作日": ["--calendar", "服务时间", "--hours", HOURS, "--days", "工作日"],
}
# Around 国庆 2026, to the second; the pauses are cut from stretches of up to three days.
starts = st.integers(0, 86400 * 14).map(lambda seconds: moment("2026-09-25T00:00") + timedelta(seconds=seconds))
stretches = st.lists(st.integers(1, 86400 * 3), max_size=6)


@pytest.mark.parametrize("calendar", CALENDARS)
@pytest.mark.parametrize(("kind", "options"), [(Kind.REPAIR, {}), (Kind.COMPLAINT, {"grade": Grade.MAJOR})])
@settings(deadline=None, max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(start=starts, cuts=stretches)
@pytest.mark.usefixtures("workdays")
def test_cmp_10_a_real_case_that_was_paused_is_as_it_was_tried_out(cast, calendar, kind, options, start, cuts):
    """The services pause and resume one after the other; the try-out is told the whole story at once."""
    if Policy.objects.count() < 2:
        policy_with(since=moment("2026-09-01T00:00"), handle=CALENDARS[calendar])
        cast.estate_a1.service_hours = HOURS
        cast.estate_a1.save()
    case = accepted(transferred(make_case(cast, kind=kind, at=start, **options), cast, at=start), cast, at=start)
    moments = [start + timedelta(seconds=sum(cuts[: number + 1])) for number in range(len(cuts) // 2 * 2)]
    pauses = list(zip(moments[::2], moments[1::2], strict=True))
    for begin, end in pauses:
        pause_case(case=case, by=cast.engineering, at=begin, reason="等客户")
        resume_case(case=case, by=cast.engineering, at=end)
    rest = " ".join(ASKED[calendar])
    told = [f"{begin.isoformat()}/{end.isoformat()}" for begin, end in pauses]
    real = printed(clock(case, "handle"))
    assert asked(question_of(case, ClockKind.HANDLE, start, rest), *told).splitlines() == real


def test_cmp_10_a_real_pause_at_the_very_limit_is_as_it_was_tried_out(cast):
    case = accepted(transferred(make_case(cast, grade=Grade.SERIOUS), cast), cast)
    pause_case(case=case, by=cast.engineering, at=MONDAY + DAY, reason="等客户")
    resume_case(case=case, by=cast.engineering, at=MONDAY + DAY + 3 * HOUR)
    told = f"{(MONDAY + DAY).isoformat()}/{(MONDAY + DAY + 3 * HOUR).isoformat()}"
    assert asked(question_of(case, ClockKind.HANDLE, MONDAY), told).splitlines() == printed(clock(case, "handle"))
