"""What the page of one case shows (CMP-2…12, CMP-16). Reads only; queries do not grow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import Prefetch
from django.utils.functional import cached_property

from accounts.rights import Right
from complaints.caseverbs import Offers
from complaints.choices import ClockKind
from complaints.conversation import conversation
from complaints.forms.verbs import VerbForm
from complaints.models import Case, CaseExtension
from complaints.services.events import events_to_tie, suggestions
from complaints.services.opinions import SIGNED
from complaints.services.photos import RESULT
from complaints.services.registering import PHOTOS
from complaints.sla import counted_tries
from foundation.attachments.models import Attachment
from foundation.journal.models import Entry
from foundation.timers.models import Clock, ClockPause
from foundation.worktime.arithmetic import ZERO

if TYPE_CHECKING:
    from accounts.models import User

# What the house or the caller had lately.
LATELY = timedelta(days=180)
JUST_NOW = timedelta(minutes=30)
HISTORY = 10
TIED = 10


@dataclass
class Limit:
    """One limit of the case with its clock: the steps taken in any round and to come, and what stopped the count."""

    kind: ClockKind
    clock: Clock
    at: datetime

    @property
    def is_running(self) -> bool:
        return not self.clock.is_stopped

    @property
    def is_open(self) -> bool:
        """Unfolded: it runs, and something has happened to it."""
        return self.is_running and bool(self.pauses or self.clock.taken.all())

    @cached_property
    def pauses(self) -> list[ClockPause]:
        return list(self.clock.pauses.all())

    @property
    def paused(self) -> timedelta | None:
        """CMP-10: how long it stood still over all rounds; None where it never did."""
        return sum(((one.ended_at or self.at) - one.started_at for one in self.pauses), ZERO) if self.pauses else None

    @property
    def steps(self) -> list[dict[str, Any]]:
        names = {step.code: step.name for step in self.clock.steps}
        taken = [
            {"share": f"{step.code}%", "to": names.get(step.code, ""), "at": step.due_at, "taken": True, "step": step}
            for step in self.clock.taken.all()
        ]
        if self.clock.is_stopped:
            return taken
        ahead = self.clock.steps_to_come(self.at)
        return taken + [{"share": f"{step.percent}%", "to": step.name, "at": moment} for step, moment in ahead]


@dataclass
class Page:
    """Everything about one case that several parts of the page need, read once."""

    case: Case
    user: User
    at: datetime
    bound: Mapping[str, VerbForm] = field(default_factory=dict)

    def __post_init__(self) -> None:
        case = self.case
        self.limits = self._limits()
        self.extensions = list(case.extensions.select_related("asked_by", "decided_by"))
        self.calls = list(case.calls.select_related("by"))
        self.suggested = suggestions(case, self.user)

    def context(self) -> dict[str, Any]:
        case = self.case
        files = self._files()
        offers = self._offers(len(files[RESULT]), len(files[SIGNED]))
        verbs, event_verbs, open_form = offers.verbs(), offers.of_event(), offers.open_event_form()
        dialogs = [verb for verb in (*verbs, *event_verbs) if verb.dialog and not verb.why_not]
        shown = [open_form, *(verb.form for verb in dialogs)]
        return {
            "case": case,
            "at": self.at,
            "running": [limit for limit in self.limits if limit.is_running],
            "limits": self.limits,
            "rounds": self._rounds(),
            "extensions": self.extensions,
            "calls": self.calls,
            "counted": len(counted_tries([one.at for one in self.calls if self._is_try(one)])),
            "suggested": self.suggested,
            "tied": self._tied(),
            "event_verbs": event_verbs,
            "open_form": open_form,
            "history": self._history(),
            "photos": files[PHOTOS],
            "results": files[RESULT],
            "signed": files[SIGNED],
            "talk": conversation(case, Entry.objects.about(case)),
            "next_call": self._is_just_registered(),
            "may_reveal": bool(case.caller_phone) and self.user.may(Right.REVEAL_PERSONAL, case.estate),
            "may_see_house": case.house is not None and self.user.may(Right.VIEW_HOUSES, case.estate),
            "verbs": verbs,
            "dialogs": dialogs,
            # A verb that is no longer offered has no form on the page: its refusal and the words are shown on top.
            "refused": [form for form in self.bound.values() if form not in shown],
        }

    def _is_just_registered(self) -> bool:
        """By this user, who may be on the phone with the next caller already."""
        case = self.case
        return case.registered_by_id == self.user.pk and self.at - case.registered_at <= JUST_NOW

    def _limits(self) -> list[Limit]:
        """The newest clock of each kind, in the order of a case's way."""
        pauses = Prefetch("pauses", ClockPause.objects.select_related("by"))
        rows = Clock.objects.about(self.case).prefetch_related("taken", pauses).order_by("pk")
        newest = {ClockKind(row.kind.rpartition(".")[2]): row for row in rows}
        return [Limit(kind, newest[kind], self.at) for kind in ClockKind if kind in newest]

    def _offers(self, results: int, signed: int) -> Offers:
        asked = next((one for one in self.extensions if one.state == CaseExtension.State.ASKED), None)
        running = {limit.kind: limit.clock for limit in self.limits if limit.is_running}
        tries = [one for one in self.calls if self._is_try(one)]
        events = events_to_tie(self.case, self.user, self.at, self.suggested)
        kept = {"report": results, "sign": signed}
        return Offers(
            self.case, self.user, self.at, self.bound, asked, running, bool(tries), self.suggested, events, kept
        )

    def _is_try(self, call: Any) -> bool:
        return call.round == self.case.round and not call.reached

    def _rounds(self) -> list[Any]:
        """The present one first."""
        people = ("accepted_by", "replied_by", "result_by", "answered_by")
        return list(self.case.rounds.select_related(*people).order_by("-number"))

    def _files(self) -> dict[str, list[Attachment]]:
        slots: dict[str, list[Attachment]] = {PHOTOS: [], RESULT: [], SIGNED: []}
        for one in Attachment.objects.for_owner(self.case):
            slots.setdefault(one.slot, []).append(one)
        return slots

    def _tied(self) -> list[Case]:
        """The other cases of its event, the first ones."""
        if self.case.event_id is None:
            return []
        others = Case.objects.visible_to(self.user).filter(event=self.case.event_id).exclude(pk=self.case.pk)
        return list(others.for_lists().order_by("received_at", "pk")[: TIED + 1])

    def _history(self) -> list[Case]:
        """What the house or the caller has had lately, newest first; whether there is more shows the link to the list."""
        case = self.case
        lately = Case.objects.visible_to(self.user).of_caller(
            house_id=case.house_id, phone=case.caller_phone, since=LATELY, at=self.at
        )
        return list(lately.exclude(pk=case.pk).select_related("house")[:HISTORY])
