"""首页, 月度简报."""

from django.urls import path

from reports.views import bulletins, home

app_name = "reports"

urlpatterns = [
    path("", home.home, name="home"),
    path("bulletins/", bulletins.listing, name="bulletins"),
    path("bulletins/<int:pk>/", bulletins.record, name="bulletin"),
    path("bulletins/<int:pk>/figures/<str:figure>/", bulletins.figure_rows, name="figure_rows"),
    path("bulletins/<int:pk>/edit/", bulletins.edit_bulletin, name="edit_bulletin"),
    path("bulletins/<int:pk>/refresh/", bulletins.refresh_bulletin, name="refresh_bulletin"),
    path("bulletins/<int:pk>/issue/", bulletins.issue_bulletin, name="issue_bulletin"),
    path("bulletins/<int:pk>/revise/", bulletins.revise_bulletin, name="revise_bulletin"),
    path("bulletins/<int:pk>/bulletin.pdf", bulletins.bulletin_pdf, name="bulletin_pdf"),
    path("bulletins/draft/", bulletins.draft_bulletin, name="draft_bulletin"),
]
