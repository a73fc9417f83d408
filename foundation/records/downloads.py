"""Files that the pages give away."""

from __future__ import annotations

from django.http import HttpResponse
from django.utils.http import content_disposition_header

# More belongs in the worker: within a request this takes a few seconds.
EXPORT_ROWS = 20_000
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def xlsx_response(content: bytes, filename: str) -> HttpResponse:
    response = HttpResponse(content, content_type=XLSX)
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=filename)
    return response


def pdf_response(content: bytes, filename: str) -> HttpResponse:
    """Shown in the browser; saved under `filename`."""
    response = HttpResponse(content, content_type="application/pdf")
    response["Content-Disposition"] = content_disposition_header(as_attachment=False, filename=filename) or "inline"
    return response
