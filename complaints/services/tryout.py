"""试算 by the limits of one version, or by those in force (`sla_due`)."""

from __future__ import annotations

from complaints import tryout
from complaints.content import content_of, rules_from
from complaints.models import Policy
from complaints.services.standards import read_policy
from foundation.timers.plan import Plan
from foundation.timers.whatif import Question, Terms, planned


def try_out(policy: Policy, question: Question) -> Plan:
    """By this version, a draft included."""
    terms = tryout.terms(rules_from(content_of(policy)), question)
    return planned(terms, at=question.at, pauses=question.pauses)


def terms_in_force(question: Question) -> Terms:
    """By the version that a case registered at `at` would get; before the first one began, by that one.

    Where none has been published yet, by the one delivered with the product.
    """
    policy = Policy.objects.in_force(question.at) or Policy.objects.published().order_by("effective_at").first()
    return tryout.terms(rules_from(content_of(policy) if policy else read_policy()), question)
