"""The roof's map: each app's URLs under its own prefix."""

from django.contrib import admin
from django.urls import include, path

from config import navigation, views

urlpatterns = [
    path("healthz", views.healthz, name="healthz"),
    path("sw.js", views.service_worker, name="service_worker"),
    path("manifest.webmanifest", views.manifest, name="manifest"),
    path("styleguide/", views.styleguide, name="styleguide"),
    path("system/", views.system, name="system"),
    path("places/", navigation.places, name="places"),
    path("admin/", admin.site.urls),
    path("account/", include("accounts.urls")),
    path("estates/", include("estates.urls")),
    path("files/", include("foundation.attachments.urls")),
    path("notices/", include("foundation.notices.urls")),
    path("inspections/", include("inspections.urls")),
    path("cases/", include("complaints.urls")),
    path("handover/", include("handover.urls")),
    path("", include("reports.urls")),
]

handler403 = "config.views.forbidden"
handler404 = "config.views.not_found"
handler500 = "config.views.server_error"
