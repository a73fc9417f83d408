"""The one admin site: reached by administrators only (`User.is_staff`), logged in through the same door as everyone."""

from allauth.account.decorators import secure_admin_login
from unfold.sites import UnfoldAdminSite


class DudaoAdminSite(UnfoldAdminSite):
    """Unfold's site behind allauth's throttled login and second factor."""

    login = secure_admin_login(UnfoldAdminSite.login)
