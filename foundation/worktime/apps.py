from django.apps import AppConfig


class WorktimeConfig(AppConfig):
    name = "foundation.worktime"
    verbose_name = "工作日历"
