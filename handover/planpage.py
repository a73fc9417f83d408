"""The page of one plan: its picture, the houses that have it, what this user may do with it (HND-3). Reads only."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.forms import BaseForm
from django.urls import reverse

from estates.models import House
from foundation.journal.models import Entry
from foundation.records.refusals import refusal
from foundation.records.verbs import Verb
from handover.forms import plans as forms
from handover.guards import plans as guards
from handover.models import HousePlan
from handover.pins import pictures_of

if TYPE_CHECKING:
    from accounts.models import User


@dataclass
class PlanPage:
    """`bound` are forms that came back refused, by their verb."""

    plan: HousePlan
    user: User
    bound: Mapping[str, Any] = field(default_factory=dict)

    def context(self) -> dict[str, Any]:
        may = not refusal(guards.may_change, self.plan, self.user)
        verbs = self._verbs() if may else []
        dialogs = [verb for verb in verbs if verb.dialog and not verb.why_not]
        shown = [verb.form for verb in dialogs]
        houses = self._houses()
        return {
            "plan": self.plan,
            "picture": pictures_of([self.plan.pk]).get(self.plan.pk),
            "pins": self.plan.defects.count(),
            "houses": houses,
            "count": sum(len(found) for _, found in houses),
            "verbs": verbs,
            "dialogs": dialogs,
            "form": (self.bound.get("houses") or forms.HousesForm(plan=self.plan)) if may else None,
            "entries": Entry.objects.about(self.plan),
            # A verb that is no longer offered has no form on the page: its refusal is shown on top.
            "refused": [form for verb, form in self.bound.items() if verb != "houses" and form not in shown],
        }

    def _verbs(self) -> list[Verb]:
        removing = Verb(
            "删除", "trash-2", reverse("handover:remove_plan", args=[self.plan.pk]),
            refusal(guards.may_remove, self.plan, self.user), dialog="remove", form=None, submit="删除",
            text="用这张图的房屋以后没有平面图。",
        )  # fmt: skip
        return [
            self._dialog(forms.ReplacePictureForm, guards.may_replace, "换图", "image-up"),
            self._dialog(forms.RenamePlanForm, guards.may_change, "改名", "pencil", initial={"name": self.plan.name}),
            removing,
        ]

    def _dialog(
        self, form: Any, guard: Callable[[HousePlan, User], None], label: str, icon: str, **options: Any
    ) -> Verb:
        url = reverse(f"handover:{form.verb}_plan", args=[self.plan.pk])
        made: BaseForm = self.bound.get(form.verb) or form(auto_id=f"{form.verb}-%s", **options)
        why_not = refusal(guard, self.plan, self.user)
        return Verb(label, icon, url, why_not, dialog=form.verb, form=made, submit=label)

    def _houses(self) -> list[tuple[str, list[House]]]:
        """By unit, as one walks through the estate."""
        found = House.objects.filter(planned__plan=self.plan).select_related("building", "unit__building").in_order()
        groups: dict[str, list[House]] = {}
        for house in found:
            groups.setdefault(str(house.unit or house.building), []).append(house)
        return list(groups.items())
