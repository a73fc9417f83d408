"""Input of 同一事件 (CMP-16): the verbs that stand on a case, and those of the event's own page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django import forms

from complaints.forms.verbs import VerbForm
from complaints.models import Case, Event
from foundation.records.fields import text_field


class TieForm(VerbForm):
    """Into an event of the same estate; `events` are those it can be chosen from."""

    verb = "tie"

    event = forms.TypedChoiceField(
        label="事件",
        coerce=int,
        error_messages={"required": "请选择事件。", "invalid_choice": "请选择本项目的事件。"},
    )

    def __init__(self, data: Any = None, *, events: Sequence[Event], **kwargs: Any) -> None:
        self.events = {event.pk: event for event in events}
        super().__init__(data, **kwargs)

    def narrow(self) -> None:
        choices = [("", "请选择"), *((event.pk, str(event)) for event in self.events.values())]
        self.fields["event"].choices = choices  # type: ignore[attr-defined]

    def clean_event(self) -> Event:
        return self.events[self.cleaned_data["event"]]


class OpenEventForm(VerbForm):
    """A new event of the case and the ticked ones; `suggested` are those that stand on the page."""

    verb = "open_event"

    cases = forms.TypedMultipleChoiceField(
        label="归入同一事件的诉求单",
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "至少再选择一张诉求单。", "invalid_choice": "请从列出的诉求单里选择。"},
    )
    title = forms.CharField(label="事件", max_length=100, error_messages={"required": "请写明是什么事件。"})

    def __init__(self, data: Any = None, *, suggested: Sequence[Case], **kwargs: Any) -> None:
        self.suggested = {case.pk: case for case in suggested}
        super().__init__(data, **kwargs)

    def narrow(self) -> None:
        self.fields["cases"].choices = [(pk, case.number) for pk, case in self.suggested.items()]  # type: ignore[attr-defined]
        building = self.case.building.name if self.case.building else ""
        self.initial.setdefault("title", f"{building}{self.case.get_cause_display()}")
        self.initial.setdefault("cases", list(self.suggested))

    def clean_cases(self) -> list[Case]:
        return [self.case, *(self.suggested[pk] for pk in self.cleaned_data["cases"])]

    def rows(self) -> Iterator[tuple[Any, Case]]:
        """Each box with its case."""
        return zip(self["cases"], self.suggested.values(), strict=True)


class UntieForm(VerbForm):
    verb = "untie"

    reason = text_field("移出的原因", "请写明移出的原因。")


class DeclineEventForm(VerbForm):
    verb = "decline_event"


class AnswerEventForm(forms.Form):
    answer = text_field("统一答复的内容", "请写明答复客户的内容。")


class TieMoreForm(forms.Form):
    """More cases into an event, from those that the page lists."""

    cases = forms.TypedMultipleChoiceField(
        label="诉求单",
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "请至少选择一张诉求单。", "invalid_choice": "请从列出的诉求单里选择。"},
    )

    def __init__(self, data: Any = None, *, candidates: Sequence[Case], **kwargs: Any) -> None:
        super().__init__(data, auto_id="tie-%s", **kwargs)
        self.candidates = {case.pk: case for case in candidates}
        self.fields["cases"].choices = [(pk, case.number) for pk, case in self.candidates.items()]  # type: ignore[attr-defined]

    def clean_cases(self) -> list[Case]:
        return [self.candidates[pk] for pk in self.cleaned_data["cases"]]

    def rows(self) -> Iterator[tuple[Any, Case]]:
        """Each box with its case."""
        return zip(self["cases"], self.candidates.values(), strict=True)
