"""ORG-5: what is written down stays, whoever asks and however."""

import pytest
from django.db import IntegrityError, connection, transaction

from foundation.journal.models import Entry
from foundation.journal.services import record


@pytest.fixture
def entry(subject, zhang, at):
    return record(subject, "test.open", by=zhang, at=at, node=7)


def change_one(entry):
    entry.verb = "test.close"
    entry.save()


def change_in_bulk(entry):
    entry.verb = "test.close"
    Entry.objects.bulk_update([entry], ["verb"])


def run(statement):
    with connection.cursor() as cursor:
        cursor.execute(statement)


REFUSED = {
    "save": change_one,
    "update": lambda entry: Entry.objects.update(verb="test.close"),
    "bulk update": change_in_bulk,
    "delete": lambda entry: entry.delete(),
    "delete many": lambda entry: Entry.objects.all().delete(),
    "raw delete": lambda entry: Entry.objects.all()._raw_delete("default"),
    "SQL update": lambda entry: run("UPDATE journal_entry SET at = now()"),
    "SQL delete": lambda entry: run("DELETE FROM journal_entry"),
    "upsert": lambda entry: run(
        "INSERT INTO journal_entry (id, subject_kind, subject_id, verb, at, data)"
        f" VALUES ({entry.pk}, '', 1, '', now(), '{{}}') ON CONFLICT (id) DO UPDATE SET verb = 'test.close'"
    ),
}


@pytest.mark.parametrize("way", REFUSED)
def test_an_entry_is_neither_changed_nor_deleted(entry, way):
    with pytest.raises(IntegrityError, match="操作记录只能增加"), transaction.atomic():
        REFUSED[way](entry)
    entry.refresh_from_db()
    assert entry.verb == "test.open"


@pytest.mark.parametrize("statement", ["TRUNCATE journal_entry", "TRUNCATE numbering_counter, journal_entry CASCADE"])
def test_the_journal_is_not_truncated(entry, statement):
    run("SET CONSTRAINTS ALL IMMEDIATE; SET LOCAL dudao.allow_truncate = 'off'")
    with pytest.raises(IntegrityError, match="操作记录不能清空"), transaction.atomic():
        run(statement)
    assert Entry.objects.count() == 1


def test_without_the_test_setting_truncating_is_refused(entry):
    """A production connection has no such setting at all."""
    run("SET CONSTRAINTS ALL IMMEDIATE; SET LOCAL dudao.allow_truncate = ''")
    with pytest.raises(IntegrityError), transaction.atomic():
        run("TRUNCATE journal_entry")


def test_a_person_in_the_journal_cannot_be_deleted(entry, zhang):
    """Not even past the ORM: the database keeps the reference."""
    run("SET CONSTRAINTS ALL IMMEDIATE")
    with pytest.raises(IntegrityError), transaction.atomic():
        type(zhang)._base_manager.filter(pk=zhang.pk)._raw_delete("default")
