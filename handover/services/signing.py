"""签字: a step's paper at the counter, and the papers of a move-in (HND-5, HND-6).

    sign_step(handover=handover, kind=StepKind.KEYS, by=user, at=now, **form.cleaned_data)

`given` is what `SignForm` asks for: signer, strokes or scan, the reason of a second signature, the hash of what was read.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction

from foundation.signatures.models import Signature
from foundation.signatures.services import sign
from handover.guards import signing as guards
from handover.models import Handover, MoveIn
from handover.services.steps import step_of
from handover.services.verbs import working_on
from handover.signedpapers import paper, text_of, text_of_move_in

if TYPE_CHECKING:
    from accounts.models import User


def sign_step(*, handover: Handover, kind: str, by: User, at: datetime, **given: Any) -> Signature:
    """The step's paper as it stands now, with its signature. The step is finished by its own verb."""
    with working_on(handover, at) as handover:
        guards.may_sign(handover, step_of(handover, kind), by)
        text, node = text_of(handover, kind), handover.estate_id
        return sign(subject=handover, slot=kind, title=paper(kind).title, text=text, by=by, at=at, node=node, **given)


def sign_move_in(*, move_in: MoveIn, code: str, by: User, at: datetime, **given: Any) -> Signature:
    """One paper of a move-in: 《租户信息表》, 《安全责任书》, 《业主承诺书》."""
    with transaction.atomic():
        rows = MoveIn.objects.select_for_update(of=("self",)).select_related("estate", "house")
        move_in = rows.get(pk=move_in.pk)
        guards.may_sign_move_in(move_in, code, by)
        text, node = text_of_move_in(move_in, code), move_in.estate_id
        return sign(subject=move_in, slot=code, title=paper(code).title, text=text, by=by, at=at, node=node, **given)
