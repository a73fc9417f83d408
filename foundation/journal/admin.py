from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from foundation.journal.models import Entry


@admin.register(Entry)
class EntryAdmin(ModelAdmin):
    """A read-only look at the journal: nobody adds, changes or deletes here (ORG-5)."""

    list_display = ["at", "by", "label", "subject_kind", "subject_id", "in_words"]
    list_filter = ["subject_kind"]
    search_fields = ["=subject_id"]
    search_help_text = "按对象编号查找"
    date_hierarchy = "at"
    fields = ["at", "recorded_at", "by", "label", "subject_kind", "subject_id", "in_words"]
    readonly_fields = fields
    show_full_result_count = False

    @admin.display(description="事项", ordering="verb")
    def label(self, entry: Entry) -> str:
        return entry.label

    @admin.display(description="内容")
    def in_words(self, entry: Entry) -> str:
        return "；".join(str(line) for line in entry.lines)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Entry]:
        """What belongs to no place, such as a checklist, is for the administrators of the group (ORG-2)."""
        rows = super().get_queryset(request).select_related("by").order_by("-at", "-id")
        user: Any = request.user
        return rows if user.is_over_all else rows.at_nodes(user.administered_ids)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
