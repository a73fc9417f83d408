"""The demo's handovers: every state of houses, defects, keys, move-ins and passes, and money that adds up."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random

import pytest
from django.db import transaction
from django.db.models import Count, F, Max, Sum

from accounts.roles import Role
from config.demo import handoverlists, names, play
from config.demo.handovers import build_handovers
from config.demo.play import as_it_happened
from config.demo.world import World, accounts, build_world
from estates.models import Owner
from foundation.journal.models import Entry
from foundation.signatures.models import Signature
from foundation.timers.models import Clock, ClockState
from foundation.worktime.local import local_date, parse_at
from handover.choices import SIGNED, Method, NotTaken, Payer
from handover.keyledger import with_last_move
from handover.models import (
    Batch,
    Bill,
    Defect,
    Handover,
    HandoverStep,
    HouseKey,
    KeyMove,
    MoveIn,
    OwnerList,
    Pass,
    Payment,
)
from handover.reporting import summary
from tests.config.emptied import forget

pytestmark = [pytest.mark.slow, pytest.mark.django_db]

NOW = parse_at("2026-11-21T14:20")
DAY = timedelta(days=1)
TOLD = ("house__code", "state", "buyer_name", "buyer_phone", "arrived_at", "done_at", "reason")


def build(seed: int, at: datetime) -> tuple[World, str]:
    """Three estates, with fewer houses than the demo has."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(names, "ESTATES", [names.ESTATES[0], *names.ESTATES[6:8]])
        patch.setattr(handoverlists, "FLOORS", 5)
        # A story that is refused would stop without a word.
        patch.setattr(play, "Refused", NotImplementedError)
        rng = Random(seed)
        with as_it_happened():
            world = build_world(rng, local_date(at))
            return world, build_handovers(world, rng, at=at)


@pytest.fixture(scope="module")
def demo(django_db_setup, django_db_blocker, tmp_path_factory) -> Iterator[tuple[World, str]]:
    """Built once for the whole module, undone after it."""
    with (
        pytest.MonkeyPatch.context() as patch,
        django_db_blocker.unblock(),
        transaction.atomic(),
    ):
        from django.conf import settings

        patch.setattr(settings, "MEDIA_ROOT", str(tmp_path_factory.mktemp("files")))
        yield build(7, NOW)
        transaction.set_rollback(True)


def second_phase() -> Batch:
    return Batch.objects.get(state=Batch.State.OPEN)


# --- houses ---------------------------------------------------------------------------------------------------------------


def test_the_second_phase_is_on_its_second_day_and_nearly_half_is_handed_over(demo) -> None:
    batch = second_phase()
    assert (batch.starts_on, batch.ends_on) == (local_date(NOW - DAY), local_date(NOW + 2 * DAY))
    counts = dict(batch.handovers.order_by().values_list("state").annotate(n=Count("pk")))
    assert set(counts) == set(Handover.State.values)
    assert 0.4 < counts["done"] / sum(counts.values()) < 0.5


def test_every_house_that_was_handed_over_has_all_that_the_steps_ask_for(demo) -> None:
    done = Handover.objects.filter(state=Handover.State.DONE)
    assert not HandoverStep.objects.filter(handover__in=done).exclude(state="done").exists()
    assert not done.filter(owner_file=None).exists()
    assert not done.filter(owner_file__emergency_mobile="").exists()
    assert not done.filter(owner_file__birthday=None).exists()
    signed = Signature.objects.filter(subject_kind="handover.handover", subject_id__in=done)
    assert signed.count() == len(SIGNED) * done.count()
    assert not signed.filter(strokes=None).exists()


def test_somebody_stands_at_every_counter_and_others_wait(demo) -> None:
    steps = HandoverStep.objects.filter(handover__batch=second_phase(), handover__state="under_way")
    taken = {step.kind: step.taken_by for step in steps.filter(state="taken")}
    assert set(taken) >= {"identity", "documents", "owner_file", "inspection", "payment", "keys"}
    waiting = Handover.objects.filter(state="under_way").exclude(steps__state="taken")
    assert waiting.count() == 4
    world, _ = demo
    assert taken["payment"] == world.at(world.estates[0], Role.CASHIER)[0]
    assert taken["documents"] == world.at(world.estates[0], Role.ARCHIVIST)[0]
    assert taken["identity"] == world.at(world.estates[0], Role.SERVICE)[0]


def test_every_reason_not_to_take_a_house_occurs(demo) -> None:
    there = Handover.objects.filter(batch=second_phase(), state="not_taken")
    assert sorted(there.values_list("reason", flat=True)) == sorted(NotTaken.values)
    assert not there.filter(remark="").exists()


def test_who_was_duly_called_and_stayed_away_is_billed_from_the_day_of_the_notice(demo) -> None:
    away = Handover.objects.get(batch=second_phase(), reason=NotTaken.UNREACHED)
    bill = away.bills.get()
    assert (bill.payer, bill.starts_on) == (Payer.OWNER, away.notice_on)


def test_others_are_appointed_for_the_days_to_come_and_two_missed_their_hour(demo) -> None:
    waiting = Handover.objects.filter(batch=second_phase(), state="not_begun")
    assert waiting.filter(slot__starts_at__gt=NOW).count() > 5
    assert waiting.filter(slot__ends_at__lt=NOW).count() == 2
    assert waiting.filter(slot=None).exists()
    full = second_phase().slots.annotate(n=Count("handovers")).filter(n__gt=F("capacity"))
    assert not full.exists()


def test_the_owner_list_was_wrong_at_first(demo) -> None:
    lists = OwnerList.objects.filter(batch=second_phase()).order_by("uploaded_at")
    assert [one.state for one in lists] == ["faulty", "saved"]
    assert not lists.exclude(content=None).exists()


def test_two_closed_batches_have_their_summary(demo) -> None:
    closed = Batch.objects.filter(state=Batch.State.CLOSED)
    assert closed.count() == 2
    for batch in closed:
        told = summary(batch, NOW)
        assert told.total.done + told.total.not_taken == told.total.houses
        assert told.billed > told.paid > 0
    assert closed.filter(handovers__state="not_taken").exists()


def test_who_took_a_house_over_is_in_its_file(demo) -> None:
    done = Handover.objects.filter(state="done", done_at__lt=NOW - timedelta(hours=1))
    owners = dict(Owner.objects.current().values_list("house", "name"))
    assert all(owners[one.house_id] == one.buyer_name for one in done)


# --- defects and keys -----------------------------------------------------------------------------------------------------


def test_defects_are_in_every_state_and_some_were_not_passed(demo) -> None:
    here = Defect.objects.filter(handover__batch=second_phase())
    assert set(here.values_list("state", flat=True)) == set(Defect.State.values)
    assert here.filter(rejections__gt=0).exists()
    assert here.exclude(fixed_at=None).filter(fixed_by=None).exists(), "mended from the builder's page"
    assert not Defect.objects.filter(builder=None).exists()


def test_a_late_defect_went_up_to_the_branch(demo) -> None:
    late = Defect.objects.filter(handover__batch=second_phase()).overdue(NOW)
    assert late.exists()
    told = Entry.objects.filter(subject_kind="handover.defect", subject_id__in=late, verb="defect.escalate")
    assert {"工程主管", "项目经理", "分公司督导"} <= set(told.values_list("data__to", flat=True))


def test_keys_are_with_owners_kept_lent_returned_and_late(demo) -> None:
    assert set(KeyMove.objects.values_list("kind", flat=True)) == set(KeyMove.Kind.values)
    here = with_last_move(HouseKey.objects.filter(house__handovers__batch=second_phase()))
    assert set(here.values_list("place", flat=True)) == set(HouseKey.Place.values)
    assert here.late(NOW).exists()


# --- money ----------------------------------------------------------------------------------------------------------------


def test_money_came_by_every_method_and_one_payment_was_reversed_on_the_same_day(demo) -> None:
    here = Payment.objects.filter(bill__handover__batch=second_phase())
    assert set(Payment.objects.values_list("method", flat=True)) == set(Method.values)
    wrong = here.get(reverses=None, reversal__isnull=False)
    assert local_date(wrong.reversal.at) == local_date(wrong.at)


def test_the_sheets_of_the_last_two_days_add_up_to_what_was_paid_on_the_bills(demo) -> None:
    world, _ = demo
    days = [local_date(NOW - DAY), local_date(NOW)]
    taken = [Payment.objects.filter(estate=world.estates[0]).of_day(day) for day in days]
    assert all(day.count() > 2 for day in taken)
    sums = [day.aggregate(sum=Sum("amount"))["sum"] for day in taken]
    bills = Bill.objects.filter(handover__batch=second_phase()).with_paid()
    assert sum(sums) == sum((bill.paid for bill in bills), Decimal(0))
    done = bills.filter(handover__state="done")
    assert not done.exclude(paid=F("total")).exists()


# --- living there ---------------------------------------------------------------------------------------------------------


def test_people_move_in_and_out_at_two_estates(demo) -> None:
    world, _ = demo
    for estate in (world.estates[0], world.estates[2]):
        here = MoveIn.objects.filter(estate=estate)
        assert set(here.values_list("state", flat=True)) == set(MoveIn.State.values)
        assert here.filter(is_tenant=True, state="preparing", owner_confirmed_at=None).exists()
        assert here.filter(is_tenant=True, state="preparing").exclude(owner_confirmed_at=None).exists()
        assert here.unwatched().exists()


def test_passes_are_in_every_state_and_some_may_be_used_today(demo) -> None:
    world, _ = demo
    for estate in (world.estates[0], world.estates[2]):
        here = Pass.objects.filter(estate=estate)
        assert set(here.values_list("state", flat=True)) == set(Pass.State.values)
        assert here.usable(local_date(NOW)).count() >= 3
        assert here.filter(is_frequent=True).exists()
        waiting = here.get(state=Pass.State.WAITING)
        assert waiting.arrears > 0
        assert here.filter(used_at__gte=NOW - timedelta(hours=6)).exists()


# --- all of it ------------------------------------------------------------------------------------------------------------


def test_nothing_happened_later_than_now_and_all_was_swept(demo) -> None:
    moments = [
        (Handover, "arrived_at"), (Handover, "done_at"), (HandoverStep, "taken_at"), (HandoverStep, "done_at"),
        (Bill, "made_at"), (Payment, "at"), (Defect, "found_at"), (Defect, "fixed_at"), (Defect, "confirmed_at"),
        (KeyMove, "at"), (MoveIn, "registered_at"), (MoveIn, "done_at"), (Pass, "made_at"), (Pass, "used_at"),
        (Signature, "at"), (Entry, "at"),
    ]  # fmt: skip
    later = [
        (model.__name__, field)
        for model, field in moments
        if (last := model.objects.aggregate(last=Max(field))["last"]) is not None and last > NOW
    ]
    assert later == []
    assert not Clock.objects.filter(state=ClockState.RUNNING, next_at__lte=NOW).exists()
    assert not Entry.objects.exclude(recorded_at=F("at")).exists()


def test_the_printed_accounts_work_where_houses_are_handed_over(demo) -> None:
    logins = {role: login for role, login, _, _ in accounts()}
    for role in (Role.SERVICE, Role.SERVICE_LEAD, Role.CASHIER, Role.ARCHIVIST, Role.ENGINEERING, Role.ESTATE_MANAGER):
        assert logins[role.label].endswith(second_phase().estate.code.lower())


def test_the_line_of_figures_says_how_many(demo) -> None:
    _, line = demo
    assert line.startswith(f"交房 {Handover.objects.count()} 户")


def test_the_same_seed_tells_the_same(demo) -> None:
    houses, money = told()
    with transaction.atomic():
        forget()
        build(7, NOW)
        assert told() == (houses, money)
        transaction.set_rollback(True)


def told() -> tuple[list, list]:
    houses = Handover.objects.order_by("house__code").values_list(*TOLD)
    return list(houses), list(Payment.objects.order_by("receipt").values_list("receipt", "amount", "method", "at"))


def test_past_midnight_the_hall_is_as_full_and_nobody_is_refused(demo) -> None:
    now = parse_at("2026-11-21T00:20")
    with transaction.atomic():
        forget()
        build(3, now)
        states = set(second_phase().handovers.values_list("state", flat=True))
        transaction.set_rollback(True)
    assert states == set(Handover.State.values)
