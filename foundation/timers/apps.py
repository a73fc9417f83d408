from django.apps import AppConfig


class TimersConfig(AppConfig):
    name = "foundation.timers"
    verbose_name = "计时"

    def ready(self) -> None:
        from foundation.timers import services
        from foundation.worktime import signals

        signals.calendar_changing.connect(services.count_by_old_calendar, dispatch_uid="timers")
        signals.calendar_changed.connect(services.plan_by_new_calendar, dispatch_uid="timers")
