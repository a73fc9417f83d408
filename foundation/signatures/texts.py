"""The text of a paper that is signed: lines of a small markup, kept and hashed as they are. Pure.

## 一、遗留问题            a heading
- 请在入住前……            an item of a list
| 部位 | 问题 |            a row of a table; the first row of a run is its head
anything else             a paragraph
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby

SPACE = re.compile(r"\s+")


@dataclass
class Block:
    """`kind`: heading, text, list or table. A table has `head` and `rows`, a list `lines`, the others one line."""

    kind: str
    lines: list[str] = field(default_factory=list)
    head: list[str] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)


def digest(text: str) -> str:
    """SHA-256 of the text in UTF-8, line ends as \\n, in hex: what is printed under the paper."""
    return hashlib.sha256(tidy(text).encode()).hexdigest()


def tidy(text: str) -> str:
    """The text as it is kept: no spaces at the ends of lines, no empty lines around it."""
    return "\n".join(line.rstrip() for line in text.replace("\r\n", "\n").split("\n")).strip("\n")


def cell(value: object) -> str:
    """A value as it goes into a line: on one line, without signs that would begin another cell; 无 where it is empty."""
    said = SPACE.sub(" ", str(value if value is not None else "")).strip().replace("|", "｜")
    return said or "无"


def row(*values: object) -> str:
    return "| " + " | ".join(cell(value) for value in values) + " |"


def blocks(text: str) -> Iterator[Block]:
    """The text as a page and a print show it."""
    lines = [line.strip() for line in tidy(text).split("\n")]
    for kind, run in groupby((line for line in lines if line), _kind):
        found = list(run)
        if kind == "list":
            yield Block(kind, [line[2:].strip() for line in found])
        elif kind == "table":
            head, *rows = [_cells(line) for line in found]
            yield Block(kind, head=head, rows=rows)
        else:
            for line in found:
                yield Block(kind, [line.removeprefix("##").strip() if kind == "heading" else line])


def _kind(line: str) -> str:
    if line.startswith("## "):
        return "heading"
    if line.startswith("- "):
        return "list"
    return "table" if line.startswith("|") and line.endswith("|") and len(line) > 1 else "text"


def _cells(line: str) -> list[str]:
    return [part.strip() for part in line[1:-1].split("|")]
