from django.contrib.admin.apps import AdminConfig


class DudaoAdminConfig(AdminConfig):
    default_site = "config.admin.DudaoAdminSite"
