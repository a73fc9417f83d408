"""The verbs that the page of a case offers one user now, and why not for those they could expect (CMP-3…12).

The guards decide; here stands only when a verb is worth a button.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.urls import reverse

from accounts.rights import Right
from complaints import eventguards, guards
from complaints.choices import ClockKind, Kind
from complaints.forms.events import DeclineEventForm, OpenEventForm, TieForm, UntieForm
from complaints.forms.verbs import (
    AcceptForm,
    AnswerForm,
    ArriveForm,
    AskExtensionForm,
    AttemptForm,
    CallbackForm,
    CloseForm,
    CloseUnreachableForm,
    ExplainForm,
    GradeForm,
    GrantForm,
    JudgeForm,
    PauseForm,
    PromiseForm,
    RefuseForm,
    ReopenForm,
    ReportForm,
    ResumeForm,
    SignForm,
    TakeForm,
    TransferForm,
    VerbForm,
)
from complaints.models import Case, CaseExtension, Event
from complaints.services.clocks import rule_of
from foundation.records.refusals import refusal
from foundation.records.verbs import Verb
from foundation.timers.models import Clock
from foundation.worktime.local import format_deadline

if TYPE_CHECKING:
    from accounts.models import User

State = Case.State


@dataclass
class Offers:
    """One user at one case. `bound` are forms that came back refused, `running` the clocks of limits that have not ended."""

    case: Case
    user: User
    at: datetime
    bound: Mapping[str, VerbForm]
    asked: CaseExtension | None
    running: Mapping[ClockKind, Clock]
    tried: bool
    suggested: Sequence[Case]
    events: Sequence[Event]
    photos_kept: Mapping[str, int]

    def verbs(self) -> list[Verb]:
        """In the order of the work: what is to be done next stands first."""
        match self.case.state:
            case State.REGISTERED | State.TO_TRANSFER:
                found = self._intake()
            case State.HANDLING:
                found = self._handling()
            case State.TO_ANSWER:
                found = self._answering()
            case State.TO_CALLBACK:
                found = self._calling()
            case _:
                found = self._closed()
        offered = [verb for verb in (*self._deciding(), *found, *self._signing()) if verb is not None]
        for verb in offered:
            if not verb.why_not:
                verb.primary = True
                break
        return offered

    # --- by state -----------------------------------------------------------------------------------------------

    def _intake(self) -> list[Verb | None]:
        if self.case.kind == Kind.PRAISE:
            return [
                self._post(TakeForm, guards.may_take, "受理", "hand"),
                self._dialog(CloseForm, guards.may_close, "转达并关闭", "circle-check", right=Right.ANSWER_CASE),
            ]
        if self.case.is_invalid:
            return self._invalid()
        return [
            self._post(TakeForm, guards.may_take, "受理", "hand"),
            self._dialog(TransferForm, guards.may_transfer, "转派", "send", right=Right.TRANSFER_CASE),
            self._dialog(AnswerForm, guards.may_answer, "答复客户", "message-circle"),
            self._promise(),
            *self._judging(),
        ]

    def _handling(self) -> list[Verb | None]:
        if self.case.is_invalid:
            return self._invalid()
        mine = self.case.handler_id == self.user.pk or guards.is_of_department(self.user, self.case)
        desk = guards.is_of_desk(self.user, self.case)
        report = self._dialog(
            ReportForm, guards.may_report, "上报处理结果", "clipboard-check",
            right=None if desk else Right.HANDLE_CASE,
        )  # fmt: skip
        accept = self._post(AcceptForm, guards.may_accept, "接单", "hand")
        arrive = self._post(ArriveForm, guards.may_arrive, "到场", "map-pin") if self._awaits_arrival() else None
        return [
            *((accept, arrive, report) if self.case.handler_id is None else (arrive, report, accept)),
            *self._waiting(),
            self._extension(),
            *(() if self.case.validity else self._judging()),
            self._dialog(AnswerForm, guards.may_answer, "答复进展", "message-circle"),
            self._promise(),
            *(self._judging() if self.case.validity else ()),
            self._dialog(TransferForm, guards.may_transfer, "改派", "send") if desk or mine else None,
        ]

    def _answering(self) -> list[Verb | None]:
        if self.case.is_invalid:
            return self._invalid()
        return [
            self._dialog(AnswerForm, guards.may_answer, "答复客户", "message-circle", right=Right.ANSWER_CASE),
            *self._judging(),
        ]

    def _calling(self) -> list[Verb | None]:
        reached = self._dialog(CallbackForm, guards.may_call, "登记回访", "phone", right=Right.CALL_BACK)
        missed = self._dialog(AttemptForm, guards.may_call, "未接通", "phone-missed")
        if not self.tried:
            return [reached, missed]
        text = "三次拨打都没有接通，关闭后不再回访。"
        close = self._dialog(
            CloseUnreachableForm, guards.may_close_unreachable, "以无法联系关闭", "phone-off",
            right=Right.CALL_BACK, args=(self.at,), text=text,
        )  # fmt: skip
        return [reached, missed, close]

    def _closed(self) -> list[Verb | None]:
        return [self._dialog(ReopenForm, guards.may_reopen, "重新打开", "rotate-ccw")]

    def _invalid(self) -> list[Verb | None]:
        explain = self._dialog(
            ExplainForm, guards.may_explain, "说明并关闭", "message-circle", right=Right.ANSWER_CASE,
            text="向客户礼貌说明不属于有效投诉的理由，说明内容记入诉求单。",
        )  # fmt: skip
        return [explain, *self._judging()]

    # --- parts --------------------------------------------------------------------------------------------------

    def _awaits_arrival(self) -> bool:
        return ClockKind.ARRIVE in self.running

    def _promise(self) -> Verb | None:
        """Only while the limit runs that it takes the place of."""
        if ClockKind.ANSWER not in self.running:
            return None
        args = (self.running[ClockKind.ANSWER], self.at)
        return self._dialog(PromiseForm, guards.may_promise, "约定答复时间", "calendar-clock", args=args)

    def _judging(self) -> list[Verb | None]:
        judge, grade = ("重新界定", "调整等级") if self.case.validity else ("界定", "定级")
        return [
            self._dialog(JudgeForm, guards.may_judge, judge, "scale", initial={"validity": self.case.validity}),
            self._dialog(GradeForm, guards.may_grade, grade, "chevrons-up", initial={"reason": self.case.grade_reason}),
        ]

    def _waiting(self) -> list[Verb | None]:
        """CMP-10: only a limit that may pause."""
        if self.case.paused_at is not None:
            return [self._post(ResumeForm, guards.may_resume, "恢复计时", "circle-play")]
        if refusal(guards.may_pause, self.case, self.user) or ClockKind.HANDLE not in self.running:
            return []
        rule = rule_of(self.case, ClockKind.HANDLE)
        if rule is None or not rule.pausable:
            return []
        text = "等待客户期间只暂停处理时限，其他时限照常计时。"
        return [self._dialog(PauseForm, guards.may_pause, "等待客户", "circle-pause", text=text)]

    def _extension(self) -> Verb | None:
        if refusal(guards.may_handle, self.case, self.user) or ClockKind.HANDLE not in self.running:
            return None
        return self._dialog(
            AskExtensionForm, guards.may_ask_extension, "申请延期", "calendar-plus", right=Right.HANDLE_CASE
        )

    def _deciding(self) -> list[Verb | None]:
        if self.asked is None or not self.user.may(Right.EXTEND_CASE, self.case.estate):
            return []
        self.asked.case = self.case
        why_not = refusal(guards.may_decide_extension, self.asked, self.user)
        url = reverse("complaints:decide_extension", args=[self.asked.pk])
        words = f"{self.asked.asked_by.name}申请延至 {format_deadline(self.asked.due_at)}：{self.asked.reason}"
        grant, refuse = self._form(GrantForm), self._form(RefuseForm)
        granting = Verb(
            "批准延期", "calendar-check", url, why_not, dialog="grant", form=grant, submit="批准", text=words
        )
        refusing = Verb("不批准延期", "calendar-x", url, dialog="refuse", form=refuse, submit="不批准", text=words)
        return [granting] if why_not else [granting, refusing]

    def _signing(self) -> list[Verb | None]:
        return [self._dialog(SignForm, guards.may_sign, "客户签署意见", "signature")]

    # --- 同一事件 -------------------------------------------------------------------------------------------------

    def of_event(self) -> list[Verb]:
        """The buttons of its own box (CMP-16)."""
        if self.case.event_id is not None:
            text = "移出后，已经升级的等级不变。"
            found = [self._dialog(UntieForm, eventguards.may_untie, "移出事件", "unlink", text=text)]
        else:
            found = [self._tie()] if self.events else []
            if self.suggested:
                found.append(self._post(DeclineEventForm, eventguards.may_tie, "不是同一事件", "x"))
        return [verb for verb in found if verb is not None]

    def _tie(self) -> Verb | None:
        """The event of a suggested case is chosen already."""
        likely = next((one.event_id for one in self.suggested if one.event_id), None)
        verb = self._dialog(
            TieForm, eventguards.may_tie, "归入已有事件", "link", events=self.events, initial={"event": likely}
        )
        if verb is not None and likely:
            verb.primary = True
        return verb

    def open_event_form(self) -> VerbForm | None:
        """A new event, of the suggested cases that have none."""
        untied = [one for one in self.suggested if one.event_id is None]
        if not untied or refusal(eventguards.may_tie, self.case, self.user):
            return None
        return self._form(OpenEventForm, suggested=untied)

    # --- one button ---------------------------------------------------------------------------------------------

    def _dialog(
        self,
        form: type[VerbForm],
        guard: Callable[..., None],
        label: str,
        icon: str,
        *,
        right: Right | None = None,
        args: tuple[Any, ...] = (),
        text: str = "",
        **options: Any,
    ) -> Verb | None:
        """With its form in a dialog. Where `right` is named, those who hold it here are told why it is refused."""
        why_not = refusal(guard, self.case, self.user, *args)
        if why_not and (right is None or not self.user.may(right, self.case.estate)):
            return None
        made = None if why_not else self._form(form, **options)
        return Verb(label, icon, self._url(form), why_not, dialog=form.verb, form=made, submit=label, text=text)

    def _post(self, form: type[VerbForm], guard: Callable[..., None], label: str, icon: str) -> Verb | None:
        """Done at a click."""
        if refusal(guard, self.case, self.user):
            return None
        return Verb(label, icon, self._url(form), post=True)

    def _form(self, form: type[VerbForm], **options: Any) -> VerbForm:
        made = self.bound.get(form.verb) or form(case=self.case, at=self.at, **options)
        made.photos_kept = self.photos_kept.get(form.verb, 0)
        return made

    def _url(self, form: type[VerbForm]) -> str:
        return reverse(f"complaints:{form.verb}", args=[self.case.pk])
