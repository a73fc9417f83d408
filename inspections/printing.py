"""Outputs (INS-15) for A4. Tables are plain: a row costs 14 ms, so a long list prints its top and says so."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from foundation import pdf
from foundation.attachments.services import photo_for_print
from inspections.reporting.filled import form_of
from inspections.reporting.subjects import report_name

if TYPE_CHECKING:
    from inspections.models import Inspection
    from inspections.reporting.rounds import RoundReport
    from inspections.reporting.single import InspectionReport

PHOTOS_PER_FAILURE = 3
# Estates in a table of a round.
LISTED = 200


def form_pdf(inspection: Inspection, at: datetime) -> bytes:
    """《…检查表》: what was answered; an inspection that is not submitted is marked so, with boxes to tick by hand."""
    name = inspection.version.checklist.name
    context = {
        "inspection": inspection,
        "sections": form_of(inspection),
        "is_submitted": inspection.state == inspection.State.SUBMITTED,
    }
    return pdf.render("inspections/pdf/form.html", context | _furniture(f"{name}检查表", inspection, at))


def report_pdf(report: InspectionReport) -> bytes:
    """《…督导报告》 of one inspection, its photos at 800 px."""
    inspection = report.inspection
    images: dict[str, bytes] = {}
    failures = []
    for failure in report.failures:
        shown = [photo for photo in failure.photos if photo.is_image][:PHOTOS_PER_FAILURE]
        for photo in shown:
            images[f"photo-{photo.pk}"] = photo_for_print(photo)
        failures.append((failure, [f"photo-{photo.pk}" for photo in shown], len(failure.photos) - len(shown)))
    context = {"report": report, "inspection": inspection, "failures": failures}
    furniture = _furniture(report_name(inspection.version.checklist), inspection, report.at)
    return pdf.render("inspections/pdf/report.html", context | furniture, images=images)


def round_pdf(report: RoundReport, at: datetime) -> bytes:
    """《…督导报告》 of one round."""
    context = {
        "report": report,
        "ranking": report.ranking[:LISTED],
        "hidden": max(0, len(report.ranking) - LISTED),
        "title": report_name(report.schedule.checklist),
        "number": report.period.label,
        "printed_at": at,
    }
    return pdf.render("inspections/pdf/round_report.html", context)


def _furniture(title: str, inspection: Inspection, at: datetime) -> dict[str, Any]:
    return {"title": f"{inspection.estate.name} {title}", "name": title, "number": inspection.number, "printed_at": at}
