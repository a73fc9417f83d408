from datetime import date, timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from foundation.journal import services
from foundation.journal.models import Entry
from foundation.journal.services import change, record, record_many
from foundation.numbering.models import Counter


def test_it_says_who_what_when_and_where(subject, zhang, at):
    record(subject, "test.extend", by=zhang, at=at, node=7, due_on=change(date(2026, 11, 3), date(2026, 11, 6)))
    entry = Entry.objects.about(subject).get()
    assert (entry.subject_kind, entry.subject_id) == ("numbering.counter", subject.pk)
    assert (entry.by, entry.at, entry.node_id) == (zhang, at, 7)
    assert entry.data == {"due_on": {"before": "2026-11-03", "after": "2026-11-06"}}
    assert abs(timezone.now() - entry.recorded_at) < timedelta(minutes=1)


def test_a_place_may_be_given_as_a_record(subject, at):
    assert record(subject, "test.open", by=None, at=at, node=subject).node_id == subject.pk


def test_a_verb_without_a_label_is_refused(subject, at):
    with pytest.raises(LookupError):
        record(subject, "test.unheard", by=None, at=at)


def test_a_record_that_is_not_saved_is_refused(at):
    with pytest.raises(ValueError, match="尚未保存"):
        record(Counter(), "test.open", by=None, at=at)


def test_it_goes_when_the_transaction_goes(subject, at):
    with transaction.atomic():
        record(subject, "test.open", by=None, at=at)
        transaction.set_rollback(True)
    assert not Entry.objects.exists()


def test_many_are_written_in_one_statement(subject, at, django_assert_num_queries):
    entries = [services.entry(subject, "test.open", by=None, at=at, node=1) for _ in range(50)]
    with django_assert_num_queries(1):
        record_many(entries)
    assert Entry.objects.count() == 50


def test_one_timeline_of_several_records_in_the_order_of_events(subject, zhang, at, django_assert_num_queries):
    other = Counter.objects.create(kind="ZG", place="HZ02", period="202611", last=1)
    stranger = Counter.objects.create(kind="ZG", place="HZ03", period="202611", last=1)
    record(other, "test.close", by=zhang, at=at + timedelta(hours=1))
    record(subject, "test.open", by=zhang, at=at)
    record(stranger, "test.open", by=zhang, at=at)
    record(zhang, "test.open", by=None, at=at + timedelta(hours=2))
    with django_assert_num_queries(1):
        told = [(entry.verb, str(entry.by or "")) for entry in Entry.objects.about(subject, other, zhang)]
    assert [verb for verb, _ in told] == ["test.open", "test.close", "test.open"]


def test_what_happened_at_places(subject, at):
    for node in (1, 2, 3):
        record(subject, "test.open", by=None, at=at, node=node)
    assert {entry.node_id for entry in Entry.objects.at_nodes({1, 3})} == {1, 3}
