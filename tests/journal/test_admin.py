"""ORG-5: administrators look at the journal and cannot touch it."""

import pytest
from django.urls import reverse

from foundation.journal.models import Entry
from foundation.journal.services import record


@pytest.fixture
def entry(cast, at) -> Entry:
    return record(cast.estate_a1, "test.open", by=cast.engineering, at=at, node=cast.estate_a1, reason="门禁失灵")


@pytest.fixture
def administrator(cast):
    return cast.client(cast.administrator)


def test_an_administrator_reads_it_in_words(administrator, entry):
    for page in (
        administrator.get(reverse("admin:journal_entry_changelist"), {"q": str(entry.subject_id)}),
        administrator.get(reverse("admin:journal_entry_change", args=[entry.pk])),
    ):
        assert page.status_code == 200
        assert "原因：门禁失灵" in page.content.decode()


def test_an_administrator_neither_adds_nor_changes_nor_deletes(administrator, entry):
    change, delete = (reverse(f"admin:journal_entry_{verb}", args=[entry.pk]) for verb in ("change", "delete"))
    assert administrator.get(reverse("admin:journal_entry_add")).status_code == 403
    assert administrator.post(change, {"verb": "test.close"}).status_code == 403
    assert administrator.post(delete, {"post": "yes"}).status_code == 403
    assert Entry.objects.get(pk=entry.pk).verb == "test.open"


def test_nobody_else_gets_in(cast, entry):
    for user in cast.people:
        if user != cast.administrator:
            page = cast.client(user).get(reverse("admin:journal_entry_changelist"))
            assert page.status_code in {302, 403}, user


def test_a_place_and_its_proxy_are_one_record(cast, entry):
    assert entry.subject_kind == "estates.node"
