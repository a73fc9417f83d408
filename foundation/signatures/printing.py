"""The signed paper: the text that was signed, its hash, and the signature."""

from __future__ import annotations

from datetime import datetime

from foundation import pdf
from foundation.attachments.services import photo_for_print
from foundation.signatures import drawing
from foundation.signatures.models import Signature


def paper_pdf(signature: Signature, *, number: str = "", issuer: str = "", printed_at: datetime) -> bytes:
    """As it was signed, whatever became of the record since. A scan that is a PDF is named, and kept beside it."""
    part = paper_part(signature, number=number, issuer=issuer, printed_at=printed_at)
    return pdf.render(part.template, part.context, images=part.images)


def paper_part(signature: Signature, *, number: str = "", issuer: str = "", printed_at: datetime) -> pdf.Part:
    """The same, as one paper of a set."""
    key, images = f"signature-{signature.pk}", {}
    if drawn := signature.drawing:
        images[key] = drawing.svg(drawn)
    elif signature.picture.is_image:
        images[key] = photo_for_print(signature.picture)
    context = {
        "signature": signature,
        "picture": key if images else "",
        "title": signature.title,
        "number": number,
        "issuer": issuer,
        "printed_at": printed_at,
    }
    return pdf.Part("signatures/pdf/paper.html", context, images)
