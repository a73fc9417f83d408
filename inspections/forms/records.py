"""Input of the inspection pages: the list's filter and the ad-hoc inspection (INS-13, RPT-5)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from django import forms
from django.db.models import Exists, OuterRef, QuerySet

from accounts.rights import HOLDERS, Right
from estates.models import Estate, Node
from estates.querysets import at_or_below
from foundation.records.fields import ALL, date_field
from inspections.choices import Grade, Tier, Way
from inspections.models import Checklist, ChecklistVersion, Schedule, SectionResult
from inspections.querysets import InspectionQuerySet
from inspections.teams import TEAM

if TYPE_CHECKING:
    from accounts.models import User

SOURCES = [*ALL, ("schedule", "按计划"), ("made_up", "补生成"), ("adhoc", "临时检查")]
ID_DIGITS = 10
DAYS_SENTENCE = "期限为 1 至 31 天。"


class InspectionFilter(forms.Form):
    """What the list narrows by, all in the URL; the hidden ones come from links only.

    `since` and `until` are the days on which inspections fall due, as the bulletins count them (`due_in`).
    """

    q = forms.CharField(label="编号", required=False, max_length=60)
    tier = forms.ChoiceField(label="督导层级", required=False, choices=ALL + Tier.choices)
    way = forms.ChoiceField(label="督导方式", required=False, choices=ALL + Way.choices)
    checklist = forms.ModelChoiceField(
        label="检查表", required=False, queryset=Checklist.objects.all(), to_field_name="code", empty_label="全部"
    )
    grade = forms.ChoiceField(label="等级", required=False, choices=ALL + Grade.choices)
    source = forms.ChoiceField(label="来源", required=False, choices=SOURCES)
    since = date_field("应完成日期从")
    until = date_field("到")
    redline = forms.BooleanField(label="有红线不合格", required=False)
    estate = forms.ModelChoiceField(queryset=Estate.objects.all(), required=False, widget=forms.HiddenInput)
    schedule = forms.ModelChoiceField(queryset=Schedule.objects.all(), required=False, widget=forms.HiddenInput)
    subject = forms.SlugField(max_length=40, required=False, widget=forms.HiddenInput)

    def apply(self, found: InspectionQuerySet) -> InspectionQuerySet:
        """The rows that pass; a value that cannot be read filters nothing out. `found` is scoped already (ORG-2)."""
        self.is_valid()
        given = self.cleaned_data
        lookups = {
            "tier": "tier",
            "way": "version__checklist__way",
            "checklist": "version__checklist",
            "grade": "grade",
            "estate": "estate",
            "schedule": "schedule",
        }
        found = found.filter(**{lookup: given[name] for name, lookup in lookups.items() if given.get(name)})
        if text := given.get("q", "").replace("\0", "").strip():
            found = found.filter(number__icontains=text)
        if given.get("redline"):
            found = found.filter(redline_failed__gt=0)
        if subject := given.get("subject"):
            results = SectionResult.objects.filter(inspection=OuterRef("pk"), section__code=subject)
            found = found.filter(Exists(results))
        if since := given.get("since"):
            found = found.filter(period_end__gt=since)
        if until := given.get("until"):
            found = found.filter(period_end__lte=until + timedelta(days=1))
        return self._from_source(found, given.get("source"))

    @staticmethod
    def _from_source(found: InspectionQuerySet, source: str | None) -> InspectionQuerySet:
        match source:
            case "schedule":
                return found.filter(schedule__isnull=False)
            case "made_up":
                return found.filter(is_made_up=True)
            case "adhoc":
                return found.filter(schedule=None)
        return found


class AdhocForm(forms.Form):
    """临时检查 (INS-13): where, as which tier, from which checklist, all of it or some items."""

    estate = forms.ModelChoiceField(
        label="项目", queryset=Estate.objects.none(), empty_label="请选择", error_messages={"required": "请选择项目。"}
    )
    tier = forms.ChoiceField(label="以哪一级督导小组的名义")
    checklist = forms.ModelChoiceField(
        label="检查表",
        queryset=Checklist.objects.none(),
        to_field_name="code",
        empty_label="请选择",
        error_messages={"required": "请选择检查表。"},
    )
    scope = forms.ChoiceField(
        label="检查范围",
        choices=[("all", "全部检查项"), ("some", "只查部分检查项")],
        widget=forms.RadioSelect,
        initial="all",
    )
    days = forms.IntegerField(
        label="期限（天）",
        min_value=1,
        max_value=31,
        initial=1,
        help_text="1 天：今天 24:00 前完成，最多 31 天。",
        error_messages={"min_value": DAYS_SENTENCE, "max_value": DAYS_SENTENCE, "required": DAYS_SENTENCE},
    )
    reason = forms.CharField(label="事由", required=False, max_length=200)
    key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4, required=False)

    def __init__(self, *args: Any, user: User, place: Node | None, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today
        estates = startable(user, place)
        self.fields["estate"].queryset = estates  # type: ignore[attr-defined]
        if not self.is_bound and len(first := estates[:2]) == 1:
            self.initial.setdefault("estate", first[0].pk)
        self.fields["checklist"].queryset = Checklist.objects.in_use().order_by("way", "name")  # type: ignore[attr-defined]
        tiers = [tier for tier in Tier if any(post.role in TEAM[tier] for post in user.current_posts)]
        self.fields["tier"].choices = [(tier.value, tier.label) for tier in tiers]  # type: ignore[attr-defined]
        if len(tiers) == 1:
            self.fields["tier"].widget = forms.HiddenInput()
            self.initial["tier"] = tiers[0].value

    def version(self) -> ChecklistVersion | None:
        """The version of the chosen checklist that is in force today (INS-6), whatever else is still wrong."""
        checklist = self["checklist"].value()
        found = self.fields["checklist"].queryset.filter(code=checklist).first() if checklist else None  # type: ignore[attr-defined]
        return ChecklistVersion.objects.effective(found.pk, self.today) if found else None

    def chosen(self) -> set[int]:
        """Ids of the ticked items."""
        ticked = self.data.getlist("items") if self.is_bound else []  # type: ignore[attr-defined]
        return {int(one) for one in ticked if one.isascii() and one.isdecimal() and len(one) < ID_DIGITS}

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        given["version"] = self.version() if given.get("checklist") else None
        if given.get("checklist") and given["version"] is None:
            self.add_error("checklist", "这张检查表还没有生效的版本。")
        if given.get("scope") == "some" and not self.chosen():
            self.add_error("scope", "请至少勾选一个检查项。")
        given["item_ids"] = self.chosen() if given.get("scope") == "some" else None
        return given


def startable(user: User, place: Node | None) -> QuerySet[Estate]:
    """Estates at which the user is on a team that may start inspections, at the chosen place."""
    team = frozenset().union(*TEAM.values()) & HOLDERS[Right.START_ADHOC]
    nodes = [post.node_id for post in user.current_posts if post.role in team]
    found = Estate.objects.active().filter(at_or_below(nodes))
    return (found.filter(at_or_below([place.pk])) if place else found).order_by("code")
