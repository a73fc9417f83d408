"""项目: the estates in the user's tree, and what is known of one of them."""

from datetime import date

from django.core.paginator import Paginator
from django.db.models import Count, IntegerField, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from estates.access import VIEW_HOUSES, StaffRequest
from estates.forms import EstateFilter
from estates.models import Estate, House
from estates.phases import Phase
from estates.places import current_place

PAGE = 50


@require_safe
def estates(request: StaffRequest) -> HttpResponse:
    """Estates below their branches, in the order of their codes."""
    today = timezone.localdate()
    found = Estate.objects.visible_to(request.user).select_related("parent__parent").prefetch_related("stages")
    place = current_place(request)
    if place:
        found = found.below(place)
    form = EstateFilter(request.GET)
    if form.is_valid():
        if text := form.cleaned_data["q"]:
            found = found.filter(Q(name__icontains=text) | Q(short_name__icontains=text) | Q(code__iexact=text))
        if form.cleaned_data["phase"]:
            found = found.in_phase(form.cleaned_data["phase"], today)
    counts = House.objects.filter(estate=OuterRef("pk")).order_by().values("estate").annotate(n=Count("pk")).values("n")
    found = found.annotate(house_count=Coalesce(Subquery(counts, output_field=IntegerField()), 0))
    page = Paginator(found.order_by("parent__code", "code"), PAGE).get_page(request.GET.get("page"))
    for estate in page:
        estate.phases_today = sorted_labels(estate, today)
    return render(request, "estates/estates.html", {"page": page, "form": form})


@require_safe
def estate(request: StaffRequest, pk: int) -> HttpResponse:
    """One estate: its facts, buildings, grids and who holds which post."""
    today = timezone.localdate()
    found = get_object_or_404(
        Estate.objects.visible_to(request.user).select_related("parent__parent").prefetch_related("stages"), pk=pk
    )
    posts = found.posts.current(today).filter(user__is_active=True).select_related("user")  # type: ignore[attr-defined]
    context = {
        "estate": found,
        "phases": sorted_labels(found, today),
        "facts": facts(found),
        "buildings": found.buildings.annotate(house_count=Count("houses")),
        "grids": found.grids.select_related("responsible"),
        "posts": posts,
        "may_view_houses": request.user.may(VIEW_HOUSES, found),
    }
    return render(request, "estates/estate.html", context)


def facts(estate: Estate) -> list[tuple[str, object]]:
    return [
        ("分子公司", estate.parent.name if estate.parent else ""),
        ("编码", estate.code),
        ("地址", estate.address),
        ("服务中心电话", estate.service_phone),
        ("重点项目", "是" if estate.is_key_estate else "否"),
        ("前期介入开始", estate.early_start_on),
        ("交付日", estate.delivery_on),
        ("退出日", estate.exit_on),
        ("服务时间", estate.service_hours or "全天"),
    ]


def sorted_labels(estate: Estate, on: date) -> list[str]:
    """The phases of that day in the order of INS-4, in words; "不限" is a condition, not a phase."""
    now = estate.phases(on)
    return [phase.label for phase in Phase if phase in now and phase is not Phase.ANY]
