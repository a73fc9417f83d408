"""Printed things of the chapter: the QR codes that owners scan."""

from __future__ import annotations

from collections.abc import Sequence

from complaints.models import ReportCode
from complaints.services.codes import address_of
from foundation import pdf
from foundation.pdf.qr import qr_svg


def codes_pdf(codes: Sequence[ReportCode]) -> bytes:
    """A poster for each estate's own code, then labels for the houses, eight on a page."""
    images = {f"qr-{code.pk}": qr_svg(address_of(code)) for code in codes}
    posters = [code for code in codes if code.house_id is None]
    labels = [code for code in codes if code.house_id is not None]
    context = {"posters": posters, "labels": labels, "title": "扫码报事", "issuer": codes[0].estate.name}
    return pdf.render("complaints/pdf/codes.html", context, images=images)
