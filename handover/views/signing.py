"""The page on which a paper is read and signed, and the signed paper as PDF (HND-5, HND-6)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.decorators import needs
from accounts.rights import Right
from estates.access import StaffRequest
from foundation import pdf
from foundation.records.downloads import pdf_response
from foundation.records.refusals import Refused, refusal
from foundation.records.verbs import act
from foundation.signatures.forms import SignForm
from foundation.signatures.printing import paper_part
from foundation.signatures.services import signed
from handover.choices import SIGNED, StepKind
from handover.guards.steps import may_finish_step, right_of
from handover.models import Handover, MoveIn
from handover.paperset import set_pdf
from handover.planpapers import plan_parts
from handover.readiness import content_of
from handover.services.signing import sign_move_in as put_on_move_in
from handover.services.signing import sign_step
from handover.services.steps import step_of
from handover.signedpapers import papers, papers_of
from handover.signpage import Panel, move_in_panel, sign_panel
from handover.views.houses import back_to, finish_if_asked

if TYPE_CHECKING:
    from accounts.models import User

RELATED = ("estate", "house")


@require_http_methods(["GET", "HEAD", "POST"])
def sign(request: StaffRequest, pk: int, kind: str) -> HttpResponse:
    """A step's paper; who may have it signed is who works on that step."""
    if kind not in SIGNED:
        raise Http404
    return needs(right_of(kind))(_sign_step)(request, pk, kind)  # type: ignore[return-value]


def _sign_step(request: StaffRequest, pk: int, kind: str) -> HttpResponse:
    seen = Handover.objects.visible_to(request.user, right_of(kind)).select_related("batch", *RELATED)
    handover = get_object_or_404(seen, pk=pk)

    def do(at: datetime, **given: Any) -> None:
        sign_step(handover=handover, kind=kind, by=request.user, at=at, **given)
        finish_if_asked(request, handover, kind, at)

    back = back_to(request, handover, kind)
    then = "" if refusal(_may_finish, handover, kind, request.user) else "签名并完成这一步"
    return _page(request, handover, sign_panel(handover, kind, request.user), handover.buyer_name, do, back, then)


def _may_finish(handover: Handover, kind: str, user: User) -> None:
    """Everything but the signature, which is last (`readiness`)."""
    may_finish_step(handover, step_of(handover, kind), user)
    if missing := content_of(handover, kind):
        raise Refused(missing)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Right.MOVE_IN)
def sign_move_in(request: StaffRequest, pk: int, code: str) -> HttpResponse:
    move_in = _move_in(request, pk, code, Right.MOVE_IN)
    if code not in papers_of(move_in):
        raise Http404

    def do(at: datetime, **given: Any) -> None:
        put_on_move_in(move_in=move_in, code=code, by=request.user, at=at, **given)

    back = reverse("handover:move_in", args=[pk])
    panel = move_in_panel(move_in, code, request.user)
    return _page(request, move_in, panel, move_in.name if panel.party == "租户" else "", do, back)


def _page(
    request: StaffRequest,
    subject: Handover | MoveIn,
    panel: Panel,
    signer: str,
    do: Callable[..., None],
    back: str,
    then: str = "",
) -> HttpResponse:
    def form_of(*sent: Any) -> SignForm:
        label = f"{panel.party}签名"
        return SignForm(*sent, text=panel.text, signer=signer, again=panel.is_signed, label=label)

    def again(form: SignForm | None) -> HttpResponse:
        context = {"subject": subject, "panel": panel, "form": form, "home": back, "then": then}
        return render(request, "handover/sign.html", context)

    if request.method == "POST":
        form = form_of(request.POST, request.FILES)
        done = f"{panel.paper.title}已签字。"
        return act(request, form, lambda at: do(at, **form.cleaned_data), done=done, back=back, again=again)
    return again(None if panel.why_not else form_of())


@needs(Right.VIEW_HANDOVER)
@require_safe
def paper(request: StaffRequest, pk: int, kind: str) -> HttpResponse:
    """The last signed one, as it was signed."""
    handover = get_object_or_404(Handover.objects.visible_to(request.user).select_related("batch", *RELATED), pk=pk)
    return _pdf(handover, kind, handover.batch.number)


@needs(Right.VIEW_HANDOVER)
@require_safe
def paper_set(request: StaffRequest, pk: int) -> HttpResponse:
    """成套资料: all papers of the house in one PDF."""
    handover = get_object_or_404(Handover.objects.visible_to(request.user).select_related("batch", *RELATED), pk=pk)
    return pdf_response(set_pdf(handover, timezone.now()), f"{handover.house.code}交房成套资料.pdf")


@needs(Right.VIEW_HANDOVER)
@require_safe
def move_in_paper(request: StaffRequest, pk: int, code: str) -> HttpResponse:
    move_in = _move_in(request, pk, code, Right.VIEW_HANDOVER)
    return _pdf(move_in, code, move_in.number)


def _move_in(request: StaffRequest, pk: int, code: str, right: Right) -> MoveIn:
    if code not in papers():
        raise Http404
    return get_object_or_404(MoveIn.objects.visible_to(request.user, right).select_related(*RELATED), pk=pk)


def _pdf(subject: Handover | MoveIn, slot: str, number: str) -> HttpResponse:
    signature = signed(subject, slot)
    if signature is None:
        raise Http404
    at = timezone.now()
    parts = [paper_part(signature, number=number, issuer=subject.estate.name, printed_at=at)]
    if isinstance(subject, Handover) and slot == StepKind.INSPECTION:
        parts += plan_parts(subject, signature.at, at)
    return pdf_response(pdf.render_set(parts), f"{subject.house.code}{signature.title}.pdf")
