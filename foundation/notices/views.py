"""What is under the bell. Everyone has their own notices; another's is 404."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from foundation.notices.models import Notice
from foundation.notices.services import mark_all_read, mark_read, unread_count

PAGE = 30


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    notices = Notice.objects.visible_to(request.user).for_reading()
    page = Paginator(notices, PAGE).get_page(request.GET.get("page"))
    return render(request, "notices/index.html", {"page": page, "unread": unread_count(request.user)})


@require_safe
def bell(request: HttpRequest) -> HttpResponse:
    """The bell with its number, which the top bar asks for again every minute."""
    return render(request, "notices/_bell.html", {"unread": unread_count(request.user)})


@require_safe
def open_notice(request: HttpRequest, pk: int) -> HttpResponse:
    """Opening a notice reads it; a link that is opened twice, or ahead of time, does no harm."""
    notice = get_object_or_404(Notice.objects.visible_to(request.user), pk=pk)
    mark_read(notice=notice, at=timezone.now())
    return redirect(notice.url or "notices:index")


@require_POST
def read_all(request: HttpRequest) -> HttpResponse:
    mark_all_read(user=request.user, at=timezone.now())
    return redirect("notices:index")
