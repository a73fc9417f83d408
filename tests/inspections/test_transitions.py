"""INS-8, INS-10: a state changes only the ways it may, also in SQL."""

import pytest
from django.db import Error, transaction

from inspections.models import Inspection, Rectification
from tests.inspections.factories import answer_all, make_inspection, make_rectification, submit


def test_what_is_submitted_or_missed_stays_so(cast):
    submitted = make_inspection(cast.estate_a1)
    answer_all(submitted, by=cast.engineering)
    submit(submitted, by=cast.engineering)
    missed = make_inspection(cast.estate_a1, state="missed")
    for inspection, state in ((submitted, "open"), (submitted, "missed"), (missed, "doing")):
        with pytest.raises(Error, match="transition"), transaction.atomic():
            Inspection.objects.filter(pk=inspection.pk).update(state=state)


def test_a_rectification_is_not_closed_without_a_recheck(cast):
    row = make_rectification(cast.estate_a1, by=cast.security)
    with pytest.raises(Error, match="transition"), transaction.atomic():
        Rectification.objects.filter(pk=row.pk).update(
            state="closed", rectified_by=cast.engineering, closed_by=cast.estate_manager
        )
