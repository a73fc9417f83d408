"""GEN-6, INS-11 with the product's own handler: 1,000 escalations by two sweeps at once, each exactly once."""

from datetime import timedelta
from threading import Thread

import pytest
from django.db import connection

from foundation.journal.models import Entry
from foundation.notices.models import Notice
from foundation.timers import services as timers
from foundation.timers.models import ClockStep
from foundation.timers.values import Subject
from inspections.models import Rectification
from inspections.services.escalation import current_ladder
from tests.inspections.factories import day, make_inspection, make_ladder

ROWS = 500


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_two_sweeps_at_once_escalate_each_rectification_once(cast):
    make_ladder()
    inspection = make_inspection(cast.estate_a1)
    items = list(inspection.version.items.all())
    inspections = [make_inspection(cast.estate_a1, version=inspection.version) for _ in range(ROWS // len(items))]
    rows = Rectification.objects.bulk_create(
        Rectification(
            number=f"ZG-{one.pk}-{item.pk}",
            inspection=one,
            item=item,
            item_key=f"sample/{item.code}",
            estate=cast.estate_a1,
            tier="estate",
            risk=item.risk,
            role=item.role,
            problem="逾期未整改",
            opened_at=day(),
            due_at=day(1, 0),
        )
        for one in inspections
        for item in items
    )
    timers.start_many(
        kind=Rectification.CLOCK,
        model=Rectification,
        subjects=[Subject(id=row.pk, node_id=row.estate_id, due_at=row.due_at) for row in rows],
        at=day(),
        ladder=current_ladder(),
    )

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
