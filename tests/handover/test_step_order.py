"""交接步骤顺序 in the admin (HND-1): data of an estate, and no batch changes afterwards."""

from __future__ import annotations

from django.urls import reverse

from foundation.journal.models import Entry
from handover.choices import StepKind
from handover.models import StepOrder
from handover.services.batches import step_order
from tests.handover.factories import arrived, make_handover

ADD = "admin:handover_steporder_add"


def test_an_estate_without_rows_has_the_default_order(cast):
    assert step_order(cast.estate_a1) == list(StepKind.values)


def test_the_administrator_sets_an_order_which_is_journalled(cast):
    before = make_handover(cast, "1501")
    client = cast.client(cast.administrator)
    for position, kind in ((20, "identity"), (10, "inspection")):
        given = {"estate": cast.estate_a1.pk, "position": position, "kind": kind}
        assert client.post(reverse(ADD), given).status_code == 302
    assert step_order(cast.estate_a1) == ["inspection", "identity"]
    assert step_order(cast.estate_a2) == list(StepKind.values)
    told = Entry.objects.about(cast.estate_a1).filter(verb="step_order.change").last()
    assert told is not None
    assert (told.by, told.data) == (cast.administrator, {"steps": "验房、核对身份"})
    after = make_handover(cast, "1502", name="第二批")
    assert [step.kind for step in arrived(after, cast).steps.all()] == ["inspection", "identity"]
    assert [step.kind for step in arrived(before, cast).steps.all()] == list(StepKind.values)


def test_a_step_twice_is_refused(cast):
    StepOrder.objects.create(estate=cast.estate_a1, kind="keys", position=10)
    given = {"estate": cast.estate_a1.pk, "position": 20, "kind": "keys"}
    assert cast.client(cast.administrator).post(reverse(ADD), given).status_code == 200
    assert StepOrder.objects.count() == 1


def test_only_administrators_set_it(cast):
    assert cast.client(cast.estate_manager).get(reverse(ADD)).status_code in (302, 403)
