"""Loading the delivered policy (CMP-3…9): idempotent, and never over what an administrator changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time
from pathlib import Path
from typing import Any

import yaml
from django.db import transaction

from complaints.choices import VARIANTS, ClockKind, Kind
from complaints.content import FIELDS, Row, content_of, fingerprint
from complaints.models import Policy
from complaints.services.policies import draft_policy, fill, publish_policy
from foundation.worktime.local import SHANGHAI

STANDARD = Path(__file__).resolve().parent.parent / "standards" / "policy.yaml"
# The first version has no predecessor to take over from: cases of before the product are entered by it as well.
BEGINNING = datetime(2000, 1, 1, tzinfo=SHANGHAI)
DEFAULTS: dict[str, Any] = {
    "amount": 0,
    "unit": "days",
    "calendar": "natural",
    "workdays_only": False,
    "pausable": False,
    "day_ends_late_after": None,
    "next_day_until": None,
}


@dataclass
class Loaded:
    """What one run wrote."""

    published: int = 0
    rules: int = 0
    kept: int = 0

    def line(self) -> str:
        return f"诉求时限方案新发布 {self.published} 版（时限 {self.rules} 条），管理员改过而保留 {self.kept} 版"


def read_policy(path: Path = STANDARD) -> list[Row]:
    """The YAML file as rules; KeyError or ValueError where it is no policy."""
    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    ladder = [(int(percent), audience) for percent, audience in data["ladder"].items()]
    rules = []
    for kind, parts in data["kinds"].items():
        common = {**data["common"], **parts.get("common", {})}
        for variant in VARIANTS.get(Kind(kind), ("",)):
            for clock, given in {**common, **parts.get(str(variant), {})}.items():
                rules.append(_rule(kind, str(variant), clock, given, ladder))
    return rules


def _rule(kind: str, variant: str, clock: str, given: dict[str, Any], ladder: list[tuple[int, str]]) -> Row:
    given = dict(given)
    if late_after := given.pop("late_after", None):
        given["day_ends_late_after"] = time.fromisoformat(late_after)
        given["next_day_until"] = time.fromisoformat(given["next_day_until"])
    rule = {**DEFAULTS, "kind": kind, "variant": variant, "clock": ClockKind(clock).value, **given}
    return {**{field: rule[field] for field in FIELDS}, "ladder": ladder}


def load_standards(*, at: datetime) -> Loaded:
    """Publish the delivered policy, in force at once, unless an administrator has made versions of their own."""
    done = Loaded()
    content = read_policy()
    digest = fingerprint(content)
    with transaction.atomic():
        newest = Policy.objects.select_for_update().order_by("-number").first()
        delivered = Policy.objects.exclude(standard_hash="").order_by("-number").first()
        if delivered is not None and delivered.standard_hash == digest:
            return done
        if newest is not None and (
            newest.is_draft or delivered is None or fingerprint(content_of(newest)) != delivered.standard_hash
        ):
            done.kept += 1
            return done
        draft = draft_policy(by=None, at=at)
        draft.rules.all().delete()
        fill(draft, content)
        draft.note, draft.standard_hash = "标准内容", digest
        draft.save()
        begins = max(filter(None, [at, newest.effective_at])) if newest else min(at, BEGINNING)
        publish_policy(policy=draft, by=None, at=at, effective_at=begins)
    done.published, done.rules = 1, len(content)
    return done
