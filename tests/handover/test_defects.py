"""遗留问题: registered, mended, re-checked by another, confirmed by the owner, and its ladder (HND-3)."""

from __future__ import annotations

import uuid
from datetime import date

import pytest

from foundation.attachments.models import Attachment
from foundation.notices.models import Notice
from foundation.timers import services as timers
from foundation.timers.models import ClockState
from handover import faultlibrary
from handover.choices import StepKind
from handover.models import Defect
from handover.services import defectphotos
from handover.services.defects import (
    assign_builder,
    confirm_defect,
    fix_by_builder,
    fix_defect,
    recheck_defect,
    register_defect,
    reject_defect,
    waive_defect,
)
from handover.signedpapers import text_of
from tests.handover.factories import (
    DAY,
    HOUR,
    MONDAY,
    SECOND,
    entry,
    fresh,
    journal,
    make_handover,
    moment,
    photo,
    refused,
)
from tests.handover.houses import fixed, found, limit_of, make_builder, rechecked

pytestmark = pytest.mark.django_db
State = Defect.State
DUE = moment("2026-03-18 00:00")  # 15 days of 空鼓 from Monday 2026-03-02, until 24:00 of the 17th


# --- the library ----------------------------------------------------------------------------------------------------


def test_every_fault_of_the_library_has_days_and_rooms():
    library = faultlibrary.library()
    assert len(library.rooms) >= 15
    assert len(library.trades) >= 20
    for trade in library.trades.values():
        assert trade.faults
        assert trade.rooms
        assert all(1 <= days <= 30 for days in trade.faults.values())
        assert all(len(fault) <= Defect._meta.get_field("fault").max_length for fault in trade.faults)
    assert library.days("燃气", "泄漏、有异味") == 1
    assert library.days("门窗", "限位器、防坠装置缺失") == library.days("护栏", "高度不足（临空处 1.10 米）") == 3
    assert library.days("墙面", "自己写的问题") == library.trades["墙面"].days
    assert not library.fits("主卧", "燃气")


def test_what_endangers_people_is_mended_in_a_day():
    dangers = ("有坠落危险", "有触电危险", "泄漏", "燃气", "有倾倒危险")
    trades = faultlibrary.library().trades.values()
    found = {fault: days for trade in trades for fault, days in trade.faults.items() if fault.endswith(dangers)}
    assert len(found) >= 8
    assert set(found.values()) == {1}


def test_every_room_has_walls_floor_and_power():
    library = faultlibrary.library()
    for room in library.rooms:
        assert all(library.fits(room, trade) for trade in ("墙面", "地面", "电气", "保洁", "其他")), room
    for room in ("厨房", "主卫", "公卫"):
        assert all(library.fits(room, trade) for trade in ("给水", "排水", "防水", "墙地砖")), room
    assert library.fits("阳台", "护栏")
    assert not library.fits("车位", "门窗")


# --- 登记 ------------------------------------------------------------------------------------------------------------


def test_a_defect_has_a_number_its_standard_limit_and_a_clock(cast):
    defect = found(cast, remark="窗下 30 厘米")
    assert (defect.number, defect.state, defect.note) == ("YL-A1-202603-0001", State.OPEN, "窗下 30 厘米")
    assert defect.due_at == DUE
    assert (limit_of(defect).state, limit_of(defect).due_at) == (ClockState.RUNNING, DUE)
    assert journal(defect, prefix="defect.") == ["open"]


def test_a_day_that_is_named_counts_until_its_end(cast):
    defect = found(cast, due_on=date(2026, 3, 2))
    assert defect.due_at == moment("2026-03-03 00:00")
    assert not defect.is_overdue(defect.due_at)
    assert defect.is_overdue(defect.due_at + SECOND)
    with refused("不能早于今天"):
        found(cast, handover=defect.handover, due_on=date(2026, 3, 1))


@pytest.mark.parametrize(("room", "trade"), [("主卧", "燃气"), ("月球", "墙面"), ("主卧", "魔法")])
def test_what_the_library_does_not_know_is_refused(cast, room, trade):
    with refused("标准库里"):
        found(cast, room=room, trade=trade)
    assert not Defect.objects.exists()


def test_the_only_builder_of_a_trade_is_responsible(cast):
    builder = make_builder(cast)
    defect = found(cast)
    assert defect.builder == builder
    make_builder(cast, "另一家")
    assert found(cast, handover=defect.handover).builder is None


def test_the_same_form_twice_is_one_defect_with_its_photos(cast):
    handover, key = make_handover(cast), uuid.uuid4()
    defectphotos.keep(owner=handover, slot=defectphotos.slot_of(key), photos=[photo()], by=cast.engineering, at=MONDAY)
    first = found(cast, handover=handover, client_key=key, mark=[[[0.1, 0.2], [0.3, 0.4]]])
    again = found(cast, handover=handover, client_key=key)
    assert first == again
    assert Defect.objects.count() == 1
    assert Attachment.objects.for_owner(first, defectphotos.BEFORE).count() == 1
    assert not Attachment.objects.for_owner(handover).exists()


@pytest.mark.parametrize("who", ["cashier", "security", "auditor", "foreign_engineering"])
def test_only_those_who_inspect_register(cast, who):
    with refused("不能登记遗留问题"):
        found(cast, by=getattr(cast, who))


# --- 指定 ------------------------------------------------------------------------------------------------------------


def test_a_builder_is_assigned_once(cast):
    defect, builder = found(cast), make_builder(cast)
    defect = assign_builder(defect=defect, builder=builder, by=cast.service, at=MONDAY + HOUR)
    assert defect.builder == builder
    with refused("已经由锦建装饰负责"):
        assign_builder(defect=defect, builder=builder, by=cast.service, at=MONDAY + HOUR)
    assert journal(defect, prefix="defect.") == ["open", "assign"]


def test_a_builder_of_another_estate_is_refused(cast):
    defect, builder = found(cast), make_builder(cast)
    builder.estate = cast.estate_b1
    builder.save()
    with refused("本项目的责任单位"):
        assign_builder(defect=defect, builder=builder, by=cast.service, at=MONDAY + HOUR)


# --- 整改 and 复验 ---------------------------------------------------------------------------------------------------


def test_mended_rechecked_and_confirmed(cast):
    defect = fixed(found(cast), cast)
    assert (defect.state, defect.fixed_by, defect.fixed_note) == (State.FIXED, cast.engineering, "已重新粉刷")
    assert limit_of(defect).state == ClockState.HELD
    defect = recheck_defect(defect=defect, by=cast.engineering_lead, at=MONDAY + 2 * DAY)
    assert (defect.state, defect.rechecked_by) == (State.RECHECKED, cast.engineering_lead)
    assert limit_of(defect).is_stopped
    defect = confirm_defect(defect=defect, by=cast.service, at=MONDAY + 3 * DAY, owner="王芳", way="电话")
    assert (defect.state, defect.confirmed_at) == (State.CONFIRMED, MONDAY + 3 * DAY)
    assert journal(defect, prefix="defect.") == ["open", "fix", "recheck", "confirm"]
    assert entry(defect, "defect.confirm").data == {"owner": "王芳", "way": "电话"}


def test_who_registered_the_repair_does_not_recheck_it(cast):
    defect = fixed(found(cast), cast)
    with refused("请由别人复验"):
        recheck_defect(defect=defect, by=cast.engineering, at=MONDAY + 2 * DAY)
    assert fresh(defect).state == State.FIXED


@pytest.mark.parametrize(
    ("verb", "given", "sentence"),
    [
        (recheck_defect, {}, "还没有整改完成"),
        (reject_defect, {"reason": "x", "due_on": date(2026, 3, 9)}, "还没有整改完成"),
        (confirm_defect, {"owner": "王芳", "way": "当面"}, "复验通过以后"),
    ],
)
def test_before_the_repair_there_is_nothing_to_check(cast, verb, given, sentence):
    defect = found(cast)
    with refused(sentence):
        verb(defect=defect, by=cast.engineering_lead, at=MONDAY + HOUR, **given)
    assert journal(defect, prefix="defect.") == ["open"]


def test_twice_is_refused_and_changes_nothing(cast):
    defect = rechecked(found(cast), cast)
    with refused("已经登记过整改完成"):
        fix_defect(defect=defect, by=cast.engineering, at=MONDAY + 3 * DAY)
    with refused("已经复验通过"):
        recheck_defect(defect=defect, by=cast.estate_manager, at=MONDAY + 3 * DAY)
    confirm_defect(defect=defect, by=cast.service, at=MONDAY + 3 * DAY, owner="王芳", way="当面")
    with refused("业主已经确认"):
        confirm_defect(defect=defect, by=cast.service, at=MONDAY + 4 * DAY, owner="王芳", way="当面")
    assert fresh(defect).confirmed_at == MONDAY + 3 * DAY


@pytest.mark.parametrize("state", ["fixed", "rechecked"])
def test_what_does_not_pass_is_open_again_until_the_named_day(cast, state):
    defect = fixed(found(cast), cast) if state == "fixed" else rechecked(found(cast), cast)
    defect = reject_defect(
        defect=defect, by=cast.engineering_lead, at=MONDAY + 3 * DAY, reason="仍有空鼓", due_on=date(2026, 3, 20)
    )
    assert (defect.state, defect.rejections, defect.fixed_at, defect.rechecked_by) == (State.OPEN, 1, None, None)
    assert defect.due_at == moment("2026-03-21 00:00")
    clock = limit_of(defect)
    assert (clock.state, clock.due_at) == (ClockState.RUNNING, defect.due_at)


def test_a_failed_repair_needs_a_reason_and_a_day_to_come(cast):
    defect = fixed(found(cast), cast)
    for given, sentence in (
        ({"reason": " ", "due_on": date(2026, 3, 20)}, "请写明"),
        ({"reason": "仍有空鼓", "due_on": date(2026, 3, 1)}, "不能早于今天"),
    ):
        with refused(sentence):
            reject_defect(defect=defect, by=cast.engineering_lead, at=MONDAY + 3 * DAY, **given)
    assert fresh(defect).state == State.FIXED


def test_an_owner_who_does_not_want_it_mended_ends_it(cast):
    defect = waive_defect(defect=found(cast), by=cast.service, at=MONDAY + HOUR, owner="王芳", reason="自行装修时处理")
    assert defect.state == State.WAIVED
    assert limit_of(defect).is_stopped
    with refused("业主已经放弃"):
        fix_defect(defect=defect, by=cast.engineering, at=MONDAY + DAY)


# --- the builder's own word -----------------------------------------------------------------------------------------


def test_a_builder_reports_with_a_photo_and_the_finder_is_told(cast):
    builder = make_builder(cast)
    defect = found(cast)
    with refused("整改后的照片"):
        fix_by_builder(defect=defect, builder=builder, at=MONDAY + DAY)
    defectphotos.keep(owner=defect, slot=defectphotos.AFTER, photos=[photo()], by=None, at=MONDAY + DAY)
    defect = fix_by_builder(defect=defect, builder=builder, at=MONDAY + DAY, remark="已修补")
    assert (defect.state, defect.fixed_by) == (State.FIXED, None)
    assert Notice.objects.filter(user=cast.engineering, subject_id=defect.pk, title__contains="待复验").count() == 1
    assert recheck_defect(defect=defect, by=cast.engineering, at=MONDAY + 2 * DAY).state == State.RECHECKED


def test_a_builder_mends_only_their_own(cast):
    other = make_builder(cast, "另一家", ("门窗",))
    with refused("不由贵单位负责"):
        fix_by_builder(defect=found(cast), builder=other, at=MONDAY + DAY)


def test_the_photos_of_a_failed_repair_do_not_speak_for_the_next(cast):
    builder = make_builder(cast)
    defect = found(cast)
    defectphotos.keep(owner=defect, slot=defectphotos.AFTER, photos=[photo()], by=None, at=MONDAY + DAY)
    defect = fix_by_builder(defect=defect, builder=builder, at=MONDAY + DAY)
    defect = reject_defect(
        defect=defect, by=cast.engineering, at=MONDAY + 2 * DAY, reason="仍有空鼓", due_on=date(2026, 3, 20)
    )
    with refused("整改后的照片"):
        fix_by_builder(defect=defect, builder=builder, at=MONDAY + 3 * DAY)


# --- the ladder -----------------------------------------------------------------------------------------------------


def told(defect: Defect, user) -> int:
    return Notice.objects.filter(user=user, subject_kind="handover.defect", subject_id=defect.pk).count()


def test_half_the_whole_and_half_again_tell_lead_manager_and_branch_each_once(cast):
    defect = found(cast)
    whole = DUE - MONDAY
    audience = [cast.engineering_lead, cast.estate_manager, cast.branch_supervisor]
    for number, step in enumerate([whole / 2, whole, whole * 3 / 2], start=1):
        timers.sweep(at=MONDAY + step - SECOND)
        assert [told(defect, one) for one in audience] == [1] * (number - 1) + [0] * (4 - number)
        timers.sweep(at=MONDAY + step)
        timers.sweep(at=MONDAY + step + SECOND)
        assert [told(defect, one) for one in audience] == [1] * number + [0] * (3 - number)
    assert journal(defect, prefix="defect.") == ["open", "escalate", "escalate", "escalate"]


def test_what_waits_for_its_recheck_does_not_escalate(cast):
    defect = fixed(found(cast), cast)
    timers.sweep(at=DUE + 30 * DAY)
    assert told(defect, cast.estate_manager) == 0


def test_after_a_failed_recheck_the_ladder_begins_anew(cast):
    defect = fixed(found(cast), cast)
    again = MONDAY + 2 * DAY
    defect = reject_defect(
        defect=defect, by=cast.engineering_lead, at=again, reason="仍有空鼓", due_on=date(2026, 3, 5)
    )
    half = again + (defect.due_at - again) / 2
    timers.sweep(at=half - SECOND)
    assert told(defect, cast.engineering_lead) == 0
    timers.sweep(at=half)
    assert told(defect, cast.engineering_lead) == 1


def test_registering_is_refused_before_anything_is_kept(cast):
    handover = make_handover(cast)
    with refused("不能登记"):
        register_defect(handover=handover, room="主卧", trade="墙面", fault="空鼓", by=cast.cashier, at=MONDAY)
    assert not Defect.objects.exists()


def test_the_paper_that_the_owner_signs_names_the_last_day_of_the_limit(cast):
    assert "2026-03-17" in text_of(found(cast).handover, StepKind.INSPECTION)
