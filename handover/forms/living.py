"""Input of 入住 (HND-6)."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django import forms
from django.db.models import Q

from accounts.rights import Right
from estates import spelling
from estates.models import House
from estates.querysets import house_is
from foundation.records.fields import ALL, date_field, moment_field
from foundation.records.once import OnceForm
from foundation.worktime.local import local_date
from handover.forms.passes import plain
from handover.querysets import MoveInQuerySet
from handover.services.living import MOST_PEOPLE
from handover.services.passes import Answer

if TYPE_CHECKING:
    from accounts.models import User

OWNER, TENANT = "owner", "tenant"
WHO = [(OWNER, "业主入住"), (TENANT, "租户入住")]


class MoveInFilter(forms.Form):
    """What the list narrows by, all in the URL."""

    q = forms.CharField(label="房号、姓名或编号", required=False, max_length=60)
    who = forms.ChoiceField(label="入住人", required=False, choices=ALL + WHO)
    since = date_field("计划入住日从")
    until = date_field("到")
    unwatched = forms.BooleanField(label="收银还没有标注", required=False)

    def apply(self, found: MoveInQuerySet, user: User) -> MoveInQuerySet:
        """The rows that pass; a value that cannot be read filters nothing out. `found` is scoped already (ORG-2)."""
        self.is_valid()
        given = self.cleaned_data
        if text := plain(given.get("q")):
            found = found.filter(_named(text, user))
        if who := given.get("who"):
            found = found.filter(is_tenant=who == TENANT)
        if since := given.get("since"):
            found = found.filter(planned_on__gte=since)
        if until := given.get("until"):
            found = found.filter(planned_on__lte=until)
        return found.unwatched() if given.get("unwatched") else found


def _named(text: str, user: User) -> Q:
    fits, houses = Q(name__icontains=text) | Q(number__icontains=text), Q()
    for wish in spelling.read(text):
        if wish.house and not wish.names:
            houses |= house_is(wish.house)
    if houses:
        here = House.objects.filter(houses, estate__in=user.estate_ids_with(Right.VIEW_HANDOVER))
        fits |= Q(house__in=here.order_by().values("pk"))
    return fits


class MoveInForm(OnceForm):
    """登记入住."""

    who = forms.ChoiceField(
        label="谁入住", choices=WHO, widget=forms.RadioSelect, error_messages={"required": "请选择业主或租户。"}
    )
    name = forms.CharField(label="入住人姓名", max_length=60, error_messages={"required": "请写明入住人姓名。"})
    phone = forms.CharField(label="手机", max_length=20, error_messages={"required": "请写明入住人手机。"})
    people = forms.IntegerField(
        label="入住人数", min_value=1, max_value=MOST_PEOPLE, initial=1,
        error_messages={
            "required": "请写明入住人数。", "min_value": "入住人数至少为 1。", "max_value": f"入住人数最多 {MOST_PEOPLE}。",
        },
    )  # fmt: skip
    planned_on = date_field("计划入住日", required=True)
    lease_from = date_field("租期自")
    lease_until = date_field("租期至")
    lease_holds_goods = forms.BooleanField(
        label="租约约定欠费不放行",
        required=False,
        help_text="只有租约里写明了才勾选；项目也设置了不放行的，搬出时生效。",
    )

    def __init__(self, *args: Any, at: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("planned_on", local_date(at))

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("who") == TENANT:
            for name, label in (("lease_from", "租期开始"), ("lease_until", "租期结束")):
                if not given.get(name) and name not in self.errors:
                    self.add_error(name, f"租户入住请写明{label}。")
        return given

    def given(self) -> dict[str, Any]:
        """What `register_move_in` asks for."""
        values = dict(self.cleaned_data)
        return {"is_tenant": values.pop("who") == TENANT, **values}


class ConfirmForm(forms.Form):
    answer = forms.ChoiceField(
        label="业主的答复", choices=Answer.choices, widget=forms.RadioSelect,
        error_messages={"required": "请选择业主的答复。"},
    )  # fmt: skip
    phone = forms.CharField(label="去电号码", required=False, max_length=20, help_text="空着即房屋档案登记的号码。")
    called_at = moment_field("去电时间", required=True)
    words = forms.CharField(label="业主的意见", required=False, max_length=150)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["answer"].choices = [  # type: ignore[attr-defined]
            (Answer.YES, "同意出租并入住"), (Answer.NO, "不同意"), (Answer.NONE, "联系不上"),
        ]  # fmt: skip


class LeaseForm(forms.Form):
    photos = "租赁合同（照片或 PDF）"
    photos_pdf = True


class GiveUpForm(forms.Form):
    """Nobody moved in after all."""

    reason = forms.CharField(label="取消的原因", max_length=200, error_messages={"required": "请写明取消的原因。"})


class EndForm(forms.Form):
    until = date_field("最后居住日", required=True)
    reason = forms.CharField(label="说明", required=False, max_length=200)
