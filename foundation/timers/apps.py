from django.apps import AppConfig


class TimersConfig(AppConfig):
    name = "foundation.timers"
    verbose_name = "计时"

    def ready(self) -> None:
        from foundation.timers import replanning
        from foundation.worktime import signals

        signals.calendar_changing.connect(replanning.count_by_old_calendar, dispatch_uid="timers")
        signals.calendar_changed.connect(replanning.plan_by_new_calendar, dispatch_uid="timers")
