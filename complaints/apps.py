from django.apps import AppConfig


class ComplaintsConfig(AppConfig):
    name = "complaints"
    verbose_name = "诉求回访"

    def ready(self) -> None:
        """Tell the foundation what this chapter's words, clocks and files are."""
        # They register themselves: the panel of 一户一档, the sentences of the timeline.
        from complaints import housefile, wording  # noqa: F401
        from complaints.choices import Audience, ClockKind
        from complaints.models import Case, Visit
        from complaints.services.clocks import show_due_by_new_calendar
        from complaints.services.escalation import escalate
        from complaints.services.tryout import terms_in_force
        from complaints.services.upgrading import sweep_weeks
        from complaints.sla import end_of_day_in_words
        from complaints.tryout import KINDS, OPTIONS
        from foundation.attachments import registry as attachments
        from foundation.journal import verbs
        from foundation.notices import registry as notices
        from foundation.timers import registry as timers
        from foundation.timers import whatif
        from foundation.worktime.signals import calendar_changed

        notices.steps(dict(Audience.choices))
        verbs.register(
            {
                "case.register": "登记",
                "case.take": "受理",
                "case.transfer": "转派",
                "case.accept": "接单",
                "case.arrive": "到场",
                "case.pause": "暂停处理时限",
                "case.resume": "恢复处理时限",
                "case.report": "上报处理结果",
                "case.reply": "答复客户进展",
                "case.answer": "答复客户",
                "case.promise": "约定答复时间",
                "case.judge": "界定",
                "case.grade": "定级",
                "case.grow_major": "满七天未上报结果，自动升为重大",
                "case.grow_event": "五户以上投诉同一事件，自动升为重大",
                "case.explain": "向客户说明",
                "case.ask_extension": "申请延期",
                "case.grant_extension": "批准延期",
                "case.refuse_extension": "不批准延期",
                "case.tie": "归入同一事件",
                "case.untie": "移出事件",
                "case.decline_event": "确认不是同一事件",
                "case.call_attempt": "回访未接通",
                "case.callback": "回访：已解决",
                "case.unsolved": "回访：未解决，重新打开",
                "case.close": "关闭",
                "case.close_unreachable": "以无法联系关闭",
                "case.reopen": "重新打开",
                "case.sign": "客户签署意见",
                "case.reveal": "查看完整电话",
                "case.escalate": "时限升级",
                "event.open": "归并为同一事件",
                "event.answer": "统一答复",
                "visit.plan": "安排访问",
                "visit.record": "登记访问",
                "visit.cancel": "取消访问",
                "policy.draft": "新建时限方案草稿",
                "policy.edit": "修改时限方案草稿",
                "policy.publish": "发布时限方案",
                "policy.discard": "放弃时限方案草稿",
                "code.make": "生成扫码报事码",
                "code.end": "停用扫码报事码",
            },
            names={
                "channel": "渠道",
                "kind": "类型",
                "text": "内容",
                "received_at": "受理时间",
                "promised_at": "承诺答复时间",
                "department": "责任部门",
                "result": "处理结果",
                "answer": "答复内容",
                "validity": "界定",
                "grade": "等级",
                "why": "理由",
                "waited": "暂停时长",
                "satisfaction": "满意度",
                "event": "事件",
                "opinion": "客户意见",
                "clock": "时限",
                "share": "已用",
                "title": "事件",
                "answered": "答复单数",
                "planned_on": "计划日期",
                "visitor": "访问人",
                "points": "反映事项",
                "effective_at": "启用时间",
            },
        )
        for clock in ClockKind:
            rule = end_of_day_in_words if clock == ClockKind.SAME_DAY else None
            timers.handler(clock.timer, name=clock.label, rule=rule)(escalate)
        for kind in KINDS:
            whatif.answers(kind.label, options=OPTIONS)(terms_in_force)
        timers.before_sweep(sweep_weeks)
        calendar_changed.connect(show_due_by_new_calendar, dispatch_uid="complaints.show_due_by_new_calendar")
        attachments.readable(Case)(Case.objects.visible_to)  # type: ignore[arg-type]
        attachments.readable(Visit)(Visit.objects.visible_to)  # type: ignore[arg-type]
        attachments.takes_pdf(Case, "signed")
