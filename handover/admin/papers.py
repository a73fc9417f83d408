"""收房资料 (HND-1): what an estate asks for otherwise than the delivered list; houses that were begun keep theirs."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.utils import timezone
from unfold.widgets import UnfoldAdminSelectWidget

from estates.access import StaffRequest
from estates.admin.scoped import ScopedAdmin
from foundation.journal.services import record
from handover.choices import BuyerKind
from handover.models import DocumentRule
from handover.services.papers import standard_papers

OWN = "own-"


class DocumentRuleForm(forms.ModelForm):
    """The paper is one of the standard, or one of the estate's own with its name."""

    paper = forms.ChoiceField(label="资料", required=False, widget=UnfoldAdminSelectWidget)

    class Meta:
        model = DocumentRule
        fields = ("estate", "buyer_kind", "paper", "name", "hint", "demand")
        help_texts = {
            "buyer_kind": "不选就对各类购房人有效；为某一类单独写的优先。",
            "name": "标准清单里没有的资料，在这里写名称；标准资料不写，就用原来的名称。",
            "hint": "柜台核对时看什么；不写，就用原来的说明。",
            "demand": "没有收齐必交的资料，不能完成“收取资料”。已经到场办理的房屋不受影响。",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["buyer_kind"].choices = [("", "各类购房人"), *BuyerKind.choices]  # type: ignore[attr-defined]
        standard = [(code, paper["name"]) for code, paper in standard_papers().items()]
        self.fields["paper"].choices = [("", "其他资料（写在下面）"), *standard]  # type: ignore[attr-defined]
        if self.instance.code in standard_papers():
            self.fields["paper"].initial = self.instance.code

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        name = (given.get("name") or "").strip()
        code = given.get("paper") or (f"{OWN}{sha256(name.encode()).hexdigest()[:12]}" if name else "")
        if not code:
            self.add_error("name", "请选择资料，或写明资料名称。")
        self.instance.code = code
        known = DocumentRule.objects.filter(
            estate=given.get("estate"), buyer_kind=given.get("buyer_kind") or "", code=code
        )
        if code and given.get("estate") and known.exclude(pk=self.instance.pk).exists():
            self.add_error(
                "paper" if given.get("paper") else "name", "这类购房人的这份资料已经写过，请直接修改那一条。"
            )
        return given


@admin.register(DocumentRule)
class DocumentRuleAdmin(ScopedAdmin):
    """An estate without rows asks for the delivered list."""

    form = DocumentRuleForm
    list_display = ["paper", "estate", "kind", "demand"]
    list_display_links = ["paper"]
    list_filter = ["buyer_kind", "demand"]
    list_select_related = ["estate"]
    search_fields = ["name", "estate__name"]

    @admin.display(description="资料")
    def paper(self, row: DocumentRule) -> str:
        return row.name or standard_papers().get(row.code, {"name": row.code})["name"]

    @admin.display(description="购房人类别", ordering="buyer_kind")
    def kind(self, row: DocumentRule) -> str:
        return row.get_buyer_kind_display() or "各类购房人"

    def save_model(self, request: StaffRequest, obj: DocumentRule, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        self._journal(request, obj, obj.get_demand_display())

    def delete_model(self, request: StaffRequest, obj: DocumentRule) -> None:
        self._journal(request, obj, "恢复默认")
        super().delete_model(request, obj)

    def delete_queryset(self, request: StaffRequest, queryset: QuerySet[DocumentRule]) -> None:
        for row in queryset.select_related("estate"):
            self.delete_model(request, row)

    def _journal(self, request: StaffRequest, row: DocumentRule, said: str) -> None:
        told = f"{self.kind(row)} · {self.paper(row)} · {said}"
        record(row.estate, "document_rule.change", by=request.user, at=timezone.now(), node=row.estate_id, paper=told)
