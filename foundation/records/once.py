"""A form that is sent twice, by a double tap or again after a lost network, makes one record.

    class PassForm(OnceForm): …                                    # the page sends `client_key` along
    if sent := Pass.objects.filter(client_key=client_key).first():
        return same(sent, is_same, f"出门条 {sent.number}")            # the record of the first time, or Refused

The key is made with the page. A text field that nobody sees holds it, for a draft on the device keeps those and leaves
hidden ones out: what was typed and comes back after a lost network comes back under its key.
"""

from __future__ import annotations

from typing import Any, TypeVar
from uuid import uuid4

from django import forms

from foundation.records.refusals import Refused

Record = TypeVar("Record")


class KeyInput(forms.TextInput):
    is_hidden = True

    def __init__(self) -> None:
        super().__init__({"hidden": True, "autocomplete": "off"})


class OnceForm(forms.Form):
    client_key = forms.UUIDField(
        widget=KeyInput, initial=uuid4, required=False, error_messages={"invalid": "页面已过期，请刷新后再提交。"}
    )

    def add_error(self, field: str | None, error: Any) -> None:
        """What was refused as a whole has made nothing: it comes back under a new key."""
        super().add_error(field, error)
        if field in (None, "client_key") and self.is_bound:
            sent: Any = self.data
            self.data = sent.copy()
            self.data[self.add_prefix("client_key")] = str(uuid4())  # type: ignore[index]


def same(sent: Record, is_same: bool, what: str) -> Record:
    """What the form made the first time; `Refused` where it says something else now, and once more makes another."""
    if not is_same:
        raise Refused(f"这张表单刚才已经提交，生成了{what}。要再登记一条，请核对后再提交一次。")
    return sent
