"""首页, 月度简报."""

from django.urls import path

from reports.views import bulletins, home, weekly

app_name = "reports"

urlpatterns = [
    path("", home.home, name="home"),
    path("bulletins/", bulletins.listing, name="bulletins"),
    path("bulletins/<int:pk>/", bulletins.record, name="bulletin"),
    path("bulletins/<int:pk>/figures/<str:figure>/", bulletins.figure_rows, name="figure_rows"),
    path("bulletins/<int:pk>/figures/<str:figure>/export/", bulletins.figure_export, name="figure_export"),
    path("bulletins/<int:pk>/edit/", bulletins.edit_bulletin, name="edit_bulletin"),
    path("bulletins/<int:pk>/refresh/", bulletins.refresh_bulletin, name="refresh_bulletin"),
    path("bulletins/<int:pk>/issue/", bulletins.issue_bulletin, name="issue_bulletin"),
    path("bulletins/<int:pk>/revise/", bulletins.revise_bulletin, name="revise_bulletin"),
    path("bulletins/<int:pk>/bulletin.pdf", bulletins.bulletin_pdf, name="bulletin_pdf"),
    path("bulletins/draft/", bulletins.draft_bulletin, name="draft_bulletin"),
    path("weekly/", weekly.listing, name="weekly"),
    path("weekly/<int:pk>/", weekly.record, name="weekly_sheet"),
    path("weekly/<int:pk>/figures/<str:figure>/", weekly.figure_rows, name="weekly_rows"),
    path("weekly/<int:pk>/figures/<str:figure>/export/", weekly.figure_export, name="weekly_rows_export"),
    path("weekly/<int:pk>/edit/", weekly.edit, name="edit_weekly"),
    path("weekly/<int:pk>/weekly.pdf", weekly.pdf, name="weekly_pdf"),
    path("weekly/<int:pk>/weekly.xlsx", weekly.xlsx, name="weekly_xlsx"),
]
