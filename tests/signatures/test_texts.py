"""The text of a paper: the same for the one who reads it, the hash and the print."""

from __future__ import annotations

import hashlib

from hypothesis import given
from hypothesis import strategies as st

from foundation.signatures.texts import Block, blocks, cell, digest, row, tidy


def test_the_hash_is_of_the_very_text():
    assert digest("甲\n乙") == hashlib.sha256("甲\n乙".encode()).hexdigest()
    assert digest("甲\n乙") != digest("甲\n丙")


def test_how_a_browser_ends_its_lines_changes_nothing():
    assert digest("甲  \r\n乙\r\n\r\n") == digest("甲\n乙")
    assert tidy("\n甲\n\n乙\n") == "甲\n\n乙"


def test_each_line_is_shown_as_what_it_is():
    assert list(blocks("## 一、钥匙\n已当面点清。\n- 入户门\n- 信报箱\n| 种类 | 数量 |\n| 入户门 | 3 |\n\n再见。")) == [
        Block("heading", ["一、钥匙"]),
        Block("text", ["已当面点清。"]),
        Block("list", ["入户门", "信报箱"]),
        Block("table", head=["种类", "数量"], rows=[["入户门", "3"]]),
        Block("text", ["再见。"]),
    ]


def test_an_empty_value_says_so():
    assert (cell(""), cell(None), cell(0)) == ("无", "无", "0")


@given(st.text(), st.text())
def test_no_value_breaks_out_of_its_cell(one, two):
    (found,) = blocks(f"{row('部位', '问题')}\n{row(one, two)}")
    assert found.kind == "table"
    assert [len(line) for line in (found.head, *found.rows)] == [2, 2]
