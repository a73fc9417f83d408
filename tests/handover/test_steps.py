"""到场, and the steps of one house (HND-1, HND-5)."""

from __future__ import annotations

import pytest

from handover import readiness
from handover.choices import NotTaken, StepKind
from handover.models import Handover, HandoverStep, StepOrder
from handover.services.outcomes import not_taken, retry
from handover.services.papers import receive_documents
from handover.services.steps import arrive, finish_step, is_done, release_step, take_step
from tests.handover.factories import (
    HOUR,
    MINUTE,
    MONDAY,
    arrived,
    at_step,
    fresh,
    handed_over,
    journal,
    make_handover,
    refused,
)

AT = MONDAY + 2 * HOUR
State = HandoverStep.State


@pytest.fixture
def ready(monkeypatch):
    """Every step has what it needs."""
    monkeypatch.setattr(readiness, "missing", lambda handover, kind: "")


# --- 到场 ------------------------------------------------------------------------------------------------------------


def test_with_the_owner_come_the_steps_in_their_order(cast):
    handover = arrived(make_handover(cast), cast, at=AT)
    assert (handover.state, handover.arrived_at) == (Handover.State.UNDER_WAY, AT)
    assert [step.kind for step in handover.steps.all()] == list(StepKind.values)
    assert {step.state for step in handover.steps.all()} == {State.WAITING}
    assert journal(handover) == ["arrive"]


def test_arriving_twice_is_refused(cast):
    handover = arrived(make_handover(cast), cast)
    with refused("已经登记过到场"):
        arrive(handover=handover, by=cast.service, at=AT)
    assert handover.steps.count() == len(StepKind)


def test_before_the_batch_is_open_nobody_arrives(cast):
    with refused("批次还没有开始办理"):
        arrive(handover=make_handover(cast, opened=False), by=cast.service, at=AT)


@pytest.mark.parametrize("who", ["engineering", "cashier", "auditor", "foreign_manager"])
def test_only_the_desk_registers_an_arrival(cast, who):
    with refused("不能办理交房步骤"):
        arrive(handover=make_handover(cast), by=getattr(cast, who), at=AT)


def test_a_house_that_was_handed_over_in_another_batch_does_not_begin_again(cast):
    handed_over(cast)
    with refused("已经在别的批次接房"):
        arrive(handover=make_handover(cast), by=cast.service, at=AT)


def test_the_order_is_that_of_the_estate_when_the_batch_was_made(cast):
    for position, kind in enumerate(["inspection", "identity", "keys"], 1):
        StepOrder.objects.create(estate=cast.estate_a1, kind=kind, position=position)
    handover = make_handover(cast)
    StepOrder.objects.all().delete()
    assert [step.kind for step in arrived(handover, cast).steps.all()] == ["inspection", "identity", "keys"]


# --- 开始办理, 放回 -----------------------------------------------------------------------------------------------------


def test_a_step_lies_with_the_counter_that_took_it(cast):
    handover = arrived(make_handover(cast), cast)
    step = take_step(handover=handover, kind=StepKind.DOCUMENTS, by=cast.service, at=AT)
    assert (step.state, step.taken_by, step.taken_at) == (State.TAKEN, cast.service, AT)
    for verb in (take_step, finish_step, release_step):
        with refused("客户助理甲正在办理“收取资料”"):
            verb(handover=handover, kind=StepKind.DOCUMENTS, by=cast.archivist, at=AT)
    with refused("您正在办理"):
        take_step(handover=handover, kind=StepKind.DOCUMENTS, by=cast.service, at=AT)
    assert journal(handover) == ["arrive", "take_step"]


def test_several_counters_work_on_one_house_at_once(cast):
    handover = arrived(make_handover(cast), cast)
    take_step(handover=handover, kind=StepKind.IDENTITY, by=cast.service, at=AT)
    step = take_step(handover=handover, kind=StepKind.INSPECTION, by=cast.engineering, at=AT)
    assert step.taken_by == cast.engineering


def test_who_took_it_or_the_manager_puts_it_back(cast):
    handover = arrived(make_handover(cast), cast)
    for by in (cast.service, cast.estate_manager):
        take_step(handover=handover, kind=StepKind.SAFETY, by=cast.service, at=AT)
        step = release_step(handover=handover, kind=StepKind.SAFETY, by=by, at=AT)
        assert (step.state, step.taken_by, step.taken_at) == (State.WAITING, None, None)
    with refused("没有人在办理"):
        release_step(handover=handover, kind=StepKind.SAFETY, by=cast.service, at=AT)


# --- 完成 ------------------------------------------------------------------------------------------------------------


def test_a_finished_step_says_who_and_when(cast, ready):
    handover = arrived(make_handover(cast), cast)
    take_step(handover=handover, kind=StepKind.IDENTITY, by=cast.service, at=AT)
    step = finish_step(handover=handover, kind=StepKind.IDENTITY, by=cast.service, at=AT + MINUTE, remark=" 人证一致 ")
    assert (step.state, step.taken_at, step.done_by, step.done_at, step.note) == (
        State.DONE, AT, cast.service, AT + MINUTE, "人证一致",
    )  # fmt: skip
    assert is_done(handover, StepKind.IDENTITY)
    assert journal(handover) == ["arrive", "take_step", "finish_step"]


def test_twice_is_refused_and_keeps_the_first(cast, ready):
    handover = arrived(make_handover(cast), cast)
    finish_step(handover=handover, kind=StepKind.IDENTITY, by=cast.service, at=AT)
    with refused("“核对身份”已经由客户助理甲办完"):
        finish_step(handover=handover, kind=StepKind.IDENTITY, by=cast.archivist, at=AT + MINUTE)
    assert handover.steps.get(kind=StepKind.IDENTITY).done_at == AT
    assert journal(handover) == ["arrive", "finish_step"]


def test_steps_are_finished_in_their_order(cast, ready):
    handover = at_step(cast, StepKind.DOCUMENTS)
    with refused("请先完成：收取资料、填写《业主档案》。"):
        finish_step(handover=handover, kind=StepKind.SAFETY, by=cast.service, at=AT)
    assert not is_done(handover, StepKind.SAFETY)


def test_before_the_owner_is_there_nothing_is_finished(cast, ready):
    with refused("业主还没有到场"):
        finish_step(handover=make_handover(cast), kind=StepKind.IDENTITY, by=cast.service, at=AT)


@pytest.mark.parametrize(
    ("kind", "who", "other"),
    [
        (StepKind.PAYMENT, "cashier", "service"),
        (StepKind.INSPECTION, "engineering", "cashier"),
        (StepKind.KEYS, "control_room", "engineering"),
        (StepKind.FEES, "service", "cashier"),
    ],
)
def test_each_step_has_its_people(cast, ready, kind, who, other):
    handover = at_step(cast, kind)
    with refused(f"不能办理“{kind.label}”"):
        finish_step(handover=handover, kind=kind, by=getattr(cast, other), at=AT)
    assert finish_step(handover=handover, kind=kind, by=getattr(cast, who), at=AT).done_by == getattr(cast, who)


def test_the_last_step_hands_the_house_over(cast, ready):
    handover = at_step(cast, StepKind.KEYS)
    assert fresh(handover).state == Handover.State.UNDER_WAY
    finish_step(handover=handover, kind=StepKind.KEYS, by=cast.service, at=AT)
    assert (fresh(handover).state, fresh(handover).done_at) == (Handover.State.DONE, AT)
    assert journal(handover)[-2:] == ["finish_step", "done"]
    with refused("这户已经接房"):
        take_step(handover=handover, kind=StepKind.KEYS, by=cast.service, at=AT)


# --- what a step needs ----------------------------------------------------------------------------------------------


def test_documents_need_every_required_paper(cast):
    handover = at_step(cast, StepKind.DOCUMENTS)
    with refused("还缺必需资料：业主身份证件、商品房买卖合同、购房发票或收款凭证。"):
        finish_step(handover=handover, kind=StepKind.DOCUMENTS, by=cast.service, at=AT)
    required = handover.documents.filter(is_required=True).values_list("code", flat=True)
    receive_documents(handover=handover, codes=list(required), by=cast.service, at=AT)
    assert finish_step(handover=handover, kind=StepKind.DOCUMENTS, by=cast.service, at=AT).state == State.DONE


@pytest.mark.parametrize(
    ("kind", "who", "sentence"),
    [
        (StepKind.OWNER_FILE, "service", "请先填写《业主档案》"),
        (StepKind.FEES, "service", "还没有生成账单"),
        (StepKind.PAYMENT, "cashier", "还没有生成账单"),
        (StepKind.KEYS, "service", "还没有登记这户的钥匙"),
    ],
)
def test_what_is_missing_is_said(cast, kind, who, sentence):
    handover = at_step(cast, kind)
    with refused(sentence):
        finish_step(handover=handover, kind=kind, by=getattr(cast, who), at=AT)
    assert not is_done(handover, kind)


# --- 未接房 -----------------------------------------------------------------------------------------------------------


def test_a_house_not_taken_has_its_reason_and_what_was_begun_is_put_back(cast):
    handover = arrived(make_handover(cast), cast)
    take_step(handover=handover, kind=StepKind.IDENTITY, by=cast.service, at=AT)
    handover = not_taken(handover=handover, by=cast.service, at=AT, reason=NotTaken.QUALITY, remark="厨房渗水")
    assert (handover.state, handover.reason, handover.remark) == ("not_taken", "quality", "厨房渗水")
    assert handover.steps.get(kind=StepKind.IDENTITY).state == State.WAITING
    assert journal(handover)[-1] == "not_taken"
    with refused("已经登记过未接房原因"):
        not_taken(handover=handover, by=cast.service, at=AT, reason=NotTaken.AWAY)


@pytest.mark.parametrize(("reason", "sentence"), [("", "请选择"), ("weather", "请选择"), ("other", "请写明原因")])
def test_without_a_reason_it_is_refused(cast, reason, sentence):
    handover = make_handover(cast)
    with refused(sentence):
        not_taken(handover=handover, by=cast.service, at=AT, reason=reason)
    assert fresh(handover).state == Handover.State.NOT_BEGUN


def test_the_owner_who_comes_after_all_keeps_what_was_done(cast, ready):
    handover = arrived(make_handover(cast), cast)
    finish_step(handover=handover, kind=StepKind.IDENTITY, by=cast.service, at=AT)
    not_taken(handover=handover, by=cast.service, at=AT, reason=NotTaken.FEES)
    handover = arrived(handover, cast, at=AT + HOUR)
    assert (handover.state, handover.reason) == (Handover.State.UNDER_WAY, "")
    assert is_done(handover, StepKind.IDENTITY)
    assert handover.steps.count() == len(StepKind)


def test_retried_it_is_among_those_to_come(cast):
    handover = not_taken(handover=make_handover(cast), by=cast.service, at=AT, reason=NotTaken.UNREACHED)
    handover = retry(handover=handover, by=cast.service, at=AT)
    assert (handover.state, handover.reason) == (Handover.State.NOT_BEGUN, "")
    with refused("没有登记未接房"):
        retry(handover=handover, by=cast.service, at=AT)
