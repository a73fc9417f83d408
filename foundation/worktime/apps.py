from django.apps import AppConfig

from foundation.journal import verbs


class WorktimeConfig(AppConfig):
    name = "foundation.worktime"
    verbose_name = "工作日历"

    def ready(self) -> None:
        verbs.register(
            {
                "workday.create": "新增日历日",
                "workday.change": "修改日历日",
                "workday.remove": "删除日历日",
            },
            names={"date": "日期", "is_workday": "工作日", "edited": "人工修改"},
        )
