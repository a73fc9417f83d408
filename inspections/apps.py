from django.apps import AppConfig


class InspectionsConfig(AppConfig):
    name = "inspections"
    verbose_name = "督导检查"

    def ready(self) -> None:
        """Tell the foundation what this chapter's words, clocks and files are."""
        from foundation.attachments import registry as attachments
        from foundation.journal import verbs
        from foundation.notices import registry as notices
        from foundation.timers import registry as timers
        from foundation.timers import whatif
        from inspections.models import EscalationStep, Inspection, Rectification
        from inspections.services.escalation import escalate
        from inspections.services.whatif import KIND, terms

        verbs.register(
            {
                "inspection.adhoc": "发起临时检查",
                "inspection.start": "开始检查",
                "inspection.remove_photo": "移除照片",
                "inspection.submit": "提交检查",
                "inspection.missed": "逾期未检，记为漏检",
                "rectification.open": "开出整改单",
                "rectification.assign": "指派责任人",
                "rectification.submit": "提交整改",
                "rectification.pass": "复查通过",
                "rectification.fail": "复查不通过",
                "rectification.ask_extension": "申请延期",
                "rectification.grant_extension": "批准延期",
                "rectification.refuse_extension": "不批准延期",
                "rectification.escalate": "超期升级",
                "checklist.draft": "新建草稿",
                "checklist.publish": "发布版本",
                "checklist.discard": "放弃草稿",
                "checklist.import": "导入检查项",
                "checklist.create": "新建检查表",
                "checklist.change": "修改检查表",
                "checklist.edit": "编辑草稿",
                "schedule.create": "新建督导计划",
                "schedule.change": "修改督导计划",
                "ladder.create": "新增升级阶梯",
                "ladder.change": "修改升级阶梯",
                "ladder.remove": "删除升级阶梯",
                "policy.change": "修改检查参数",
            },
            names={
                "item": "检查项",
                "score": "得分",
                "failed": "不合格项",
                "redline_failed": "红线不合格项",
                "due_at": "整改期限",
                "due_on": "申请延至",
                "is_repeat": "重复发生",
                "measures": "整改措施",
                "cause": "原因分析",
                "prevention": "预防措施",
                "assignee": "责任人",
                "to": "升级至",
                "late": "补记",
                "number": "版本号",
                "effective_on": "启用日期",
                "items": "检查项数",
            },
        )
        notices.steps(dict(EscalationStep.Audience.choices))
        timers.handler(Rectification.CLOCK, name="整改期限")(escalate)
        whatif.answers(KIND, options={"days"})(terms)
        attachments.readable(Inspection)(Inspection.objects.visible_to)  # type: ignore[arg-type]
        attachments.readable(Rectification)(Rectification.objects.visible_to)  # type: ignore[arg-type]
