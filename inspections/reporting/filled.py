"""检查表: the filled form of an inspection (INS-15)."""

from __future__ import annotations

from dataclasses import dataclass, field

from inspections.models import Answer, Inspection, Item, Section
from inspections.reporting.subjects import reading_of
from inspections.services.submission import items_of


@dataclass
class Line:
    item: Item
    answer: Answer | None
    number: int

    @property
    def reading(self) -> str:
        return reading_of(self.answer, self.item) if self.answer else ""


@dataclass
class FormSection:
    section: Section
    lines: list[Line] = field(default_factory=list)


def form_of(inspection: Inspection) -> list[FormSection]:
    """Every item that was asked, in order, with its answer where there is one; two statements."""
    answers = {answer.item_id: answer for answer in inspection.answers.all()}
    parts: dict[int, FormSection] = {}
    for number, item in enumerate(items_of(inspection), start=1):
        part = parts.setdefault(item.section_id, FormSection(item.section))
        part.lines.append(Line(item, answers.get(item.pk), number))
    return list(parts.values())
