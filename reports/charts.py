"""The bulletin's charts, drawn by matplotlib as SVG: the same picture on the page and in the PDF, its words selectable.

What matplotlib writes as `style` becomes presentation attributes, because the page's CSP lets no inline style through.
Words and axes are `currentColor`, so that they follow the page's light or dark scheme; series differ by shape as well.
"""

from __future__ import annotations

import hashlib
import io
import json
import logging
import re
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

from django.core.cache import cache
from django.utils.safestring import SafeString, mark_safe
from redis import RedisError

from inspections.choices import Tier

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

logger = logging.getLogger(__name__)

SVG = "{http://www.w3.org/2000/svg}"
XLINK = "{http://www.w3.org/1999/xlink}"
FONTS = "'PingFang SC','Microsoft YaHei','Noto Sans CJK SC','Noto Sans SC',sans-serif"
# Legible on white and on the dark ground alike (3:1 and more).
GREEN, PALE, GREY, RED = "#2c8a62", "#7fb79c", "#7d8a84", "#cc4a42"
INK = "#010203"  # stands for currentColor while matplotlib draws
WIDTH = 5.0  # inches at 72 per inch: 360 units, drawn 1:1 on a phone and in half the width of A4
CACHED = 60 * 60 * 24 * 30
VERSION = 2

LINES = {Tier.GROUP.label: ("--", "s", GREY), Tier.BRANCH.label: ("-", "o", GREEN), Tier.ESTATE.label: (":", "^", PALE)}


def draw(name: str, data: Any) -> SafeString:
    """The chart of that name for this data ("" where there is nothing to draw); kept by the data's hash.

    Without Redis it is drawn each time, slower: what is shown does not depend on the cache.
    """
    if not data:
        return mark_safe("")
    digest = hashlib.sha256(json.dumps([VERSION, name, data], sort_keys=True).encode()).hexdigest()[:24]
    key = f"reports:chart:{digest}"
    try:
        svg = cache.get(key)
    except RedisError as error:
        logger.warning("no cache for charts: %s", error)
        svg = None
    if svg is None:
        drawing, title = CHARTS[name]
        svg = _svg(drawing(data), prefix=f"{name}-{digest[:6]}", title=title, words=_words(name, data))
        with suppress(RedisError):
            cache.set(key, svg, CACHED)
    return mark_safe(svg)


# --- drawings ---------------------------------------------------------------------------------------------------------


def _figure(height: float) -> tuple[Figure, Axes]:
    import matplotlib as mpl
    from matplotlib.figure import Figure

    mpl.rcParams.update(
        {
            "svg.fonttype": "none",
            "font.family": ["Noto Sans CJK JP", "sans-serif"],
            "font.size": 11,
            "axes.unicode_minus": False,
            "text.color": INK,
            "axes.labelcolor": INK,
            "xtick.color": INK,
            "ytick.color": INK,
            "axes.edgecolor": INK,
        }
    )
    figure = Figure(figsize=(WIDTH, height), layout="constrained")
    axes = figure.add_subplot()
    axes.patch.set_visible(False)
    figure.patch.set_visible(False)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_alpha(0.4)
    axes.tick_params(length=0)
    return figure, axes


def trend(data: dict[str, Any]) -> Figure:
    """Scores of twelve months, one line a tier."""
    figure, axes = _figure(2.7)
    months = range(len(data["months"]))
    lowest = 100.0
    for line in data["lines"]:
        dash, marker, colour = LINES[line["label"]]
        points = [
            (month, float(value)) for month, value in zip(months, line["values"], strict=True) if value is not None
        ]
        lowest = min([lowest, *(value for _, value in points)])
        axes.plot(
            *zip(*points, strict=True),
            dash,
            marker=marker,
            color=colour,
            markersize=4,
            linewidth=1.8,
            label=line["label"],
        )
    axes.set_ylim(max(0, (lowest - 4) // 5 * 5), 101)
    axes.set_xticks(list(months), [month.removesuffix("月") for month in data["months"]])
    axes.set_xlim(-0.4, len(data["months"]) - 0.6)
    axes.set_xlabel("月")
    axes.grid(axis="y", color=INK, alpha=0.15, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, 1.16), ncols=3, frameon=False, handlelength=2.4, borderpad=0)
    return figure


def _shares(data: list[dict[str, Any]], parts: list[tuple[str, str, str]]) -> Figure:
    """Horizontal bars of 100 %, one a row, with the counts written in or beside them."""
    figure, axes = _figure(0.62 + 0.42 * len(data))
    rows = range(len(data))[::-1]
    left = [0.0] * len(data)
    for key, label, colour in parts:
        totals = [sum(row[part[0]] for part in parts) or 1 for row in data]
        widths = [100 * row[key] / total for row, total in zip(data, totals, strict=True)]
        axes.barh(rows, widths, left=left, color=colour, height=0.58, label=label)
        left = [start + width for start, width in zip(left, widths, strict=True)]
    for row, one in zip(rows, data, strict=True):
        words = " / ".join(str(one[key]) for key, *_ in parts)
        axes.text(102, row, words, va="center", ha="left", fontsize=10)
    axes.set_yticks(list(rows), [row["label"] for row in data])
    axes.set_xlim(0, 100)
    axes.set_xticks([])
    axes.spines["bottom"].set_visible(False)
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=len(parts), frameon=False, handlelength=1, borderpad=0)
    return figure


def completion(data: list[dict[str, Any]]) -> Figure:
    parts = [("done", "已检", GREEN), ("missed", "漏检", GREY)]
    if any(row["pending"] for row in data):
        parts.append(("pending", "未结", PALE))
    return _shares(data, parts)


def roles(data: list[dict[str, Any]]) -> Figure:
    return _shares(data[:8], [("in_time", "按时", GREEN), ("late", "未按时", RED)])


def subjects(data: list[dict[str, Any]]) -> Figure:
    """A bar a subject, from the lowest score that matters; a tick where last month stood."""
    scored = [row for row in data if row["score"] is not None]
    figure, axes = _figure(0.55 + 0.27 * len(scored))
    rows = range(len(scored))[::-1]
    scores = [float(row["score"]) for row in scored]
    earlier = [(row, float(one["before"])) for row, one in zip(rows, scored, strict=True) if one["before"] is not None]
    floor = max(0, (min([*scores, *(value for _, value in earlier)], default=0) - 6) // 10 * 10)
    axes.barh(rows, [score - floor for score in scores], left=floor, color=GREEN, height=0.6, label="本月")
    if earlier:
        axes.plot(
            [value for _, value in earlier], [row for row, _ in earlier], "|", color=INK, markersize=9,
            markeredgewidth=2, label="上月",
        )  # fmt: skip
    for row, score in zip(rows, scores, strict=True):
        axes.text(100.8, row, f"{score:.1f}", va="center", ha="left", fontsize=10)
    axes.set_yticks(list(rows), [row["label"] for row in scored])
    axes.set_xlim(floor, 100)
    axes.set_ylim(-0.6, len(scored) - 0.4)
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2, frameon=False, handlelength=1, borderpad=0)
    return figure


CHARTS: dict[str, tuple[Callable[[Any], Figure], str]] = {
    "trend": (trend, "近十二个月平均得分"),
    "completion": (completion, "各层级检查完成情况（次）"),
    "subjects": (subjects, "各主题得分"),
    "roles": (roles, "各岗位到期整改单按时情况（张）"),
}


def title_of(name: str) -> str:
    return CHARTS[name][1]


def _words(name: str, data: Any) -> str:
    """What the picture says, for those who do not see it."""
    if name == "trend":
        return "；".join(f"{line['label']}本月 {line['values'][-1] or '无'}" for line in data["lines"])
    if name == "subjects":
        return "；".join(f"{row['label']} {row['score'] or '无'}" for row in data)
    names = {"done": "已检", "missed": "漏检", "pending": "未结", "in_time": "按时", "late": "未按时"}
    return "；".join(
        f"{row['label']} " + "、".join(f"{names[key]} {value}" for key, value in row.items() if key in names)
        for row in data
    )


# --- SVG --------------------------------------------------------------------------------------------------------------


def _svg(figure: Figure, *, prefix: str, title: str, words: str) -> str:
    from matplotlib.backends.backend_svg import FigureCanvasSVG

    out = io.BytesIO()
    FigureCanvasSVG(figure).print_svg(out, metadata={"Date": None, "Creator": None})
    return clean(out.getvalue(), prefix=prefix, title=title, words=words)


def clean(svg: bytes, *, prefix: str, title: str, words: str) -> str:
    """matplotlib's SVG without style, metadata, fixed size and names that two charts of a page would share."""
    ET.register_namespace("", SVG.strip("{}"))
    ET.register_namespace("xlink", XLINK.strip("{}"))
    root = ET.fromstring(svg)  # noqa: S314 - written by matplotlib a moment ago
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag.endswith("}metadata") or child.tag == f"{SVG}style":
                parent.remove(child)
    used = set(re.findall(r"#([\w-]+)", " ".join(value for node in root.iter() for value in node.attrib.values())))
    for node in root.iter():
        _attributes(node, prefix, used)
    for name in ("width", "height"):
        root.attrib.pop(name, None)
    root.attrib |= {
        "role": "img",
        "aria-labelledby": f"{prefix}-t {prefix}-d",
        "font-family": FONTS,
        "stroke-linejoin": "round",
        "fill": "none",
    }
    for name, text in (("desc", words), ("title", title)):
        element = ET.Element(f"{SVG}{name}", {"id": f"{prefix}-{name[0]}"})
        element.text = text
        root.insert(0, element)
    return ET.tostring(root, encoding="unicode")


def _attributes(node: ET.Element, prefix: str, used: set[str]) -> None:
    style = node.attrib.pop("style", "")
    for declaration in style.split(";"):
        name, _, value = (part.strip() for part in declaration.partition(":"))
        if name == "font":
            size = re.search(r"([\d.]+)px", value)
            node.set("font-size", size[1] if size else "11")
        elif name and name != "font-family":
            node.set(name, value)
    if node.tag == f"{SVG}text":
        node.attrib.setdefault("fill", "currentColor")
    if node.tag in {f"{SVG}path", f"{SVG}rect", f"{SVG}use"} and style and "fill" not in node.attrib:
        # An SVG fill is black unless it says otherwise; the root's is none, matplotlib's is black.
        node.set("fill", "#000000" if node.tag == f"{SVG}rect" else "none")
    identity = node.attrib.pop("id", None)
    if identity in used:
        node.set("id", f"{prefix}-{identity}")
    for name, value in list(node.attrib.items()):
        value = value.replace(INK, "currentColor")
        node.set(name, re.sub(r"(url\(#|^#)(?=[a-zA-Z][\w-]*\)?$)(?![0-9a-fA-F]{6}$)", rf"\g<1>{prefix}-", value))
