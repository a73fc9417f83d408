"""诉求单: a contact from its first word to its callback (CMP-1…12), its rounds, extensions and calls."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q

from complaints.choices import (
    CALLED_BACK,
    CallerKind,
    Cause,
    Channel,
    Department,
    Grade,
    GradeReason,
    Kind,
    Satisfaction,
    Validity,
    Variant,
)
from complaints.models.events import Event
from complaints.models.policies import Policy
from complaints.querysets import CallQuerySet, CaseQuerySet, OfCaseQuerySet, RoundQuerySet
from estates import masking
from estates.models import Building, Estate, House
from foundation.records.constraints import part_of_number, transitions_only

# CMP-11. Praise and questions close without a callback, an invalid complaint by its explanation.
CASE_TRANSITIONS = (
    ("registered", "to_transfer"),
    ("registered", "handling"),
    ("registered", "to_callback"),
    ("registered", "closed"),
    ("to_transfer", "handling"),
    ("to_transfer", "to_callback"),
    ("to_transfer", "closed"),
    ("handling", "to_answer"),
    ("handling", "closed"),
    ("to_answer", "to_callback"),
    ("to_answer", "handling"),
    ("to_answer", "closed"),
    ("to_callback", "closed"),
    # reopened
    ("to_callback", "handling"),
    ("to_callback", "to_transfer"),
    ("closed", "handling"),
    ("closed", "to_transfer"),
)

Staff = settings.AUTH_USER_MODEL


class Case(models.Model):
    """One contact (CMP-2). What a round of handling did stands in its `Round`; the case holds where it stands now.

    `due_at` is the earliest due moment of its clocks that count now, kept by every verb for the lists.
    `result_at` is the result that stands: a reopening takes it back (CMP-8 asks for it).
    """

    class State(models.TextChoices):
        REGISTERED = "registered", "已登记"
        TO_TRANSFER = "to_transfer", "待转派"
        HANDLING = "handling", "处理中"
        TO_ANSWER = "to_answer", "待回复"
        TO_CALLBACK = "to_callback", "待回访"
        CLOSED = "closed", "已关闭"

    class Outcome(models.TextChoices):
        SOLVED = "solved", "已解决"
        UNREACHABLE = "unreachable", "无法联系"
        INVALID = "invalid", "无效投诉，已说明"
        ANSWERED = "answered", "已答复"
        PRAISED = "praised", "已转达"

    number = models.CharField("编号", max_length=40, unique=True)
    # The form that was sent twice is one case.
    client_key = models.UUIDField("提交标识", null=True, unique=True, editable=False)
    # Not indexed by themselves: indexes below begin with them.
    estate = models.ForeignKey(Estate, models.PROTECT, related_name="cases", verbose_name="项目", db_index=False)
    building = models.ForeignKey(
        Building, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="楼栋", db_index=False
    )
    house = models.ForeignKey(House, models.PROTECT, null=True, blank=True, related_name="cases", verbose_name="房屋")
    place = models.CharField("位置", max_length=100, blank=True)

    caller_kind = models.CharField("来电人身份", max_length=8, choices=CallerKind.choices, default=CallerKind.OWNER)
    caller_name = models.CharField("来电人", max_length=60, blank=True)
    caller_phone = models.CharField("联系电话", max_length=20, blank=True)
    channel = models.CharField("渠道", max_length=12, choices=Channel.choices)
    kind = models.CharField("类型", max_length=12, choices=Kind.choices)
    urgent = models.BooleanField("紧急", default=False)
    cause = models.CharField("事由", max_length=12, choices=Cause.choices, blank=True)
    text = models.TextField("内容")

    received_at = models.DateTimeField("受理时间")
    registered_at = models.DateTimeField("登记时间")
    registered_by = models.ForeignKey(
        Staff, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="登记人", db_index=False
    )
    responsible = models.ForeignKey(
        Staff, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="首问责任人"
    )
    department = models.CharField("责任部门", max_length=12, choices=Department.choices, blank=True)
    handler = models.ForeignKey(Staff, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="经办人")
    # Who ever accepted, reported a result or answered: none of them calls back (CMP-12).
    handlers: models.ManyToManyField = models.ManyToManyField(
        Staff, related_name="+", verbose_name="经手人", blank=True
    )

    state = models.CharField("状态", max_length=12, choices=State.choices, default=State.REGISTERED)
    validity = models.CharField("界定", max_length=8, choices=Validity.choices, blank=True)
    judged_at = models.DateTimeField("界定时间", null=True, blank=True)
    judged_by = models.ForeignKey(
        Staff, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="界定人", db_index=False
    )
    judgement = models.TextField("界定说明", blank=True)
    grade = models.CharField("等级", max_length=8, choices=Grade.choices, blank=True)
    grade_reason = models.CharField("定级理由", max_length=20, choices=GradeReason.choices, blank=True)
    policy = models.ForeignKey(Policy, models.PROTECT, related_name="+", verbose_name="时限方案", db_index=False)

    round = models.PositiveSmallIntegerField("轮次", default=1)
    promised_at = models.DateTimeField("承诺答复时间", null=True, blank=True)
    result_at = models.DateTimeField("结果上报时间", null=True, blank=True)
    answered_at = models.DateTimeField("答复客户时间", null=True, blank=True)
    paused_at = models.DateTimeField("暂停时间", null=True, blank=True)
    due_at = models.DateTimeField("最近期限", null=True, blank=True)
    due_clock = models.CharField("最近的时限", max_length=10, blank=True)
    closed_at = models.DateTimeField("关闭时间", null=True, blank=True)
    closed_by = models.ForeignKey(
        Staff, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="关闭人", db_index=False
    )
    outcome = models.CharField("关闭方式", max_length=12, choices=Outcome.choices, blank=True)
    satisfaction = models.PositiveSmallIntegerField("满意度", choices=Satisfaction.choices, null=True, blank=True)
    opinion = models.TextField("客户意见", blank=True)
    opinion_signed_at = models.DateTimeField("客户签署时间", null=True, blank=True)

    event = models.ForeignKey(
        Event, models.PROTECT, null=True, blank=True, related_name="cases", verbose_name="同一事件"
    )
    untied_at = models.DateTimeField("不归入同一事件", null=True, blank=True)

    objects = CaseQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "诉求单"
        ordering = ["-received_at", "-id"]
        constraints = [
            models.CheckConstraint(condition=Q(received_at__lte=models.F("registered_at")), name="case_received_first"),
            models.CheckConstraint(
                condition=~Q(state="closed") | Q(closed_at__isnull=False) & ~Q(outcome=""), name="closed_case_says_how"
            ),
            models.CheckConstraint(condition=Q(grade="") | Q(kind="complaint"), name="only_complaints_are_graded"),
            models.CheckConstraint(
                condition=Q(satisfaction__isnull=True) | Q(satisfaction__range=(1, 5)), name="case_satisfaction_1_to_5"
            ),
        ]
        indexes = [
            models.Index(fields=["estate", "state", "due_at"], name="case_by_estate"),
            models.Index(fields=["estate", "-received_at"], name="case_received"),
            models.Index(fields=["-received_at", "-id"], name="case_newest"),
            models.Index(fields=["due_at"], condition=~Q(state="closed"), name="case_open_due"),
            models.Index(fields=["estate", "closed_at"], name="case_closed"),
            models.Index(fields=["building", "cause", "received_at"], name="case_same_event"),
            models.Index(fields=["caller_phone"], condition=~Q(caller_phone=""), name="case_caller_phone"),
            # CMP-8: complaints that a sweep may have to make 重大.
            models.Index(
                fields=["received_at"],
                condition=Q(kind="complaint", result_at__isnull=True)
                & ~Q(grade="major")
                & ~Q(state="closed")
                & ~Q(validity="invalid"),
                name="case_week",
            ),
            part_of_number("case_number_part"),
        ]
        triggers = [transitions_only(CASE_TRANSITIONS)]

    def __str__(self) -> str:
        return self.number

    @property
    def is_closed(self) -> bool:
        return self.state == self.State.CLOSED

    @property
    def is_complaint(self) -> bool:
        return self.kind == Kind.COMPLAINT

    @property
    def is_invalid(self) -> bool:
        return self.validity == Validity.INVALID

    @property
    def variant(self) -> str:
        """What its policy goes by: an ungraded complaint runs as 重要 (CMP-7)."""
        if self.is_complaint:
            return self.grade or Variant.SERIOUS
        if self.kind == Kind.REPAIR:
            return Variant.URGENT if self.urgent else Variant.NORMAL
        return Variant.PLAIN

    @property
    def is_called_back(self) -> bool:
        """CMP-12: whether this case has to be called back."""
        return self.kind in CALLED_BACK and not self.is_invalid

    @property
    def where(self) -> str:
        """The house, else the place in words."""
        return self.house.code if self.house else self.place or "公共区域"

    @property
    def masked_phone(self) -> str:
        return masking.phone(self.caller_phone)

    def is_overdue(self, at: datetime) -> bool:
        """GEN-1: one of its clocks is past its due moment."""
        return not self.is_closed and self.due_at is not None and at > self.due_at


class Round(models.Model):
    """One round of handling (CMP-12): the first, and one more for every reopening. What it says never changes after it
    has ended; the time of rounds that did not solve the case counts as 返工.

    `…_in_time` are None until it has happened, and say what its clock said then; `…_due_at` what was due last.
    """

    class Outcome(models.TextChoices):
        CLOSED = "closed", "已关闭"
        REOPENED = "reopened", "未解决，重新打开"

    case = models.ForeignKey(Case, models.CASCADE, related_name="rounds", verbose_name="诉求单")
    number = models.PositiveSmallIntegerField("轮次")
    started_at = models.DateTimeField("开始时间")
    department = models.CharField("责任部门", max_length=12, choices=Department.choices, blank=True)
    transferred_at = models.DateTimeField("转派时间", null=True, blank=True)
    transferred_in_time = models.BooleanField("及时转派", null=True)
    accepted_at = models.DateTimeField("接单时间", null=True, blank=True)
    accepted_by = models.ForeignKey(Staff, models.PROTECT, null=True, blank=True, related_name="+", db_index=False)
    arrived_at = models.DateTimeField("到场时间", null=True, blank=True)
    arrived_in_time = models.BooleanField("及时到场", null=True)
    replied_at = models.DateTimeField("首次答复时间", null=True, blank=True)
    replied_by = models.ForeignKey(Staff, models.PROTECT, null=True, blank=True, related_name="+", db_index=False)
    replied_in_time = models.BooleanField("及时答复", null=True)
    result = models.TextField("处理结果", blank=True)
    result_at = models.DateTimeField("结果上报时间", null=True, blank=True)
    result_by = models.ForeignKey(Staff, models.PROTECT, null=True, blank=True, related_name="+", db_index=False)
    handled_in_time = models.BooleanField("及时处理", null=True)
    used = models.DurationField("处理用时", null=True, blank=True)
    paused = models.DurationField("暂停时长", null=True, blank=True)
    answer = models.TextField("答复内容", blank=True)
    answered_at = models.DateTimeField("答复客户时间", null=True, blank=True)
    answered_by = models.ForeignKey(Staff, models.PROTECT, null=True, blank=True, related_name="+", db_index=False)
    answered_in_time = models.BooleanField("当日回复", null=True)
    called_at = models.DateTimeField("首次回访时间", null=True, blank=True)
    called_in_time = models.BooleanField("及时回访", null=True)
    ended_at = models.DateTimeField("结束时间", null=True, blank=True)
    outcome = models.CharField("结果", max_length=10, choices=Outcome.choices, blank=True)

    objects = RoundQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "处理轮次"
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["case", "number"], name="case_round_once")]
        indexes = [models.Index(fields=["started_at"], name="round_started")]

    def __str__(self) -> str:
        return f"{self.case} 第{self.number}轮"

    @property
    def is_rework(self) -> bool:
        return self.number > 1


class CaseExtension(models.Model):
    """A request for more time to handle, decided by the manager (CMP-7)."""

    class State(models.TextChoices):
        ASKED = "asked", "待批准"
        GRANTED = "granted", "已批准"
        REFUSED = "refused", "未批准"

    case = models.ForeignKey(Case, models.CASCADE, related_name="extensions", verbose_name="诉求单")
    state = models.CharField("状态", max_length=8, choices=State.choices, default=State.ASKED)
    reason = models.TextField("延期理由")
    due_at = models.DateTimeField("申请延至")
    asked_at = models.DateTimeField("申请时间")
    asked_by = models.ForeignKey(Staff, models.PROTECT, related_name="+", verbose_name="申请人", db_index=False)
    decided_at = models.DateTimeField("审批时间", null=True, blank=True)
    decided_by = models.ForeignKey(
        Staff, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="审批人", db_index=False
    )
    decision_note = models.TextField("审批意见", blank=True)

    objects = OfCaseQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "延期申请"
        ordering = ["-asked_at"]
        constraints = [
            models.UniqueConstraint(fields=["case"], condition=Q(state="asked"), name="one_open_case_extension"),
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True) | ~Q(decided_by=models.F("asked_by")),
                name="case_extension_by_another",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.case} 延至 {self.due_at:%Y-%m-%d %H:%M}"


class Call(models.Model):
    """One try to call back (CMP-12). An unanswered one has neither solved nor satisfaction."""

    case = models.ForeignKey(Case, models.CASCADE, related_name="calls", verbose_name="诉求单")
    round = models.PositiveSmallIntegerField("轮次")
    at = models.DateTimeField("时间")
    # None: the customer's own answer, on the page that the public code opens.
    by = models.ForeignKey(Staff, models.PROTECT, null=True, related_name="+", verbose_name="回访人", db_index=False)
    reached = models.BooleanField("接通")
    solved = models.BooleanField("已解决", null=True)
    satisfaction = models.PositiveSmallIntegerField("满意度", choices=Satisfaction.choices, null=True, blank=True)
    remark = models.TextField("其他意见", blank=True)

    objects = CallQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "回访记录"
        ordering = ["at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(reached=False, solved__isnull=True, satisfaction__isnull=True)
                | Q(reached=True, solved__isnull=False),
                name="an_answered_call_says_if_solved",
            ),
            models.CheckConstraint(
                condition=Q(satisfaction__isnull=True) | Q(satisfaction__range=(1, 5)), name="call_satisfaction_1_to_5"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.case} {self.at:%Y-%m-%d %H:%M}"
