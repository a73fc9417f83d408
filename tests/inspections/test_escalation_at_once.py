"""GEN-6, INS-11 with the product's own handler: 1,000 escalations by two sweeps at once, each exactly once."""

from datetime import timedelta
from threading import Thread

import pytest
from django.db import connection

from foundation.journal.models import Entry
from foundation.notices.models import Notice
from foundation.timers import services as timers
from foundation.timers.models import ClockStep
from tests.inspections.factories import day, make_rectifications, start_clocks

ROWS = 500


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_two_sweeps_at_once_escalate_each_rectification_once(cast):
    rows = make_rectifications(cast.estate_a1, ROWS, opened_at=day(), due_at=day(1, 0))
    start_clocks(rows)

    def sweep():
        timers.sweep(at=day(2, 0) + timedelta(seconds=1), batch=50)
        connection.close()

    threads = [Thread(target=sweep) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    timers.sweep(at=day(2, 0) + timedelta(seconds=1))
    # The due moment and one day after it: the 主管 and the 项目经理.
    assert ClockStep.objects.count() == 2 * len(rows) == 1000
    assert Entry.objects.filter(verb="rectification.escalate").count() == 1000
    told = Notice.objects.filter(key__contains=":escalate:")
    assert told.filter(user=cast.estate_manager).count() == len(rows)
    assert told.count() == len(set(told.values_list("user", "key"))) == 1000
