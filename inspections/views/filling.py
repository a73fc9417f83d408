"""检查执行: the page, and what the device says to it (INS-8, INS-9, INS-10).

The page asks for JSON and gets it: 200 saved, 409 another device was faster, 422 refused with a sentence. A session
that ended is answered by the login redirect like everywhere else; the device recognises it and keeps what it has.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from functools import wraps
from itertools import groupby
from typing import Any

from django.http import HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.timezone import localtime
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.decorators import needs
from accounts.rights import Right
from estates.access import StaffRequest
from foundation.attachments.models import Attachment
from foundation.attachments.services import AttachmentError
from foundation.records.refusals import Refused, refusal
from foundation.worktime.local import format_left
from inspections.forms.filling import NOTE_LENGTH, AnswerForm, PhotoForm, RemovalForm
from inspections.guards import may_fill
from inspections.models import Answer, Inspection
from inspections.services import filling, submission

View = Callable[[StaffRequest, int], HttpResponse]


def _to_device(view: View) -> View:
    """What is refused is told to the device as 422 with its sentence, and to another user's device as 403.

    A phone goes from hand to hand: answers wait on it under the user who gave them, and are taken from no one else.
    """

    @wraps(view)
    def answered(request: StaffRequest, pk: int) -> HttpResponse:
        owner = request.headers.get("X-Dudao-User")
        if owner and owner != str(request.user.pk):
            sentence = f"现在登录的是{request.user}，这些内容是另一位用户填写的，不能以您的名义上传。"
            return JsonResponse({"code": "other_user", "sentence": sentence}, status=403)
        try:
            return view(request, pk)
        except submission.Incomplete as refused:
            return JsonResponse({"sentence": refused.sentence, "missing": _missing(refused.missing)}, status=422)
        except (Refused, AttachmentError) as refused:
            return JsonResponse({"sentence": str(refused)}, status=422)

    return answered


@needs(Right.FILL_INSPECTION)
@never_cache
@require_safe
def fill(request: StaffRequest, pk: int) -> HttpResponse:
    """The page. Also shown when it can't be filled in: the device may hold answers that were not sent yet."""
    at = timezone.now()
    inspection = _inspection(request, pk)
    context = {
        "inspection": inspection,
        "sections": _sections(inspection),
        "state": _state(request, inspection, at),
        "at": at,
        "time_left": format_left(inspection.closes_at, at),
        "is_late": at > inspection.closes_at,
        "note_length": NOTE_LENGTH,
    }
    return render(request, "inspections/fill.html", context)


@needs(Right.FILL_INSPECTION)
@never_cache
@require_safe
def state(request: StaffRequest, pk: int) -> JsonResponse:
    """All that a device must know to go on: answers and revisions, photos and those removed, what is missing, a fresh
    CSRF token.
    """
    return JsonResponse(_state(request, _inspection(request, pk), timezone.now()))


@needs(Right.FILL_INSPECTION)
@require_POST
@_to_device
def save_answer(request: StaffRequest, pk: int) -> JsonResponse:
    """200 saved, 409 conflict; both with the answer that stands."""
    at = timezone.now()
    inspection = _inspection(request, pk)
    form = AnswerForm(_sent(request))
    if not form.is_valid():
        raise Refused(form.sentence)
    saved = filling.save_answer(
        inspection=inspection,
        item=filling.item_of(inspection, form.cleaned_data["item"]),
        given=form.given(),
        by=request.user,
        at=at,
    )
    status = "conflict" if saved.conflict else "saved"
    return JsonResponse({"status": status, "answer": _answer(saved.answer)}, status=409 if saved.conflict else 200)


@needs(Right.FILL_INSPECTION)
@require_POST
@_to_device
def attach_photo(request: StaffRequest, pk: int) -> JsonResponse:
    """201; a resend of the same photo gives the same answer."""
    at = timezone.now()
    inspection = _inspection(request, pk)
    form = PhotoForm(request.POST, request.FILES)
    if not form.is_valid():
        raise Refused(form.sentence)
    photo = filling.attach_photo(
        inspection=inspection,
        item=filling.item_of(inspection, form.cleaned_data["item"]),
        upload=form.cleaned_data["photo"],
        key=form.cleaned_data["key"],
        taken_at=form.cleaned_data["taken_at"],
        by=request.user,
        at=at,
    )
    return JsonResponse({"photo": _photo(photo)}, status=201)


@needs(Right.FILL_INSPECTION)
@require_POST
@_to_device
def remove_photo(request: StaffRequest, pk: int) -> JsonResponse:
    """200 with the photo's key, also when it was gone before."""
    at = timezone.now()
    inspection = _inspection(request, pk)
    form = RemovalForm(_sent(request))
    if not form.is_valid():
        raise Refused(form.sentence)
    filling.remove_photo(inspection=inspection, **form.cleaned_data, by=request.user, at=at)
    return JsonResponse({"removed": str(form.cleaned_data["key"])})


@needs(Right.FILL_INSPECTION)
@require_POST
@_to_device
def submit_inspection(request: StaffRequest, pk: int) -> JsonResponse:
    """Where to go next, or 422 with what is missing. Sent again by the same person, it is answered alike."""
    inspection = _inspection(request, pk)
    if inspection.submitted_by_id != request.user.pk:
        submission.submit_inspection(inspection=inspection, by=request.user, at=timezone.now())
    return JsonResponse({"redirect": reverse("inspections:record", args=[pk])})


def _inspection(request: StaffRequest, pk: int) -> Inspection:
    visible = Inspection.objects.visible_to(request.user)
    return get_object_or_404(visible.select_related("estate__parent", "version__checklist", "submitted_by"), pk=pk)


def _sent(request: StaffRequest) -> dict[str, Any]:
    try:
        sent = json.loads(request.body)
    except (ValueError, RecursionError):
        sent = None
    if not isinstance(sent, dict):
        raise Refused("设备发来的内容不完整，没有保存。")
    return sent


def _sections(inspection: Inspection) -> list[dict[str, Any]]:
    """Subjects with their items, numbered as people say them: 3.2."""
    groups = groupby(submission.items_of(inspection), key=lambda item: item.section)
    return [
        {
            "section": section,
            "number": number,
            "items": [{"number": f"{number}.{place}", "item": item} for place, item in enumerate(items, start=1)],
        }
        for number, (section, items) in enumerate(groups, start=1)
    ]


def _state(request: StaffRequest, inspection: Inspection, at: datetime) -> dict[str, Any]:
    answers = inspection.answers.select_related("by")
    photos = Attachment.objects.for_owner(inspection)
    return {
        "user": request.user.pk,
        "csrf": get_token(request),
        "now": localtime(at).isoformat(timespec="milliseconds"),
        "state": inspection.state,
        "submitted_by": inspection.submitted_by.name if inspection.submitted_by else "",
        "submitted_by_me": inspection.submitted_by_id == request.user.pk,
        "refusal": refusal(may_fill, inspection, request.user, at),
        "answers": {answer.item_id: _answer(answer) for answer in answers},
        "photos": [_photo(photo) for photo in photos],
        "removed": filling.removed_photos(inspection),
        "missing": _missing(submission.what_is_missing(inspection)),
    }


def _answer(answer: Answer) -> dict[str, Any]:
    return {
        "item": answer.item_id,
        "rev": answer.rev,
        "key": str(answer.key),
        "result": answer.result,
        "note": answer.note,
        "reading": _number(answer.reading),
        "by": answer.by.name,
        "answered_at": _time(answer.answered_at),
    }


def _photo(photo: Attachment) -> dict[str, Any]:
    return {
        "item": filling.item_id_of(photo),
        "key": str(filling.key_of(photo)),
        "thumb": reverse("attachments:thumb", args=[photo.uuid]),
        "shown": reverse("attachments:shown", args=[photo.uuid]),
        "taken_at": _time(photo.taken_at) if photo.taken_at else None,
        "by_id": photo.by_id,
    }


def _missing(missing: list[submission.Missing]) -> list[dict[str, Any]]:
    return [{"item": entry.item.pk, "sentence": entry.sentence} for entry in missing]


def _number(value: Decimal | None) -> str | None:
    return None if value is None else f"{value.normalize():f}"


def _time(at: datetime) -> str:
    """Own times are ISO 8601 with their offset."""
    return localtime(at).isoformat(timespec="seconds")
