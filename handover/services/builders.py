"""责任单位: who mends which trades at an estate, and the signed address of their page (HND-3)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.db import IntegrityError, transaction
from django.urls import reverse

from estates.models import Estate
from foundation.journal.services import record
from foundation.records.refusals import Refused
from handover.guards import defects as guards
from handover.models import Builder
from handover.models.houses import new_key

if TYPE_CHECKING:
    from accounts.models import User

BUILDERS = Signer(sep=".", salt="handover.builder")
TAKEN = "本项目已有同名的责任单位。"


def add_builder(
    *, estate: Estate, name: str, by: User, at: datetime, trades: Sequence[str] = (), contact: str = "", phone: str = ""
) -> Builder:
    guards.may_keep_builders(estate, by)
    given = {"name": name.strip(), "trades": "、".join(trades), "contact": contact.strip(), "phone": phone}
    try:
        with transaction.atomic():
            builder = Builder.objects.create(estate=estate, **given)
            record(builder, "builder.add", by=by, at=at, node=estate, name=builder.name)
    except IntegrityError:
        raise Refused(TAKEN) from None
    return builder


def change_builder(
    *,
    builder: Builder,
    name: str,
    trades: Sequence[str],
    contact: str,
    phone: str,
    is_active: bool,
    by: User,
    at: datetime,
) -> Builder:
    """One that is not active any more has no page and gets no defects."""
    guards.may_keep_builders(builder.estate, by)
    try:
        with transaction.atomic():
            builder = Builder.objects.select_for_update(of=("self",)).select_related("estate").get(pk=builder.pk)
            builder.name, builder.trades, builder.contact = name.strip(), "、".join(trades), contact.strip()
            builder.phone, builder.is_active = phone, is_active
            builder.save(update_fields=["name", "trades", "contact", "phone", "is_active"])
            record(builder, "builder.change", by=by, at=at, node=builder.estate_id, name=builder.name)
    except IntegrityError:
        raise Refused(TAKEN) from None
    return builder


def renew_link(*, builder: Builder, by: User, at: datetime) -> Builder:
    """更换链接: the address that was given away leads nowhere from now on."""
    guards.may_keep_builders(builder.estate, by)
    with transaction.atomic():
        builder = Builder.objects.select_for_update(of=("self",)).select_related("estate").get(pk=builder.pk)
        builder.key = new_key()
        builder.save(update_fields=["key"])
        record(builder, "builder.renew", by=by, at=at, node=builder.estate_id)
    return builder


def signed_key(builder: Builder) -> str:
    return BUILDERS.sign(builder.key)


def address_of(builder: Builder) -> str:
    """The absolute address of the builder's page."""
    return f"{settings.SITE_URL}{reverse('handover:builder_page', args=[signed_key(builder)])}"


def builder_of(signed: str) -> Builder | None:
    """The active builder behind a signed key; None for one that was made up or has been replaced."""
    try:
        key = BUILDERS.unsign(signed)
    except BadSignature:
        return None
    return Builder.objects.filter(key=key, is_active=True, estate__is_active=True).select_related("estate").first()
