"""A figure with its floor and its limit, and how times are taken."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from statistics import median
from time import perf_counter
from typing import NamedTuple
from unicodedata import east_asian_width


class Row(NamedTuple):
    """One figure in `unit`, the median of `n`; `most` is its limit, `times` how many times the floor it may be.

    `plus` belongs to the limit but not to the floor: work that every way of doing it has to do as well.
    """

    name: str
    value: float
    n: int = 1
    floor: float | None = None
    unit: str = "ms"
    most: float | None = None
    times: float | None = None
    plus: float = 0
    about: str = ""

    @property
    def limit(self) -> float | None:
        limits = [] if self.most is None else [self.most]
        if self.times is not None and self.floor is not None:
            limits.append(self.times * self.floor + self.plus)
        return min(limits, default=None)

    @property
    def is_over(self) -> bool:
        return self.limit is not None and self.value > self.limit

    def cells(self) -> list[str]:
        ratio = f"{self.value / self.floor:.2f} ×" if self.floor else ""
        floor = "" if self.floor is None else f"{self.floor:,.1f}"
        limits = [] if self.most is None else [f"≤ {self.most:,g} {self.unit}".strip()]
        if self.times is not None:
            limits.append(f"≤ {self.times:g} ×" + (f" + {self.plus:,.1f}" if self.plus else ""))
        verdict = "" if self.limit is None else ("超出" if self.is_over else "ok")
        value = f"{self.value:,.1f}" if self.unit == "ms" else f"{self.value:,g}"
        return [
            self.name,
            f"{value} {self.unit}".strip(),
            str(self.n),
            floor,
            ratio,
            ",".join(limits),
            verdict,
            self.about,
        ]


HEADS = ["项目", "实测", "n", "下限", "倍数", "要求", "结果", "说明"]


def table(rows: Iterable[Row]) -> str:
    """The rows in columns; a Chinese character is two wide."""
    lines = [HEADS, *(row.cells() for row in rows)]
    widths = [max(width(line[column]) for line in lines) for column in range(len(HEADS))]
    return "\n".join(
        "  ".join(text + " " * (wide - width(text)) for text, wide in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def width(text: str) -> int:
    return sum(2 if east_asian_width(letter) in "WF" else 1 for letter in text)


def timed(job: Callable[[], object]) -> float:
    """Milliseconds."""
    began = perf_counter()
    job()
    return (perf_counter() - began) * 1000


def in_turns(rounds: int, *jobs: Callable[[], float]) -> list[float]:
    """The medians of jobs that time themselves, taken in turns so that the machine's moods meet all of them alike."""
    taken: list[list[float]] = [[] for _ in jobs]
    for _ in range(rounds):
        for times, job in zip(taken, jobs, strict=True):
            times.append(job())
    return [median(times) for times in taken]


def percentile(values: Iterable[float], share: float) -> float:
    """The smallest value that at least that share of them does not exceed."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * round(share * 100) // 100) - 1)]
