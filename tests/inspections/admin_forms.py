"""What a browser posts from the page of a draft: every subject and item as it stands, and the stamp of the page."""

from typing import Any

from inspections.content import content_of, fingerprint
from inspections.models import ChecklistVersion
from inspections.wording import ITEM_FIELDS


def draft_form(version: ChecklistVersion, **changes: Any) -> dict[str, Any]:
    """`changes` are posted fields, e.g. **{"items-0-what": "灯"}; items and subjects count from 0 in their order."""
    sections = list(version.sections.all())
    items = list(version.items.order_by("section__position", "section_id", "position", "id"))
    data: dict[str, Any] = {"note": version.note, "stamp": fingerprint(content_of(version))}
    for prefix, rows in (("sections", sections), ("items", items)):
        data |= {f"{prefix}-TOTAL_FORMS": len(rows), f"{prefix}-INITIAL_FORMS": len(rows)}
        data |= {f"{prefix}-MIN_NUM_FORMS": 0, f"{prefix}-MAX_NUM_FORMS": 1000}
    for number, section in enumerate(sections):
        values = {"id": section.pk, "version": version.pk, "name": section.name, "position": section.position}
        data |= {f"sections-{number}-{name}": value for name, value in values.items()}
    for number, item in enumerate(items):
        values = {"id": item.pk, "version": version.pk, "section": item.section_id, "position": item.position}
        values |= {name: getattr(item, name) for name in ITEM_FIELDS}
        data |= {f"items-{number}-{name}": "" if value is None else value for name, value in values.items()}
    return data | changes


def new_item(version: ChecklistVersion, number: int, **values: Any) -> dict[str, Any]:
    """One more item in the form, as row `number`; its subject is the first one unless `section` says otherwise."""
    row = {
        "version": version.pk,
        "section": version.sections.first().pk,
        "position": 99,
        "what": "新检查项",
        "criterion": "合格即可",
        "method": "site",
        "risk": "major",
        "evidence": "none",
        "role": "security",
        "days": 3,
    } | values
    return {"items-TOTAL_FORMS": number + 1} | {f"items-{number}-{name}": value for name, value in row.items()}
