"""岗亭放行: the guard's page. A code is typed or read by the camera, its pass looked at, then used once (HND-7)."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts.decorators import needs
from accounts.rights import Right
from estates.access import StaffRequest
from foundation.records.refusals import Refused, refusal
from foundation.worktime.local import local_date
from handover.forms.passes import CodeForm
from handover.guards import passes as guards
from handover.models import Pass
from handover.services.passes import use_pass

RELATED = ("estate__parent", "house", "used_by")
LATELY = 5


@needs(Right.CHECK_PASS)
@require_safe
def gate(request: StaffRequest) -> HttpResponse:
    """Without a code the page that asks for one; with it what may leave, or why not. Reading changes nothing."""
    if "code" not in request.GET:
        return _page(request, CodeForm())
    form = CodeForm(request.GET)
    release = None
    if form.is_valid():
        here = Pass.objects.visible_to(request.user, Right.CHECK_PASS).select_related(*RELATED)
        release = here.filter(code=form.cleaned_data["code"]).first()
        if release is None:
            form.add_error("code", "没有这张出门条。请核对放行码，或请客服查询。")
    return _page(request, form, release)


@needs(Right.CHECK_PASS)
@require_POST
def use(request: StaffRequest, pk: int) -> HttpResponse:
    """放行."""
    here = Pass.objects.visible_to(request.user, Right.CHECK_PASS).select_related(*RELATED)
    release = get_object_or_404(here, pk=pk)
    try:
        use_pass(release=release, by=request.user, at=timezone.now())
    except Refused as refused:
        return _page(request, CodeForm(initial={"code": release.code}), release, refused.sentence)
    messages.success(request, f"已放行：{release.house} {release.carrier}。")
    return redirect("handover:gate")


def _page(request: StaffRequest, form: CodeForm, release: Pass | None = None, refused: str = "") -> HttpResponse:
    user, today = request.user, local_date(timezone.now())
    mine = Pass.objects.visible_to(user, Right.CHECK_PASS).filter(used_by=user).select_related("house")
    context = {
        "form": form,
        "release": release,
        "items": list(release.items.all()) if release else [],
        "why_not": refused or (refusal(guards.may_use, release, user, today) if release else ""),
        "mine": mine.order_by("-used_at")[:LATELY],
    }
    return render(request, "handover/gate.html", context, status=422 if refused or form.errors else 200)
