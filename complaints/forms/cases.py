"""Input of the list of cases: its filter (RPT-5)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import forms
from django.db.models import Q
from django.db.models.functions import Right as LastOf

from accounts.rights import Right
from complaints.choices import DISSATISFIED, Cause, Channel, Department, Grade, Kind
from complaints.querysets import CaseQuerySet
from estates import spelling
from estates.models import House
from estates.querysets import house_is
from foundation.records.fields import ALL, date_field
from foundation.records.finding import holds
from foundation.worktime.local import end_of_day, start_of_day

if TYPE_CHECKING:
    from accounts.models import User

UNGRADED = "none"
GRADES = [*ALL, *Grade.choices, (UNGRADED, "待界定")]


class CaseFilter(forms.Form):
    """What the list narrows by, all in the URL; `event` and `house` come from links only."""

    q = forms.CharField(
        label="查找",
        required=False,
        max_length=60,
        widget=forms.TextInput({"placeholder": "单号、内容、房号、姓名、电话"}),
    )
    kind = forms.ChoiceField(label="类型", required=False, choices=ALL + Kind.choices)
    grade = forms.ChoiceField(label="投诉等级", required=False, choices=GRADES)
    channel = forms.ChoiceField(label="渠道", required=False, choices=ALL + Channel.choices)
    department = forms.ChoiceField(label="责任部门", required=False, choices=ALL + Department.choices)
    cause = forms.ChoiceField(label="事由", required=False, choices=ALL + Cause.choices)
    since = date_field("受理日期从")
    until = date_field("到")
    first_asked = forms.BooleanField(label="我首问的", required=False)
    mine = forms.BooleanField(label="我负责的", required=False)
    dissatisfied = forms.BooleanField(label="客户不满意", required=False)
    house = forms.IntegerField(required=False, widget=forms.HiddenInput, min_value=1, max_value=2**31)

    def apply(self, found: CaseQuerySet, user: User) -> CaseQuerySet:
        """The rows that pass; a value that cannot be read filters nothing out. `found` is scoped already (ORG-2)."""
        self.is_valid()
        given = self.cleaned_data
        for name in ("kind", "channel", "department", "cause", "house"):
            if value := given.get(name):
                found = found.filter(**{name: value})
        if grade := given.get("grade"):
            found = _graded(found, grade)
        if text := given.get("q", "").replace("\0", "").strip():
            found = search(found, text, user)
        if since := given.get("since"):
            found = found.filter(received_at__gte=start_of_day(since))
        if until := given.get("until"):
            found = found.filter(received_at__lt=end_of_day(until))
        if given.get("dissatisfied"):
            found = found.filter(satisfaction__lte=DISSATISFIED)
        if given.get("first_asked"):
            found = found.first_asked(user)
        return found.of(user) if given.get("mine") else found


def _graded(found: CaseQuerySet, grade: str) -> CaseQuerySet:
    """Of one grade; 待界定 are complaints that have none yet and were not judged invalid."""
    if grade != UNGRADED:
        return found.filter(grade=grade)
    return found.filter(kind=Kind.COMPLAINT, grade="").exclude(validity="invalid")


def search(found: CaseQuerySet, text: str, user: User) -> CaseQuerySet:
    """By part of the number, of the words or of the caller's name, by the house, by phone: the whole number or its last
    four digits, nothing between, for that would tell the masked digits one by one (ORG-4).
    """
    fits = holds(text, "text", "caller_name", "place")
    if text.isascii():
        fits |= Q(number__icontains=text)
    houses = Q()
    for wish in spelling.read(text):
        if wish.phone:
            fits |= Q(caller_phone=wish.phone)
        elif wish.tail:
            fits |= Q(phone_tail=wish.tail)
        elif wish.house and not wish.names:
            houses |= house_is(wish.house)
    if houses:
        here = House.objects.filter(houses, estate__in=user.estate_ids_with(Right.VIEW_CASES))
        fits |= Q(house__in=here.order_by().values("pk"))
    return found.alias(phone_tail=LastOf("caller_phone", spelling.PHONE_TAIL)).filter(fits)
