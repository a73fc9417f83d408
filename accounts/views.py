"""我的: who I am here, and the way to change my password and my second factor."""

from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from estates.access import StaffRequest
from foundation.notices.services import preference_of


@require_GET
def profile(request: StaffRequest) -> HttpResponse:
    context = {
        "posts": request.user.current_posts,
        "preference": preference_of(request.user),
        "has_totp": is_mfa_enabled(request.user, [Authenticator.Type.TOTP]),
    }
    return render(request, "accounts/profile.html", context)
