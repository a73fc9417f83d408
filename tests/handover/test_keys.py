"""Keys and their ledger: kept with consent, lent, returned, handed; what is out is not handed out (HND-3)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import DatabaseError, connection, transaction

from foundation.records.refusals import Refused
from handover.choices import KeyKind
from handover.keyledger import is_kept, with_last_move
from handover.models import HouseKey, KeyMove
from handover.services.keys import hand_key, keep_key, lend_key, register_keys, return_key
from tests.handover.factories import DAY, HOUR, MONDAY, SECOND, fresh, handed_over, journal, make_handover, refused
from tests.handover.houses import make_key

Place, Kind = HouseKey.Place, KeyMove.Kind
AT = MONDAY + HOUR


def lent(key, cast, *, at=AT, due_at=AT + DAY):
    return lend_key(
        key=key, holder="周工", phone="13800008888", reason="维修墙面", due_at=due_at, by=cast.service, at=at
    )


def test_a_key_is_handed_to_the_owner_and_journalled(cast):
    key = make_key(cast)
    move = hand_key(key=key, holder=" 王芳 ", by=cast.service, at=AT)
    assert (move.kind, move.holder, move.by, move.at) == (Kind.HANDED, "王芳", cast.service, AT)
    assert fresh(key).place == Place.OWNER
    assert journal(key, prefix="key.") == ["register", "move"]


def test_a_key_that_is_out_already_is_not_handed_out(cast):
    key = make_key(cast)
    hand_key(key=key, holder="王芳", by=cast.service, at=AT)
    with refused("已经交给业主王芳"):
        hand_key(key=key, holder="王芳", by=cast.service, at=AT)
    with refused("已经交给业主王芳"):
        lent(key, cast)
    assert key.moves.count() == 1


def test_a_lent_key_is_not_handed_out_until_it_is_back(cast):
    key = make_key(cast)
    lent(key, cast)
    for verb in (hand_key, keep_key):
        with refused("已经借"):
            verb(key=key, holder="王芳", by=cast.service, at=AT)
    move = return_key(key=key, by=cast.service, at=AT + HOUR)
    assert (move.holder, fresh(key).place) == ("周工", Place.OFFICE)
    with refused("没有借出"):
        return_key(key=key, by=cast.service, at=AT + HOUR)
    hand_key(key=key, holder="王芳", by=cast.service, at=AT + HOUR)
    assert [move.kind for move in key.moves.all()] == [Kind.LENT, Kind.RETURNED, Kind.HANDED]


def test_after_the_handover_only_a_key_that_may_stay_is_lent(cast):
    handover = handed_over(cast)
    key = make_key(cast, handover=handover)
    with refused("没有业主同意留存"):
        lent(key, cast)
    keep_key(key=key, holder="王芳", by=cast.service, at=AT)
    assert is_kept(key.pk)
    lent(key, cast)
    return_key(key=key, by=cast.service, at=AT + HOUR)
    hand_key(key=key, holder="王芳", by=cast.service, at=AT + 2 * HOUR)
    assert not is_kept(key.pk)


def test_one_key_of_a_kind_stays_for_the_repair(cast):
    handover = make_handover(cast)
    first, second = (make_key(cast, label, handover=handover) for label in ("1502-1", "1502-2"))
    unit = make_key(cast, "1502-U", handover=handover, kind=KeyKind.UNIT)
    keep_key(key=first, holder="王芳", by=cast.service, at=AT)
    with refused("已经登记业主同意留存"):
        keep_key(key=first, holder="王芳", by=cast.service, at=AT)
    with refused("整改只留一把"):
        keep_key(key=second, holder="王芳", by=cast.service, at=AT)
    keep_key(key=unit, holder="王芳", by=cast.service, at=AT)


def test_an_owner_brings_a_key_back_for_the_repair(cast):
    key = make_key(cast)
    hand_key(key=key, holder="王芳", by=cast.service, at=AT)
    keep_key(key=key, holder="王芳", by=cast.service, at=AT + HOUR)
    assert fresh(key).place == Place.OFFICE
    assert is_kept(key.pk)


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ({"due_at": AT}, "晚于现在"),
        ({"reason": " "}, "做什么"),
        ({"holder": " "}, "是谁"),
    ],
)
def test_a_loan_says_to_whom_for_what_and_until_when(cast, more, sentence):
    key = make_key(cast)
    given = {"holder": "周工", "reason": "维修", "due_at": AT + DAY, **more}
    with refused(sentence):
        lend_key(key=key, by=cast.service, at=AT, **given)
    assert fresh(key).place == Place.OFFICE
    assert not key.moves.exists()


@pytest.mark.parametrize("who", ["cashier", "engineering", "auditor", "foreign_manager"])
def test_only_those_who_keep_the_cabinet_move_keys(cast, who):
    key = make_key(cast)
    with refused("不能收发钥匙"):
        hand_key(key=key, holder="王芳", by=getattr(cast, who), at=AT)


@pytest.mark.parametrize(
    ("labels", "count", "sentence"),
    [
        (["A-1", "1502-1"], 1, "已有编号为 1502-1"),
        (["A-1", "A-1"], 1, "有重复"),
        ([" "], 1, "请填写"),
        (["A-1"], 0, "至少为 1"),
    ],
)
def test_of_labels_that_do_not_work_none_is_registered(cast, labels, count, sentence):
    key = make_key(cast)
    with refused(sentence):
        register_keys(house=key.house, kind=KeyKind.ENTRY, labels=labels, count=count, by=cast.service, at=AT)
    assert HouseKey.objects.count() == 1


def test_a_loan_is_late_a_second_after_its_moment(cast):
    lent(make_key(cast), cast)
    rows = with_last_move(HouseKey.objects.all())
    assert not rows.late(AT + DAY).exists()
    late = rows.late(AT + DAY + SECOND).get()
    assert (late.last_holder, late.last_due_at) == ("周工", AT + DAY)


@pytest.mark.django_db
def test_the_ledger_can_not_be_rewritten(cast):
    move = hand_key(key=make_key(cast), holder="王芳", by=cast.service, at=AT)
    for change in (lambda: KeyMove.objects.filter(pk=move.pk).update(holder="别人"), move.delete):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()


@pytest.mark.django_db(transaction=True)
def test_of_a_hundred_at_once_exactly_one_gets_the_key(cast):
    key = make_key(cast)

    def go(number):
        try:
            hand_key(key=key, holder=f"第{number}人", by=cast.service, at=AT)
        except Refused as no:
            return no.sentence
        finally:
            connection.close()
        return ""

    with ThreadPoolExecutor(8) as pool:
        said = list(pool.map(go, range(100)))
    assert said.count("") == 1
    winner = key.moves.get().holder
    assert {sentence for sentence in said if sentence} == {f"钥匙 1502-1 已经交给业主{winner}，不在钥匙柜。"}
    assert fresh(key).place == Place.OWNER
