"""What a form changed, in words (ORG-5)."""

import pytest
from django import forms

from estates.models import Node
from foundation.journal.changes import changed_fields


class Sample(forms.Form):
    name = forms.CharField(label="名称", required=False)
    active = forms.BooleanField(label="启用", required=False)
    tier = forms.ChoiceField(label="层级", choices=[("estate", "项目"), ("branch", "分子公司")])
    days = forms.MultipleChoiceField(label="星期", choices=[("1", "周一"), ("2", "周二")], required=False)


@pytest.mark.parametrize(
    ("given", "line"),
    [
        ({"name": "东区"}, "名称：东区"),
        ({"active": "on"}, "启用：否 → 是"),
        ({"tier": "branch"}, "层级：项目 → 分子公司"),
        ({"days": ["1", "2"]}, "星期：周一、周二"),
    ],
)
def test_a_value_reads_as_its_label(given, line):
    form = Sample({"tier": "estate"} | given, initial={"tier": "estate", "active": False, "name": "", "days": []})
    assert form.is_valid()
    assert changed_fields(form) == [line]


@pytest.mark.django_db
def test_a_place_reads_as_its_name_not_its_key(cast):
    class Placed(forms.Form):
        node = forms.ModelChoiceField(Node.objects.all(), label="组织", required=False)

    form = Placed({"node": cast.estate_a2.pk}, initial={"node": cast.estate_a1.pk})
    assert form.is_valid()
    assert changed_fields(form) == [f"组织：{cast.estate_a1} → {cast.estate_a2}"]
