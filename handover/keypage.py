"""What the page of a house's keys shows: where each is, its ledger, and the moves that may be made now (HND-3)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.urls import reverse

from accounts.rights import Right
from foundation.records.refusals import refusal
from foundation.records.verbs import Verb
from handover.forms import keys as forms
from handover.guards import keys as guards
from handover.keyledger import with_last_move
from handover.models import Handover, HouseKey, KeyMove

if TYPE_CHECKING:
    from accounts.models import User

Place = HouseKey.Place


def _is_waiting(key: Any) -> bool:
    """In the office, and not to stay there."""
    return key.place == Place.OFFICE and key.consent != KeyMove.Kind.KEPT


@dataclass
class KeyPage:
    """`register` and `moved` are forms that came back refused."""

    handover: Handover
    user: User
    at: datetime
    register: forms.RegisterKeysForm | None = None
    moved: forms.KeyForm | None = None

    def context(self) -> dict[str, Any]:
        may = self.user.may(Right.MOVE_KEYS, self.handover.estate)
        keys = with_last_move(HouseKey.objects.filter(house=self.handover.house_id)).select_related("estate", "house")
        rows = [(key, self._verbs(key) if may else []) for key in keys]
        dialogs = [verb for _, verbs in rows for verb in verbs]
        moves = KeyMove.objects.filter(key__house=self.handover.house_id).select_related("key", "by")
        shown = [verb.form for verb in dialogs]
        return {
            "handover": self.handover,
            "rows": rows,
            "dialogs": dialogs,
            # Handed over at one click, where there are several.
            "to_hand": sum(_is_waiting(key) for key in keys) if may else 0,
            "moves": moves.order_by("-at", "-pk"),
            "form": (self.register or forms.RegisterKeysForm()) if may else None,
            "at": self.at,
            # A move that is no longer offered has no form on the page: its refusal is shown on top.
            "refused": [self.moved] if self.moved and self.moved not in shown else [],
        }

    def _verbs(self, key: HouseKey) -> list[Verb]:
        """Those that lead somewhere from where the key is."""
        offered = (
            self._dialog(key, forms.HandForm, guards.may_hand, "交给业主", "user-check"),
            self._dialog(key, forms.KeepForm, guards.may_keep, "业主同意留存", "key-round"),
            self._dialog(key, forms.LendForm, guards.may_lend, "借出", "log-out"),
            self._dialog(key, forms.ReturnForm, guards.may_return, "归还", "undo-2"),
        )
        return [verb for verb in offered if not verb.why_not]

    def _dialog(
        self, key: HouseKey, form: type[forms.KeyForm], guard: Callable[[HouseKey, User], None], label: str, icon: str
    ) -> Verb:
        mine = self.moved is not None and self.moved.verb == form.verb and self.moved.key.pk == key.pk
        return Verb(
            label,
            icon,
            reverse(f"handover:{form.verb}_key", args=[key.pk]),
            refusal(guard, key, self.user),
            dialog=f"{form.verb}-{key.pk}",
            form=self.moved if mine else form(key=key, handover=self.handover, at=self.at),
            submit=label,
            text=f"{key.get_kind_display()} {key.label}",
        )
