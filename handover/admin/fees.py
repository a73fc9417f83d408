"""费用项目 and 预收规则: what an estate charges, and how many months at a time (HND-2). Bills that were made keep theirs."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.utils import timezone

from estates.access import StaffRequest
from estates.admin.scoped import ScopedAdmin
from foundation.journal import services as journal
from foundation.journal.changes import changed_fields
from handover.models import BillLine, FeeItem, FeeRule


@admin.register(FeeItem)
class FeeItemAdmin(ScopedAdmin):
    list_display = ["name", "estate", "basis", "rate", "is_monthly", "is_advance", "is_active"]
    list_filter = ["is_active", "is_advance"]
    list_select_related = ["estate"]
    search_fields = ["name", "code", "estate__name"]

    def get_readonly_fields(self, request: StaffRequest, obj: FeeItem | None = None) -> list[str]:
        return ["estate", "code"] if obj else []

    def has_delete_permission(self, request: StaffRequest, obj: FeeItem | None = None) -> bool:
        """What was billed stays; an item that is no longer charged is switched off."""
        may = super().has_delete_permission(request, obj)
        return may and obj is not None and not BillLine.objects.filter(item=obj).exists()

    def save_model(self, request: StaffRequest, obj: FeeItem, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if form.changed_data or not change:
            fields = changed_fields(form) if change else [f"新增费用项目：{obj} {obj.shown_rate} 元"]
            self._note(request, obj, fields)

    def delete_model(self, request: StaffRequest, obj: FeeItem) -> None:
        self._note(request, obj, [f"删除费用项目：{obj} {obj.shown_rate} 元"])
        super().delete_model(request, obj)

    def _note(self, request: StaffRequest, item: FeeItem, fields: list[str]) -> None:
        at = timezone.now()
        journal.record(item, "fee_item.change", by=request.user, at=at, node=item.estate_id, fields=fields)


@admin.register(FeeRule)
class FeeRuleAdmin(ScopedAdmin):
    """An estate without a row has the defaults."""

    list_display = ["estate", "period_months", "warn_above", "most_months"]
    list_select_related = ["estate"]
    search_fields = ["estate__name"]

    def get_readonly_fields(self, request: StaffRequest, obj: FeeRule | None = None) -> list[str]:
        return ["estate"] if obj else []

    def save_model(self, request: StaffRequest, obj: FeeRule, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        fields = changed_fields(form) if change else [f"新增预收规则：{obj.estate}"]
        if fields:
            self._note(request, obj, fields)

    def delete_model(self, request: StaffRequest, obj: FeeRule) -> None:
        self._note(request, obj, [f"恢复默认的预收规则：{obj.estate}"])
        super().delete_model(request, obj)

    def _note(self, request: StaffRequest, rule: FeeRule, fields: list[str]) -> None:
        at = timezone.now()
        journal.record(rule, "fee_rule.change", by=request.user, at=at, node=rule.estate_id, fields=fields)
