"""A version's pages beside its table: what differs, 试算, publishing, throwing away."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from complaints.choices import ClockKind
from complaints.content import content_of, fingerprint
from complaints.differences import differences
from complaints.forms.policies import PublishForm
from complaints.forms.tryout import TryoutForm
from complaints.models import Case, Policy
from complaints.services.policies import discard_policy, missing_limits, publish_policy
from complaints.services.tryout import try_out
from complaints.sla import end_of_day_in_words
from estates.access import StaffRequest
from estates.admin.scoped import CompanyAdmin
from foundation.records.refusals import Refused
from foundation.timers.whatif import share


class PolicyPages(CompanyAdmin):
    """What the admin of policies adds to."""

    def get_urls(self) -> list[Any]:
        pages = {
            "differences": require_safe(self.compare),
            "tryout": require_safe(self.tryout),
            "publish": require_http_methods(["GET", "HEAD", "POST"])(self.publish),
            "discard": require_http_methods(["GET", "HEAD", "POST"])(self.discard),
        }
        return [
            *(
                path(f"<int:pk>/{name}/", self.admin_site.admin_view(view), name=f"complaints_policy_{name}")
                for name, view in pages.items()
            ),
            *super().get_urls(),
        ]

    # --- who may --------------------------------------------------------------------------------------------------

    @staticmethod
    def _must(may: bool) -> None:
        if not may:
            raise PermissionDenied

    def _policy(self, request: StaffRequest, pk: int | str) -> Policy:
        policy = self.get_object(request, str(pk))
        if policy is None:
            raise Http404
        self._must(self.has_view_permission(request, policy))
        return policy

    def may_edit(self, request: StaffRequest, policy: Policy) -> bool:
        return policy.is_draft and self.has_change_permission(request, policy)

    # --- look -----------------------------------------------------------------------------------------------------

    def compare(self, request: StaffRequest, pk: int) -> HttpResponse:
        """Against the version before it, or against the one that `?with=` names."""
        policy = self._policy(request, pk)
        others = Policy.objects.exclude(pk=policy.pk).order_by("-number")
        number = request.GET.get("with", "")
        chosen = others.filter(number=number) if number.isdecimal() else others.filter(number__lt=policy.number)
        other = chosen.first()
        found = differences(content_of(other) if other else [], content_of(policy))
        return self._page(
            request, "differences", policy, title="版本差异", other=other, others=others, differences=found
        )

    def tryout(self, request: StaffRequest, pk: int) -> HttpResponse:
        """试算 by this version, a draft included; asked in the address, so that an example can be passed on."""
        policy = self._policy(request, pk)
        form = TryoutForm(request.GET) if "at" in request.GET else TryoutForm(initial={"at": timezone.now()})
        plan = None
        if form.is_bound and form.is_valid():
            try:
                plan = try_out(policy, form.question)
            except Refused as refused:
                form.add_error(None, refused.sentence)
        steps = [(share(step), at, step.name) for step, at in plan.steps] if plan else []
        rule = ""
        if plan and plan.due_at and form.cleaned_data["clock"] == ClockKind.SAME_DAY.label:
            rule = end_of_day_in_words(form.question.at, plan.due_at)
        return self._page(request, "tryout", policy, title="试算", form=form, plan=plan, steps=steps, rule=rule)

    # --- verbs ----------------------------------------------------------------------------------------------------

    def publish(self, request: StaffRequest, pk: int) -> HttpResponse:
        """GET shows what changes and asks from when on, POST does it: exactly what was shown, or not at all."""
        policy = self._policy(request, pk)
        self._must(self.may_edit(request, policy))
        form = PublishForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                published = publish_policy(
                    policy=policy, by=request.user, at=timezone.now(),
                    effective_at=form.cleaned_data["effective_at"], stamp=request.POST.get("stamp", ""),
                )  # fmt: skip
            except Refused as refused:
                messages.error(request, refused.sentence)
            else:
                begins = timezone.localtime(published.effective_at).strftime("%Y-%m-%d %H:%M")
                messages.success(request, f"第 {policy.number} 版已发布，自 {begins} 起用于新登记的诉求。")
                return redirect("admin:complaints_policy_changelist")
        context = self._against_published(policy)
        context |= {"missing": missing_limits(policy), "running": Case.objects.open().count()}
        return self._page(request, "publish", policy, title="发布", form=form, **context)

    def discard(self, request: StaffRequest, pk: int) -> HttpResponse:
        policy = self._policy(request, pk)
        self._must(self.may_edit(request, policy))
        if request.method != "POST":
            return self._page(request, "discard", policy, title="放弃草稿", **self._against_published(policy))
        try:
            discard_policy(policy=policy, by=request.user, at=timezone.now())
        except Refused as refused:
            messages.error(request, refused.sentence)
        else:
            messages.success(request, f"第 {policy.number} 版的草稿已放弃。")
        return redirect("admin:complaints_policy_changelist")

    def _against_published(self, policy: Policy) -> dict[str, Any]:
        earlier = Policy.objects.published().exclude(pk=policy.pk).order_by("-number").first()
        rows = content_of(policy)
        found = differences(content_of(earlier) if earlier else [], rows)
        return {"other": earlier, "differences": found, "stamp": fingerprint(rows)}

    def _page(self, request: StaffRequest, name: str, policy: Policy | None, **context: Any) -> HttpResponse:
        frame = {**self.admin_site.each_context(request), "opts": self.opts, "original": policy, "policy": policy}
        if policy:
            frame |= {"title": str(policy), "standing": standing(policy), "editable": self.may_edit(request, policy)}
        return render(request, f"admin/complaints/{name}.html", frame | context)


def standing(policy: Any) -> str:
    """Where a version of the admin's list stands now, in a word."""
    if policy.is_draft:
        return "草稿"
    if policy.is_current:
        return "使用中"
    return "未启用" if policy.effective_at > timezone.now() else "已停用"
