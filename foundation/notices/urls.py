from django.urls import path

from foundation.notices import views

app_name = "notices"
urlpatterns = [
    path("", views.index, name="index"),
    path("bell/", views.bell, name="bell"),
    path("read/", views.read_all, name="read_all"),
    path("settings/", views.settings, name="settings"),
    path("<int:pk>/", views.open_notice, name="open"),
]
