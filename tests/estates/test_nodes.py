"""The tree: three fixed levels, dates in order, one parent of the right kind."""

from datetime import date

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from estates.models import Branch, Estate, Group, Node


def test_a_proxy_makes_and_finds_rows_of_its_own_kind(cast):
    assert {node.kind for node in Node.objects.all()} == {"group", "branch", "estate"}
    assert list(Group.objects.all()) == [cast.group]
    assert set(Branch.objects.all()) == {cast.branch_a, cast.branch_b}
    assert set(cast.branch_a.estates()) == {cast.estate_a1, cast.estate_a2}
    assert set(cast.group.estates()) == set(Estate.objects.all())
    assert list(cast.estate_a1.estates()) == [cast.estate_a1]


def test_lineage_names_the_node_and_what_is_above(cast):
    assert Node.objects.get(pk=cast.estate_a1.pk).lineage == (cast.estate_a1.pk, cast.branch_a.pk, cast.group.pk)
    assert Node.objects.get(pk=cast.branch_a.pk).lineage == (cast.branch_a.pk, cast.group.pk)
    assert Node.objects.get(pk=cast.group.pk).lineage == (cast.group.pk,)


@pytest.mark.parametrize(("kind", "parent"), [("estate", "group"), ("branch", "branch_a"), ("estate", "estate_a1")])
def test_a_parent_of_the_wrong_level_is_refused(cast, kind, parent):
    node = Node(kind=kind, code="X", name="X", parent=getattr(cast, parent))

    with pytest.raises(ValidationError, match="的上级必须是"):
        node.full_clean()


@pytest.mark.parametrize(
    "fields",
    [
        {"kind": "estate", "parent": None},
        {"kind": "group", "parent": "branch_a"},
        {"kind": "village", "parent": "branch_a"},
        {"kind": "branch", "parent": "group", "delivery_on": date(2026, 1, 1)},
        {"kind": "estate", "parent": "branch_a", "delivery_on": date(2026, 1, 2), "exit_on": date(2026, 1, 1)},
        {"kind": "estate", "parent": "branch_a", "early_start_on": date(2026, 1, 2), "delivery_on": date(2026, 1, 1)},
    ],
)
def test_the_database_refuses_what_is_no_tree(cast, fields):
    parent = fields.pop("parent")

    with pytest.raises(IntegrityError), transaction.atomic():
        Node.objects.create(code="X", name="X", parent=getattr(cast, parent) if parent else None, **fields)


def test_dates_out_of_order_are_told_in_a_sentence(cast):
    estate = Estate(code="X", name="X", parent=cast.branch_a, delivery_on=date(2026, 1, 2), exit_on=date(2026, 1, 1))

    with pytest.raises(ValidationError, match="日期顺序应为"):
        estate.full_clean()


@pytest.mark.parametrize(
    ("hours", "fine"),
    [
        ("08:30-12:00,14:00-18:00", True),
        ("", True),
        ("22:00-24:00", True),
        ("八点半到六点", False),
        ("25:00-26:00", False),
    ],
)
def test_service_hours_have_one_form(cast, hours, fine):
    cast.estate_a1.service_hours = hours
    if fine:
        cast.estate_a1.full_clean()
    else:
        with pytest.raises(ValidationError, match="08:30-12:00"):
            cast.estate_a1.full_clean()
