"""Keys of a house, and the ledger of an estate's keys (HND-3)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts.decorators import needs
from accounts.places import current_place
from accounts.rights import Right
from estates.access import StaffRequest
from foundation.records.downloads import EXPORT_ROWS, xlsx_response
from foundation.records.paging import page_of
from foundation.records.refusals import Refused
from foundation.records.verbs import act
from foundation.records.workbooks import workbook, yes
from handover.forms import keys as forms
from handover.keyledger import with_last_move
from handover.keypage import KeyPage
from handover.models import Handover, HouseKey, KeyMove
from handover.querysets import KeyQuerySet
from handover.services import keys as services

Place = HouseKey.Place
TABS = (
    ("lent", "借出", Q(place=Place.LENT)),
    ("late", "逾期未还", None),
    ("kept", "业主同意留存", Q(consent=KeyMove.Kind.KEPT)),
    ("office", "在钥匙柜", Q(place=Place.OFFICE)),
    ("owner", "已交业主", Q(place=Place.OWNER)),
    ("all", "全部", Q()),
)
HEAD = (
    "项目",
    "房屋",
    "种类",
    "编号",
    "数量",
    "现在",
    "业主同意留存",
    "持有人",
    "用途",
    "最近变动",
    "应还时间",
    "逾期",
)


# --- of a house -----------------------------------------------------------------------------------------------------


@needs(Right.VIEW_HANDOVER)
@require_safe
def house_keys(request: StaffRequest, pk: int) -> HttpResponse:
    return _house_page(request, _handover(request, pk))


def _handover(request: StaffRequest, pk: int) -> Handover:
    visible = Handover.objects.visible_to(request.user).select_related("batch", "estate__parent", "house")
    return get_object_or_404(visible, pk=pk)


def _house_page(
    request: StaffRequest,
    handover: Handover,
    register: forms.RegisterKeysForm | None = None,
    moved: forms.KeyForm | None = None,
) -> HttpResponse:
    page = KeyPage(handover, request.user, timezone.now(), register, moved)
    return render(request, "handover/house_keys.html", page.context())


@needs(Right.MOVE_KEYS)
@require_POST
def register(request: StaffRequest, pk: int) -> HttpResponse:
    handover = _handover(request, pk)
    form = forms.RegisterKeysForm(request.POST)
    return act(
        request,
        form,
        lambda at: services.register_keys(house=handover.house, by=request.user, at=at, **form.cleaned_data),
        done="钥匙已登记。",
        back=reverse("handover:house_keys", args=[handover.pk]),
        again=lambda refused: _house_page(request, handover, register=refused),
    )


@needs(Right.MOVE_KEYS)
@require_POST
def hand_rest(request: StaffRequest, pk: int) -> HttpResponse:
    """At a click, with the buyer as the holder."""
    handover = _handover(request, pk)
    try:
        moves = services.hand_rest(house=handover.house, holder=handover.buyer_name, by=request.user, at=timezone.now())
        messages.success(request, f"{len(moves)} 件钥匙已交给{handover.buyer_name}。")
    except Refused as refused:
        messages.error(request, refused.sentence)
    return redirect("handover:house_keys", pk)


# --- moves of one key -----------------------------------------------------------------------------------------------


def _move(
    request: StaffRequest, pk: int, form: type[forms.KeyForm], service: Callable[..., object], done: str
) -> HttpResponse:
    """Of a key of a house that is handed over: back to the page it was asked from."""
    visible = HouseKey.objects.visible_to(request.user).select_related("estate__parent", "house")
    key = get_object_or_404(visible, pk=pk)
    handover = Handover.objects.visible_to(request.user).filter(house=key.house_id).order_by("-pk").first()
    filled = form(request.POST, key=key, handover=handover, at=timezone.now())
    back = reverse("handover:house_keys", args=[handover.pk]) if handover else reverse("handover:keys")

    def do(at: datetime) -> None:
        service(key=key, by=request.user, at=at, **filled.cleaned_data)

    def again(refused: forms.KeyForm) -> HttpResponse:
        if handover is None:
            return _listing(request, refused)
        return _house_page(request, _handover(request, handover.pk), moved=refused)

    return act(request, filled, do, done=done, back=back, again=again)


@needs(Right.MOVE_KEYS)
@require_POST
def hand(request: StaffRequest, pk: int) -> HttpResponse:
    return _move(request, pk, forms.HandForm, services.hand_key, "钥匙已交给业主。")


@needs(Right.MOVE_KEYS)
@require_POST
def keep(request: StaffRequest, pk: int) -> HttpResponse:
    return _move(request, pk, forms.KeepForm, services.keep_key, "已登记业主同意留存。")


@needs(Right.MOVE_KEYS)
@require_POST
def lend(request: StaffRequest, pk: int) -> HttpResponse:
    return _move(request, pk, forms.LendForm, services.lend_key, "借出已登记。")


@needs(Right.MOVE_KEYS)
@require_POST
def bring_back(request: StaffRequest, pk: int) -> HttpResponse:
    return _move(request, pk, forms.ReturnForm, services.return_key, "钥匙已归还。")


# --- the ledger -----------------------------------------------------------------------------------------------------


@needs(Right.VIEW_HANDOVER)
@require_safe
def listing(request: StaffRequest) -> HttpResponse:
    return _listing(request)


def _listing(request: StaffRequest, refused: forms.KeyForm | None = None) -> HttpResponse:
    at = timezone.now()
    found, status = _found(request), _status(request)
    tabs = {value: _in_tab(value, at) for value, _, _ in TABS}
    counts = found.order_by().aggregate(**{value: Count("pk", filter=rows) for value, rows in tabs.items()})
    ordered = found.filter(tabs[status]).order_by("estate__code", "house__code", "kind", "label")
    page = page_of(ordered, count=counts[status], number=request.GET.get("page"), related=())
    page.object_list = list(_rows([key.pk for key in page.object_list]))
    context = {
        "page": page,
        "tabs": [{"value": value, "label": label, "count": counts[value]} for value, label, _ in TABS],
        "status": status,
        "at": at,
        "form": forms.KeyFilter(request.GET),
        "export_url": reverse("handover:keys_export"),
        "refused": refused,
    }
    return render(request, "handover/keys.html", context)


def _rows(pks: list[int]) -> KeyQuerySet:
    """With the house, its handover and the newest move of each."""
    rows = with_last_move(HouseKey.objects.filter(pk__in=pks)).select_related("estate", "house")
    return rows.prefetch_related("house__handovers").order_by("estate__code", "house__code", "kind", "label")


@needs(Right.VIEW_HANDOVER)
@require_safe
def export(request: StaffRequest) -> HttpResponse:
    """The same rows as the list shows, as .xlsx."""
    at = timezone.now()
    found = _found(request).filter(_in_tab(_status(request), at)).select_related("estate", "house")
    rows = found.order_by("estate__code", "house__code", "kind", "label")[:EXPORT_ROWS]
    return xlsx_response(workbook("钥匙台账", HEAD, (_line(row, at) for row in rows)), "钥匙台账.xlsx")


def _line(row: Any, at: datetime) -> tuple[Any, ...]:
    lent = row.place == Place.LENT
    return (
        row.estate.name, row.house.code, row.get_kind_display(), row.label, row.count, row.get_place_display(),
        yes(row.consent == KeyMove.Kind.KEPT), row.last_holder, row.last_reason, row.last_at,
        row.last_due_at if lent else None, yes(lent and row.last_due_at is not None and row.last_due_at < at),
    )  # fmt: skip


def _found(request: StaffRequest) -> KeyQuerySet:
    found = with_last_move(HouseKey.objects.visible_to(request.user).below(current_place(request)))
    if text := request.GET.get("q", "").replace("\0", "").strip():
        found = found.filter(Q(label__icontains=text) | Q(house__code__icontains=text) | Q(last_holder__icontains=text))
    return found


def _status(request: StaffRequest) -> str:
    status = request.GET.get("status", "lent")
    return status if status in {value for value, _, _ in TABS} else "lent"


def _in_tab(value: str, at: datetime) -> Q:
    """The tab's rows; late as `KeyQuerySet.late` says (GEN-1)."""
    rows = {value: rows for value, _, rows in TABS}[value]
    return Q(place=Place.LENT, last_due_at__lt=at) if rows is None else rows
