"""HTML to PDF: fonts, page furniture, no outside fetches.

    from foundation import pdf
    pdf.render("inspections/report_pdf.html", {"title": "…"}, images={"photo-1": data})

The template extends pdf/base.html and names its pictures `image:photo-1` and `static:img/logo.svg`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Part:
    """What `render` takes, kept for later: one of the papers of a set."""

    template: str
    context: dict[str, Any]
    images: Mapping[str, bytes | Path] = field(default_factory=dict)


def render(template: str, context: dict[str, Any], *, images: Mapping[str, bytes | Path] | None = None) -> bytes:
    """The template as a PDF. Whatever it names outside `images` and the static files is left out and logged."""
    # WeasyPrint loads system libraries; a process that prints nothing, or a machine without them, must still start.
    from foundation.pdf.rendering import render_pdf

    return render_pdf(template, context, images=images or {})


def render_set(parts: Sequence[Part]) -> bytes:
    """The papers one after the other in one PDF, each with its own page numbers. A key of a picture is used once."""
    from foundation.pdf.rendering import render_parts

    return render_parts(parts)
