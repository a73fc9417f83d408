from functools import partial

from django.apps import AppConfig


class HandoverConfig(AppConfig):
    name = "handover"
    verbose_name = "交房入住"

    def ready(self) -> None:
        """Tell the foundation what this chapter's words are."""
        from accounts.rights import Right
        from foundation.attachments import registry as attachments
        from foundation.journal import verbs
        from foundation.signatures.models import SLOT
        from foundation.timers import registry as timers

        # It registers itself: the panel and timeline of 一户一档.
        from handover import housefile  # noqa: F401
        from handover.guards.living import LEASE
        from handover.models import Defect, Document, Handover, HouseKey, HousePlan, MoveIn, Pass
        from handover.services import defectclocks, keyclocks
        from handover.services.papers import SCAN

        verbs.register(
            {
                "batch.create": "建立交付批次",
                "batch.import": "导入交付名单",
                "batch.open": "开始办理",
                "batch.close": "结束批次",
                "batch.slots": "设置预约时段",
                "batch.slot": "调整预约时段",
                "step_order.change": "修改交接步骤顺序",
                "handover.appoint": "预约",
                "handover.buyer": "更正购房人",
                "handover.reveal": "查看购房人完整资料",
                "handover.arrive": "到场",
                "handover.take_step": "开始办理步骤",
                "handover.release_step": "放回步骤",
                "handover.finish_step": "完成步骤",
                "handover.not_taken": "登记未接房",
                "handover.retry": "重新办理",
                "handover.done": "接房完成",
                "document.receive": "收到资料",
                "document.withdraw": "撤回收到资料",
                "handover.owner_file": "填写《业主档案》",
                "bill.make": "生成账单",
                "bill.cancel": "作废账单",
                "payment.receive": "收款",
                "payment.reverse": "冲销",
                "fee_item.change": "修改费用项目",
                "fee_rule.change": "修改预收规则",
                "defect.open": "登记遗留问题",
                "defect.fix": "整改完成",
                "defect.recheck": "复验通过",
                "defect.reject": "复验不通过",
                "defect.confirm": "业主确认",
                "defect.waive": "业主放弃",
                "defect.assign": "指定责任单位",
                "defect.pin": "标出平面图位置",
                "defect.escalate": "整改超期升级",
                "builder.add": "登记责任单位",
                "builder.change": "修改责任单位",
                "builder.renew": "更换责任单位链接",
                "key.register": "登记钥匙",
                "key.move": "钥匙变动",
                "key.escalate": "钥匙逾期升级",
                "plan.add": "上传户型图",
                "plan.rename": "户型改名",
                "plan.replace": "更换户型图",
                "plan.remove": "删除户型图",
                "plan.assign": "分配户型图",
                "plan.unassign": "取消户型图",
                "document_rule.change": "修改收房资料",
                "move_in.register": "登记入住",
                "move_in.confirm": "业主确认租户",
                "move_in.lease": "上传租赁合同",
                "move_in.done": "入住",
                "move_in.watch": "收银标注",
                "move_in.end": "迁出",
                "pass.make": "开具出门条",
                "pass.decide": "欠费放行决定",
                "pass.use": "放行",
                "pass.cancel": "作废",
                "pass.expire": "过期",
                "pass_rule.change": "修改放行规则",
            },
            names={
                "step": "步骤",
                "steps": "步骤",
                "slot": "预约时段",
                "capacity": "可办户数",
                "batch": "批次",
                "paper": "资料",
                "buyer_name": "购房人",
                "buyer_phone": "手机",
                "buyer_kind": "购房人类别",
                "buyer_id_type": "证件类型",
                "buyer_id_number": "证件号",
                "notice_on": "通知交付日",
                "amount": "金额",
                "method": "方式",
                "receipt": "收据号",
                "total": "合计",
                "room": "部位",
                "fault": "问题",
                "builder": "责任单位",
                "builder_name": "名称",
                "builder_trades": "负责工种",
                "builder_contact": "联系人",
                "builder_phone": "电话",
                "builder_is_active": "启用",
                "holder": "持有人",
                "owner": "业主",
                "way": "方式",
                "move": "动作",
                "count": "数量",
                "goods": "物品",
                "consent": "核实意见",
                "arrears": "欠费",
                "houses": "房屋数",
                "plan": "户型",
                "where": "范围",
                "back_by": "应还时间",
            },
        )
        timers.handler(Defect.CLOCK, name="遗留问题整改期限")(defectclocks.escalate)
        timers.handler(HouseKey.CLOCK, name="钥匙归还时间")(keyclocks.escalate)
        for model in (Handover, Document, Defect, HousePlan, MoveIn, Pass):
            attachments.readable(model)(model.objects.visible_to)  # type: ignore[arg-type]
        # Copies of identity cards and leases hold what is shown masked everywhere else (ORG-4).
        for model, slot in ((Document, SCAN), (MoveIn, LEASE)):
            seen = partial(model.objects.visible_to, right=Right.REVEAL_PERSONAL)
            attachments.readable(model, slot)(seen)  # type: ignore[arg-type]
        attachments.takes_pdf(Document, SCAN)
        # Papers that were signed by hand come back as a scan, often a PDF.
        for model in (Handover, MoveIn):
            attachments.takes_pdf(model, SLOT)
        attachments.takes_pdf(MoveIn, LEASE)
