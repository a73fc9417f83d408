"""责任单位: who mends which trades at an estate, and the signed address of their page (HND-3)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.signing import BadSignature, TimestampSigner
from django.db import IntegrityError, transaction
from django.urls import reverse

from estates.models import Estate
from foundation.journal.services import change, record
from foundation.records.refusals import Refused
from handover.guards import defects as guards
from handover.models import Builder
from handover.models.houses import new_key

if TYPE_CHECKING:
    from accounts.models import User

BUILDERS = TimestampSigner(sep=".", salt="handover.builder")
# An address that was passed on is no key for ever; the page of the builders gives a new one each time.
GOOD_FOR = timedelta(days=180)
TAKEN = "本项目已有同名的责任单位。"


def add_builder(
    *, estate: Estate, name: str, by: User, at: datetime, trades: Sequence[str] = (), contact: str = "", phone: str = ""
) -> Builder:
    guards.may_keep_builders(estate, by)
    given = {"name": name.strip(), "trades": "、".join(trades), "contact": contact.strip(), "phone": phone}
    try:
        with transaction.atomic():
            builder = Builder.objects.create(estate=estate, **given)
            record(builder, "builder.add", by=by, at=at, node=estate, builder=builder.name)
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
            given = {
                "name": name.strip(), "trades": "、".join(trades), "contact": contact.strip(), "phone": phone,
                "is_active": is_active,
            }  # fmt: skip
            said = {
                f"builder_{field}": change(getattr(builder, field), value)
                for field, value in given.items()
                if getattr(builder, field) != value
            }
            for field, value in given.items():
                setattr(builder, field, value)
            builder.save(update_fields=list(given))
            record(builder, "builder.change", by=by, at=at, node=builder.estate_id, builder=builder.name, **said)
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
        record(builder, "builder.renew", by=by, at=at, node=builder.estate_id, builder=builder.name)
    return builder


def signed_key(builder: Builder) -> str:
    return BUILDERS.sign(builder.key)


def address_of(builder: Builder) -> str:
    """The absolute address of the builder's page."""
    return f"{settings.SITE_URL}{reverse('handover:builder_page', args=[signed_key(builder)])}"


def builder_of(signed: str) -> Builder | None:
    """The active builder behind a signed key; None for one that was made up, is too old or has been replaced."""
    try:
        key = BUILDERS.unsign(signed, max_age=GOOD_FOR)
    except BadSignature:
        return None
    return Builder.objects.filter(key=key, is_active=True, estate__is_active=True).select_related("estate").first()
