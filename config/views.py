"""Pages that belong to no app: health, the installable app's two files, the style guide and the error pages."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.decorators import needs
from accounts.rights import Right
from config import health
from config.styleguide import examples


@login_not_required
@never_cache
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """For load balancers and `script/server --check`: 200 when all is well, else 503. Tells no secret."""
    checks = health.examine(at=timezone.now())
    green = health.is_green(checks)
    report = {check.code: {"ok": check.ok, **check.facts} for check in checks}
    return JsonResponse({"green": green, "checks": report}, status=200 if green else 503)


@needs(Right.VIEW_HEALTH)
@never_cache
@require_safe
def system(request: HttpRequest) -> HttpResponse:
    """The same checks for an administrator, in words and with what to do."""
    at = timezone.now()
    checks = health.examine(at=at)
    return render(request, "config/system.html", {"checks": checks, "green": health.is_green(checks), "at": at})


@needs(Right.ADMINISTER)
@require_safe
def styleguide(request: HttpRequest) -> HttpResponse:
    """Every component in every state."""
    return render(request, "config/styleguide.html", examples(at=timezone.now()))


@login_not_required
@require_safe
def service_worker(request: HttpRequest) -> HttpResponse:
    """The worker of the offline pages. From the root, since it rules only what lies below its own address."""
    response = render(request, "config/sw.js", content_type="text/javascript; charset=utf-8")
    response["Service-Worker-Allowed"] = "/"
    # The browser asks for it on every start: a new release must not wait for a cache.
    response["Cache-Control"] = "no-cache"
    return response


@login_not_required
@require_safe
def manifest(request: HttpRequest) -> JsonResponse:
    """What a phone needs to install 督导台 on its home screen."""
    icons = [
        {"src": static("icons/icon-192.png"), "sizes": "192x192", "type": "image/png"},
        {"src": static("icons/icon-512.png"), "sizes": "512x512", "type": "image/png", "purpose": "any maskable"},
    ]
    content = {
        "id": "/",
        "name": "督导台",
        "short_name": "督导台",
        "description": "物业品质督导：检查、整改、简报",
        "lang": "zh-Hans",
        "start_url": "/",
        "scope": "/",
        "display": "standalone",
        "background_color": "#ffffff",
        "theme_color": "#146846",
        "icons": icons,
    }
    return JsonResponse(content, content_type="application/manifest+json", json_dumps_params={"ensure_ascii": False})


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The form's token is too old (another login in another tab, say): nothing was changed."""
    return render(request, "errors/csrf.html", status=403)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render(request, "errors/403.html", status=403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render(request, "errors/404.html", status=404)


def server_error(request: HttpRequest) -> HttpResponse:
    """Rendered without the request: whatever broke must not break this page too."""
    return HttpResponse(render_to_string("errors/500.html"), status=500)
