from django.urls import path

from foundation.attachments import views

app_name = "attachments"
urlpatterns = [
    path("<uuid:uuid>/", views.shown, name="shown"),
    path("<uuid:uuid>/thumb/", views.thumb, name="thumb"),
]
