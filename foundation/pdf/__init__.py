"""HTML to PDF: fonts, page furniture, no outside fetches.

    from foundation import pdf
    pdf.render("inspections/report_pdf.html", {"title": "…"}, images={"photo-1": data})

The template extends pdf/base.html and names its pictures `image:photo-1` and `static:img/logo.svg`.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any


def render(template: str, context: dict[str, Any], *, images: Mapping[str, bytes | Path] | None = None) -> bytes:
    """The template as a PDF. Whatever it names outside `images` and the static files is left out and logged."""
    # WeasyPrint loads system libraries; a process that prints nothing, or a machine without them, must still start.
    from foundation.pdf.rendering import render_pdf

    return render_pdf(template, context, images=images or {})
