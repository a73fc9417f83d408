"""A case from the phone call to the callback, one that is late through every escalation, and one that an owner scans
(CMP-1…12, CMP-14): through the pages as their users see them, and in the database.

The server's clock stands at the moment that is told; it is moved on with a sweep, as the minute's tick would.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import datetime

import pytest
import time_machine
from django.core.management import call_command
from django.urls import reverse
from playwright.sync_api import Locator, Page, expect

from accounts.models import User
from accounts.roles import Role
from complaints.choices import ClockKind
from complaints.models import Call, Case, Round
from complaints.services.answering import answer_customer
from complaints.services.clocks import clocks_of
from complaints.services.codes import address_of, make_code
from estates.models import Owner
from foundation.attachments.models import Attachment
from foundation.journal.models import Entry
from foundation.notices.models import Notice
from reports.models import WeeklySheet
from reports.weekly import draft_weekly_sheets
from tests.browser.conftest import DESKTOP, Browse
from tests.browser.test_main_job import photo
from tests.cast import Cast
from tests.complaints.factories import (
    DAY,
    HOUR,
    MINUTE,
    MONDAY,
    SECOND,
    SINCE,
    accepted,
    fresh,
    journal,
    make_case,
    make_house,
    moment,
    reported,
    running,
    standard_policy,
    told,
    transferred,
)

pytestmark = pytest.mark.browser

GoTo = Callable[[datetime], None]

WORDS = "厨房水槽下面的水管一直在滴水，柜子已经泡湿了"
RESULT = "已更换角阀和软管，试水半小时不渗漏"
ANSWER = "水管已经修好，柜子晾干后请您再看一下，有问题随时来电。"


@pytest.fixture
def go_to(db) -> Iterator[GoTo]:
    """To a later moment, with a sweep at it."""
    with time_machine.travel(MONDAY, tick=False) as now:

        def move(at: datetime) -> None:
            now.move_to(at)
            call_command("sweep_timers", at=at.isoformat())

        yield move


def record_of(browse: Browse, user: User, case: Case) -> Page:
    page = browse(user, viewport=DESKTOP)
    page.goto(browse.url(reverse("complaints:case", args=[case.pk])))
    return page


def open_notice(browse: Browse, page: Page, title: str) -> None:
    """From the bell to what the notice is about."""
    page.goto(browse.url("/"))
    page.get_by_role("link", name="通知").and_(page.locator("#bell")).click()
    page.get_by_role("link", name=title).click()


def verb(page: Page, label: str) -> Locator:
    """The dialog of a verb, opened by its button."""
    page.get_by_role("button", name=label, exact=True).click()
    return page.get_by_role("dialog", name=label)


def expect_done(page: Page, state: str) -> None:
    expect(page.locator(".record-bar")).to_contain_text(state)


def expect_running(page: Page, name: str, due: str) -> None:
    """A live clock, by its due moment: its words count on in the browser."""
    clock = page.locator("[data-clock]", has_text=f"{name} 剩")
    expect(clock.first).to_have_attribute("data-due", f"{due}:00+08:00")


def steps(case: Case) -> list[tuple[str, str]]:
    """What its ladders did, in order: the limit and its share."""
    rows = Entry.objects.about(case).filter(verb="case.escalate").order_by("pk")
    return [(row.data["clock"], row.data["share"]) for row in rows]


def round_of(case: Case) -> Round:
    return case.rounds.get(number=case.round)


def until(page: Page, key: str, selector: str) -> None:
    """Press a key until that is there."""
    for _ in range(12):
        if page.locator(selector).count():
            return
        page.keyboard.press(key)
    pytest.fail(f"{key} does not lead to {selector}")


# --- 来电 → 转派 → 接单 → 到场 → 上报 → 当日回复 → 另一人回访 → 关闭 -----------------------------------------------------------


@pytest.fixture
def house(cast: Cast):
    standard_policy()
    house = make_house(cast.estate_a1)
    Owner.objects.create(house=house, name="黄桂兰", phone="13812345678", since=SINCE.date())
    return house


def test_from_the_phone_call_to_the_callback(cast: Cast, browse: Browse, house, go_to: GoTo) -> None:
    desk = browse(cast.service, viewport=DESKTOP)
    case = take_call(browse, desk, house)
    go_to(MONDAY + 6 * MINUTE)
    transfer(desk, case)
    repair(browse, cast.engineering, case, go_to)
    go_to(MONDAY + 7 * HOUR)
    answer(browse, desk, case)
    go_to(MONDAY + DAY + HOUR)
    call_back(browse, cast.service_lead, case)

    case = fresh(case)
    assert [verb for verb in journal(case) if verb != "escalate"] == [
        "register", "transfer", "accept", "arrive", "report", "answer", "callback",
    ]  # fmt: skip
    # Reminded at half of a limit, told to nobody above: each was kept.
    assert steps(case) == [("转派", "50%"), ("到场", "50%"), ("回访", "50%")]
    assert set(case.handlers.all()) == {cast.service, cast.engineering}
    assert (case.responsible, case.handler, case.closed_by) == (cast.service, cast.engineering, cast.service_lead)
    assert running(case) == set()
    assert (case.due_at, case.due_clock, case.round) == (None, "", 1)


def take_call(browse: Browse, page: Page, house) -> Case:
    """By keyboard, with the phone at the ear; it is passed on afterwards."""
    page.goto(browse.url("/"))
    page.get_by_role("navigation", name="主导航").get_by_role("link", name="登记诉求").click()
    page.wait_for_load_state()
    expect(page.locator("#id_q")).to_be_focused()
    page.keyboard.type("1502")
    page.keyboard.press("Enter")
    expect(page.locator("#id_caller_name")).to_have_value("黄桂兰")
    page.keyboard.press("2")
    expect(page.locator("#id_text")).to_be_focused()
    page.keyboard.insert_text(WORDS)
    until(page, "Tab", "[name=then]:focus")
    until(page, "ArrowUp", "[name=then][value=later]:checked")
    page.keyboard.press("Control+Enter")
    page.wait_for_url(re.compile(r"/cases/\d+/$"))
    expect_done(page, "待转派")
    expect(page.locator("blockquote")).to_have_text(WORDS)
    expect_running(page, "转派", "2026-03-02T09:10")

    case = Case.objects.get()
    expect(page.locator("#toasts")).to_contain_text(f"已登记 {case.number}。")
    assert (case.house, case.caller_name, case.caller_phone) == (house, "黄桂兰", "13812345678")
    assert (case.channel, case.kind, case.state) == ("phone", "repair", Case.State.TO_TRANSFER)
    assert case.received_at == MONDAY
    assert case.responsible == case.registered_by
    limits = {kind: clock.due_at - MONDAY for kind, clock in clocks_of(case).items()}
    assert limits == {ClockKind.TRANSFER: 10 * MINUTE, ClockKind.ANSWER: DAY, ClockKind.HANDLE: 3 * DAY}
    return case


def transfer(page: Page, case: Case) -> None:
    """By keyboard as well: the first department is under the fingers when the dialog opens."""
    page.get_by_role("button", name="转派", exact=True).press("Enter")
    dialog = page.get_by_role("dialog", name="转派")
    expect(dialog).to_be_visible()
    until(page, "Tab", "dialog [name=department]:focus")
    page.keyboard.press("Space")
    until(page, "ArrowDown", "dialog [name=department][value=engineering]:checked")
    page.keyboard.press("Tab")
    page.keyboard.insert_text("业主在家，请尽快上门")
    until(page, "Tab", "dialog [type=submit]:focus")
    page.keyboard.press("Enter")
    expect_done(page, "处理中")
    expect(page.locator(".case-clocks")).to_contain_text("工程部")
    expect(page.locator("details.round")).to_contain_text("工程部 03-02 09:06 及时")

    case = fresh(case)
    round_ = round_of(case)
    assert (case.state, case.department, case.handler) == (Case.State.HANDLING, "engineering", None)
    assert (round_.transferred_at, round_.transferred_in_time) == (MONDAY + 6 * MINUTE, True)
    assert clocks_of(case)[ClockKind.ARRIVE].due_at == MONDAY + 36 * MINUTE


def repair(browse: Browse, user: User, case: Case, go_to: GoTo) -> None:
    """On a phone: accepted, arrived, reported with a photo."""
    go_to(MONDAY + 10 * MINUTE)
    page = browse(user)
    page.goto(browse.url("/"))
    page.locator("main").get_by_role("link", name=WORDS).click()
    expect(page.locator("blockquote")).to_have_text(WORDS)
    expect_running(page, "到场", "2026-03-02T09:36")
    page.get_by_role("button", name="接单", exact=True).click()
    expect(page.locator(".case-clocks")).to_contain_text(user.name)

    go_to(MONDAY + 30 * MINUTE)
    page.get_by_role("button", name="到场", exact=True).click()
    expect(page.locator("details.round")).to_contain_text("03-02 09:30 及时")
    expect(page.locator(".case-clocks")).not_to_contain_text("到场")

    go_to(MONDAY + 2 * HOUR)
    dialog = verb(page, "上报处理结果")
    dialog.get_by_label("处理结果").fill(RESULT)
    dialog.locator("[name=photos]").set_input_files(photo("水管.jpg"))
    dialog.get_by_role("button", name="上报处理结果").click()
    expect_done(page, "待回复")
    expect(page.get_by_role("img", name="处理后照片 1")).to_be_visible()

    case = fresh(case)
    round_ = round_of(case)
    assert (case.state, case.handler, case.result_at) == (Case.State.TO_ANSWER, user, MONDAY + 2 * HOUR)
    assert (round_.accepted_by, round_.accepted_at) == (user, MONDAY + 10 * MINUTE)
    assert (round_.arrived_at, round_.arrived_in_time) == (MONDAY + 30 * MINUTE, True)
    assert (round_.result, round_.result_by, round_.handled_in_time) == (RESULT, user, True)
    assert (round_.used, round_.paused) == (2 * HOUR, 0 * HOUR)
    kept = Attachment.objects.for_owner(case, "result").get()
    assert (kept.name, kept.by) == ("水管.jpg", user)
    # CMP-7: by 24:00 of the day.
    assert clocks_of(case)[ClockKind.SAME_DAY].due_at == moment("2026-03-03T00:00")


def answer(browse: Browse, page: Page, case: Case) -> None:
    """The first responsible person is told, answers on the same day, and may not call back."""
    open_notice(browse, page, f"待答复客户：{WORDS}")
    expect_running(page, "当日回复", "2026-03-03T00:00")
    dialog = verb(page, "答复客户")
    dialog.get_by_label("答复内容").fill(ANSWER)
    dialog.get_by_role("button", name="答复客户").click()
    expect_done(page, "待回访")
    expect(page.locator(".talk-ours").last).to_contain_text(ANSWER)
    refused = page.get_by_role("button", name="登记回访")
    expect(refused).to_have_attribute("aria-disabled", "true")
    expect(refused).to_have_accessible_description("您经手过这张诉求单，请由另一人回访。")
    page.goto(browse.url(reverse("complaints:callbacks")))
    expect(page.locator("tbody tr")).to_contain_text("您经手过这张诉求单，请由另一人回访。")
    expect(page.get_by_role("link", name="开始回访")).to_have_count(0)

    case, at = fresh(case), MONDAY + 7 * HOUR
    round_ = round_of(case)
    assert (case.state, case.answered_at) == (Case.State.TO_CALLBACK, at)
    assert (round_.answer, round_.answered_at, round_.answered_in_time) == (ANSWER, at, True)
    assert (round_.replied_at, round_.replied_in_time) == (at, True)
    assert clocks_of(case)[ClockKind.CALLBACK].due_at == at + DAY


def call_back(browse: Browse, user: User, case: Case) -> None:
    """Another person, at the callback desk, by keyboard: three answers and done."""
    page = browse(user, viewport=DESKTOP)
    page.goto(browse.url("/"))
    page.get_by_role("navigation", name="主导航").get_by_role("link", name="回访", exact=True).click()
    page.get_by_role("link", name="开始回访").click()
    expect(page.locator("main")).to_contain_text(RESULT)
    expect(page.locator("main")).to_contain_text(ANSWER)
    expect_running(page, "回访", "2026-03-03T16:00")
    expect(page.get_by_role("radio", name="已解决")).to_be_focused()
    page.keyboard.press("y")
    page.keyboard.press("5")
    expect(page.get_by_role("radio", name="5 很满意")).to_be_checked()
    until(page, "Tab", "textarea:focus")
    page.keyboard.insert_text("师傅上门很快")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#toasts")).to_contain_text("回访已保存。现在要回访的都打完了。")
    page.goto(browse.url(reverse("complaints:case", args=[case.pk])))
    expect_done(page, "已关闭")
    expect(page.locator(".case-clocks")).to_contain_text("满意度 5 很满意")
    expect(page.locator(".talk-theirs").last).to_contain_text("师傅上门很快")

    case, at = fresh(case), MONDAY + DAY + HOUR
    assert (case.state, case.outcome, case.satisfaction) == (Case.State.CLOSED, Case.Outcome.SOLVED, 5)
    call = Call.objects.get(case=case)
    assert (call.by, call.at, call.reached, call.solved, call.remark) == (user, at, True, True, "师傅上门很快")
    round_ = round_of(case)
    assert (round_.called_at, round_.called_in_time) == (at, True)
    assert (round_.ended_at, round_.outcome) == (at, Round.Outcome.CLOSED)


# --- 超时:经办人 → 项目经理 → 分公司督导 → 集团督导,记入周汇报表 --------------------------------------------------------------

LATE = "三楼走廊的灯坏了三天，晚上老人看不见路"
# CMP-9: of 处理 within a day, from 09:00 on Monday: when, whose turn, as the notice says it and as the ladder does.
LADDER = (
    ("2026-03-02T21:00", "engineering", f"处理即将到期（50%）：{LATE}", "50% 经办人"),
    ("2026-03-03T09:00", "estate_manager", f"处理到期（100%）：{LATE}", "100% 项目经理"),
    ("2026-03-03T21:00", "branch_supervisor", f"处理超期（150%）：{LATE}", "150% 分公司督导"),
    ("2026-03-04T09:00", "group_supervisor", f"处理超期（200%）：{LATE}", "200% 集团督导"),
)


@pytest.fixture
def late(cast: Cast, go_to: GoTo) -> Case:
    """重要, accepted, the customer told how things stand: nothing runs but 处理."""
    case = make_case(cast, grade="serious", text=LATE)
    case = accepted(transferred(case, cast), cast)
    case = answer_customer(case=case, by=cast.service, at=MONDAY + 15 * MINUTE, answer="灯具已经在订货")
    assert running(case) == {"handle"}
    return case


def test_a_case_late_through_every_escalation(cast: Cast, browse: Browse, late: Case, go_to: GoTo) -> None:
    escalate(cast, late, go_to)
    for _, role, title, _ in LADDER:
        read_notice(browse, cast.everyone[Role(role)], title)
    go_to(MONDAY + 2 * DAY + 6 * HOUR)
    see_the_ladder(record_of(browse, cast.estate_manager, late))
    reported(late, cast, at=MONDAY + 2 * DAY + 6 * HOUR)
    page = record_of(browse, cast.estate_manager, late)
    expect(page.locator("details.round")).to_contain_text("03-04 15:00 超时")
    assert round_of(late).handled_in_time is False

    friday = moment("2026-03-06T17:00")
    go_to(friday)
    draft_weekly_sheets(at=friday)
    for user in (cast.estate_manager, cast.branch_supervisor):
        open_week(browse, user, late)
    assert count_of(WeeklySheet.objects.get(node=cast.estate_b1.pk, friday=friday.date())) == 0


def escalate(cast: Cast, case: Case, go_to: GoTo) -> None:
    """Each step at its second, not one before; each told once, however often it is swept."""
    for done, (at, role, title, _) in enumerate(LADDER):
        user = cast.everyone[Role(role)]
        go_to(moment(at) - SECOND)
        assert len(steps(case)) == done
        assert title not in told(case, user)
        for sweep_at in (moment(at), moment(at), moment(at) + MINUTE):
            go_to(sweep_at)
        assert steps(case) == [("处理", share) for share in ("50%", "100%", "150%", "200%")][: done + 1]
        assert told(case, user).count(title) == 1
    everyone = Notice.objects.filter(subject_id=case.pk, title__startswith="处理", title__contains="期（")
    assert sorted(everyone.values_list("user__username", "title")) == sorted(
        (role, title) for _, role, title, _ in LADDER
    )


def read_notice(browse: Browse, user: User, title: str) -> None:
    """Once under the bell; it leads to the case."""
    page = browse(user)
    page.goto(browse.url(reverse("notices:index")))
    expect(page.get_by_role("link", name=title)).to_have_count(1)
    page.get_by_role("link", name=title).click()
    expect(page.locator("blockquote")).to_have_text(LATE)


def see_the_ladder(page: Page) -> None:
    """On the case: late by how much, every step with its moment, and in the conversation."""
    expect(page.locator(".case-clocks")).to_contain_text("处理 已超时 1 天 6 小时")
    limit = page.locator("details.limit", has=page.locator(".clock", has_text="处理"))
    ladder = limit.locator(".ladder li")
    expect(ladder).to_have_count(len(LADDER))
    for row, (at, _, _, said) in zip(ladder.all(), LADDER, strict=True):
        expect(row).to_contain_text(said)
        expect(row).to_contain_text("已告知")
        expect(row.locator("time")).to_have_attribute("datetime", f"{at}:00+08:00")
    told_of = page.locator(".talk li", has_text="时限升级")
    expect(told_of).to_have_count(len(LADDER))
    expect(told_of.last).to_contain_text("集团督导")


def open_week(browse: Browse, user: User, case: Case) -> None:
    """The sheet's number of escalations opens the rows that make it up (RPT-3); the reminder at half is none."""
    page = browse(user, viewport=DESKTOP)
    page.goto(browse.url("/"))
    page.get_by_role("navigation", name="主导航").get_by_role("link", name="周汇报表").click()
    node = "桂语江南" if user.username == "estate_manager" else "杭州分公司"
    row = page.locator("tbody tr", has_text=node).filter(has_text="2026-02-27 至 03-06")
    row.get_by_role("link").click()
    expect(page.locator("h1")).to_have_text(f"{node} 部门日、周汇报表")
    number = page.locator(".bulletin-numbers div", has=page.get_by_text("时限升级", exact=True))
    expect(number.locator("dd")).to_contain_text("3 次")
    number.get_by_role("link").click()
    expect(page.locator("h1")).to_have_text("时限升级 3 次")
    rows = page.locator("tbody tr")
    expect(rows).to_have_count(3)
    for row, to in zip(rows.all(), ("集团督导", "分公司督导", "项目经理"), strict=True):
        expect(row).to_contain_text(case.number)
        expect(row).to_contain_text(to)
    rows.first.get_by_role("link").click()
    expect(page.locator("blockquote")).to_have_text(LATE)


def count_of(sheet: WeeklySheet) -> int:
    (chapter,) = sheet.figures["chapters"]
    return next(cell["value"] for cell in chapter["cells"] if cell["figure"] == "case_escalations")


# --- 扫码报事 → 受理 → 当场答复 → 业主评价 → 关闭 -----------------------------------------------------------------------------

LAMP = "2 单元门口的路灯不亮，晚上看不清台阶"


def test_an_owner_scans_follows_and_rates(cast: Cast, browse: Browse, house, settings, go_to: GoTo) -> None:
    settings.SITE_URL = browse.address
    code = make_code(estate=cast.estate_a1, house=house, by=cast.archivist, at=SINCE)
    owner = browse()
    owner.goto(address_of(code))
    case = report(owner, house)
    progress = owner.url

    go_to(MONDAY + 3 * MINUTE)
    take(browse, cast.service, case)
    owner.reload()
    expect(owner.locator(".public-steps .is-done")).to_have_text(["已提交 03-02 09:00", "已受理 03-02 09:03"])
    go_to(MONDAY + HOUR)
    repaired = reported(accepted(transferred(fresh(case), cast), cast), cast)
    go_to(MONDAY + 3 * HOUR)
    desk = record_of(browse, cast.service, repaired)
    dialog = verb(desk, "答复客户")
    dialog.get_by_label("答复内容").fill("路灯已经换好，今晚起恢复照明。")
    dialog.get_by_role("button", name="答复客户").click()
    expect_done(desk, "待回访")

    go_to(MONDAY + 4 * HOUR)
    owner.goto(progress)
    rate(owner)
    desk.reload()
    expect_done(desk, "已关闭")
    expect(desk.locator(".case-clocks")).to_contain_text("满意度 4 满意")
    expect(desk.locator(".talk-theirs").last).to_contain_text("修得很快，谢谢")
    case = fresh(case)
    assert (case.state, case.outcome, case.satisfaction) == (Case.State.CLOSED, Case.Outcome.SOLVED, 4)
    call = Call.objects.get(case=case)
    assert (call.by, call.solved, call.at) == (None, True, MONDAY + 4 * HOUR)
    assert round_of(case).called_in_time is True
    assert running(case) == set()
    assert [verb for verb in journal(case) if verb != "escalate"] == [
        "register", "take", "transfer", "accept", "report", "answer", "callback",
    ]  # fmt: skip


def report(page: Page, house) -> Case:
    """On the owner's phone, without a login."""
    expect(page.locator("main")).to_contain_text(house.code)
    page.get_by_role("radio", name="报修").check()
    page.get_by_label("内容").fill(LAMP)
    page.locator("[name=photos]").set_input_files(photo("路灯.jpg"))
    page.get_by_label("联系电话").fill("13812345678")
    page.get_by_label("您的称呼").fill("黄女士")
    page.get_by_role("button", name="提交").click()
    expect(page.locator(".public-steps .is-done")).to_have_text(["已提交 03-02 09:00"])
    case = Case.objects.get()
    expect(page.locator("main")).to_contain_text(f"编号 {case.number}")
    expect(page.locator("main")).to_contain_text(LAMP)
    assert (case.channel, case.kind, case.house, case.state) == ("scan", "repair", house, Case.State.REGISTERED)
    assert (case.responsible, case.registered_by, case.caller_phone) == (None, None, "13812345678")
    assert Attachment.objects.for_owner(case, "photos").get().name == "路灯.jpg"
    return case


def take(browse: Browse, user: User, case: Case) -> None:
    """The desk is told; who takes it stays responsible."""
    page = browse(user, viewport=DESKTOP)
    open_notice(browse, page, f"客户扫码报修：{LAMP}")
    expect(page.locator(".case-words")).to_contain_text("扫码")
    expect(page.get_by_role("img", name="客户照片 1")).to_be_visible()
    page.get_by_role("button", name="受理", exact=True).click()
    expect(page.locator(".case-clocks")).to_contain_text(user.name)
    case = fresh(case)
    assert (case.state, case.responsible) == (Case.State.TO_TRANSFER, user)


def rate(page: Page) -> None:
    """The answer is there, nothing of who gave it; the owner's word closes the case."""
    expect(page.locator("main")).to_contain_text("路灯已经换好，今晚起恢复照明。")
    expect(page.locator("main")).not_to_contain_text("甲")
    expect(page.locator("main")).not_to_contain_text("13812345678")
    page.get_by_role("radio", name="已解决").check()
    page.get_by_role("radio", name="满意", exact=True).check()
    page.get_by_label("您的意见").fill("修得很快，谢谢")
    page.get_by_role("button", name="提交评价").click()
    expect(page.locator("main")).to_contain_text("谢谢您的评价：满意。")
    expect(page.get_by_role("button", name="提交评价")).to_have_count(0)
