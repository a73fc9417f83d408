"""Pages and verbs of the bulletins (RPT-1…3)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.http import FileResponse, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.decorators import needs
from accounts.places import current_place
from accounts.rights import Right
from estates.access import StaffRequest
from estates.models import Node
from estates.querysets import at_or_below
from foundation.journal.models import Entry
from foundation.records.downloads import pdf_response
from foundation.records.refusals import Refused, refusal
from foundation.records.verbs import Verb, act
from foundation.worktime.months import Month
from reports import guards, services
from reports.figures import is_readable
from reports.forms import SUGGESTED, DraftForm, EditForm, FilterForm
from reports.models import Bulletin
from reports.presenting import present
from reports.printing import bulletin_pdf as render_pdf
from reports.views.behind import behind, export_behind

PER_PAGE = 50
# A draft's figures older than this are counted anew when a supervisor opens it.
STALE = timedelta(minutes=10)


def _visible(request: StaffRequest) -> Any:
    return Bulletin.objects.visible_to(request.user).select_related("node__parent", "issued_by")


def _get(request: StaffRequest, pk: int) -> Bulletin:
    return get_object_or_404(_visible(request), pk=pk)


@require_safe
@needs(Right.VIEW_BULLETINS)
def listing(request: StaffRequest) -> HttpResponse:
    """Bulletins by month, filtered by place, level, month and state."""
    rows = _visible(request).defer("figures", "changed", "comments", "good_practices", "focus", "changes")
    place = current_place(request)
    if place:
        rows = rows.filter(at_or_below([place.pk], "node__"))
    form = FilterForm(request.GET)
    if form.is_valid():
        rows = _filtered(rows, form.cleaned_data)
    counts = rows.order_by().aggregate(
        all=Count("pk"), draft=Count("pk", filter=Q(state="draft")), issued=Count("pk", filter=Q(state="issued"))
    )
    status = request.GET.get("status", "")
    if status in Bulletin.State.values:
        rows = rows.filter(state=status)
    tabs = [{"value": "", "label": "全部", "count": counts["all"]}]
    tabs += [{"value": state.value, "label": state.label, "count": counts[state.value]} for state in Bulletin.State]
    page = Paginator(rows.order_by("-month", "node__code", "-edition"), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "tabs": tabs,
        "status": status,
        "form": form,
        "may_draft": request.user.may(Right.EDIT_BULLETIN),
    }
    return render(request, "reports/bulletins.html", context)


def _filtered(rows: Any, values: dict[str, Any]) -> Any:
    query = values["q"].replace("\0", "").strip()
    if query:
        rows = rows.filter(Q(number__icontains=query) | Q(node__name__icontains=query) | Q(node__code__iexact=query))
    if values["kind"]:
        rows = rows.filter(node__kind=values["kind"])
    if values["month"]:
        rows = rows.filter(month=values["month"].first)
    return rows


@require_safe
@needs(Right.VIEW_BULLETINS)
def record(request: StaffRequest, pk: int) -> HttpResponse:
    bulletin = _get(request, pk)
    return render(request, "reports/bulletin.html", _record(request, bulletin))


def _record(request: StaffRequest, bulletin: Bulletin) -> dict[str, Any]:
    at = timezone.now()
    editions = Bulletin.objects.visible_to(request.user).filter(node=bulletin.node_id, month=bulletin.month)
    is_old = bulletin.computed_at is None or at - bulletin.computed_at > STALE
    is_stale = bulletin.is_draft and (is_old or not is_readable(bulletin.figures))
    why_not_edit = refusal(guards.may_edit, bulletin, request.user)
    return {
        "bulletin": bulletin,
        "shown": present(bulletin),
        "editions": list(editions.order_by("-edition").only("edition", "state")),
        "entries": list(Entry.objects.about(bulletin)),
        "verbs": _verbs(request, bulletin, at),
        "why_not_issue": refusal(guards.may_issue, bulletin, request.user, at),
        "count_now": is_stale and not why_not_edit,
        "may_edit": not why_not_edit,
    }


def _verbs(request: StaffRequest, bulletin: Bulletin, at: datetime) -> list[Verb]:
    """The buttons: a verb whose right the user lacks is not shown, one that has to wait says why."""
    user, key = request.user, [bulletin.pk]
    if not user.may(Right.EDIT_BULLETIN, bulletin.node):
        return []
    if not bulletin.is_draft:
        return [Verb("发布更正版", "file-pen", reverse("reports:revise_bulletin", args=key), dialog="revise")]
    why_not, issue = refusal(guards.may_issue, bulletin, user, at), reverse("reports:issue_bulletin", args=key)
    return [
        Verb("签发", "stamp", issue, why_not, primary=True, dialog="issue"),
        Verb("编辑文字", "pencil", reverse("reports:edit_bulletin", args=key)),
        Verb("重新统计", "refresh-cw", reverse("reports:refresh_bulletin", args=key), post=True),
    ]


@require_safe
@needs(Right.VIEW_BULLETINS)
def figure_rows(request: StaffRequest, pk: int, figure: str) -> HttpResponse:
    """RPT-3: the rows that make up a number, as they are now; an issued bulletin's number stays what it was."""
    bulletin = _get(request, pk)
    context = behind(request, bulletin, figure)
    context["said"], context["kept"] = ("简报上次统计时", "") if bulletin.is_draft else ("签发时", "简报保持不变")
    context["crumbs"] = [
        ("月度简报", reverse("reports:bulletins")),
        (f"{bulletin.node.name} {bulletin.period.label}", reverse("reports:bulletin", args=[pk])),
    ]
    context["export_url"] = reverse("reports:figure_export", args=[pk, figure])
    return render(request, "reports/figure_rows.html", context)


@require_safe
@needs(Right.VIEW_BULLETINS)
def figure_export(request: StaffRequest, pk: int, figure: str) -> HttpResponse:
    back = reverse("reports:figure_rows", args=[pk, figure])
    return export_behind(request, _get(request, pk), figure, back=back)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Right.EDIT_BULLETIN)
def draft_bulletin(request: StaffRequest) -> HttpResponse:
    """起草: a node and a month that is over or running."""
    at = timezone.now()
    nodes = Node.objects.visible_to(request.user).active().select_related("parent")
    place = current_place(request)
    initial = {"month": Month.before(at), "node": place.code if place else ""}
    form = DraftForm(request.POST or None, nodes=nodes, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            bulletin = services.draft_bulletin(**form.cleaned_data, by=request.user, at=at)
            return redirect("reports:bulletin", bulletin.pk)
        except Refused as refused:
            form.add_error("month", refused.sentence)
    suggested = nodes.filter(at_or_below([place.pk])) if place else nodes
    context = {"form": form, "nodes": suggested.order_by("code")[:SUGGESTED]}
    return render(request, "reports/draft_bulletin.html", context, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Right.EDIT_BULLETIN)
def edit_bulletin(request: StaffRequest, pk: int) -> HttpResponse:
    bulletin = _get(request, pk)
    if why_not := refusal(guards.may_edit, bulletin, request.user):
        messages.error(request, why_not)
        return redirect("reports:bulletin", pk)

    def page(form: EditForm) -> HttpResponse:
        context = {"form": form, "bulletin": bulletin, "shown": present(bulletin), "draft_key": f"bulletin:{pk}"}
        return render(request, "reports/edit_bulletin.html", context)

    if request.method != "POST":
        return page(EditForm(instance=bulletin))
    form = EditForm(request.POST, instance=bulletin)

    def do(at: datetime) -> None:
        services.edit_bulletin(bulletin=bulletin, by=request.user, at=at, texts=form.cleaned_data)

    back = reverse("reports:bulletin", args=[pk])
    return act(request, form, do, done="已保存。", back=back, again=page)


@require_POST
@needs(Right.EDIT_BULLETIN)
def refresh_bulletin(request: StaffRequest, pk: int) -> HttpResponse:
    bulletin = _get(request, pk)
    try:
        bulletin = services.refresh_bulletin(bulletin=bulletin, by=request.user, at=timezone.now())
    except Refused as refused:
        messages.error(request, refused.sentence)
    if getattr(request, "htmx", False):
        return render(request, "reports/_figures.html", _record(request, bulletin))
    return redirect("reports:bulletin", pk)


@require_POST
@needs(Right.ISSUE_BULLETIN)
def issue_bulletin(request: StaffRequest, pk: int) -> HttpResponse:
    bulletin = _get(request, pk)
    try:
        bulletin = services.issue_bulletin(bulletin=bulletin, by=request.user, at=timezone.now())
        messages.success(request, f"已签发，编号 {bulletin.number}。")
    except Refused as refused:
        messages.error(request, refused.sentence)
    return redirect("reports:bulletin", pk)


@require_POST
@needs(Right.EDIT_BULLETIN)
def revise_bulletin(request: StaffRequest, pk: int) -> HttpResponse:
    bulletin = _get(request, pk)
    try:
        draft = services.revise_bulletin(bulletin=bulletin, by=request.user, at=timezone.now())
    except Refused as refused:
        messages.error(request, refused.sentence)
        return redirect("reports:bulletin", pk)
    return redirect("reports:edit_bulletin", draft.pk)


@require_safe
@needs(Right.VIEW_BULLETINS)
def bulletin_pdf(request: StaffRequest, pk: int) -> HttpResponse | FileResponse:
    """What was issued, byte for byte; of a draft, what it would look like. A file that is gone is 404, with why."""
    bulletin = _get(request, pk)
    name = f"{bulletin.node.label}{bulletin.period.label}品质督导月度简报{'（草稿）' if bulletin.is_draft else ''}.pdf"
    if not bulletin.is_draft:
        try:
            return FileResponse(bulletin.pdf.open("rb"), filename=name, content_type="application/pdf")
        except FileNotFoundError:
            return render(request, "reports/pdf_missing.html", {"bulletin": bulletin}, status=404)
    return pdf_response(render_pdf(bulletin), name)
