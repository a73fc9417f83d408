from django.apps import AppConfig

from foundation.journal import verbs


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = "人员与岗位"

    def ready(self) -> None:
        from accounts.services import tell_missing_year
        from foundation.timers.signals import year_missing

        year_missing.connect(tell_missing_year, dispatch_uid="accounts.tell_missing_year")
        verbs.register(
            {
                "user.create": "新增人员",
                "user.change": "修改人员资料",
                "user.password": "重设密码",
                "user.second_factor": "重置动态验证码",
                "user.disable": "停用账号",
                "user.enable": "启用账号",
                "post.assign": "任命岗位",
                "post.end": "调整岗位期限",
            },
            names={
                "username": "用户名",
                "name": "姓名",
                "phone": "手机",
                "email": "邮箱",
                "post": "岗位",
                "starts_on": "自",
                "ends_on": "至",
            },
        )
