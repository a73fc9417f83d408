"""大写金额 as receipts have it."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handover.capitals import DIGITS, capitals


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        ("1503.60", "人民币壹仟伍佰零叁元陆角整"),
        ("1893.60", "人民币壹仟捌佰玖拾叁元陆角整"),
        ("0", "人民币零元整"),
        ("0.05", "人民币伍分"),
        ("0.50", "人民币伍角整"),
        ("10.05", "人民币壹拾元零伍分"),
        ("100", "人民币壹佰元整"),
        ("1001", "人民币壹仟零壹元整"),
        ("10000", "人民币壹万元整"),
        ("10001", "人民币壹万零壹元整"),
        ("10010", "人民币壹万零壹拾元整"),
        ("101000", "人民币壹拾万壹仟元整"),
        ("100000001", "人民币壹亿零壹元整"),
        ("107000.53", "人民币壹拾万柒仟元伍角叁分"),
        ("123456789.12", "人民币壹亿贰仟叁佰肆拾伍万陆仟柒佰捌拾玖元壹角贰分"),
        ("-300.00", "人民币负叁佰元整"),
    ],
)
def test_it_is_written_as_on_a_receipt(amount, words):
    assert capitals(Decimal(amount)) == words


def read(words: str) -> Decimal:
    """The number that the words say."""
    worth = {"拾": 10, "佰": 100, "仟": 1000}
    whole, group, digit, fen = 0, 0, 0, 0
    for word in words.removeprefix("人民币").removesuffix("整"):
        if word in DIGITS:
            digit = DIGITS.index(word)
        elif word in worth:
            group, digit = group + digit * worth[word], 0
        elif word in "万亿":
            whole, group, digit = whole + (group + digit) * 10 ** (4 if word == "万" else 8), 0, 0
        elif word == "元":
            whole, group, digit = whole + group + digit, 0, 0
        else:
            fen, digit = fen + digit * (10 if word == "角" else 1), 0
    return whole + Decimal(fen) / 100


@given(st.decimals("0", "999999999999.99", places=2))
def test_what_is_written_says_the_amount(amount):
    words = capitals(amount)
    assert read(words) == amount
    assert "零零" not in words


def test_what_no_bill_comes_to_is_refused():
    with pytest.raises(ValueError, match="金额太大"):
        capitals(Decimal(10) ** 16)
