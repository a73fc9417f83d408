"""A step of a ladder happens: it is written on the case, its audience is told (CMP-9)."""

from __future__ import annotations

from collections.abc import Sequence

from accounts.models import User
from accounts.staff import staff
from complaints.choices import Audience, ClockKind, Grade
from complaints.models import Case
from complaints.services.people import BRANCH, ESTATE, GROUP, audience, url_of, words
from foundation.journal.services import entry, record_many
from foundation.notices.models import Level
from foundation.notices.services import Message, send_many
from foundation.timers.registry import Firing
from foundation.worktime.local import local_date

# Whose robot hears of a step: that of the node where those who are told hold their post.
NODE_OF = {Audience.ESTATE_MANAGER: ESTATE, Audience.BRANCH_SUPERVISOR: BRANCH, Audience.GROUP_SUPERVISOR: GROUP}


def escalate(firings: Sequence[Firing]) -> None:
    """The clocks' handler: journal every step, tell its audience; of steps caught up together each person hears once.

    Constant statements for a batch: a thousand steps of a bad day are one sweep's work.
    """
    at = max(firing.at for firing in firings)
    related = ("estate__parent", "house", "handler", "responsible")
    rows = Case.objects.select_related(*related).in_bulk({firing.clock.subject_id for firing in firings})
    people = staff({node_id for row in rows.values() for node_id in row.estate.lineage}, local_date(at))
    record_many(
        entry(
            rows[firing.clock.subject_id],
            "case.escalate",
            by=None,
            at=firing.at,
            node=rows[firing.clock.subject_id].estate_id,
            clock=_kind(firing).label,
            share=f"{firing.step.percent}%",
            to=firing.step.name,
            due_at=firing.due_at.isoformat(),
            **({"late": True} if firing.late else {}),
        )
        for firing in firings
    )
    told: set[tuple[int, int]] = set()
    messages = []
    # The highest step first: it is the one that a person who is meant by several hears of.
    for firing in reversed(firings):
        case = rows[firing.clock.subject_id]
        to = audience(case, _kind(firing), firing.step.to, people)
        messages.append(_message(case, firing, [user for user in to if (firing.clock.pk, user.pk) not in told]))
        told |= {(firing.clock.pk, user.pk) for user in to}
    send_many(messages)


def _kind(firing: Firing) -> ClockKind:
    return ClockKind(firing.clock.kind.rpartition(".")[2])


def _message(case: Case, firing: Firing, to: list[User]) -> Message:
    kind, percent = _kind(firing), firing.step.percent or 0
    over = "即将到期" if percent < 100 else "到期" if percent == 100 else "超期"
    level = NODE_OF.get(Audience(firing.step.to)) if firing.step.to else None
    return Message(
        to=to,
        title=f"{kind.label}{over}（{percent}%）：{words(case)}",
        body=f"{case.estate.label} · {case.where} · {case.number}",
        url=url_of(case),
        at=firing.at,
        key=f"case:{case.pk}:{kind.value}:{firing.clock.round}:{firing.step.code}",
        level=Level.URGENT if case.grade == Grade.MAJOR else Level.INFO,
        subject=case,
        node=None if level is None else case.estate.lineage[level],
        step=firing.step.to,
    )
