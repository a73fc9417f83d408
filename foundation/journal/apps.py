from django.apps import AppConfig


class JournalConfig(AppConfig):
    name = "foundation.journal"
    verbose_name = "操作记录"
