"""自查可信度 (INS-16): what the estate passed and an upper tier failed within the next days."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from inspections.choices import Result, Tier
from inspections.models import Answer, Discrepancy, Inspection, InspectionPolicy


def compare_with_self_checks(upper: Inspection, answers: Sequence[Answer]) -> None:
    """Set `compared` and `contradicted` of an upper tier's inspection (not saved here) and write the pairs.

    An item is compared when the estate's newest pass of it lies at most `credibility_days` × 24 h before the upper
    tier's answer (GEN-1: exactly that long ago still counts). May run again: pairs are kept once.
    """
    if upper.tier == Tier.ESTATE:
        return
    judged = {a.item.code: a for a in answers if a.result != Result.NOT_APPLICABLE}
    passes = _newest_passes(upper, judged)
    pairs = [
        Discrepancy(
            upper=upper,
            self_check_id=passed.inspection_id,
            item_id=judged[code].item_id,
            estate_id=upper.estate_id,
            passed_at=passed.answered_at,
            failed_at=judged[code].answered_at,
        )
        for code, passed in passes.items()
        if judged[code].result == Result.FAIL
    ]
    Discrepancy.objects.bulk_create(pairs, ignore_conflicts=True)
    upper.compared, upper.contradicted = len(passes), len(pairs)


def _newest_passes(upper: Inspection, judged: dict[str, Answer]) -> dict[str, Answer]:
    """By item code: the estate's newest pass inside the window before the upper tier's answer to the same item."""
    if not judged:
        return {}
    window = timedelta(days=InspectionPolicy.current().credibility_days)
    first = min(answer.answered_at for answer in judged.values()) - window
    last = max(answer.answered_at for answer in judged.values())
    passes = (
        Answer.objects.filter(
            inspection__estate=upper.estate_id,
            inspection__tier=Tier.ESTATE,
            inspection__submitted_at__gte=first,
            inspection__version__checklist=upper.version.checklist_id,
            result=Result.PASS,
            answered_at__gte=first,
            answered_at__lte=last,
            item__code__in=judged,
        )
        .select_related("item")
        .order_by("answered_at")
    )
    newest: dict[str, Answer] = {}
    for passed in passes:
        failed_at = judged[passed.item.code].answered_at
        if failed_at - window <= passed.answered_at <= failed_at:
            newest[passed.item.code] = passed
    return newest


def recompare_later_uppers(self_check: Inspection) -> None:
    """A self-check that arrives late (filled offline) still counts against the upper tiers' checks it came before."""
    if self_check.tier != Tier.ESTATE or self_check.started_at is None:
        return
    uppers = Inspection.objects.submitted().filter(
        estate=self_check.estate_id,
        tier__in=[Tier.BRANCH, Tier.GROUP],
        submitted_at__gte=self_check.started_at,
        version__checklist=self_check.version.checklist_id,
    )
    for upper in uppers.select_related("version"):
        compare_with_self_checks(upper, list(upper.answers.select_related("item")))
        upper.save(update_fields=["compared", "contradicted"])
