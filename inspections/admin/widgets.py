"""Plain fields for long pages: a draft has 1,500 of them, and a template for each takes a second."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from django import forms
from django.forms.utils import flatatt
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe


class LeanInput(forms.TextInput):
    def __init__(self, attrs: dict[str, Any] | None = None, input_type: str = "text") -> None:
        super().__init__(attrs)
        self.input_type = input_type

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        shown = self.format_value(value)
        given = {"type": self.input_type, "name": name, **self.build_attrs(self.attrs, attrs)}
        return format_html("<input{}>", flatatt(given if shown is None else given | {"value": shown}))


class LeanSelect(forms.Select):
    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        given = {"name": name, **self.build_attrs(self.attrs, attrs)}
        choices = tuple((str(key), str(label)) for key, label in self.choices)
        return format_html("<select{}>{}</select>", flatatt(given), options(choices, str(value or "")))


@lru_cache(maxsize=1000)
def options(choices: tuple[tuple[str, str], ...], chosen: str) -> SafeString:
    """The same few lists stand in every row."""
    rows = ((key, mark_safe(" selected") if key == chosen else "", label) for key, label in choices)
    return format_html_join("", '<option value="{}"{}>{}</option>', rows)
