"""QR codes, for paper and screen."""

from __future__ import annotations

import io

import segno


def qr_svg(text: str) -> bytes:
    """A QR with a quarter of its area to spare, so that a scratched label still reads."""
    buffer = io.BytesIO()
    segno.make(text, error="q", micro=False).save(buffer, kind="svg", border=2, scale=4)
    return buffer.getvalue()
