"""INS-16: what the estate passed and an upper tier failed within the next 7 days."""

from datetime import timedelta
from decimal import Decimal
from threading import Thread

import pytest
from django.db import connection, transaction

from inspections.models import Discrepancy, Inspection
from inspections.services.submission import submit_inspection
from tests.inspections.content import published
from tests.inspections.test_submission import AT, answer, open_inspection, submit

FINE = {"exit": "p", "pressure": Decimal(1), "notice": "p"}


@pytest.fixture
def version(db):
    return published()


def checked(cast, version, tier, at, by, **results):
    return submit(open_inspection(cast, tier=tier, version=version, at=at), by, at, **{**FINE, **results})


@pytest.mark.parametrize(
    ("gap", "found"), [(timedelta(days=7), 1), (timedelta(days=7, seconds=1), 0), (timedelta(0), 1)]
)
def test_a_pass_counts_for_seven_days_its_last_moment_included(cast, version, gap, found):
    checked(cast, version, "estate", AT - gap, cast.engineering)
    upper = checked(cast, version, "branch", AT, cast.branch_supervisor, notice="f")
    assert (upper.compared, upper.contradicted) == (3 * found, found)
    assert Discrepancy.objects.count() == found


def test_the_pair_names_the_newest_pass_before_the_failure(cast, version):
    checked(cast, version, "estate", AT - timedelta(days=3), cast.engineering)
    newest = checked(cast, version, "estate", AT - timedelta(days=1), cast.engineering)
    checked(cast, version, "estate", AT + timedelta(days=1), cast.engineering)
    upper = checked(cast, version, "group", AT, cast.group_supervisor, notice="f")
    pair = Discrepancy.objects.get()
    assert (pair.upper, pair.self_check, pair.item.code, pair.estate) == (upper, newest, "notice", cast.estate_a1)
    assert (pair.passed_at, pair.failed_at) == (AT - timedelta(days=1), AT)


def test_what_the_estate_found_itself_is_no_discrepancy(cast, version):
    checked(cast, version, "estate", AT - timedelta(days=1), cast.engineering, notice="f")
    upper = checked(cast, version, "branch", AT, cast.branch_supervisor, notice="f")
    assert (upper.compared, upper.contradicted) == (2, 0)


def test_the_estates_own_checks_are_not_compared(cast, version):
    checked(cast, version, "estate", AT - timedelta(days=1), cast.engineering)
    again = checked(cast, version, "estate", AT, cast.engineering, notice="f")
    assert (again.compared, again.contradicted) == (0, 0)


def test_a_self_check_that_arrives_after_the_upper_one_still_counts(cast, version):
    """Filled without network in the morning, sent in the evening; the branch had been there at noon."""
    own = open_inspection(cast, version=version)
    answer(own, cast.engineering, AT, **FINE)
    noon = AT + timedelta(hours=1)
    upper = checked(cast, version, "branch", noon, cast.branch_supervisor, notice="f")
    assert upper.compared == 0
    submit(own, cast.engineering, AT + timedelta(hours=3))
    upper = Inspection.objects.get(pk=upper.pk)
    assert (upper.compared, upper.contradicted) == (3, 1)


@pytest.mark.django_db(transaction=True)
def test_a_self_check_sent_at_the_same_moment_is_not_lost(cast, version):
    """Neither submission sees the other before it commits, so the second one waits for the first."""
    own = open_inspection(cast, version=version)
    answer(own, cast.engineering, AT, **FINE)
    upper = open_inspection(cast, tier="branch", version=version)
    answer(upper, cast.branch_supervisor, AT + timedelta(hours=1), **FINE | {"notice": "f"})

    def send():
        submit_inspection(inspection=own, by=cast.engineering, at=AT + timedelta(hours=2))
        connection.close()

    with transaction.atomic():
        submit_inspection(inspection=upper, by=cast.branch_supervisor, at=AT + timedelta(hours=2))
        thread = Thread(target=send)
        thread.start()
        thread.join(timeout=1)
    thread.join()

    upper = Inspection.objects.get(pk=upper.pk)
    assert (upper.state, upper.compared, upper.contradicted) == ("submitted", 3, 1)
