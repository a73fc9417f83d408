from django.apps import AppConfig

from foundation.journal import verbs
from foundation.notices import registry as notices


class EstatesConfig(AppConfig):
    name = "estates"
    verbose_name = "基础资料"

    def ready(self) -> None:
        from estates.access import ADMINISTER
        from estates.models import Node

        notices.places(lambda user: Node.objects.visible_to(user, ADMINISTER).active().values_list("pk", "name"))
        verbs.register(
            {
                "estate.import": "导入业主清册",
                "house.create": "建立房屋档案",
                "house.import": "清册更新",
                "house.owner": "业主变更",
                "house.tenant": "租户变更",
                "house.tenancy_end": "租户退租",
                "house.reveal": "查看完整证件号和手机",
                "node.create": "新增组织",
                "node.change": "修改组织资料",
                "grid.create": "新增网格",
                "grid.change": "修改网格",
                "grid.remove": "删除网格",
            },
            names={
                "area": "建筑面积（㎡）",
                "name": "姓名",
                "phone": "手机",
                "id_number": "证件号",
                "co_owners": "共有人",
                "since": "自",
                "until": "至",
                "filename": "文件",
                "new": "新增户数",
                "changed": "更新户数",
                "unchanged": "未变户数",
                "fields": "字段",
            },
        )
