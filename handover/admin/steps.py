"""交接步骤顺序 (HND-1): the order of the steps at an estate; batches keep the order they were made with."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.utils import timezone

from estates.access import StaffRequest
from estates.admin.scoped import ScopedAdmin
from foundation.journal.services import record
from handover.models import StepOrder
from handover.services.batches import step_names


@admin.register(StepOrder)
class StepOrderAdmin(ScopedAdmin):
    """An estate without rows has the default order; one that has rows walks exactly these steps."""

    list_display = ["estate", "position", "kind"]
    list_display_links = ["kind"]
    list_filter = ["kind"]
    list_select_related = ["estate"]
    ordering = ["estate_id", "position"]

    def get_form(self, request: StaffRequest, obj: Any = None, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, **kwargs)
        position = form.base_fields.get("position")
        if position is not None:
            position.help_text = (
                "从小到大办理；写 10、20、30，以后好在中间插入。写了任何一步，就要写齐这个项目的每一步。"
            )
        return form

    def save_model(self, request: StaffRequest, obj: StepOrder, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        self._journal(request, obj)

    def delete_model(self, request: StaffRequest, obj: StepOrder) -> None:
        super().delete_model(request, obj)
        self._journal(request, obj)

    def delete_queryset(self, request: StaffRequest, queryset: QuerySet[StepOrder]) -> None:
        for row in queryset.select_related("estate"):
            self.delete_model(request, row)

    @staticmethod
    def _journal(request: StaffRequest, row: StepOrder) -> None:
        order = "、".join(step_names(row.estate))
        record(row.estate, "step_order.change", by=request.user, at=timezone.now(), node=row.estate_id, steps=order)
