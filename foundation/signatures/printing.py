"""The signed paper: the text that was signed, its hash, and the signature."""

from __future__ import annotations

from datetime import datetime

from foundation import pdf
from foundation.attachments.services import photo_for_print
from foundation.signatures import drawing
from foundation.signatures.models import Signature


def paper_pdf(signature: Signature, *, number: str = "", issuer: str = "", printed_at: datetime) -> bytes:
    """As it was signed, whatever became of the record since. A scan that is a PDF is named, and kept beside it."""
    images: dict[str, bytes] = {}
    if drawn := signature.drawing:
        images["signature"] = drawing.svg(drawn)
    elif signature.picture.is_image:
        images["signature"] = photo_for_print(signature.picture)
    context = {
        "signature": signature,
        "has_picture": bool(images),
        "title": signature.title,
        "number": number,
        "issuer": issuer,
        "printed_at": printed_at,
    }
    return pdf.render("signatures/pdf/paper.html", context, images=images)
