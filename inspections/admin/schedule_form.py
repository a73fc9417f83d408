"""What a schedule may be: refused where it would make nothing, or too much (INS-7)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils import timezone

from estates.models import Estate
from estates.querysets import at_or_below
from foundation.worktime.local import local_date
from inspections.choices import EstateScope
from inspections.models import Schedule
from inspections.wording import next_code

# What inspections carry of their schedule: another value is another schedule.
FIXED = ("checklist", "tier", "frequency")


class ScheduleForm(forms.ModelForm):
    class Meta:
        model = Schedule
        fields = ["name", "code", *FIXED, "phase", "estate_scope", "nodes", "starts_on", "is_active"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "code" in self.fields:
            self.fields["code"].required = False
            self.fields["code"].help_text = "空着由系统编写。"

    def clean_starts_on(self) -> Any:
        """A day of the past would have its periods made up at once (INS-7)."""
        day, today = self.cleaned_data["starts_on"], local_date(timezone.now())
        if "starts_on" in self.changed_data and day < today:
            raise forms.ValidationError(f"开始日期不能早于今天（{today:%Y-%m-%d}），否则以前的周期会被补生成。")
        return day

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if self.instance.pk and self.instance.inspections.exists():
            for name in set(FIXED).intersection(self.changed_data):
                label = self.fields[name].label
                self.add_error(name, f"这个计划已经生成过检查，不能再改{label}；请停用它，另建一个计划。")
        if data.get("is_active") and "nodes" in data:
            self._clean_nodes(data)
        if not data.get("code") and not self.instance.pk and not self.errors:
            prefix = f"{data['checklist'].code}-{data['tier']}-{data['frequency']}".replace("_", "-")
            taken = set(Schedule.objects.filter(code__startswith=prefix[:36]).values_list("code", flat=True))
            self.instance.code = data["code"] = prefix if prefix not in taken else next_code(prefix, taken)
        return data

    def _clean_nodes(self, data: dict[str, Any]) -> None:
        if not data["nodes"]:
            self.add_error("nodes", "启用的计划至少要选一个组织：没有项目，就没有检查。")
            return
        estates = Estate.objects.filter(at_or_below([node.pk for node in data["nodes"]]), is_active=True)
        scope = data.get("estate_scope")
        if scope in (EstateScope.KEY, EstateScope.OTHER):
            estates = estates.filter(is_key_estate=scope == EstateScope.KEY)
        if not estates.exists():
            self.add_error(
                "nodes", f"所选组织下没有符合“{EstateScope(scope or EstateScope.ALL).label}”的项目，生成不了检查。"
            )
