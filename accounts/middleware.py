"""The second factor that administrators must have."""

from collections.abc import Callable

from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse


class SecondFactorMiddleware:
    """Sends an administrator without TOTP to where it is set up, while `REQUIRE_ADMIN_MFA` is on.

    The account's own pages stay open, else nobody could set it up or log out. Static files are served before this.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if settings.REQUIRE_ADMIN_MFA and not self._is_open(request) and self._lacks_factor(request):
            messages.warning(request, "系统管理员必须先启用动态验证码。")
            return redirect("mfa_activate_totp")
        return self.get_response(request)

    @staticmethod
    def _is_open(request: HttpRequest) -> bool:
        account = reverse("account_login").removesuffix("login/")
        return request.path.startswith((account, settings.STATIC_URL)) or request.path == reverse("healthz")

    @staticmethod
    def _lacks_factor(request: HttpRequest) -> bool:
        user = request.user
        return user.is_authenticated and user.is_staff and not is_mfa_enabled(user, [Authenticator.Type.TOTP])
