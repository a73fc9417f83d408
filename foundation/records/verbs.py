"""A verb of a record: as its page offers it, and as its view does it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from django.contrib import messages
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from foundation.records.refusals import Refused

Form = TypeVar("Form", bound=BaseForm)


@dataclass
class Verb:
    """A verb as components/verbs.html shows it; one with a form opens its dialog, components/dialog.html.

    `why_not` is the reason why it is refused now; `post` sends it at once; `file` opens beside the page.
    """

    label: str
    icon: str
    url: str
    why_not: str = ""
    primary: bool = False
    dialog: str = ""
    form: BaseForm | None = None
    submit: str = ""
    text: str = ""
    post: bool = False
    file: bool = False


def act(
    request: HttpRequest,
    form: Form,
    do: Callable[[datetime], object],
    *,
    done: str,
    back: str,
    again: Callable[[Form], HttpResponse],
) -> HttpResponse:
    """Do what the form asks, say so and go `back`; or show it `again`, with what is wrong (422)."""
    if form.is_valid():
        try:
            do(timezone.now())
        except Refused as refused:
            form.add_error(None, refused.sentence)
        else:
            messages.success(request, done)
            return redirect(back)
    response = again(form)
    response.status_code = 422
    return response
