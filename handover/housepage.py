"""The counter page of one house: its steps with who did them and when, and what this counter may do now (HND-1).

Reads only. Forms that came back refused are in `bound`, so that what was typed is still there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db.models import Count, F, Prefetch, prefetch_related_objects
from django.forms import BaseForm
from django.urls import NoReverseMatch, reverse

from accounts.rights import Right
from estates.models import Owner
from foundation.attachments.models import Attachment
from foundation.journal.models import Entry
from foundation.records.refusals import refusal
from foundation.records.verbs import Verb
from handover import readiness
from handover.choices import SIGNED, StepKind
from handover.forms.houses import (
    AppointForm,
    ArriveForm,
    BuyerForm,
    CounterForm,
    DocumentsForm,
    FinishForm,
    NotTakenForm,
    OwnerFileForm,
    RetryForm,
    ScanForm,
)
from handover.guards import batches, steps
from handover.models import Document, Handover, HandoverStep, OwnerFile, Slot
from handover.services.papers import SCAN, hints_of
from handover.signpage import Panel, sign_panel

if TYPE_CHECKING:
    from accounts.models import User

State = HandoverStep.State
# The page where a step's own work is done, as far as it is built; args: the handover.
WORK_PAGES = {
    StepKind.INSPECTION: ("handover:house_defects", "登记和查看遗留问题"),
    StepKind.FEES: ("handover:house_bill", "生成和查看账单"),
    StepKind.PAYMENT: ("handover:house_bill", "收款"),
    StepKind.KEYS: ("handover:house_keys", "登记钥匙"),
}


@dataclass
class StepView:
    """One step as the page shows it; `is_open` unfolds its work."""

    step: HandoverStep
    number: int
    is_open: bool
    is_mine: bool
    is_next: bool = False
    is_signed: bool = False
    missing: str = ""
    take_why_not: str = ""
    finish_why_not: str = ""
    may_take: bool = False
    may_finish: bool = False
    may_release: bool = False
    work: tuple[str, str] | None = None
    finish: FinishForm | None = None
    sign: Panel | None = None

    @property
    def work_is_next(self) -> bool:
        """What the step still needs is made on its own page, not signed; by this user."""
        return bool(self.finish and self.missing and (self.sign is None or self.sign.why_not))


@dataclass
class HousePage:
    """Everything about one house that several parts of the page need, read once."""

    handover: Handover
    user: User
    at: datetime
    bound: Mapping[str, BaseForm] = field(default_factory=dict)

    def __post_init__(self) -> None:
        handover = self.handover
        # Read once for the guards, which look at all of them.
        people = HandoverStep.objects.select_related("taken_by", "done_by").order_by("position")
        prefetch_related_objects([handover], Prefetch("steps", people))
        self.steps = list(handover.steps.all())
        self.papers = list(handover.documents.select_related("received_by"))
        self.file = OwnerFile.objects.filter(handover=handover).select_related("filled_by").first()

    def context(self) -> dict[str, Any]:
        handover, user = self.handover, self.user
        verbs = self._verbs()
        views = self._steps()
        may_keep = not refusal(steps.may_keep_papers, handover, user)
        return {
            "handover": handover,
            "batch": handover.batch,
            "at": self.at,
            "steps": views,
            "done": sum(view.step.state == State.DONE for view in views),
            "papers": self._papers(),
            "may_keep": may_keep,
            "may_withdraw": not refusal(steps.may_withdraw_document, handover, user),
            "documents_form": self._documents_form() if may_keep else None,
            "file": self.file,
            "file_draft": f"owner_file:{handover.pk}",
            "file_form": self._file_form() if may_keep else None,
            "owner": Owner.objects.current().filter(house=handover.house_id).first(),
            "may_reveal": user.may(Right.REVEAL_PERSONAL, handover.estate),
            "may_see_house": user.may(Right.VIEW_HOUSES, handover.estate),
            "entries": Entry.objects.about(handover),
            "verbs": verbs,
            "dialogs": [verb for verb in (*verbs, *self._paper_verbs(may_keep)) if verb.dialog and not verb.why_not],
            "paper_verbs": self._paper_verbs(may_keep),
            "refused": self._refused(verbs, views, may_keep),
        }

    # --- verbs of the house -----------------------------------------------------------------------------------------

    def _verbs(self) -> list[Verb]:
        """What is to be done next stands first."""
        found = [
            self._post(ArriveForm, steps.may_arrive, "到场", "log-in"),
            self._appoint(),
            self._dialog(NotTakenForm, steps.may_not_take, "登记未接房", "circle-slash"),
            self._post(RetryForm, steps.may_retry, "重新办理", "rotate-ccw"),
            self._dialog(BuyerForm, batches.may_change_buyer, "更正购房人", "pencil"),
        ]
        offered = [verb for verb in found if verb is not None]
        if offered and offered[0].label == "到场":
            offered[0].primary = True
        return offered

    def _appoint(self) -> Verb | None:
        if refusal(batches.may_appoint, self.handover, self.user):
            return None
        slots = Slot.objects.filter(batch=self.handover.batch_id, ends_at__gt=self.at)
        slots = slots.annotate(taken=Count("handovers")).order_by("starts_at")
        own = slots.filter(pk=self.handover.slot_id) if self.handover.slot_id else slots.none()
        free = slots.filter(taken__lt=F("capacity")) | own
        return self._dialog(AppointForm, batches.may_appoint, "预约", "calendar-plus", slots=free)

    def _dialog(
        self, form: type[CounterForm], guard: Callable[..., None], label: str, icon: str, **options: Any
    ) -> Verb | None:
        if refusal(guard, self.handover, self.user):
            return None
        made = self.bound.get(form.verb) or form(handover=self.handover, **options)
        return Verb(label, icon, self._url(form.verb), dialog=form.verb, form=made, submit=label)

    def _post(self, form: type[CounterForm], guard: Callable[..., None], label: str, icon: str) -> Verb | None:
        """Done at a click."""
        if refusal(guard, self.handover, self.user):
            return None
        return Verb(label, icon, self._url(form.verb), post=True)

    def _url(self, verb: str) -> str:
        return reverse(f"handover:{verb}", args=[self.handover.pk])

    # --- its steps --------------------------------------------------------------------------------------------------

    def _steps(self) -> list[StepView]:
        """The next one of the order is unfolded, and what this user has taken."""
        ahead = next((step.pk for step in self.steps if step.state != State.DONE), None)
        under_way = self.handover.state == Handover.State.UNDER_WAY
        return [
            self._step(step, number, under_way and step.pk == ahead, under_way)
            for number, step in enumerate(self.steps, 1)
        ]

    def _step(self, step: HandoverStep, number: int, is_next: bool, under_way: bool) -> StepView:
        handover, user = self.handover, self.user
        is_mine = step.state == State.TAKEN and step.taken_by_id == user.pk
        bound = next((form for form in self.bound.values() if getattr(form, "kind", "") == step.kind), None)
        found = StepView(step, number, is_next or is_mine or bound is not None, is_mine, is_next)
        found.is_signed = step.state == State.DONE and step.kind in SIGNED
        if not under_way or step.state == State.DONE:
            return found
        found.take_why_not = refusal(steps.may_take_step, handover, step, user)
        found.may_take = not found.take_why_not
        found.may_release = not refusal(steps.may_release_step, handover, step, user)
        found.finish_why_not = refusal(steps.may_finish_step, handover, step, user)
        mine = user.may(steps.right_of(step.kind), handover.estate)
        if found.is_open:
            found.missing = readiness.missing(handover, step.kind)
            found.work = self._work(step.kind)
            found.sign = sign_panel(handover, step.kind, user) if step.kind in SIGNED else None
        found.may_finish = mine and not found.finish_why_not and not found.missing
        if mine:
            form = bound if isinstance(bound, FinishForm) else None
            found.finish = form or FinishForm(handover=handover, kind=step.kind)
        return found

    def _work(self, kind: str) -> tuple[str, str] | None:
        if StepKind(kind) not in WORK_PAGES:
            return None
        name, label = WORK_PAGES[StepKind(kind)]
        try:
            return reverse(name, args=[self.handover.pk]), label
        except NoReverseMatch:
            return None

    # --- papers -----------------------------------------------------------------------------------------------------

    def _documents_form(self) -> BaseForm | None:
        if all(paper.received_at for paper in self.papers):
            return None
        return self.bound.get(DocumentsForm.verb) or DocumentsForm(handover=self.handover, papers=self.papers)

    def _papers(self) -> list[dict[str, Any]]:
        """Each with what to look at, its scans, and whether it was ticked in a form that came back."""
        scans, hints = self._scans(), hints_of(self.handover)
        bound = self.bound.get(DocumentsForm.verb)
        ticked = bound["codes"].value() or [] if bound else []
        return [
            {
                "paper": paper,
                "scans": scans.get(paper.pk, []),
                "hint": hints.get(paper.code, ""),
                "is_ticked": paper.code in ticked,
            }
            for paper in self.papers
        ]

    def _paper_verbs(self, may_keep: bool) -> list[Verb]:
        if not may_keep or not self.papers:
            return []
        form = self.bound.get(ScanForm.verb) or ScanForm(handover=self.handover, papers=self.papers)
        url = self._url(ScanForm.verb)
        return [Verb("上传扫描件", "upload", url, dialog=ScanForm.verb, form=form, submit="上传")]

    def _file_form(self) -> BaseForm:
        return self.bound.get(OwnerFileForm.verb) or OwnerFileForm(handover=self.handover, instance=self.file)

    def _scans(self) -> dict[int, list[Attachment]]:
        """Copies of identity cards are for those who may see whole numbers (ORG-4)."""
        if not self.user.may(Right.REVEAL_PERSONAL, self.handover.estate):
            return {}
        keys = [paper.pk for paper in self.papers]
        return Attachment.objects.for_owners(Document, keys, SCAN).by_owner() if keys else {}

    def _refused(self, verbs: list[Verb], views: list[StepView], may_keep: bool) -> list[BaseForm]:
        """A verb that is no longer offered has no form on the page: its refusal and the words are shown on top."""
        shown: list[Any] = [verb.form for verb in verbs] + [view.finish for view in views]
        if may_keep:
            shown += [self.bound.get(verb) for verb in (DocumentsForm.verb, ScanForm.verb, OwnerFileForm.verb)]
        return [form for form in self.bound.values() if not any(form is one for one in shown)]
