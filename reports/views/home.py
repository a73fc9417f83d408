"""首页 今日待办 (RPT-4)."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from estates.access import StaffRequest
from reports.overview import overview
from reports.todo import todo


@require_safe
def home(request: StaffRequest) -> HttpResponse:
    """For everyone who is logged in: what is shown follows from their posts."""
    at = timezone.now()
    lists = todo(request.user, at)
    context = {
        "lists": lists,
        "overview": overview(request.user, at),
        "waiting": sum(one.total for one in lists),
        "at": at,
    }
    return render(request, "reports/home.html", context)
