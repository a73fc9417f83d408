"""Input of the pages of visits (CMP-13)."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from django import forms
from django.db.models import Q

from accounts.rights import HOLDERS, Right
from accounts.staff import staff
from complaints.choices import DISSATISFIED, Kind, Satisfaction
from complaints.forms.intake import plain, unseen
from complaints.models import Visit
from complaints.querysets import VisitQuerySet
from estates import spelling
from estates.models import Estate, House, Node
from estates.querysets import house_is
from estates.search import by_key
from foundation.records.fields import ALL, WORDS, date_field, text_field
from foundation.worktime.local import local_date

if TYPE_CHECKING:
    from accounts.models import User

KEY_CHARS = 90
POINTS = 20


class VisitFilter(forms.Form):
    """What the list narrows by, all in the URL."""

    q = forms.CharField(label="房号或受访人", required=False, max_length=60)
    mode = forms.ChoiceField(label="方式", required=False, choices=ALL + Visit.Mode.choices)
    since = date_field("计划日期从")
    until = date_field("到")
    mine = forms.BooleanField(label="我的访问", required=False)
    dissatisfied = forms.BooleanField(label="客户不满意", required=False)

    def apply(self, found: VisitQuerySet, user: User) -> VisitQuerySet:
        """The rows that pass; a value that cannot be read filters nothing out. `found` is scoped already (ORG-2)."""
        self.is_valid()
        given = self.cleaned_data
        if text := plain(given.get("q")):
            found = found.filter(_named(text, user))
        if mode := given.get("mode"):
            found = found.filter(mode=mode)
        if since := given.get("since"):
            found = found.filter(planned_on__gte=since)
        if until := given.get("until"):
            found = found.filter(planned_on__lte=until)
        if given.get("dissatisfied"):
            found = found.filter(satisfaction__lte=DISSATISFIED)
        return found.filter(visitor=user) if given.get("mine") else found


def _named(text: str, user: User) -> Q:
    """By the house as people write it, or by who was met."""
    fits, houses = Q(visited__icontains=text), Q()
    for wish in spelling.read(text):
        if wish.house and not wish.names:
            houses |= house_is(wish.house)
    if houses:
        here = House.objects.filter(houses, estate__in=user.estate_ids_with(Right.VIEW_CASES))
        fits |= Q(house__in=here.order_by().values("pk"))
    return fits


class PlanForm(forms.Form):
    """安排访问: the house is found as a caller is, the visitor is one of its desk."""

    caller = forms.CharField(required=False, max_length=KEY_CHARS, widget=unseen())
    q = forms.CharField(label="房屋", required=False, max_length=60)
    visitor = forms.TypedChoiceField(
        label="访问人", coerce=int, error_messages={"required": "请选择访问人。", "invalid_choice": "请选择访问人。"}
    )
    planned_on = date_field("计划日期", required=True)
    mode = forms.ChoiceField(
        label="方式", choices=Visit.Mode.choices, initial=Visit.Mode.FACE, widget=forms.RadioSelect
    )
    purpose = forms.CharField(label="访问事由", required=False, max_length=200)

    def __init__(self, *args: Any, user: User, place: Node | None, at: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.at = at
        key = plain(self.data.get("caller") if self.is_bound else self.initial.get("caller"))
        self.found = by_key(user, key[:KEY_CHARS]) if key else None
        self.people = visitors(user, place, local_date(at))
        if user.pk in self.people:
            self.initial.setdefault("visitor", user.pk)
        choices = [("", "请选择"), *((pk, label) for pk, (_, label) in self.people.items())]
        self.fields["visitor"].choices = choices  # type: ignore[attr-defined]

    def clean_visitor(self) -> User:
        return self.people[self.cleaned_data["visitor"]][0]

    def clean_planned_on(self) -> date:
        if self.cleaned_data["planned_on"] < local_date(self.at):
            raise forms.ValidationError("计划日期不能早于今天。")
        return self.cleaned_data["planned_on"]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if self.found is None:
            self.add_error("q", "请从列表里选定房屋。" if given.get("q") else "请查找要访问的房屋。")
        elif (visitor := given.get("visitor")) and not visitor.may(Right.VISIT_CUSTOMERS, self.found.estate):
            self.add_error("visitor", "请选择这个项目的客服人员作为访问人。")
        return given


def visitors(user: User, place: Node | None, on: date) -> dict[int, tuple[User, str]]:
    """The people of the user's desks, each with what the list shows; of several estates with the estate's name."""
    estates = Estate.objects.filter(pk__in=user.estate_ids_with(Right.VISIT_CUSTOMERS)).select_related("parent")
    if place is not None:
        estates = estates.below(place)
    places = {estate.pk: estate for estate in estates}
    people = staff(places, on, HOLDERS[Right.VISIT_CUSTOMERS])
    found: dict[int, tuple[User, str]] = {}
    for (node_id, _), members in sorted(people.by_post.items()):
        for person in members:
            label = f"{person.name} · {places[node_id].label}" if len(places) > 1 else person.name
            found.setdefault(person.pk, (person, label))
    return found


class RecordForm(forms.Form):
    """登记访问."""

    visited = forms.CharField(label="受访人", max_length=60, error_messages={"required": "请写明受访人。"})
    satisfaction = forms.TypedChoiceField(
        label="满意度",
        choices=[(value, f"{value} {label}") for value, label in reversed(Satisfaction.choices)],
        coerce=int,
        widget=forms.RadioSelect,
        error_messages={"required": "请选择满意度，从 1 到 5。", "invalid_choice": "请选择满意度，从 1 到 5。"},
    )
    remark = text_field("访问情况")
    points = forms.CharField(
        label="反映事项",
        required=False,
        max_length=WORDS,
        widget=forms.Textarea({"rows": 4}),
        help_text="每行一件，登记后可以转为诉求单。",
    )

    def clean_points(self) -> list[str]:
        raised = [line.strip() for line in self.cleaned_data["points"].splitlines() if line.strip()]
        if len(raised) > POINTS:
            raise forms.ValidationError(f"一次最多登记 {POINTS} 件事项。")
        return raised


class CancelForm(forms.Form):
    reason = text_field("取消的原因", "请写明取消的原因。")


class PointForm(forms.Form):
    """转为诉求单."""

    kind = forms.ChoiceField(
        label="类型", choices=[("", "请选择"), *Kind.choices], error_messages={"required": "请选择类型。"}
    )
