"""Versions of the policy: a draft copied from what is in force, published from a moment on (CMP-3…9)."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction

from complaints.content import FIELDS, Row, content_of, fingerprint, name_of, needed_limits
from complaints.differences import Change, differences
from complaints.models import LadderStep, Policy, PolicyRule
from foundation.journal.services import record
from foundation.records.refusals import Refused
from foundation.worktime.local import SHANGHAI

if TYPE_CHECKING:
    from accounts.models import User


def draft_policy(*, by: User | None, at: datetime, source: Policy | None = None) -> Policy:
    """新建草稿: a copy of `source`, by default of the newest version. There is one draft at a time."""
    try:
        with transaction.atomic():
            newest = Policy.objects.select_for_update().order_by("-number").first()
            if newest is not None and newest.is_draft:
                raise Refused("已经有一份草稿，请先发布或放弃它。")
            policy = Policy.objects.create(number=newest.number + 1 if newest else 1)
            if source := source or newest:
                fill(policy, content_of(source))
            record(policy, "policy.draft", by=by, at=at, number=policy.number)
    except IntegrityError:
        # Two people at once: the other one was faster.
        raise Refused("已经有一份草稿，请先发布或放弃它。") from None
    return policy


def edit_policy(
    *, policy: Policy, content: list[Row], by: User, at: datetime, note: str = "", stamp: str = ""
) -> list[str]:
    """Write a draft's rules and note as they were edited; the changes, one sentence each, as they are journalled.

    `stamp` is the fingerprint of what was edited: what another person saved since then is not overwritten.
    """
    with transaction.atomic():
        policy = Policy.objects.select_for_update().get(pk=policy.pk)
        if not policy.is_draft:
            raise Refused("这一版已经发布，不能再修改；请新建草稿。")
        before = content_of(policy)
        if stamp and stamp != fingerprint(before):
            raise Refused("这份草稿在您打开之后被别人改过，为免覆盖没有保存。请在新窗口打开草稿，核对后再改。")
        changes = [str(line) for line in differences(before, content)]
        if note != policy.note:
            changes.append(str(Change("说明", policy.note, note)))
        if not changes:
            return []
        policy.rules.all().delete()
        fill(policy, content)
        Policy.objects.filter(pk=policy.pk).update(note=note)
        record(policy, "policy.edit", by=by, at=at, number=policy.number, fields=changes)
    return changes


def publish_policy(
    *, policy: Policy, by: User | None, at: datetime, effective_at: datetime | None = None, stamp: str = ""
) -> Policy:
    """发布: from `effective_at` on (now by default) new cases run by it; those that are open keep theirs (CMP-17).

    Versions begin in the order of their numbers; the delivered first one, by nobody, may have
    begun before. `stamp` is the fingerprint of what was shown to who publishes it.
    """
    with transaction.atomic():
        policy = Policy.objects.select_for_update().get(pk=policy.pk)
        if not policy.is_draft:
            raise Refused("这一版已经发布。")
        if stamp and stamp != fingerprint(content_of(policy)):
            raise Refused("草稿在您打开确认页之后又被改过，请重新核对。")
        effective_at = effective_at or at
        earlier = Policy.objects.published().order_by("-number").first()
        if effective_at < at and (by is not None or earlier):
            raise Refused("启用时间不能早于现在。")
        if earlier and earlier.effective_at and effective_at < earlier.effective_at:
            begins = f"{earlier.effective_at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"
            raise Refused(f"第 {earlier.number} 版 {begins} 才启用，新版本不能比它更早启用。")
        for missing in missing_limits(policy):
            raise Refused(missing)
        policy.state, policy.effective_at = Policy.State.PUBLISHED, effective_at
        policy.published_at, policy.published_by = at, by
        policy.save()
        record(policy, "policy.publish", by=by, at=at, number=policy.number, effective_at=effective_at.isoformat())
    return policy


def discard_policy(*, policy: Policy, by: User, at: datetime) -> None:
    """放弃草稿."""
    with transaction.atomic():
        policy = Policy.objects.select_for_update().get(pk=policy.pk)
        if not policy.is_draft:
            raise Refused("已发布的版本不能删除。")
        record(policy, "policy.discard", by=by, at=at, number=policy.number)
        policy.delete()


def missing_limits(policy: Policy) -> list[str]:
    """What a version lacks to be published: every kind and grade has each of its limits (CMP-3…7, CMP-12)."""
    known = set(policy.rules.values_list("kind", "variant", "clock"))
    return [f"缺少时限：{name_of(key)}。" for key in needed_limits() if key not in known]


def fill(policy: Policy, content: list[Row]) -> None:
    """Write rules and ladders of a draft in two statements."""
    rules = PolicyRule.objects.bulk_create(
        PolicyRule(policy=policy, **{field: rule[field] for field in FIELDS if field in rule}) for rule in content
    )
    LadderStep.objects.bulk_create(
        LadderStep(rule=row, percent=percent, audience=audience)
        for row, rule in zip(rules, content, strict=True)
        for percent, audience in rule["ladder"]
    )
