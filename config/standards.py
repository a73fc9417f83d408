"""The content delivered with the product, of all chapters (style guide: `standards/*.yaml`)."""

from __future__ import annotations

from datetime import datetime

from complaints.services.standards import load_standards as load_policy
from inspections.services.standards import load_standards as load_checklists

LOADERS = (load_checklists, load_policy)


def load_standards(*, at: datetime) -> str:
    """Load every chapter's; what was done, in one line of figures. Idempotent; administrators' changes stay."""
    return "；".join(load(at=at).line() for load in LOADERS)
