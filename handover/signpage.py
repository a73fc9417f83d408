"""What pages show of papers that are signed: which ones, by whom, whether they may be signed now. Reads only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.urls import reverse

from foundation.records.refusals import refusal
from foundation.signatures.models import Signature
from foundation.signatures.services import signatures
from foundation.signatures.texts import digest
from handover.choices import SIGNED
from handover.guards import signing as guards
from handover.models import Handover, MoveIn
from handover.services.steps import step_of
from handover.signedpapers import UNDERTAKING, Paper, paper, papers_of, text_of, text_of_move_in

if TYPE_CHECKING:
    from accounts.models import User


@dataclass(frozen=True)
class Panel:
    """One paper: its text as it stands now, its last signature, and where it is signed (`handover/_sign.html`).

    `party` is who signs: 业主 or 租户.
    """

    paper: Paper
    party: str
    text: str
    signature: Signature | None
    why_not: str
    url: str
    pdf_url: str

    @property
    def is_signed(self) -> bool:
        return self.signature is not None and self.signature.sha256 == digest(self.text)

    @property
    def has_changed(self) -> bool:
        return self.signature is not None and not self.is_signed


def sign_panels(handover: Handover, user: User) -> dict[str, Panel]:
    """The papers of a house's steps, by the kind of step; those that its batch has, after the owner's arrival."""
    last = _last(handover)
    return {
        step.kind: _of_step(handover, step.kind, user, last) for step in handover.steps.all() if step.kind in SIGNED
    }


def sign_panel(handover: Handover, kind: str, user: User) -> Panel:
    return _of_step(handover, kind, user, _last(handover))


def _of_step(handover: Handover, kind: str, user: User, last: dict[str, Signature]) -> Panel:
    def guard() -> None:
        known = [step for step in handover.steps.all() if step.kind == kind]
        guards.may_sign(handover, known[0] if known else step_of(handover, kind), user)

    return Panel(
        paper(kind),
        "业主",
        text_of(handover, kind),
        last.get(kind),
        refusal(guard),
        reverse("handover:sign", args=[handover.pk, kind]),
        reverse("handover:paper", args=[handover.pk, kind]),
    )


def move_in_panels(move_in: MoveIn, user: User) -> dict[str, Panel]:
    """The papers of a move-in, by their codes, in the order in which they are signed."""
    last = _last(move_in)
    return {code: _of_move_in(move_in, code, user, last) for code in papers_of(move_in)}


def move_in_panel(move_in: MoveIn, code: str, user: User) -> Panel:
    return _of_move_in(move_in, code, user, _last(move_in))


def _of_move_in(move_in: MoveIn, code: str, user: User, last: dict[str, Signature]) -> Panel:
    return Panel(
        paper(code),
        "业主" if code == UNDERTAKING else "租户",
        text_of_move_in(move_in, code),
        last.get(code),
        refusal(guards.may_sign_move_in, move_in, code, user),
        reverse("handover:sign_move_in", args=[move_in.pk, code]),
        reverse("handover:move_in_paper", args=[move_in.pk, code]),
    )


def _last(subject: Handover | MoveIn) -> dict[str, Signature]:
    """The last round of everything that was signed there."""
    return {one.slot: one for one in signatures(subject)}
