"""时限方案: its versions; a draft's limits are edited in one table, a published version is only read (CMP-3…10)."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import Count, Q, QuerySet, Subquery
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from unfold.decorators import display

from complaints.admin.policy_pages import PolicyPages, standing
from complaints.content import content_of, fingerprint, grouped
from complaints.forms.policies import DraftForms, SourceForm
from complaints.models import Policy
from complaints.services.policies import draft_policy, edit_policy
from estates.access import StaffRequest
from foundation.records.refusals import Refused


@admin.register(Policy)
class PolicyAdmin(PolicyPages):
    list_display = ["name", "standing", "effective_at", "published_at", "published_by", "limits", "note"]
    list_display_links = ["name"]
    list_select_related = ["published_by"]
    list_before_template = "admin/complaints/list_head.html"
    ordering = ["-number"]

    class Media:
        css = {"all": ["css/admin.css"]}

    # --- who may, and what there is -------------------------------------------------------------------------------

    def get_queryset(self, request: StaffRequest) -> QuerySet[Policy]:
        begun = Policy.objects.published().filter(effective_at__lte=timezone.now())
        newest = begun.order_by("-effective_at", "-number").values("pk")[:1]
        rows = Policy.objects.visible_to(request.user)
        return rows.annotate(is_current=Q(pk=Subquery(newest)), rule_count=Count("rules")).order_by(*self.ordering)

    def has_add_permission(self, request: StaffRequest) -> bool:
        """One draft at a time."""
        drafted = Policy.objects.filter(state=Policy.State.DRAFT).exists()
        return super().has_add_permission(request) and not drafted

    def has_delete_permission(self, request: StaffRequest, obj: Policy | None = None) -> bool:
        """Cases keep their version; a draft is thrown away by its own verb."""
        return False

    @admin.display(description="版本", ordering="number")
    def name(self, policy: Policy) -> str:
        return f"第 {policy.number} 版"

    @display(description="状态", label={"使用中": "success", "草稿": "warning", "未启用": "info"})
    def standing(self, policy: Policy) -> str:
        return standing(policy)

    @admin.display(description="时限", ordering="rule_count")
    def limits(self, policy: Any) -> str:
        return f"{policy.rule_count} 条"

    # --- new, edit, read ------------------------------------------------------------------------------------------

    def add_view(self, request: StaffRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """新建草稿, a copy of the newest version or of an earlier one."""
        draft = Policy.objects.filter(state=Policy.State.DRAFT).first()
        if draft and request.method != "POST":
            return redirect("admin:complaints_policy_change", draft.pk)
        self._must(super().has_add_permission(request))
        newest = Policy.objects.published().order_by("-number").first()
        form = SourceForm(request.POST or None, initial={"source": newest})
        if request.method == "POST" and form.is_valid():
            try:
                draft = draft_policy(by=request.user, at=timezone.now(), source=form.cleaned_data["source"])
            except Refused as refused:
                messages.error(request, refused.sentence)
                return redirect("admin:complaints_policy_changelist")
            return redirect("admin:complaints_policy_change", draft.pk)
        return self._page(request, "new", None, title="新建时限方案草稿", form=form)

    def change_view(
        self, request: StaffRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        policy = self._policy(request, object_id)
        rows = content_of(policy)
        if request.method == "POST":
            return self._save(request, policy, DraftForms(rows, note=policy.note, data=request.POST))
        if not self.may_edit(request, policy):
            return self._page(request, "version", policy, groups=grouped(rows))
        return self._page(request, "draft", policy, forms=DraftForms(rows, note=policy.note), stamp=fingerprint(rows))

    def _save(self, request: StaffRequest, policy: Policy, forms: DraftForms) -> HttpResponse:
        """All that was typed is saved, or nothing; and nothing over what another person saved meanwhile."""
        self._must(self.has_change_permission(request, policy))
        stamp = request.POST.get("stamp", "")
        if forms.is_valid():
            try:
                changes = edit_policy(
                    policy=policy, content=forms.edited, note=forms.head.cleaned_data["note"],
                    by=request.user, at=timezone.now(), stamp=stamp,
                )  # fmt: skip
            except Refused as refused:
                messages.error(request, refused.sentence)
                if not policy.is_draft:
                    return redirect("admin:complaints_policy_change", policy.pk)
            else:
                messages.success(request, f"已保存，改动 {len(changes)} 处。" if changes else "没有改动。")
                return redirect("admin:complaints_policy_change", policy.pk)
        return self._page(request, "draft", policy, forms=forms, stamp=stamp)
