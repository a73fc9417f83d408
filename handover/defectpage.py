"""What the page of one defect shows, and the verbs it offers one user now (HND-3). Reads only."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.urls import reverse

from accounts.rights import Right
from foundation.attachments.models import Attachment
from foundation.journal.models import Entry
from foundation.records.refusals import refusal
from foundation.records.verbs import Verb
from handover.forms import defects as forms
from handover.guards import defects as guards
from handover.marks import paths
from handover.models import Defect
from handover.pins import PinnedPlan, numbers_of, pinned, plan_of
from handover.services.defectclocks import clock_of
from handover.services.defectphotos import AFTER, BEFORE, REJECTED

if TYPE_CHECKING:
    from accounts.models import User

State = Defect.State


@dataclass
class DefectPage:
    defect: Defect
    user: User
    at: datetime
    bound: Mapping[str, forms.VerbForm] = field(default_factory=dict)
    # A place on the plan that was refused.
    pin: forms.SpotForm | None = None

    def context(self) -> dict[str, Any]:
        verbs = self.verbs()
        dialogs = [verb for verb in verbs if verb.dialog and not verb.why_not]
        shown = [verb.form for verb in dialogs]
        files = self._files()
        before = files.get(BEFORE, [])
        plan = None if refusal(guards.may_pin, self.defect, self.user) else plan_of(self.defect.house_id)
        bound = [*self.bound.values(), self.pin if plan is None else None]
        return {
            "defect": self.defect,
            "at": self.at,
            "clock": clock_of(self.defect),
            "marked": before[0] if before and self.defect.mark else None,
            "lines": paths(self.defect.mark),
            "before": before[1:] if self.defect.mark else before,
            "after": files.get(AFTER, []),
            "rejected": files.get(REJECTED, []),
            "plans": pinned([self.defect], numbers_of([self.defect.house_id]), self.at) if self.defect.plan_id else [],
            "plan": plan,
            "pin": self._place(plan),
            "pin_form": self.pin,
            "entries": Entry.objects.about(self.defect),
            "verbs": verbs,
            "dialogs": dialogs,
            # A verb that is no longer offered has no form on the page: its refusal and the words are shown on top.
            "refused": [form for form in bound if form and form not in shown],
        }

    def _place(self, plan: PinnedPlan | None) -> str:
        """As its hidden field sends it; none on another plan than the house has now."""
        defect = self.defect
        return f"{defect.pin_x},{defect.pin_y}" if plan and defect.plan_id == plan.plan.pk else ""

    def verbs(self) -> list[Verb]:
        """In the order of the work; for those who have nothing to do with it, none."""
        if self.defect.is_over or not self.user.may(Right.INSPECT_HOUSE, self.defect.estate):
            return []
        match self.defect.state:
            case State.OPEN:
                found = [
                    self._dialog(forms.FixForm, guards.may_fix, "整改完成", "wrench"),
                    self._dialog(forms.AssignForm, guards.may_assign, "指定责任单位", "hard-hat"),
                    self._dialog(forms.WaiveForm, guards.may_waive, "业主放弃", "ban"),
                ]
            case State.FIXED:
                found = [
                    self._dialog(forms.RecheckForm, guards.may_recheck, "复验通过", "circle-check"),
                    self._dialog(forms.RejectForm, guards.may_reject, "复验不通过", "rotate-ccw"),
                ]
            case _:
                found = [
                    self._dialog(forms.ConfirmForm, guards.may_confirm, "业主确认", "user-check"),
                    self._dialog(forms.RejectForm, guards.may_reject, "业主不认可", "rotate-ccw"),
                ]
        for verb in found:
            if not verb.why_not:
                verb.primary = True
                break
        return found

    def _dialog(self, form: type[forms.VerbForm], guard: Callable[[Defect, User], None], label: str, icon: str) -> Verb:
        name = form.verb
        return Verb(
            label,
            icon,
            reverse(f"handover:{name}_defect", args=[self.defect.pk]),
            refusal(guard, self.defect, self.user),
            dialog=name,
            form=self.bound.get(name) or form(defect=self.defect, at=self.at),
            submit=label,
        )

    def _files(self) -> dict[str, list[Attachment]]:
        files: dict[str, list[Attachment]] = {}
        for one in Attachment.objects.for_owner(self.defect):
            files.setdefault(one.slot, []).append(one)
        return files
