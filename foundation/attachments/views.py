"""Reading files: whoever sees the record sees its files, everyone else gets 404 (ORG-2)."""

from pathlib import PurePosixPath
from uuid import UUID

from django.core.files.base import File
from django.db.models.fields.files import FieldFile
from django.http import FileResponse, Http404, HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils.cache import get_conditional_response
from django.views.decorators.http import require_safe

from foundation.attachments.models import Attachment
from foundation.attachments.registry import may_read


@require_safe
def shown(request: HttpRequest, uuid: UUID) -> HttpResponseBase:
    """The picture at reading size; a PDF as a download."""
    attachment = _readable(request, uuid)
    return _answer(request, attachment, attachment.shown if attachment.is_image else attachment.original)


@require_safe
def thumb(request: HttpRequest, uuid: UUID) -> HttpResponseBase:
    attachment = _readable(request, uuid)
    return _answer(request, attachment, attachment.thumb)


def _readable(request: HttpRequest, uuid: UUID) -> Attachment:
    attachment = get_object_or_404(Attachment, uuid=uuid)
    if not may_read(request.user, attachment):
        raise Http404
    return attachment


def _answer(request: HttpRequest, attachment: Attachment, field: FieldFile) -> HttpResponseBase:
    """The file, or 304 where the browser has it: asked every time, since rights end, but sent once."""
    if not field.name:
        raise Http404
    etag = f'"{attachment.uuid.hex}-{field.name.rsplit("/", 1)[-1]}"'
    response = get_conditional_response(request, etag=etag) or _file(attachment, field)
    response["ETag"] = etag
    response["Cache-Control"] = "private, no-cache"
    response["X-Content-Type-Options"] = "nosniff"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    # Whatever the bytes are, they run nothing and load nothing; the inline style is the browser's own picture page.
    response["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
    return response


def _file(attachment: Attachment, field: FieldFile) -> HttpResponseBase:
    try:
        content: File = field.storage.open(str(field.name))
    except FileNotFoundError as missing:
        raise Http404 from missing
    return FileResponse(
        content,
        as_attachment=not attachment.is_image,
        filename=attachment.name if not attachment.is_image else f"{PurePosixPath(attachment.name).stem}.jpg",
        content_type="image/jpeg" if attachment.is_image else attachment.content_type,
    )
