"""Strokes as a signature field sends them."""

from __future__ import annotations

import json
import math
from typing import Any


def wave(start: float, end: float, *, middle: float = 110, height: float = 40, since: int = 0) -> list[list[float]]:
    """A stroke from left to right, up and down, a point for every five units."""
    count = max(1, round(abs(end - start) / 5))
    return [
        [start + (end - start) * i / count, round(middle + height * math.sin(i / 3), 1), since + 8 * i]
        for i in range(count + 1)
    ]


def sent(*strokes: list[list[float]], width: Any = 600, height: Any = 220) -> str:
    return json.dumps({"width": width, "height": height, "strokes": strokes})


# 王芳, more or less.
NAME = sent(wave(80, 260), wave(300, 480, since=900))
OTHER_NAME = sent(wave(60, 400), wave(120, 300, middle=60, since=1500))
DOT = sent([[300, 100, 0]])
