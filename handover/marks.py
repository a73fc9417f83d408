"""What is drawn on the photo of a defect: lines of points, as shares of its width and height; its pin on a plan (HND-3)."""

from __future__ import annotations

import json
from typing import Any

MOST_LINES, MOST_POINTS = 40, 2000
PLACES = 4


def read_mark(text: str) -> list[list[list[float]]] | None:
    """The lines that the page sends as JSON; None where nothing is drawn. ValueError with a sentence otherwise."""
    if not text.strip():
        return None
    try:
        lines = [[_point(point) for point in line] for line in json.loads(text)]
    except (TypeError, ValueError, RecursionError):
        raise ValueError("照片上的标记没有读出来，请重画。") from None
    lines = [line for line in lines if line]
    if len(lines) > MOST_LINES or sum(map(len, lines)) > MOST_POINTS:
        raise ValueError("照片上的标记太多了，请清除后重画。")
    return lines or None


def read_pin(text: str) -> tuple[float, float] | None:
    """A place on the plan, "0.25,0.4"; None where nothing is pinned. ValueError with a sentence otherwise."""
    if not text.strip():
        return None
    try:
        x, y = _point(text.split(","))
    except ValueError:
        raise ValueError("平面图上的位置没有读出来，请重新点一次。") from None
    return x, y


def _point(point: Any) -> list[float]:
    x, y = (float(value) for value in point)
    if not (0 <= x <= 1 and 0 <= y <= 1):
        raise ValueError
    return [round(x, PLACES), round(y, PLACES)]


def paths(mark: list[list[list[float]]] | None) -> list[str]:
    """The lines as SVG points of a field 1000 × 1000 that is stretched over the photo."""
    return [" ".join(f"{x * 1000:g},{y * 1000:g}" for x, y in line) for line in mark or []]
