"""A signature as it was drawn: what the screen sends, whether that is a signature at all, and its pictures. Pure."""

from __future__ import annotations

import io
import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from PIL import Image, ImageDraw

from foundation.records.refusals import Refused

# Across, down, and milliseconds since the first point.
Point = tuple[float, float, int]

MAX_LENGTH = 400_000
MAX_POINTS = 10_000
SIDES = range(100, 4001)
# Less is a dot or a slip of the hand: so few points, a line so short or ink so narrow, as shares of the field's width.
MIN_POINTS = 10
MIN_LINE = 0.25
MIN_SPREAD = 0.1

PEN = 4.0
MARGIN = 12.0
PICTURE_WIDTH = 900
# Drawn larger and scaled down, so that lines are smooth.
OVERSIZE = 2
INK = "#10261c"

BROKEN = "签名没有完整传到，请清除后重新签名。"
NOTHING = "请签名。"
DOT = "这不像一个签名：只有一个点或一小笔，请写全姓名。"
TOO_MUCH = "签名笔画太多，请清除后重新签名。"


@dataclass(frozen=True, slots=True)
class Drawing:
    """Strokes on a field of `width` × `height`, in its own units."""

    width: int
    height: int
    strokes: tuple[tuple[Point, ...], ...]

    @property
    def points(self) -> Iterator[Point]:
        return (point for stroke in self.strokes for point in stroke)

    @property
    def line(self) -> float:
        """How much ink there is: the length of all strokes."""
        return sum(math.dist(a[:2], b[:2]) for stroke in self.strokes for a, b in pairwise(stroke))

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Left, top, right, bottom of the ink."""
        across, down = zip(*((x, y) for x, y, _ in self.points), strict=True)
        return min(across), min(down), max(across), max(down)

    @property
    def seconds(self) -> float:
        """How long it took, from the first point to the last."""
        moments = [moment for _, _, moment in self.points]
        return (max(moments) - min(moments)) / 1000

    def as_json(self) -> dict[str, Any]:
        return {"width": self.width, "height": self.height, "strokes": [list(map(list, one)) for one in self.strokes]}


def read(text: str) -> Drawing:
    """What the screen sent: {"width", "height", "strokes": [[[x, y, ms], …], …]}. Raises Refused with the sentence for
    the one who signs: nothing drawn, a dot, or something that no signature field sends.
    """
    if not text.strip():
        raise Refused(NOTHING)
    if len(text) > MAX_LENGTH:
        raise Refused(TOO_MUCH)
    try:
        sent = json.loads(text, parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise Refused(BROKEN) from None
    drawing = of_json(sent)
    if not drawing.strokes:
        raise Refused(NOTHING)
    if sum(1 for _ in drawing.points) > MAX_POINTS:
        raise Refused(TOO_MUCH)
    if not is_signature(drawing):
        raise Refused(DOT)
    return drawing


def of_json(sent: Any) -> Drawing:
    """The drawing that `as_json` or the screen wrote; Refused for anything else."""
    try:
        width, height = sent["width"], sent["height"]
        strokes = tuple(
            tuple(_point(x, y, moment, width, height) for x, y, moment in stroke)
            for stroke in sent["strokes"]
            if stroke
        )
    except (KeyError, TypeError, ValueError):
        raise Refused(BROKEN) from None
    if not (_is_side(width) and _is_side(height)):
        raise Refused(BROKEN)
    return Drawing(width, height, strokes)


def is_signature(drawing: Drawing) -> bool:
    """More than a dot or a slip: enough points, a line of a quarter of the field's width, ink over a tenth of it."""
    left, top, right, bottom = drawing.box
    return (
        sum(1 for _ in drawing.points) >= MIN_POINTS
        and drawing.line >= MIN_LINE * drawing.width
        and max(right - left, bottom - top) >= MIN_SPREAD * drawing.width
    )


def svg(drawing: Drawing) -> bytes:
    """The strokes as an SVG, cut to the ink: what is printed."""
    left, top, right, bottom = drawing.box
    view = f"{left - MARGIN:.1f} {top - MARGIN:.1f} {right - left + 2 * MARGIN:.1f} {bottom - top + 2 * MARGIN:.1f}"
    paths = "".join(f'<path d="{path(stroke)}"/>' for stroke in drawing.strokes)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{view}"><g fill="none" stroke="{INK}" stroke-width="{PEN:g}" '
        f'stroke-linecap="round" stroke-linejoin="round">{paths}</g></svg>'
    ).encode()


def path(stroke: tuple[Point, ...]) -> str:
    """A stroke as the data of an SVG path, rounded through the middles of its points (static/js/signature.js alike)."""
    (x, y, _), *rest = stroke
    said = [f"M{x:g} {y:g}"]
    if not rest:
        # A dot of a character is a line without length, which a round cap shows.
        return f"M{x:g} {y:g}l0 0"
    for (x1, y1, _), (x2, y2, _) in pairwise(rest):
        said.append(f"Q{x1:g} {y1:g} {(x1 + x2) / 2:g} {(y1 + y2) / 2:g}")
    said.append(f"L{rest[-1][0]:g} {rest[-1][1]:g}")
    return "".join(said)


def png(drawing: Drawing) -> bytes:
    """The whole field as a picture on white."""
    scale = OVERSIZE * PICTURE_WIDTH / drawing.width
    size = (round(drawing.width * scale), round(drawing.height * scale))
    image = Image.new("L", size, 255)
    pen, draw = ImageDraw.Draw(image), round(PEN * scale)
    for stroke in drawing.strokes:
        places = [(x * scale, y * scale) for x, y, _ in stroke]
        if len(places) > 1:
            pen.line(places, fill=24, width=draw, joint="curve")
        for x, y in (places[0], places[-1]):
            pen.ellipse((x - draw / 2, y - draw / 2, x + draw / 2, y + draw / 2), fill=24)
    out = io.BytesIO()
    # A fifth of the time of the finest scaling and packing, and as good to look at.
    image.reduce(OVERSIZE).save(out, "PNG")
    return out.getvalue()


def _point(x: Any, y: Any, moment: Any, width: Any, height: Any) -> Point:
    """A point within its field; ValueError or TypeError for anything else."""
    if isinstance(x, bool) or isinstance(y, bool) or not isinstance(moment, int) or isinstance(moment, bool):
        raise TypeError
    if not (0 <= x <= width and 0 <= y <= height and 0 <= moment < 24 * 3600 * 1000):
        raise ValueError
    return round(float(x), 1), round(float(y), 1), moment


def _is_side(length: Any) -> bool:
    return isinstance(length, int) and not isinstance(length, bool) and length in SIDES


def _no_number(name: str) -> float:
    raise ValueError(name)
