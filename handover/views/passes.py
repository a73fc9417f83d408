"""出门条: the list with its export, the record with its verbs, and the printed pass (HND-7)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpResponse
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
from foundation.journal.models import Entry
from foundation.pdf.qr import qr_svg
from foundation.records.downloads import EXPORT_ROWS, pdf_response, xlsx_response
from foundation.records.paging import page_of
from foundation.records.refusals import refusal
from foundation.records.verbs import Verb, act
from foundation.worktime.local import local_date
from handover.forms.passes import CancelPassForm, DecideForm, HouseForm, PassFilter, PassForm, plain
from handover.guards import passes as guards
from handover.models import Pass
from handover.passpapers import gate_address, pass_pdf, passes_xlsx
from handover.querysets import PassQuerySet
from handover.services import passes
from handover.services.arrears import arrears

State = Pass.State
OPEN = (State.WAITING, State.READY)
TABS = (
    ("today", "今日可放行"),
    ("waiting", "待决定"),
    ("ready", "可放行"),
    ("used", "已放行"),
    ("closed", "未放行"),
    ("all", "全部"),
)
RELATED = ("estate__parent", "house", "made_by", "decided_by", "used_by")


# --- the list ---------------------------------------------------------------------------------------------------------


@needs(Right.VIEW_HANDOVER)
@require_safe
def listing(request: StaffRequest) -> HttpResponse:
    today = local_date(timezone.now())
    found, form = _filtered(request)
    status = _status(request)
    counts = found.order_by().aggregate(**{value: Count("pk", filter=_in_tab(value, today)) for value, _ in TABS})
    rows = found.filter(_in_tab(status, today)).order_by("-valid_on", "-pk")
    page = page_of(rows, count=counts[status], number=request.GET.get("page"), related=("estate", "house"))
    for one in page.object_list:
        one.late = one.is_late(today)
    context = {
        "page": page,
        "form": form,
        "tabs": [{"value": value, "label": label, "count": counts[value]} for value, label in TABS],
        "status": status,
        "export_url": reverse("handover:passes_export"),
        "may_make": request.user.may(Right.MAKE_PASS),
        "may_check": request.user.may(Right.CHECK_PASS),
    }
    return render(request, "handover/passes.html", context)


@needs(Right.VIEW_HANDOVER)
@require_safe
def export(request: StaffRequest) -> HttpResponse:
    """The same rows as the list shows, as .xlsx."""
    today = local_date(timezone.now())
    found, _ = _filtered(request)
    rows = found.filter(_in_tab(_status(request), today)).order_by("-valid_on", "-pk")
    if rows.count() > EXPORT_ROWS:
        messages.error(request, f"一次最多导出 {EXPORT_ROWS} 条，请先筛选。")
        return redirect("handover:passes")
    return xlsx_response(passes_xlsx(rows.select_related(*RELATED).prefetch_related("items"), today), "出门条.xlsx")


def _filtered(request: StaffRequest) -> tuple[PassQuerySet, PassFilter]:
    form = PassFilter(request.GET)
    return form.apply(Pass.objects.visible_to(request.user).below(current_place(request)), request.user), form


def _status(request: StaffRequest) -> str:
    status = request.GET.get("status", "today")
    return status if status in dict(TABS) else "today"


def _in_tab(value: str, today: date) -> Q:
    """What its day left unused is among those that let nothing out, also before the sweep has written it down."""
    coming = Q(valid_on__gte=today)
    match value:
        case "today":
            return Q(state=State.READY, valid_on=today)
        case "waiting" | "ready":
            return Q(state=value) & coming
        case "used":
            return Q(state=State.USED)
        case "closed":
            return ~Q(state__in=(*OPEN, State.USED)) | (Q(state__in=OPEN) & ~coming)
    return Q()


# --- one is made ------------------------------------------------------------------------------------------------------


@needs(Right.MAKE_PASS)
@require_safe
def choose_house(request: StaffRequest) -> HttpResponse:
    """Whose goods: found by whatever is said first at the counter."""
    text = plain(request.GET.get("q"))
    found = search.callers(request.user, text, place=current_place(request), right=Right.MAKE_PASS) if text else []
    context = {
        "title": "开具出门条",
        "list_url": reverse("handover:passes"),
        "list_label": "物品放行",
        "form": HouseForm(request.GET if text else None),
        "found": [(reverse("handover:make_pass", args=[one.house.pk]), one) for one in found],
        "text": text,
    }
    return render(request, "handover/choose_house.html", context)


@needs(Right.MAKE_PASS)
@require_http_methods(["GET", "HEAD", "POST"])
def make(request: StaffRequest, pk: int) -> HttpResponse:
    houses = House.objects.visible_to(request.user, Right.MAKE_PASS).select_related("estate__parent")
    house, at = get_object_or_404(houses, pk=pk), timezone.now()

    def page(form: PassForm) -> HttpResponse:
        rule = passes.rule_of(house.estate)
        lately = passes.passes_lately(house, rule, at)
        context = {
            "house": house,
            "form": form,
            "owner": house.owner,
            "tenant": house.tenant,
            "arrears": arrears(house, local_date(at)),
            "lately": lately,
            "days": rule.frequent_days,
            "is_frequent": lately + 1 >= rule.frequent_passes,
        }
        return render(request, "handover/make_pass.html", context)

    if request.method != "POST":
        return page(PassForm(at=at))
    form = PassForm(request.POST, at=at)
    made: list[Pass] = []

    def do(at: datetime) -> None:
        made.append(passes.make_pass(house=house, by=request.user, at=at, **form.given()))

    response = act(request, form, do, done="出门条已开具。", back=reverse("handover:passes"), again=page)
    return redirect("handover:pass", made[0].pk) if made else response


# --- the record and its verbs -----------------------------------------------------------------------------------------


@needs(Right.VIEW_HANDOVER)
@require_safe
def record(request: StaffRequest, pk: int) -> HttpResponse:
    return _page(request, _pass(request, pk))


def _pass(request: StaffRequest, pk: int) -> Pass:
    return get_object_or_404(Pass.objects.visible_to(request.user).select_related(*RELATED), pk=pk)


def _page(request: StaffRequest, release: Pass, **bound: forms.Form) -> HttpResponse:
    """The record; with a form that was refused, everything typed is still there."""
    user, today = request.user, local_date(timezone.now())
    verbs = [verb for verb in _verbs(release, request, today, bound) if verb is not None]
    shown = [verb.form for verb in verbs]
    context = {
        "release": release,
        "items": list(release.items.all()),
        "is_late": release.is_late(today),
        "is_good": release.state == State.READY and not release.is_late(today),
        "verbs": verbs,
        "dialogs": [verb for verb in verbs if verb.dialog and not verb.why_not],
        "refused": [form for form in bound.values() if form not in shown],
        "entries": list(Entry.objects.about(release)),
        "may_see_house": user.may(Right.VIEW_HOUSES, release.estate),
    }
    return render(request, "handover/pass.html", context)


def _verbs(release: Pass, request: StaffRequest, today: date, bound: dict[str, forms.Form]) -> list[Verb | None]:
    """What this user may do now; the manager is told why a decision is no longer to be made."""
    user = request.user
    late = release.is_late(today)

    def dialog(name: str, guard: Callable[..., None], form: type[forms.Form], label: str, icon: str, *args: Any) -> Any:
        if refusal(guard, release, user, *args):
            return None
        made = bound.get(name) or form(auto_id=f"{name}-%s")
        return Verb(label, icon, reverse(f"handover:{name}", args=[release.pk]), dialog=name, form=made, submit=label)

    decide = dialog("decide_pass", guards.may_decide, DecideForm, "决定是否放行", "scale", today)
    use = None
    if not refusal(guards.may_use, release, user, today):
        use = Verb("到岗亭放行", "scan-line", f"{reverse('handover:gate')}?code={release.code}")
    printed = None
    if release.state == State.READY and not late:
        url = reverse("handover:pass_pdf", args=[release.pk])
        printed = Verb("打印出门条", "printer", url, file=True)
    cancel = dialog("cancel_pass", guards.may_cancel, CancelPassForm, "作废", "ban")
    found = [decide, use, printed, cancel]
    first = next((verb for verb in found if verb is not None), None)
    if first is not None and first is not cancel:
        first.primary = True
    return found


def _act(
    request: StaffRequest, release: Pass, name: str, form: forms.Form, service: Callable[..., object], done: str
) -> HttpResponse:
    def do(at: datetime) -> None:
        service(release=release, by=request.user, at=at, **form.cleaned_data)

    def again(refused: forms.Form) -> HttpResponse:
        return _page(request, _pass(request, release.pk), **{name: refused})

    return act(request, form, do, done=done, back=reverse("handover:pass", args=[release.pk]), again=again)


@needs(Right.DECIDE_PASS)
@require_POST
def decide(request: StaffRequest, pk: int) -> HttpResponse:
    release, form = _pass(request, pk), DecideForm(request.POST, auto_id="decide_pass-%s")
    return _act(request, release, "decide_pass", form, passes.decide_pass, "决定已登记。")


@needs(Right.MAKE_PASS)
@require_POST
def cancel(request: StaffRequest, pk: int) -> HttpResponse:
    release, form = _pass(request, pk), CancelPassForm(request.POST, auto_id="cancel_pass-%s")
    return _act(request, release, "cancel_pass", form, passes.cancel_pass, "出门条已作废。")


# --- on paper and on a phone's screen -----------------------------------------------------------------------------------


@needs(Right.VIEW_HANDOVER)
@require_safe
def printed(request: StaffRequest, pk: int) -> HttpResponse:
    release = _pass(request, pk)
    return pdf_response(pass_pdf(release, timezone.now()), f"{release.number}.pdf")


@needs(Right.VIEW_HANDOVER)
@require_safe
def qr(request: StaffRequest, pk: int) -> HttpResponse:
    """The code as a picture, for the record's page."""
    return HttpResponse(qr_svg(gate_address(_pass(request, pk))), content_type="image/svg+xml")
