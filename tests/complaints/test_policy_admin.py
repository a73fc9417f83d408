"""时限方案 in the admin: drafts in one table, published versions read-only, every change journalled (CMP-3…10, CMP-17)."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.roles import Role
from complaints.choices import ClockKind, Kind
from complaints.content import content_of, fingerprint, key_of
from complaints.differences import differences
from complaints.forms.policies import DraftForms
from complaints.models import LadderStep, Policy, PolicyRule
from complaints.services.policies import discard_policy, draft_policy, edit_policy, publish_policy
from foundation.journal.models import Entry
from foundation.records.refusals import Refused
from foundation.worktime.local import parse_at
from tests.complaints.factories import DAY, HOUR, MONDAY, make_case, standard_policy

SERIOUS_HANDLE = "complaint-serious-handle"


@pytest.fixture
def standard(cast):
    return standard_policy()


@pytest.fixture
def draft(cast, standard):
    return draft_policy(by=cast.administrator, at=MONDAY)


@pytest.fixture
def admin(cast):
    return cast.client(cast.administrator)


def address(name: str, *args) -> str:
    return reverse(f"admin:complaints_policy_{name}", args=args)


def filled(draft, **changes) -> dict[str, str]:
    """What a browser posts from the draft's page: every field as it stands, and `changes` of it."""
    rows = content_of(draft)
    forms = DraftForms(rows, note=draft.note)
    data = {"stamp": fingerprint(rows), "note": draft.note, "add": ""}
    for form in forms.rules:
        for field in form:
            value = field.value()
            if value is True:
                data[field.html_name] = "on"
            elif value not in (None, False):
                data[field.html_name] = str(value)
    return data | changes


def saved(admin, draft, **changes) -> None:
    page = admin.post(address("change", draft.pk), filled(draft, **changes))
    assert page.status_code == 302, [form.errors for form in page.context["forms"].rules if form.errors]


def refused(admin, draft, sentence: str, **changes) -> str:
    before = content_of(draft)
    page = admin.post(address("change", draft.pk), filled(draft, **changes))
    assert page.status_code == 200
    text = page.content.decode()
    assert sentence in text
    assert content_of(draft) == before
    return text


def rule(policy, kind: str, variant: str, clock: str) -> PolicyRule:
    return policy.rules.get(kind=kind, variant=variant, clock=clock)


def journalled(policy, verb: str) -> Entry:
    return Entry.objects.about(policy).get(verb=verb)


# --- the list ---------------------------------------------------------------------------------------------------------


def test_the_list_shows_where_each_version_stands(cast, admin, standard):
    second = draft_policy(by=cast.administrator, at=MONDAY)
    publish_policy(policy=second, by=cast.administrator, at=MONDAY)
    third = draft_policy(by=cast.administrator, at=MONDAY)
    publish_policy(policy=third, by=cast.administrator, at=MONDAY, effective_at=MONDAY + DAY)
    draft_policy(by=cast.administrator, at=MONDAY)
    with time_machine.travel(MONDAY + DAY - timedelta(seconds=1)):
        assert standings(admin) == ["草稿", "未启用", "使用中", "已停用"]
    with time_machine.travel(MONDAY + DAY):
        assert standings(admin) == ["草稿", "使用中", "已停用", "已停用"]


def standings(admin) -> list[str]:
    return re.findall(
        "草稿|未启用|使用中|已停用", admin.get(address("changelist")).rendered_content.partition("<tbody")[2]
    )


def test_the_lists_queries_do_not_grow_with_the_versions(cast, admin, standard):
    def queries() -> int:
        with CaptureQueriesContext(connection) as shown:
            admin.get(address("changelist"))
        return len(shown)

    few = queries()
    for number in range(5):
        policy = draft_policy(by=cast.administrator, at=MONDAY)
        publish_policy(policy=policy, by=cast.administrator, at=MONDAY + number * HOUR)
    assert queries() == few


# --- a new draft ------------------------------------------------------------------------------------------------------


def test_a_new_draft_is_a_copy_of_the_version_that_was_chosen(cast, admin, standard):
    second = draft_policy(by=cast.administrator, at=MONDAY)
    edited = [row | {"amount": 9} if row["clock"] == "answer" else row for row in content_of(second)]
    edit_policy(policy=second, content=edited, by=cast.administrator, at=MONDAY)
    publish_policy(policy=second, by=cast.administrator, at=MONDAY)
    assert f'value="{second.pk}" selected' in admin.get(address("add")).content.decode()
    answer = admin.post(address("add"), {"source": standard.pk})
    draft = Policy.objects.get(state="draft")
    assert answer["Location"] == address("change", draft.pk)
    assert draft.number == 3
    assert content_of(draft) == content_of(standard)
    assert journalled(draft, "policy.draft").by == cast.administrator


def test_looking_at_the_page_makes_no_draft(admin, standard):
    assert admin.get(address("add")).status_code == 200
    assert not Policy.objects.filter(state="draft").exists()


def test_there_is_one_draft_at_a_time(cast, admin, standard, draft):
    assert admin.get(address("add"))["Location"] == address("change", draft.pk)
    page = admin.post(address("add"), {"source": standard.pk}, follow=True)
    assert "已经有一份草稿" in page.content.decode()
    assert Policy.objects.count() == 2
    with pytest.raises(Refused, match="已经有一份草稿"):
        draft_policy(by=cast.administrator, at=MONDAY)


# --- editing ----------------------------------------------------------------------------------------------------------


def test_a_change_is_saved_and_journalled_before_and_after(cast, admin, draft):
    ladder = "60 经办人、100项目经理，120%分公司督导"
    saved(admin, draft, **{f"{SERIOUS_HANDLE}-amount": "2", f"{SERIOUS_HANDLE}-ladder": ladder})
    changed = rule(draft, "complaint", "serious", "handle")
    assert (changed.amount, changed.unit, changed.pausable) == (2, "days", True)
    assert [(step.percent, step.audience) for step in changed.steps.all()] == [
        (60, "handler"), (100, "estate_manager"), (120, "branch_supervisor"),
    ]  # fmt: skip
    entry = journalled(draft, "policy.edit")
    assert entry.by == cast.administrator
    assert entry.data["fields"] == [
        "投诉 · 重要 处理 时长：1 天 → 2 天；"
        "阶梯：50 经办人、100 项目经理、150 分公司督导、200 集团督导 → 60 经办人、100 项目经理、120 分公司督导"
    ]


def test_every_field_of_a_limit_can_be_changed(admin, draft):
    saved(
        admin, draft,
        **{
            f"{SERIOUS_HANDLE}-amount": "12", f"{SERIOUS_HANDLE}-unit": "hours",
            f"{SERIOUS_HANDLE}-calendar": "service", f"{SERIOUS_HANDLE}-workdays_only": "on",
            "need--same_day-day_ends_late_after": "21:00", "need--same_day-next_day_until": "11:30",
        },
    )  # fmt: skip
    changed = rule(draft, "complaint", "serious", "handle")
    assert (changed.amount, changed.unit, changed.calendar, changed.workdays_only) == (12, "hours", "service", True)
    same_day = rule(draft, "need", "", "same_day")
    assert (f"{same_day.day_ends_late_after:%H:%M}", f"{same_day.next_day_until:%H:%M}") == ("21:00", "11:30")


def test_cmp_10_a_pause_may_be_taken_from_the_limit_to_handle_and_given_to_no_other(admin, draft):
    data = filled(draft)
    del data[f"{SERIOUS_HANDLE}-pausable"]
    admin.post(address("change", draft.pk), data | {"complaint-serious-answer-pausable": "on"})
    assert rule(draft, "complaint", "serious", "handle").pausable is False
    assert rule(draft, "complaint", "serious", "answer").pausable is False


def test_working_days_of_service_time_are_forgotten_with_the_calendar(admin, draft):
    saved(admin, draft, **{f"{SERIOUS_HANDLE}-workdays_only": "on"})
    assert rule(draft, "complaint", "serious", "handle").workdays_only is False


def test_saving_without_a_change_writes_nothing(admin, draft):
    saved(admin, draft)
    assert not Entry.objects.about(draft).filter(verb="policy.edit").exists()


def test_the_note_is_saved_and_journalled(admin, draft):
    saved(admin, draft, note="春节前收紧")
    draft.refresh_from_db()
    assert draft.note == "春节前收紧"
    assert journalled(draft, "policy.edit").data["fields"] == ["说明：春节前收紧"]


def test_a_limit_that_a_kind_need_not_have_is_added_and_removed(admin, draft):
    saved(admin, draft, add="need--handle")
    added = rule(draft, "need", "", "handle")
    assert (added.amount, added.unit, added.pausable) == (1, "days", True)
    saved(admin, draft, **{"need--handle-remove": "on"})
    assert not draft.rules.filter(kind="need", clock="handle").exists()


def test_a_limit_that_a_kind_must_have_is_not_removed(admin, draft):
    admin.post(address("change", draft.pk), filled(draft, **{f"{SERIOUS_HANDLE}-remove": "on"}))
    assert rule(draft, "complaint", "serious", "handle")


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("amount", "0", "时长至少为 1"),
        ("amount", "", "请写明时长"),
        ("amount", "10000", "时长最多为 9999"),
        ("ladder", "经办人", "看不懂“经办人”"),
        ("ladder", "50 保洁员", "不能告知“保洁员”"),
        ("ladder", "50 经办人、50 项目经理", "50% 写了两次"),
        ("ladder", "0 经办人", "百分比要在 1 到 1000 之间"),
        ("ladder", "1001 经办人", "百分比要在 1 到 1000 之间"),
    ],
)
def test_what_cannot_be_is_refused_at_its_field(admin, draft, field, value, sentence):
    text = refused(admin, draft, sentence, **{f"{SERIOUS_HANDLE}-{field}": value, "note": "刚写的说明"})
    assert "有 1 条时限要改：投诉 · 重要 处理" in text
    assert 'value="刚写的说明"' in text, "what was typed survives"


def test_same_day_needs_both_its_hours(admin, draft):
    refused(admin, draft, "请写明钟点", **{"need--same_day-next_day_until": ""})
    refused(admin, draft, "钟点要写成 20:00", **{"need--same_day-next_day_until": "25点"})


def test_another_persons_save_in_between_is_not_overwritten(admin, draft):
    mine = filled(draft, **{f"{SERIOUS_HANDLE}-amount": "5"})
    saved(admin, draft, **{f"{SERIOUS_HANDLE}-amount": "3"})
    page = admin.post(address("change", draft.pk), mine)
    assert "被别人改过" in page.content.decode()
    assert 'value="5"' in page.content.decode()
    assert rule(draft, "complaint", "serious", "handle").amount == 3


def test_a_draft_published_meanwhile_is_not_written(cast, admin, draft):
    mine = filled(draft, **{f"{SERIOUS_HANDLE}-amount": "5"})
    publish_policy(policy=draft, by=cast.administrator, at=MONDAY)
    page = admin.post(address("change", draft.pk), mine, follow=True)
    assert "已经发布，不能再修改" in page.content.decode()
    assert rule(draft, "complaint", "serious", "handle").amount == 1


# --- publishing and throwing away -------------------------------------------------------------------------------------


def published(admin, draft, **fields):
    stamp = fingerprint(content_of(draft))
    return admin.post(address("publish", draft.pk), {"stamp": stamp, "effective_at": ""} | fields, follow=True)


def test_publishing_shows_what_changes_and_begins_at_once(cast, admin, draft):
    saved(admin, draft, **{f"{SERIOUS_HANDLE}-amount": "2"})
    text = admin.get(address("publish", draft.pk)).content.decode()
    assert "<del>1 天</del> → <ins>2 天</ins>" in text
    with time_machine.travel(MONDAY + HOUR, tick=False):
        assert "第 2 版已发布" in published(admin, draft).content.decode()
    draft.refresh_from_db()
    assert (draft.state, draft.effective_at, draft.published_by) == ("published", MONDAY + HOUR, cast.administrator)
    assert parse_at(journalled(draft, "policy.publish").data["effective_at"]) == MONDAY + HOUR


def test_cmp_17_new_cases_run_by_it_from_its_moment_and_open_ones_keep_theirs(cast, admin, draft, standard):
    with time_machine.travel(MONDAY, tick=False):
        published(admin, draft, effective_at="2026-03-02T10:00")
    before = make_case(cast, at=MONDAY + HOUR - timedelta(seconds=1))
    after = make_case(cast, at=MONDAY + HOUR)
    assert (before.policy, after.policy) == (standard, draft)


def test_a_moment_that_has_passed_is_refused(admin, draft):
    with time_machine.travel(MONDAY, tick=False):
        assert "启用时间不能早于现在" in published(admin, draft, effective_at="2026-03-02T08:59").content.decode()
    draft.refresh_from_db()
    assert draft.is_draft


def test_versions_begin_in_the_order_of_their_numbers(cast, draft):
    publish_policy(policy=draft, by=cast.administrator, at=MONDAY, effective_at=MONDAY + DAY)
    third = draft_policy(by=cast.administrator, at=MONDAY)
    with pytest.raises(Refused, match="第 2 版 2026-03-03 09:00 才启用"):
        publish_policy(policy=third, by=cast.administrator, at=MONDAY)
    publish_policy(policy=third, by=cast.administrator, at=MONDAY, effective_at=MONDAY + DAY)
    assert Policy.objects.in_force(MONDAY + DAY) == third


def test_a_draft_changed_since_the_page_was_shown_is_not_published(admin, draft):
    stamp = fingerprint(content_of(draft))
    saved(admin, draft, **{f"{SERIOUS_HANDLE}-amount": "2"})
    page = admin.post(address("publish", draft.pk), {"stamp": stamp, "effective_at": ""})
    assert "又被改过" in page.content.decode()
    draft.refresh_from_db()
    assert draft.is_draft


@pytest.mark.parametrize(
    ("kind", "variant", "clock", "name"),
    [
        ("complaint", "minor", "handle", "投诉 · 轻微 处理"),
        ("complaint", "major", "answer", "投诉 · 重大 答复"),
        ("repair", "urgent", "arrive", "报修 · 紧急 到场"),
        ("question", "", "answer", "咨询 答复"),
        ("suggestion", "", "callback", "建议 回访"),
    ],
)
def test_cmp_7_a_version_that_lacks_a_limit_is_not_published(cast, admin, draft, kind, variant, clock, name):
    rule(draft, kind, variant, clock).delete()
    assert f"缺少时限：{name}。" in admin.get(address("publish", draft.pk)).content.decode()
    with pytest.raises(Refused, match=f"缺少时限：{name}。"):
        publish_policy(policy=draft, by=cast.administrator, at=MONDAY)
    # What is missing can be added again on the draft's page.
    saved(admin, draft, add=f"{kind}-{variant}-{clock}")
    publish_policy(policy=draft, by=cast.administrator, at=MONDAY)


def test_a_draft_is_thrown_away_after_a_look(cast, admin, draft):
    assert "确认放弃草稿" in admin.get(address("discard", draft.pk)).content.decode()
    assert Policy.objects.filter(pk=draft.pk).exists()
    admin.post(address("discard", draft.pk))
    assert not Policy.objects.filter(pk=draft.pk).exists()
    gone = Entry.objects.get(verb="policy.discard", subject_id=draft.pk)
    assert (gone.by, gone.data["number"]) == (cast.administrator, 2)


def test_a_published_version_is_neither_published_nor_thrown_away_again(cast, admin, standard):
    for name in ("publish", "discard"):
        assert admin.get(address(name, standard.pk)).status_code == 403
        assert admin.post(address(name, standard.pk)).status_code == 403
    with pytest.raises(Refused, match="已经发布"):
        publish_policy(policy=standard, by=cast.administrator, at=MONDAY)
    with pytest.raises(Refused, match="不能删除"):
        discard_policy(policy=standard, by=cast.administrator, at=MONDAY)


# --- a published version never changes --------------------------------------------------------------------------------


def test_a_published_version_is_only_read(admin, standard):
    text = admin.get(address("change", standard.pk)).content.decode()
    assert "已发布的版本不能修改" in text
    assert "当天 24:00，晚于 20:00 的到次日 10:00" in text
    assert 'name="stamp"' not in text
    assert admin.post(address("delete", standard.pk)).status_code == 403


@pytest.mark.parametrize(
    "change",
    [
        lambda policy: Policy.objects.filter(pk=policy.pk).update(note="改"),
        lambda policy: Policy.objects.filter(pk=policy.pk).update(state="draft"),
        lambda policy: policy.rules.filter(clock="answer").update(amount=9),
        lambda policy: policy.rules.filter(clock="answer").first().delete(),
        lambda policy: policy.rules.create(kind="need", clock="handle", amount=1),
        lambda policy: LadderStep.objects.filter(rule__policy=policy).update(percent=99),
        lambda policy: LadderStep.objects.filter(rule__policy=policy).first().delete(),
        lambda policy: LadderStep.objects.create(
            rule=policy.rules.filter(clock="answer").first(), percent=300, audience="group_supervisor"
        ),
        lambda policy: policy.delete(),
    ],
    ids=["note", "state", "rule", "rule gone", "rule new", "step", "step gone", "step new", "version"],
)
def test_cmp_17_a_published_version_does_not_change_through_the_orm(standard, change):
    before = content_of(standard)
    with pytest.raises(Exception, match=r"frozen|Cannot (update|delete)"), transaction.atomic():
        change(standard)
    assert content_of(Policy.objects.get(pk=standard.pk)) == before


def test_a_drafts_limit_is_not_moved_to_a_published_version(draft, standard):
    moved = rule(draft, "need", "", "answer")
    with pytest.raises(IntegrityError), transaction.atomic():
        PolicyRule.objects.filter(pk=moved.pk).update(policy=standard, clock="handle")


# --- differences ------------------------------------------------------------------------------------------------------


def test_versions_are_compared_limit_by_limit(admin, draft, standard):
    saved(admin, draft, **{f"{SERIOUS_HANDLE}-amount": "2"}, add="question--handle")
    text = admin.get(address("differences", draft.pk)).content.decode()
    assert "投诉 · 重要 处理" in text
    assert "<del>1 天</del> → <ins>2 天</ins>" in text
    assert "咨询 处理" in text
    back = admin.get(address("differences", standard.pk), {"with": "2"}).content.decode()
    assert "<del>2 天</del> → <ins>1 天</ins>" in back


def test_the_same_content_has_no_differences_and_one_that_is_gone_is_named(standard):
    rows = content_of(standard)
    assert differences(rows, [dict(row) for row in reversed(rows)]) == []
    gone = [row for row in rows if key_of(row) != ("question", "", "answer")]
    assert [str(line)[:8] for line in differences(rows, gone)] == ["删除 咨询 答复"]


def test_a_longer_day_of_the_same_limit_is_a_difference(standard):
    rows = content_of(standard)
    later = [
        row | {"day_ends_late_after": row["next_day_until"]} if row["clock"] == "same_day" else row for row in rows
    ]
    found = differences(rows, later)
    assert len(found) == len([row for row in rows if row["clock"] == ClockKind.SAME_DAY])
    assert "晚于 20:00 的到次日 10:00 → 当天 24:00，晚于 10:00" in str(found[0])


# --- 试算 ---------------------------------------------------------------------------------------------------------------

ASKED = {"kind": "投诉", "grade": "重要", "clock": "处理", "at": "2026-03-02T09:00"}


def tried(admin, policy, **changes) -> str:
    return admin.get(address("tryout", policy.pk), ASKED | changes).content.decode()


def test_a_draft_is_tried_out(admin, draft, standard):
    saved(admin, draft, **{f"{SERIOUS_HANDLE}-amount": "2"})
    assert "2026-03-04 09:00:00" in tried(admin, draft)
    assert "2026-03-03 09:00:00" in tried(admin, standard)
    assert address("tryout", draft.pk) in admin.get(address("change", draft.pk)).content.decode()


def test_a_pause_each_line_and_the_other_options_are_tried_out(admin, draft):
    pauses = "2026-03-02T10:00/2026-03-02T15:00\n\n2026-03-02T20:00/2026-03-02T21:00\n"
    text = tried(admin, draft, pauses=pauses)
    assert "2026-03-03 15:00:00" in text
    assert "2026-03-04 03:00:00" in text, "150 %"
    text = tried(
        admin, draft, calendar="服务时间", hours="08:30-12:00,14:00-18:00", days="每天", at="2026-03-02T17:00:30"
    )
    assert "2026-03-03 17:00:30" in text
    assert "2026-03-03 18:00:00" in tried(admin, draft, kind="需求", grade="", clock="答复", promise="2026-03-03T18:00")


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"clock": "到场"}, "投诉没有“到场”时限"),
        ({"grade": "紧急"}, "投诉没有“紧急”这一级"),
        ({"pauses": "十点到十一点"}, "看不懂的暂停"),
        ({"pauses": "2026-03-02T11:00/2026-03-02T10:00"}, "暂停的结束必须晚于开始"),
        ({"clock": "答复", "pauses": "2026-03-02T10:00/2026-03-02T11:00"}, "只暂停处理时限"),
        ({"hours": "全天"}, "看不懂的服务时段"),
        ({"hours": "08:30-12:00"}, "只用于服务时间"),
        ({"calendar": "服务时间"}, "要写明服务时段"),
        ({"calendar": "工作日"}, "缺少2026年工作日数据"),
        ({"at": ""}, "请写明开始时间"),
        ({"promise": "2026-03-03T18:00"}, "投诉不能约定答复时间"),
    ],
)
def test_what_cannot_be_tried_out_says_why(admin, draft, changes, sentence):
    text = tried(admin, draft, **changes)
    assert sentence in text
    assert "dd-due" not in text


def test_the_try_out_writes_nothing(admin, draft):
    before = Entry.objects.count()
    tried(admin, draft)
    assert admin.post(address("tryout", draft.pk), ASKED).status_code == 405
    assert Entry.objects.count() == before
    assert Policy.objects.count() == 2


# --- who may ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", [role for role in Role if role != Role.ADMINISTRATOR])
def test_others_do_not_get_in(cast, draft, role):
    client = cast.client(cast.everyone[role])
    for name in ("change", "tryout", "differences", "publish", "discard"):
        assert client.get(address(name, draft.pk)).status_code in {302, 403}, name
        assert client.post(address(name, draft.pk), filled(draft)).status_code in {302, 403, 405}, name
    assert client.post(address("add"), {}).status_code in {302, 403}
    draft.refresh_from_db()
    assert draft.is_draft


def test_a_branchs_administrator_reads_and_tries_out_but_changes_nothing(cast, draft):
    client = cast.client(cast.hire(Role.ADMINISTRATOR, cast.branch_a, "branch_admin"))
    assert 'name="stamp"' not in client.get(address("change", draft.pk)).content.decode()
    assert client.get(address("tryout", draft.pk), ASKED).status_code == 200
    assert client.post(address("change", draft.pk), filled(draft)).status_code == 403
    assert client.post(address("add"), {}).status_code == 403
    for name in ("publish", "discard"):
        assert client.post(address(name, draft.pk), {}).status_code == 403
    draft.refresh_from_db()
    assert draft.is_draft


def test_a_version_that_is_not_there_is_not_found(admin, standard):
    for name in ("tryout", "publish"):
        assert admin.get(address(name, standard.pk + 100)).status_code == 404


def test_the_draft_holds_every_kind_but_praise(draft):
    assert set(draft.rules.values_list("kind", flat=True)) == set(Kind.values) - {Kind.PRAISE}
