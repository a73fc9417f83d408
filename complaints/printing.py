"""Printed things of the chapter: the QR codes that owners scan."""

from __future__ import annotations

import io
from collections.abc import Sequence

import segno

from complaints.models import ReportCode
from complaints.services.codes import address_of
from foundation import pdf


def qr_svg(text: str) -> bytes:
    """A QR with a quarter of its area to spare, so that a scratched label still reads."""
    buffer = io.BytesIO()
    segno.make(text, error="q", micro=False).save(buffer, kind="svg", border=2, scale=4)
    return buffer.getvalue()


def codes_pdf(codes: Sequence[ReportCode]) -> bytes:
    """A poster for each estate's own code, then labels for the houses, eight on a page."""
    images = {f"qr-{code.pk}": qr_svg(address_of(code)) for code in codes}
    posters = [code for code in codes if code.house_id is None]
    labels = [code for code in codes if code.house_id is not None]
    context = {"posters": posters, "labels": labels, "title": "扫码报事", "issuer": codes[0].estate.name}
    return pdf.render("complaints/pdf/codes.html", context, images=images)
