"""WeasyPrint as this house uses it: one font configuration, one parsed stylesheet, two kinds of address."""

import logging
import threading
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from django.contrib.staticfiles import finders
from django.core.exceptions import SuspiciousFileOperation
from django.template.loader import render_to_string
from weasyprint import CSS, HTML
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import URLFetcher, URLFetcherResponse

from foundation.pdf import Part

logger = logging.getLogger(__name__)

STYLESHEET = "css/print.css"
# Pango's font map is shared by the process and is not made for two layouts at once.
_one_at_a_time = threading.Lock()


class RefusedError(ValueError):
    """An address that is not fetched; WeasyPrint leaves the picture out and goes on."""


class Fetcher(URLFetcher):
    """Reads `static:<path>` and `image:<key>`; there is no way to the network or to any other file."""

    def __init__(self, images: Mapping[str, bytes | Path], document: str):
        super().__init__(allowed_protocols=["static", "image"], allow_redirects=False)
        self.images = images
        self.document = document

    def fetch(self, url: str, headers: Mapping[str, str] | None = None) -> URLFetcherResponse:
        scheme, _, name = url.partition(":")
        content = {"static": self._static, "image": self._image}.get(scheme.lower(), lambda name: None)(name)
        if content is None:
            logger.warning("Printing %s: refused to fetch %.200s", self.document, url)
            raise RefusedError(url[:200])
        # A document may bring a stylesheet of its own beside print.css; a picture is known by its bytes.
        kind = "text/css" if scheme.lower() == "static" and name.endswith(".css") else _content_type(content)
        return URLFetcherResponse(url, content, {"Content-Type": kind})

    def _image(self, key: str) -> bytes | None:
        image = self.images.get(key)
        return image.read_bytes() if isinstance(image, Path) else image

    def _static(self, path: str) -> bytes | None:
        try:
            found = finders.find(path)
        except SuspiciousFileOperation:
            return None
        return Path(found).read_bytes() if found else None


def _content_type(content: bytes) -> str:
    head = content[:512].lstrip()
    if head.startswith((b"<svg", b"<?xml", b"<!DOCTYPE svg")):
        return "image/svg+xml"
    # WeasyPrint looks at the bytes of a picture itself.
    return "application/octet-stream"


@cache
def font_configuration() -> FontConfiguration:
    """One for the process: it reads the whole font list of the machine, which takes longer than most pages."""
    return FontConfiguration()


def stylesheet() -> CSS:
    """print.css, parsed once; read again only when the file has changed."""
    path = Path(finders.find(STYLESHEET) or STYLESHEET)
    return _parsed(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=2)
def _parsed(path: Path, changed: int) -> CSS:
    return CSS(
        string=path.read_text("utf-8"),
        url_fetcher=Fetcher({}, path.name),
        base_url="static:css/",
        font_config=font_configuration(),
    )


def render_pdf(template: str, context: dict[str, Any], *, images: Mapping[str, bytes | Path]) -> bytes:
    return render_parts([Part(template, context, images)])


def render_parts(parts: Sequence[Part]) -> bytes:
    pages = [render_to_string(part.template, part.context) for part in parts]
    with _one_at_a_time:
        documents = [
            HTML(string=html, url_fetcher=Fetcher(part.images, part.template)).render(
                stylesheets=[stylesheet()], font_config=font_configuration()
            )
            for html, part in zip(pages, parts, strict=True)
        ]
        return documents[0].copy([page for document in documents for page in document.pages]).write_pdf()
