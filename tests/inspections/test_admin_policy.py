"""The chapter's numbers in the admin (INS-9, INS-11, INS-12, INS-16), and the read-only looks at records."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.roles import Role
from foundation.journal.models import Entry
from inspections.models import EscalationStep, InspectionPolicy
from tests.inspections import factories


@pytest.fixture
def admin(cast):
    return cast.client(cast.administrator)


def url(model: str, page: str, *args) -> str:
    return reverse(f"admin:inspections_{model}_{page}", args=args)


POLICY = {
    "excellent_from": "95",
    "good_from": "85",
    "fair_from": "75",
    "repeat_days": "90",
    "credibility_days": "7",
    "rank_from": "3",
}


def test_the_policy_is_one_row_that_is_only_changed(admin):
    answer = admin.get(url("inspectionpolicy", "changelist"))
    assert answer["Location"] == url("inspectionpolicy", "change", 1)
    assert admin.get(url("inspectionpolicy", "add")).status_code == 403
    assert admin.post(url("inspectionpolicy", "delete", 1)).status_code == 403


def test_a_change_of_the_policy_is_journalled(cast, admin):
    admin.get(url("inspectionpolicy", "changelist"))
    admin.post(url("inspectionpolicy", "change", 1), POLICY | {"repeat_days": "60"})
    assert InspectionPolicy.current().repeat_days == 60
    entry = Entry.objects.about(InspectionPolicy.current()).get()
    assert (entry.by, entry.data["fields"]) == (cast.administrator, ["重复发生的天数窗口：90 → 60"])


def test_grades_out_of_order_are_refused(admin):
    admin.get(url("inspectionpolicy", "changelist"))
    page = admin.post(url("inspectionpolicy", "change", 1), POLICY | {"good_from": "96"})
    assert "等级分数线必须依次降低" in page.content.decode()


@pytest.mark.parametrize(
    ("audience", "days", "said"),
    [
        ("estate_manager", 3, "应早于分公司督导的“到期后 3 天”"),
        ("estate_manager", 0, "应晚于部门主管的“到期后 0 天”"),
        ("group_supervisor", 2, "应晚于分公司督导"),
    ],
)
def test_the_ladder_goes_up_one_level_a_step(admin, audience, days, said):
    factories.make_ladder()
    step = EscalationStep.objects.get(audience=audience)
    page = admin.post(url("escalationstep", "change", step.pk), {"audience": audience, "days_after": days})
    assert said in page.content.decode()


def test_a_step_is_changed_removed_and_put_back_with_a_journal(cast, admin):
    factories.make_ladder()
    step = EscalationStep.objects.get(audience="estate_manager")
    admin.post(url("escalationstep", "change", step.pk), {"audience": "estate_manager", "days_after": 2})
    assert Entry.objects.about(step).get().data["fields"] == ["到期后天数：1 → 2"]
    admin.post(url("escalationstep", "delete", step.pk), {"post": "yes"})
    admin.post(url("escalationstep", "add"), {"audience": "estate_manager", "days_after": 1})
    assert EscalationStep.objects.get(audience="estate_manager").days_after == 1
    assert {"ladder.remove", "ladder.create"} <= set(Entry.objects.values_list("verb", flat=True))


def test_the_ladder_is_never_empty(admin):
    step = EscalationStep.objects.create(audience="estate_manager", days_after=1)
    assert admin.post(url("escalationstep", "delete", step.pk), {"post": "yes"}).status_code == 403
    action = {"action": "delete_selected", "_selected_action": [step.pk], "post": "yes"}
    admin.post(url("escalationstep", "changelist"), action)
    assert EscalationStep.objects.exists()


def test_records_are_only_looked_at(cast, admin):
    rectification = factories.make_rectification(cast.estate_a1, by=cast.engineering)
    for model, row in (("inspection", rectification.inspection), ("rectification", rectification)):
        assert row.number in admin.get(url(model, "changelist")).content.decode()
        assert admin.get(url(model, "change", row.pk)).status_code == 200
        assert admin.post(url(model, "change", row.pk), {"state": "closed"}).status_code == 403
        assert admin.get(url(model, "add")).status_code == 403
        assert admin.post(url(model, "delete", row.pk), {"post": "yes"}).status_code == 403


def test_records_of_another_branch_are_not_shown(cast):
    mine = factories.make_rectification(cast.estate_a1, by=cast.engineering)
    foreign = factories.make_inspection(cast.estate_b1)
    local = cast.client(cast.hire(Role.ADMINISTRATOR, cast.branch_a, "local-admin"))
    page = local.get(url("inspection", "changelist")).content.decode()
    assert mine.inspection.number in page
    assert foreign.number not in page
    assert local.get(url("inspection", "change", foreign.pk)).status_code == 302


@pytest.mark.parametrize("model", ["inspection", "checklist"])
def test_lists_do_not_ask_more_for_more(cast, admin, model):
    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            admin.get(url(model, "changelist"))
        return len(asked)

    factories.make_inspection(cast.estate_a1)
    few = queries()
    for number in range(3):
        version = factories.make_version(f"c-{number}", name=f"表 {number}")
        factories.make_inspection(cast.estate_a2, version=version)
    assert queries() == few


def test_a_new_checklist_begins_with_a_draft(cast, admin):
    data = {"name": "装修巡查", "code": "renovation", "way": "safety", "basis": "", "is_active": "on"}
    answer = admin.post(url("checklist", "add"), data, follow=True)
    assert "编辑草稿" in answer.content.decode()
    checklist = answer.context["original"]
    assert checklist.versions.get().is_draft
    admin.post(url("checklist", "change", checklist.pk), data | {"name": "装修巡检"})
    entry = Entry.objects.about(checklist).get(verb="checklist.change")
    assert entry.data["fields"] == ["名称：装修巡查 → 装修巡检"]
    assert admin.post(url("checklist", "delete", checklist.pk), {"post": "yes"}).status_code == 403


def test_the_navigation_is_in_chinese_and_complete(admin):
    page = admin.get(reverse("admin:index")).content.decode()
    for words in ("检查表", "督导计划", "超期升级阶梯", "检查参数", "工作日历", "操作记录", "人员与岗位"):
        assert words in page
    assert "Search apps" not in page
