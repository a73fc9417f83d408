from inspections.models.checklists import Checklist, ChecklistVersion, Item, Section
from inspections.models.inspections import Answer, AnswerRevision, Discrepancy, Inspection, SectionResult
from inspections.models.policy import EscalationStep, InspectionPolicy
from inspections.models.rectifications import Extension, Rectification
from inspections.models.schedules import Schedule

__all__ = [
    "Answer",
    "AnswerRevision",
    "Checklist",
    "ChecklistVersion",
    "Discrepancy",
    "EscalationStep",
    "Extension",
    "Inspection",
    "InspectionPolicy",
    "Item",
    "Rectification",
    "Schedule",
    "Section",
    "SectionResult",
]
