from django.urls import path

from estates.views import houses, imports, organisation

app_name = "estates"

urlpatterns = [
    path("", organisation.estates, name="estates"),
    path("<int:pk>/", organisation.estate, name="estate"),
    path("houses/", houses.houses, name="houses"),
    path("houses/export/", houses.export_houses, name="export_houses"),
    path("houses/<int:pk>/", houses.house, name="house"),
    path("houses/<int:pk>/owner/", houses.change_owner, name="change_owner"),
    path("houses/<int:pk>/tenant/", houses.change_tenant, name="change_tenant"),
    path("owners/<int:pk>/reveal/", houses.reveal_owner, name="reveal_owner"),
    path("tenants/<int:pk>/reveal/", houses.reveal_tenant, name="reveal_tenant"),
    path("tenants/<int:pk>/end/", houses.end_tenancy, name="end_tenancy"),
    path("imports/", imports.imports, name="import"),
    path("imports/template/", imports.import_template, name="import_template"),
    path("imports/upload/", imports.upload_import, name="upload_import"),
    path("imports/<int:pk>/", imports.import_batch, name="import_batch"),
    path("imports/<int:pk>/progress/", imports.import_progress, name="import_progress"),
    path("imports/<int:pk>/confirm/", imports.confirm_import, name="confirm_import"),
    path("imports/<int:pk>/retry/", imports.retry_import, name="retry_import"),
]
