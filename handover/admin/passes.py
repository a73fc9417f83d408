"""放行规则: when a house's passes are flagged, and whether tenants may be held back (HND-7)."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.utils import timezone

from estates.access import StaffRequest
from estates.admin.scoped import ScopedAdmin
from foundation.journal import services as journal
from foundation.journal.changes import changed_fields
from handover.models import PassRule


@admin.register(PassRule)
class PassRuleAdmin(ScopedAdmin):
    """An estate without a row has the defaults."""

    list_display = ["estate", "frequent_passes", "frequent_days", "holds_tenants"]
    list_select_related = ["estate"]
    search_fields = ["estate__name"]

    def get_readonly_fields(self, request: StaffRequest, obj: PassRule | None = None) -> list[str]:
        return ["estate"] if obj else []

    def save_model(self, request: StaffRequest, obj: PassRule, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        fields = changed_fields(form) if change else [f"新增放行规则：{obj.estate}"]
        if fields:
            self._note(request, obj, fields)

    def delete_model(self, request: StaffRequest, obj: PassRule) -> None:
        self._note(request, obj, [f"恢复默认的放行规则：{obj.estate}"])
        super().delete_model(request, obj)

    def _note(self, request: StaffRequest, rule: PassRule, fields: list[str]) -> None:
        at = timezone.now()
        journal.record(rule, "pass_rule.change", by=request.user, at=at, node=rule.estate_id, fields=fields)
