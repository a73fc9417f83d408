"""A bulletin's or weekly sheet's stored figures as pages and PDF show them: words, changes, links to the rows behind (RPT-3)."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.dateparse import parse_datetime

from reports import charts
from reports.figures import FIGURES, is_readable

if TYPE_CHECKING:
    from reports.models import Bulletin, WeeklySheet

NOTHING = "—"
ROWS_SHOWN = 60


@dataclass
class Number:
    """One figure in words. `better` is None where a change is neither good nor bad."""

    text: str
    url: str = ""
    label: str = ""
    unit: str = ""
    change: str = ""
    better: bool | None = None
    year_change: str = ""
    late: bool = False


@dataclass
class Line:
    label: str
    numbers: list[Number]
    lead: str = ""
    note: str = ""


@dataclass
class Grid:
    key: str
    title: str
    first: str
    note: str
    ranked: bool
    noted: str
    heads: list[dict[str, Any]]
    overs: list[dict[str, Any]]
    lines: list[Line]
    hidden: int = 0
    notes: bool = False


@dataclass
class Part:
    key: str
    title: str
    numbers: list[Number]
    grids: list[Grid]
    lists: dict[str, Any]
    charts: list[dict[str, Any]]


@dataclass
class Shown:
    headline: list[Number] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)
    estates: int = 0
    photos: list[dict[str, Any]] = field(default_factory=list)
    redlines: list[dict[str, Any]] = field(default_factory=list)
    changed: list[dict[str, Any]] = field(default_factory=list)


def present(sheet: Bulletin | WeeklySheet, *, rows: int = ROWS_SHOWN, links: bool = True) -> Shown:
    """`rows` bounds the long tables; without `links` the numbers lead nowhere (the PDF).

    Figures that are not counted yet, or of an older format, have no parts: the templates say so.
    """
    figures = sheet.figures if is_readable(sheet.figures) else {}
    shown = Shown(estates=figures.get("estates", 0))
    for chapter in figures.get("chapters", []):
        shown.headline += [_cell(sheet, cell, links) for cell in chapter["headline"]]
        shown.parts.append(
            Part(
                key=chapter["key"],
                title=chapter["title"],
                numbers=[_cell(sheet, cell, links) for cell in chapter["cells"]],
                grids=[_grid(sheet, table, rows, links) for table in chapter["tables"]],
                lists=chapter["lists"],
                charts=[
                    {"key": name, "title": charts.title_of(name), "svg": charts.draw(name, data)}
                    for name, data in chapter["charts"].items()
                    if _is_drawable(name, data)
                ],
            )
        )
        shown.photos += [_dated(photo) for photo in chapter["lists"].get("photos", [])]
        shown.redlines += [_dated(row) for row in chapter["lists"].get("redlines", [])]
    shown.changed = [{**one, "before": text(one["before"]), "after": text(one["after"])} for one in sheet.changed]
    return shown


def text(value: Any) -> str:
    return NOTHING if value is None else str(value)


@lru_cache(maxsize=1024)
def _figures_path(name: str, pk: int) -> str:
    """Resolved once a sheet: a page has two thousand of these links."""
    return reverse(name, args=[pk, "FIGURE"])


def rows_url(sheet: Bulletin | WeeklySheet, figure: str, part: dict[str, Any]) -> str:
    path = _figures_path(sheet.ROWS_URL, sheet.pk).replace("FIGURE", figure)
    return f"{path}?{urlencode(part)}" if part else path


def _is_drawable(name: str, data: Any) -> bool:
    if name == "trend":
        return bool(data["lines"])
    if name == "subjects":
        return any(row["score"] is not None for row in data)
    return bool(data)


def _dated(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "opened_at": parse_datetime(row["opened_at"])}


def _number(sheet: Bulletin | WeeklySheet, key: str, part: dict[str, Any], value: Any, links: bool) -> Number:
    figure = FIGURES[key]
    return Number(
        text(value),
        url=rows_url(sheet, key, part) if links and value is not None else "",
        label=figure.label,
        unit=figure.unit,
        late=figure.late and bool(value),
    )


def _cell(sheet: Bulletin | WeeklySheet, cell: dict[str, Any], links: bool) -> Number:
    number = _number(sheet, cell["figure"], cell["slice"], cell["value"], links)
    number.label = cell["label"] or number.label
    number.change, number.better = _change(cell["value"], cell["before"], FIGURES[cell["figure"]].better)
    number.year_change, _ = _change(cell["value"], cell["year_ago"], "")
    return number


def _change(value: Any, before: Any, better: str) -> tuple[str, bool | None]:
    if value is None or before is None:
        return "", None
    difference = Decimal(str(value)) - Decimal(str(before))
    if not difference:
        return "持平", None
    return f"{difference:+}", {"more": difference > 0, "less": difference < 0}.get(better)


def _grid(sheet: Bulletin | WeeklySheet, table: dict[str, Any], rows: int, links: bool) -> Grid:
    columns = table["columns"]
    lines = [
        Line(
            row["label"],
            [
                _number(sheet, column["figure"], {**row["slice"], **column["slice"]}, value, links)
                for column, value in zip(columns, row["values"], strict=True)
            ],
            row["lead"],
            row["note"],
        )
        for row in table["rows"][:rows]
    ]
    return Grid(
        table["key"],
        table["title"],
        table["first"],
        table["note"],
        table["ranked"],
        table["noted"],
        heads=[{**column, "about": FIGURES[column["figure"]].label} for column in columns],
        overs=_overs(columns),
        lines=lines,
        hidden=max(0, len(table["rows"]) - rows),
        notes=any(line.note for line in lines),
    )


def _overs(columns: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The upper row of heads: neighbours under the same one are one cell; [] where no column has any."""
    if not any(column["over"] for column in columns):
        return []
    overs: list[dict[str, Any]] = []
    for column in columns:
        if overs and column["over"] and overs[-1]["label"] == column["over"]:
            overs[-1]["span"] += 1
        else:
            overs.append({"label": column["over"], "span": 1})
    return overs
