from django.apps import AppConfig

from foundation.journal import verbs


class NoticesConfig(AppConfig):
    name = "foundation.notices"
    verbose_name = "通知"

    def ready(self) -> None:
        verbs.register(
            {
                "robot.create": "新增群机器人",
                "robot.change": "修改群机器人",
                "robot.remove": "删除群机器人",
                "robot.test": "群机器人发送测试消息",
                "parcel.retry": "重新发送通知",
                "step_channels.change": "修改升级阶梯的通知方式",
                "notice_policy.change": "修改通知参数",
            },
            names={"robot": "群机器人", "fields": "字段"},
        )
