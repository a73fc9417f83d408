"""What the page of one rectification shows, and the verbs it offers (INS-10…12). Reads only; queries do not grow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django import forms
from django.urls import reverse

from accounts.rights import Right
from foundation.attachments.models import Attachment
from foundation.journal.models import Entry
from foundation.records.refusals import refusal
from foundation.records.verbs import Verb
from foundation.timers.models import Clock
from inspections import guards
from inspections.forms.rectifications import (
    AskExtensionForm,
    AssignForm,
    FailForm,
    GrantExtensionForm,
    PassForm,
    RefuseExtensionForm,
    SubmitForm,
)
from inspections.models import Extension, Rectification
from inspections.services.escalation import consenting_audience
from inspections.services.filling import photo_slot
from inspections.services.rectifications import AFTER, assignable

if TYPE_CHECKING:
    from accounts.models import User

HISTORY = 10


@dataclass
class Page:
    """Everything about one rectification that several parts of the page need, read once."""

    rectification: Rectification
    user: User
    at: datetime
    bound: Mapping[str, forms.Form] = field(default_factory=dict)

    def __post_init__(self) -> None:
        found = self.rectification
        self.extensions = list(found.extensions.select_related("asked_by", "decided_by"))
        self.asked = next((one for one in self.extensions if one.state == Extension.State.ASKED), None)
        self.clock = Clock.objects.about(found).filter(kind=Rectification.CLOCK).last()

    def context(self) -> dict[str, Any]:
        before, after = self._photos()
        verbs = self._verbs()
        dialogs = [verb for verb in verbs if verb.dialog and not verb.why_not]
        submit_form = self._submit_form()
        shown = [submit_form, *(verb.form for verb in dialogs)]
        entries = list(Entry.objects.about(self.rectification))
        return {
            "rectification": self.rectification,
            "at": self.at,
            "clock": self.clock,
            "before": before,
            "after": after,
            "kept": [photo for photo in after if self._counts(photo)],
            "rejection": self._rejection(entries),
            "extensions": self.extensions,
            "steps": self._steps(),
            "history": self._history(),
            "entries": entries,
            "verbs": verbs,
            "dialogs": dialogs,
            "submit_form": submit_form,
            # A verb that is no longer offered has no form on the page: its refusal and the words are shown on top.
            "refused": [form for form in self.bound.values() if form not in shown],
        }

    # --- facts --------------------------------------------------------------------------------------------------

    def _photos(self) -> tuple[list[Attachment], list[Attachment]]:
        found = self.rectification
        failed = Attachment.objects.for_owner(found.inspection, slot=photo_slot(found.item))
        photos = list((failed | Attachment.objects.for_owner(found, slot=AFTER)).order_by("pk"))
        return [one for one in photos if one.slot != AFTER], [one for one in photos if one.slot == AFTER]

    def _counts(self, photo: Attachment) -> bool:
        """Whether it belongs to what is being handed in now, as `evidence_of` says."""
        return self.rectification.rectified_at is None or photo.at > self.rectification.rectified_at

    def _rejection(self, entries: list[Entry]) -> Entry | None:
        """Why the last re-check sent it back, while it is back."""
        if self.rectification.state != Rectification.State.OPEN:
            return None
        return next((entry for entry in reversed(entries) if entry.verb == "rectification.fail"), None)

    def _steps(self) -> list[dict[str, Any]]:
        """The ladder's steps: those taken in any round, then those to come while it is not closed."""
        if self.clock is None:
            return []
        names = {step.code: step.name for step in self.clock.steps}
        taken = [
            {"name": names.get(step.code, step.code), "at": step.due_at, "taken": True, "late": step.late}
            for step in self.clock.taken.all()
        ]
        if self.clock.is_stopped:
            return taken
        return taken + [{"name": step.name, "at": moment} for step, moment in self.clock.steps_to_come(self.at)]

    def _history(self) -> list[Rectification]:
        """INS-12: the other times this item failed at this estate, newest first."""
        found = self.rectification
        same = Rectification.objects.filter(estate=found.estate_id, item_key=found.item_key).exclude(pk=found.pk)
        return list(same.order_by("-opened_at")[:HISTORY])

    # --- verbs --------------------------------------------------------------------------------------------------

    def _submit_form(self) -> forms.Form | None:
        """On the page itself, for those who may; what was typed stays, also where the verb is no longer theirs."""
        if "submit" in self.bound:
            return self.bound["submit"]
        found = self.rectification
        if refusal(guards.may_rectify, found, self.user):
            return None
        # After a failed re-check the earlier words are what has to be put right.
        said = {name: getattr(found, name) for name in ("measures", "cause", "prevention")}
        return SubmitForm(rectification=found, initial=said)

    def _verbs(self) -> list[Verb]:
        """Closed: none. Otherwise what this user may do, and what they could expect to, with the reason why not."""
        if self.rectification.state == Rectification.State.CLOSED:
            return []
        by_state = self._while_open() if self.rectification.state == Rectification.State.OPEN else self._while_waiting()
        return [*by_state, *self._assigning(), *self._deciding()]

    def _while_open(self) -> list[Verb]:
        found, user = self.rectification, self.user
        if not user.may(Right.RECTIFY, found.estate):
            return []
        refused = refusal(guards.may_rectify, found, user)
        verbs = [Verb("提交整改", "wrench", "#submit", refused, primary=True)]
        if not refused:
            waits = "已经有一份延期申请在等待批准。" if self.asked else ""
            form = self.bound.get("ask") or AskExtensionForm(auto_id="ask-%s")
            verbs.append(self._dialog("申请延期", "calendar-plus", "ask_extension", form, why_not=waits))
        return verbs

    def _while_waiting(self) -> list[Verb]:
        found, user = self.rectification, self.user
        if not user.may(Right.RECHECK, found.estate) and found.rectified_by_id != user.pk:
            return []
        refused = refusal(guards.may_recheck, found, user)
        passing = self._dialog(
            "复查通过", "circle-check", "pass_recheck", self.bound.get("pass") or PassForm(auto_id="pass-%s"),
            why_not=refused, primary=True,
        )  # fmt: skip
        failing = self._dialog(
            "复查不通过", "undo-2", "fail_recheck", self.bound.get("fail") or FailForm(auto_id="fail-%s"),
            text="整改单退回待整改，整改期限不变。",
        )  # fmt: skip
        return [passing] if refused else [passing, failing]

    def _assigning(self) -> list[Verb]:
        if refusal(guards.may_assign, self.rectification, self.user):
            return []
        form = self.bound.get("assign") or AssignForm(
            people=assignable(self.rectification, self.at),
            initial={"assignee": self.rectification.assignee_id},
            auto_id="assign-%s",
        )
        return [self._dialog("指派责任人", "user-round-check", "assign", form)]

    def _deciding(self) -> list[Verb]:
        if not self.asked or not self.clock or not self.user.may(Right.DECIDE_EXTENSION, self.rectification.estate):
            return []
        self.asked.rectification = self.rectification
        audience = consenting_audience(self.rectification, asked_by=self.asked.asked_by, clock=self.clock, at=self.at)
        refused = refusal(guards.may_decide_extension, self.asked, audience, self.user)
        url = reverse("inspections:decide_extension", args=[self.asked.pk])
        words = f"{self.asked.asked_by.name}申请延至 {self.asked.due_on:%Y-%m-%d}：{self.asked.reason}"
        grant = self.bound.get("grant") or GrantExtensionForm(auto_id="grant-%s")
        refuse = self.bound.get("refuse") or RefuseExtensionForm(auto_id="refuse-%s")
        granting = Verb("批准延期", "calendar-check", url, refused, True, "grant", grant, "批准", words)
        refusing = Verb("不批准延期", "calendar-x", url, "", False, "refuse", refuse, "不批准", words)
        return [granting] if refused else [granting, refusing]

    def _dialog(self, label: str, icon: str, url_name: str, form: forms.Form, **more: Any) -> Verb:
        url = reverse(f"inspections:{url_name}", args=[self.rectification.pk])
        return Verb(label, icon, url, dialog=url_name, form=form, submit=label, **more)
