"""入住: the list with its export, registering, the record and its verbs (HND-6)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Count, Q
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.decorators import needs
from accounts.places import current_place
from accounts.rights import Right
from estates import search
from estates.access import StaffRequest
from estates.models import House
from foundation.attachments.models import Attachment
from foundation.journal.models import Entry
from foundation.records.downloads import EXPORT_ROWS, pdf_response, xlsx_response
from foundation.records.paging import page_of
from foundation.records.refusals import refusal
from foundation.records.verbs import Verb, act
from foundation.records.workbooks import workbook
from foundation.worktime.local import local_date
from handover.forms.living import ConfirmForm, EndForm, GiveUpForm, LeaseForm, MoveInFilter, MoveInForm
from handover.forms.passes import HouseForm, plain
from handover.guards import living as guards
from handover.livingpapers import move_in_notice_pdf
from handover.models import MoveIn
from handover.querysets import MoveInQuerySet
from handover.services import living
from handover.signpage import move_in_panels

State = MoveIn.State
TABS = (("preparing", "办理中"), ("done", "已入住"), ("ended", "已迁出"), ("all", "全部"))
IN_TAB = {value: Q() if value == "all" else Q(state=value) for value, _ in TABS}
RELATED = ("estate__parent", "house__estate__parent", "registered_by", "fees_watched_by")
HEAD = (
    "编号", "项目", "分子公司", "房屋", "入住人", "类别", "手机", "人数", "状态", "计划入住日", "入住时间", "租期自",
    "租期至", "业主确认时间", "业主确认", "迁出日", "收银标注时间", "收银标注人", "登记人", "登记时间",
)  # fmt: skip


# --- the list ---------------------------------------------------------------------------------------------------------


@needs(Right.VIEW_HANDOVER)
@require_safe
def listing(request: StaffRequest) -> HttpResponse:
    found, form = _filtered(request)
    status = _status(request)
    counts = found.order_by().aggregate(**{value: Count("pk", filter=rows) for value, rows in IN_TAB.items()})
    rows = found.filter(IN_TAB[status]).order_by("-planned_on", "-pk")
    page = page_of(rows, count=counts[status], number=request.GET.get("page"), related=("estate", "house"))
    context = {
        "page": page,
        "form": form,
        "tabs": [{"value": value, "label": label, "count": counts[value]} for value, label in TABS],
        "status": status,
        "export_url": reverse("handover:move_ins_export"),
        "may_register": request.user.may(Right.MOVE_IN),
    }
    return render(request, "handover/move_ins.html", context)


@needs(Right.VIEW_HANDOVER)
@require_safe
def export(request: StaffRequest) -> HttpResponse:
    """The same rows as the list shows, as .xlsx; phones are masked (ORG-4)."""
    found, _ = _filtered(request)
    rows = found.filter(IN_TAB[_status(request)]).order_by("-planned_on", "-pk").select_related(*RELATED)
    if rows.count() > EXPORT_ROWS:
        messages.error(request, f"一次最多导出 {EXPORT_ROWS} 条，请先筛选。")
        return redirect("handover:move_ins")
    return xlsx_response(workbook("入住", HEAD, (_row(one) for one in rows)), "入住.xlsx")


def _row(one: MoveIn) -> Sequence[Any]:
    return (
        one.number, one.estate.name, one.estate.branch.name, one.house.code, one.name,
        "租户" if one.is_tenant else "业主", one.masked_phone, one.people, one.get_state_display(), one.planned_on,
        one.done_at, one.lease_from, one.lease_until, one.owner_confirmed_at, one.owner_confirmation, one.ended_on,
        one.fees_watched_at, one.fees_watched_by, one.registered_by, one.registered_at,
    )  # fmt: skip


def _filtered(request: StaffRequest) -> tuple[MoveInQuerySet, MoveInFilter]:
    form = MoveInFilter(request.GET)
    return form.apply(MoveIn.objects.visible_to(request.user).below(current_place(request)), request.user), form


def _status(request: StaffRequest) -> str:
    status = request.GET.get("status", "preparing")
    return status if status in IN_TAB else "preparing"


# --- registering ------------------------------------------------------------------------------------------------------


@needs(Right.MOVE_IN)
@require_safe
def choose_house(request: StaffRequest) -> HttpResponse:
    text = plain(request.GET.get("q"))
    found = search.callers(request.user, text, place=current_place(request), right=Right.MOVE_IN) if text else []
    context = {
        "title": "登记入住",
        "list_url": reverse("handover:move_ins"),
        "list_label": "入住",
        "form": HouseForm(request.GET if text else None),
        "found": [(reverse("handover:register_move_in", args=[one.house.pk]), one) for one in found],
        "text": text,
    }
    return render(request, "handover/choose_house.html", context)


@needs(Right.MOVE_IN)
@require_http_methods(["GET", "HEAD", "POST"])
def register(request: StaffRequest, pk: int) -> HttpResponse:
    houses = House.objects.visible_to(request.user, Right.MOVE_IN).select_related("estate__parent")
    house, at = get_object_or_404(houses, pk=pk), timezone.now()

    def page(form: MoveInForm) -> HttpResponse:
        context = {"house": house, "form": form, "owner": house.owner, "tenant": house.tenant}
        return render(request, "handover/register_move_in.html", context)

    if request.method != "POST":
        return page(MoveInForm(at=at))
    form, made = MoveInForm(request.POST, at=at), []

    def do(at: datetime) -> None:
        made.append(living.register_move_in(house=house, by=request.user, at=at, **form.given()))

    response = act(request, form, do, done="入住已登记。", back=reverse("handover:move_ins"), again=page)
    return redirect("handover:move_in", made[0].pk) if made else response


# --- the record and its verbs -----------------------------------------------------------------------------------------


@needs(Right.VIEW_HANDOVER)
@require_safe
def record(request: StaffRequest, pk: int) -> HttpResponse:
    return _page(request, _move_in(request, pk))


def _move_in(request: StaffRequest, pk: int) -> MoveIn:
    return get_object_or_404(MoveIn.objects.visible_to(request.user).select_related(*RELATED), pk=pk)


def _page(request: StaffRequest, move_in: MoveIn, **bound: forms.Form) -> HttpResponse:
    """The record; with a form that was refused, everything typed is still there."""
    verbs = _verbs(move_in, request, bound)
    shown = [verb.form for verb in verbs]
    files = Attachment.objects.for_owner(move_in).filter(slot=guards.LEASE)
    context = {
        "move_in": move_in,
        "verbs": verbs,
        "dialogs": [verb for verb in verbs if verb.dialog and not verb.why_not],
        "refused": [form for form in bound.values() if form not in shown],
        "panels": list(move_in_panels(move_in, request.user).values()),
        "lease": list(files),
        "may_read_lease": request.user.may(Right.REVEAL_PERSONAL, move_in.estate),
        "entries": list(Entry.objects.about(move_in)),
        "may_see_house": request.user.may(Right.VIEW_HOUSES, move_in.estate),
    }
    return render(request, "handover/move_in.html", context)


def _verbs(move_in: MoveIn, request: StaffRequest, bound: dict[str, forms.Form]) -> list[Verb]:
    """In the order of the work; who prepares a move-in is told what is still missing."""
    user = request.user

    def verb(name: str, guard: Callable[..., None], label: str, icon: str, form: type[forms.Form] | None) -> Verb:
        why_not, url = refusal(guard, move_in, user), reverse(f"handover:{name}", args=[move_in.pk])
        if form is None:
            return Verb(label, icon, url, why_not, post=True)
        made = bound.get(name) or form(auto_id=f"{name}-%s")
        return Verb(label, icon, url, why_not, dialog=name, form=made, submit=label)

    complete = verb("complete_move_in", guards.may_complete, "完成入住", "house", None)
    found = [
        verb("confirm_tenant", guards.may_confirm, "业主确认", "phone", ConfirmForm),
        verb("add_lease", guards.may_add_lease, "上传租赁合同", "file-plus", LeaseForm),
        complete,
        verb("watch_fees", guards.may_watch, "标注费用周期", "calendar-clock", None),
        verb(
            "end_move_in", guards.may_end, "登记迁出" if move_in.done_at else "取消办理", "log-out", _end_form(move_in)
        ),
    ]
    if move_in.done_at is not None:
        url = reverse("handover:move_in_notice", args=[move_in.pk])
        found.insert(-1, Verb("打印《入住知会单》", "printer", url, file=True))
    expected = move_in.state == State.PREPARING and user.may(Right.MOVE_IN, move_in.estate)
    offered = [one for one in found if not one.why_not or (one is complete and expected)]
    first = next((one for one in offered if not one.why_not), None)
    if first is not None and first is not found[-1]:
        first.primary = True
    return offered


def _act(
    request: StaffRequest, pk: int, name: str, form: type[forms.Form], service: Callable[..., object], done: str
) -> HttpResponse:
    move_in = _move_in(request, pk)
    bound = form(request.POST, auto_id=f"{name}-%s")

    def do(at: datetime) -> None:
        service(move_in=move_in, by=request.user, at=at, **bound.cleaned_data)

    def again(refused: forms.Form) -> HttpResponse:
        return _page(request, _move_in(request, pk), **{name: refused})

    return act(request, bound, do, done=done, back=reverse("handover:move_in", args=[pk]), again=again)


@needs(Right.MOVE_IN)
@require_POST
def confirm(request: StaffRequest, pk: int) -> HttpResponse:
    return _act(request, pk, "confirm_tenant", ConfirmForm, living.confirm_tenant, "业主确认已登记。")


@needs(Right.MOVE_IN)
@require_POST
def lease(request: StaffRequest, pk: int) -> HttpResponse:
    def add(*, move_in: MoveIn, by: Any, at: datetime) -> None:
        living.add_lease(move_in=move_in, files=request.FILES.getlist("photos"), by=by, at=at)

    return _act(request, pk, "add_lease", LeaseForm, add, "租赁合同已上传。")


@needs(Right.MOVE_IN)
@require_POST
def complete(request: StaffRequest, pk: int) -> HttpResponse:
    done = "已入住，《入住知会单》已发给各部门。"
    return _act(request, pk, "complete_move_in", forms.Form, living.complete_move_in, done)


@needs(Right.COLLECT_FEES)
@require_POST
def watch(request: StaffRequest, pk: int) -> HttpResponse:
    return _act(request, pk, "watch_fees", forms.Form, living.watch_fees, "已标注，请按周期跟进费用。")


@needs(Right.MOVE_IN)
@require_POST
def end(request: StaffRequest, pk: int) -> HttpResponse:
    """迁出; or, before anybody moved in, 取消办理 as of today."""

    def do(*, move_in: MoveIn, by: Any, at: datetime, **given: Any) -> None:
        living.end_move_in(move_in=move_in, by=by, at=at, **{"until": local_date(at), **given})

    move_in = _move_in(request, pk)
    done = "迁出已登记。" if move_in.done_at else "已取消办理。"
    return _act(request, pk, "end_move_in", _end_form(move_in), do, done)


def _end_form(move_in: MoveIn) -> type[forms.Form]:
    return EndForm if move_in.done_at else GiveUpForm


@needs(Right.VIEW_HANDOVER)
@require_safe
def notice(request: StaffRequest, pk: int) -> HttpResponse:
    """《入住知会单》, from the day on which the departments were told."""
    move_in = _move_in(request, pk)
    if move_in.done_at is None:
        raise Http404
    content = move_in_notice_pdf(move_in, timezone.now())
    return pdf_response(content, f"入住知会单{move_in.house.code}.pdf")
