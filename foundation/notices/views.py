"""What is under the bell, and one's own settings. Everyone has their own notices; another's is 404."""

from django.conf import settings as site
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from foundation.notices.forms import PreferenceForm
from foundation.notices.models import Notice, NoticePolicy
from foundation.notices.services import mark_all_read, mark_read, preference_of, set_preference, unread_count

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


@require_http_methods(["GET", "HEAD", "POST"])
def settings(request: HttpRequest) -> HttpResponse:
    """By which channels, and when: one's own."""
    preference = preference_of(request.user)
    form = PreferenceForm(request.POST or None, instance=preference, policy=NoticePolicy.current())
    if form.is_valid():
        set_preference(preference=form.instance)
        messages.success(request, "通知设置已保存。")
        return redirect("accounts:profile")
    status = 422 if form.is_bound else 200
    return render(request, "notices/settings.html", {"form": form, "by_email": site.NOTICES_BY_EMAIL}, status=status)
