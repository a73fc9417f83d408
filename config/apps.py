from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig


class RoofConfig(AppConfig):
    """The roof has no tables; it is an app for its commands (`load_demo`)."""

    name = "config"
    verbose_name = "系统"


class DudaoAdminConfig(AdminConfig):
    default_site = "config.admin.DudaoAdminSite"
