"""What a bulletin says in numbers: `FIGURES` by key, `compute(scope)` for all of them at once.

A chapter module has `FIGURES` and `chapters(scope, places)`; a later chapter of the product adds its own to `MODULES`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from reports.figures import complaints, coverage, credibility, handover, inspections, rectifications
from reports.figures.values import Cell, Chapter, Column, Figure, Places, Row, Scope, Slice, Table, Value

MODULES = (inspections, rectifications, coverage, credibility, complaints, handover)
FIGURES: dict[str, Figure] = {figure.key: figure for module in MODULES for figure in module.FIGURES}
# Changes when stored figures can no longer be read by the pages.
FORMAT = 1

ChaptersOf = Callable[[Scope, Places], list[Chapter]]

__all__ = [
    "FIGURES",
    "Cell",
    "Chapter",
    "Column",
    "Figure",
    "Places",
    "Row",
    "Scope",
    "Slice",
    "Table",
    "compute",
    "is_readable",
]


def compute(scope: Scope, chapters: Sequence[ChaptersOf] | None = None) -> dict[str, Any]:
    """Every figure of a sheet, as it is stored; a number of statements that does not grow with the rows.

    `chapters` are those of the monthly bulletin unless others are given.
    """
    places = Places(scope)
    scope = replace(scope, estate_ids=tuple(estate.pk for estate in places.estates))
    sources = chapters or [module.chapters for module in MODULES]
    return {
        "format": FORMAT,
        "node": scope.node.name,
        "month": str(scope.month),
        "estates": len(places.estates),
        "chapters": [chapter.asdict() for source in sources for chapter in source(scope, places)],
    }


def is_readable(figures: dict[str, Any]) -> bool:
    """Whether stored figures have the format of this release; those of a draft not yet counted have none."""
    return figures.get("format") == FORMAT


def flatten(figures: dict[str, Any]) -> dict[tuple[str, str], tuple[str, Value]]:
    """(figure, slice) → (where it stands in words, value): what two editions are compared by; {} if not readable."""
    found: dict[tuple[str, str], tuple[str, Value]] = {}

    def put(figure: str, part: dict[str, Any], where: str, value: Value) -> None:
        found.setdefault((figure, repr(sorted(part.items()))), (where, value))

    for chapter in figures["chapters"] if is_readable(figures) else []:
        for cell in [*chapter["headline"], *chapter["cells"]]:
            put(cell["figure"], cell["slice"], cell["label"] or FIGURES[cell["figure"]].label, cell["value"])
        for table in chapter["tables"]:
            for row in table["rows"]:
                for column, value in zip(table["columns"], row["values"], strict=True):
                    where = f"{table['title']} · {row['label']} · {column['over']}{column['label']}"
                    put(column["figure"], {**row["slice"], **column["slice"]}, where, value)
    return found


def differences(before: dict[str, Any], after: dict[str, Any]) -> list[dict[str, Any]]:
    """RPT-2: what a new edition names: every figure whose value is another one than in the edition before.

    [] where the edition before is of an older format: which of its figures changed can't be told.
    """
    if not is_readable(before):
        return []
    old, new = flatten(before), flatten(after)
    return [
        {
            "label": (new.get(key) or old[key])[0],
            "before": old.get(key, ("", None))[1],
            "after": new.get(key, ("", None))[1],
        }
        for key in {**new, **old}
        if old.get(key, ("", None))[1] != new.get(key, ("", None))[1]
    ]
