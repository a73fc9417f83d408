"""出门条: made, decided, cancelled, and used at the gate (HND-7).

    release = make_pass(house=house, carrier_kind="helper", carrier="搬家公司老周", items=[Item("furniture", "沙发", 2)],
                        reason="move_out", valid_on=day, consent=Consent("yes", "黄桂兰", "", called_at, "同意搬出"), by=user, at=now)
    use_pass(release=release, by=guard, at=now)      # of two gates at once exactly one

The house is locked before its passes are counted, a pass before it changes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import transaction
from django.db.models import TextChoices

from estates import identity
from estates.models import Estate, House, Owner
from foundation.journal.services import record
from foundation.numbering.services import format_number, take
from foundation.records.once import same
from foundation.records.refusals import Refused
from foundation.worktime.local import local_date
from handover.choices import CarrierKind, Goods, ReleaseReason
from handover.guards import passes as guards
from handover.models import MoveIn, Pass, PassItem, PassRule
from handover.services import passnotices
from handover.services.arrears import Arrears, arrears

if TYPE_CHECKING:
    from accounts.models import User

NUMBER = "FX"
# A pass is for a day that people plan, not for a season.
AHEAD = timedelta(days=7)
MOST = 999
NOTHING = Arrears(Decimal("0.00"))
State = Pass.State


class Answer(TextChoices):
    """What came of the call to the owner, or to the head of the company."""

    YES = "yes", "同意放行"
    NO = "no", "不同意"
    NONE = "none", "联系不上"


@dataclass(frozen=True)
class Consent:
    """The owner's word by phone. Without a `phone` it was the registered number that was called."""

    answer: str
    by: str
    phone: str
    at: datetime | None
    words: str


@dataclass(frozen=True)
class Item:
    goods: str
    name: str
    count: int


def rule_of(estate: Estate) -> PassRule:
    """The estate's own rule, or the defaults."""
    return PassRule.objects.filter(estate=estate).first() or PassRule(estate=estate)


@transaction.atomic
def make_pass(
    *,
    house: House,
    carrier_kind: str,
    carrier: str,
    items: Sequence[Item],
    reason: str,
    valid_on: date,
    by: User,
    at: datetime,
    consent: Consent | None = None,
    carrier_phone: str = "",
    vehicle: str = "",
    client_key: UUID | None = None,
) -> Pass:
    """One that the gate may use on its day; a move-out with fees unpaid waits for the 项目经理.

    The same form sent twice (`client_key`) is one pass.
    """
    house = House.objects.select_for_update(of=("self",), no_key=True).select_related("estate__parent").get(pk=house.pk)
    guards.may_make(house, by)
    if client_key and (sent := Pass.objects.filter(client_key=client_key).first()):
        facts = {"carrier_kind": carrier_kind, "carrier": carrier.strip(), "reason": reason, "valid_on": valid_on}
        return _same(sent, house, items, facts)
    today = local_date(at)
    _check(house, carrier_kind, carrier, items, reason)
    if not today <= valid_on <= today + AHEAD:
        raise Refused(f"有效日期应在今天到 {today + AHEAD:%Y-%m-%d} 之间。")
    given = _consent(house, consent, at) if carrier_kind != CarrierKind.OWNER else {}
    owed = arrears(house, today) if reason == ReleaseReason.MOVE_OUT else NOTHING
    if owed.total and carrier_kind == CarrierKind.TENANT and _is_held(house):
        raise Refused(f"截至今天欠费 {owed.total} 元。租约约定欠费不放行，结清后再开具。")
    rule = rule_of(house.estate)
    release = Pass.objects.create(
        number=_number(house.estate, at), estate=house.estate, house=house, carrier_kind=carrier_kind,
        carrier=carrier.strip(), carrier_phone=_phone(carrier_phone), vehicle=vehicle.strip().upper(), reason=reason,
        valid_on=valid_on, state=State.WAITING if owed.total else State.READY, arrears=owed.total,
        unbilled=owed.unbilled, is_frequent=passes_lately(house, rule, at) + 1 >= rule.frequent_passes,
        made_at=at, made_by=by, client_key=client_key, **given,
    )  # fmt: skip
    PassItem.objects.bulk_create(
        PassItem(release=release, goods=one.goods, name=one.name.strip() or Goods(one.goods).label, count=one.count)
        for one in items
    )
    words = "、".join(str(one) for one in release.items.all())
    _note(release, "make", by=by, at=at, goods=words, consent=given.get("consent", ""), arrears=_owed(owed))
    passnotices.tell_of_new(release, at)
    return release


def decide_pass(*, release: Pass, allow: bool, decision: str, by: User, at: datetime) -> Pass:
    """放行 or 不予放行 despite what is unpaid; with its reason, either way."""
    with _working_on(release) as release:
        guards.may_decide(release, by, local_date(at))
        decision = decision.strip()
        if not decision:
            raise Refused("请写明决定的理由。")
        release.state = State.READY if allow else State.REFUSED
        release.decided_at, release.decided_by, release.decision = at, by, decision
        release.save(update_fields=["state", "decided_at", "decided_by", "decision"])
        said = "同意放行" if allow else "不予放行"
        _note(release, "decide", by=by, at=at, note=f"{said}：{decision}", arrears=_money(release.arrears))
        if release.made_by_id != by.pk:
            passnotices.tell(release, [release.made_by], f"出门条{said}：{release.house}", "decided", at)
    return release


def cancel_pass(*, release: Pass, reason: str, by: User, at: datetime) -> Pass:
    with _working_on(release) as release:
        guards.may_cancel(release, by)
        reason = reason.strip()
        if not reason:
            raise Refused("请写明作废的原因。")
        release.state = State.CANCELLED
        release.save(update_fields=["state"])
        _note(release, "cancel", by=by, at=at, reason=reason)
    return release


def use_pass(*, release: Pass, by: User, at: datetime) -> Pass:
    """放行 at the gate: once, on its day. Of two gates the second reads who was first. *once: fixed*"""
    with _working_on(release) as release:
        guards.may_use(release, by, local_date(at))
        ready = Pass.objects.filter(pk=release.pk, state=State.READY)
        if not ready.update(state=State.USED, used_at=at, used_by=by):
            raise Refused("这张出门条刚刚用过，不能再次放行。")
        _note(release, "use", by=by, at=at)
        release.refresh_from_db()
    return release


def expire_passes(*, at: datetime) -> int:
    """What its day left unused, and what nobody decided: closed; how many. Caught up on any later day."""
    today, done = local_date(at), 0
    late = Pass.objects.filter(state__in=(State.WAITING, State.READY), valid_on__lt=today)
    for pk in late.order_by("pk").values_list("pk", flat=True):
        with _working_on(Pass(pk=pk)) as release:
            if not release.is_late(today):
                continue
            release.state = State.EXPIRED if release.state == State.READY else State.CANCELLED
            release.save(update_fields=["state"])
            _note(release, "expire", by=None, at=at)
            done += 1
    return done


def passes_lately(house: House, rule: PassRule, at: datetime) -> int:
    """How many were made for the house within the rule's days before (GEN-1), without those that let nothing out."""
    since = at - timedelta(days=rule.frequent_days)
    found = Pass.objects.filter(house=house, made_at__gte=since, made_at__lte=at)
    return found.exclude(state__in=(State.CANCELLED, State.REFUSED)).count()


def _same(sent: Pass, house: House, items: Sequence[Item], facts: dict[str, Any]) -> Pass:
    """The pass of the first time. One of another house was found by a key that was made up: it is not named (ORG-2)."""
    if sent.house_id != house.pk:
        raise Refused("页面已过期，请刷新后再提交。")
    goods = sorted((one.goods, one.count) for one in sent.items.all())
    is_same = goods == sorted((one.goods, one.count) for one in items)
    return same(sent, is_same and all(getattr(sent, name) == facts[name] for name in facts), f"出门条 {sent.number}")


# --- what is asked of a pass ------------------------------------------------------------------------------------------


def _check(house: House, carrier_kind: str, carrier: str, items: Sequence[Item], reason: str) -> None:
    if carrier_kind not in CarrierKind.values:
        raise Refused("请选择携带人身份。")
    if reason not in ReleaseReason.values:
        raise Refused("请选择出门原因。")
    if not carrier.strip():
        raise Refused("请写明携带人姓名。")
    if not items:
        raise Refused("请至少登记一件大件物品；随身小件不需要出门条。")
    for one in items:
        if one.goods not in Goods.values:
            raise Refused("请选择物品种类。")
        if not 1 <= one.count <= MOST:
            raise Refused(f"{Goods(one.goods).label}的数量应在 1 到 {MOST} 之间。")
    if carrier_kind == CarrierKind.OWNER:
        owner = _owner(house)
        if owner and carrier.strip() not in (owner.name, *owner.co_owners):
            raise Refused(f"{carrier.strip()}不是这户登记的业主或共有人，请按其他身份开具，并电话核实业主。")


def _consent(house: House, consent: Consent | None, at: datetime) -> dict[str, Any]:
    """HND-7: no contact, no pass."""
    if consent is None or consent.answer not in Answer.values:
        raise Refused("携带人不是业主，请先电话核实业主（或单位负责人）是否同意。")
    if consent.answer == Answer.NONE:
        raise Refused("联系不上业主（或单位负责人），不能开具出门条。")
    if consent.answer == Answer.NO:
        raise Refused("业主（或单位负责人）不同意，不能开具出门条。")
    owner = _owner(house)
    phone = _phone(consent.phone) or (owner.phone if owner else "")
    who = consent.by.strip() or (owner.name if owner else "")
    if not who:
        raise Refused("请写明接听电话的同意人。")
    if not phone:
        raise Refused("请写明拨打的号码。")
    if consent.at is None:
        raise Refused("请写明去电时间。")
    if consent.at > at:
        raise Refused("去电时间不能晚于现在。")
    words = consent.words.strip() or Answer(consent.answer).label
    return {"consent_by": who, "consent_phone": phone, "consent_at": consent.at, "consent": words}


def _owner(house: House) -> Owner | None:
    return Owner.objects.current().filter(house=house).first()


def _phone(text: str) -> str:
    """A mobile, or a number with its area code."""
    number = identity.clean_phone(text)
    if number and identity.phone_fault(number) and not (number.isdecimal() and 7 <= len(number) <= 12):
        raise Refused(f"电话 {number} 不对，请写 11 位手机号或带区号的座机号。")
    return number


def _is_held(house: House) -> bool:
    """Only where the estate says so and the lease does too; the last tenant's, whose end may be registered already."""
    if not rule_of(house.estate).holds_tenants:
        return False
    came = MoveIn.objects.filter(house=house, is_tenant=True).exclude(state=MoveIn.State.ENDED, done_at=None)
    last = came.order_by("-pk").first()
    return last is not None and last.lease_holds_goods


# --- around it --------------------------------------------------------------------------------------------------------


@contextmanager
def _working_on(release: Pass) -> Iterator[Pass]:
    rows = Pass.objects.select_for_update(of=("self",)).select_related("estate__parent", "house", "made_by", "used_by")
    with transaction.atomic():
        yield rows.get(pk=release.pk)


def _number(estate: Estate, at: datetime) -> str:
    period = f"{local_date(at):%Y%m}"
    return format_number(NUMBER, estate.code, period, take(kind=NUMBER, place=estate.code, period=period)[0])


def _money(amount: Decimal) -> str:
    return f"{amount} 元" if amount else ""


def _owed(owed: Arrears) -> str:
    part = f"，其中未出账 {owed.unbilled} 元" if owed.unbilled else ""
    return f"{_money(owed.total)}{part}"


def _note(release: Pass, verb: str, *, by: User | None, at: datetime, **data: Any) -> None:
    said = {key: value for key, value in data.items() if value not in (None, "")}
    record(release, f"pass.{verb}", by=by, at=at, node=release.estate_id, **said)
