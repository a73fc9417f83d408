"""试算 of a case's limits (CMP-3…10): the rules of a policy and what is asked in, the terms of the clock out.

Pure: the same `Rule` that a real case's clocks begin by, with what the question changes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from complaints.choices import VARIANTS, ClockKind, Kind, Variant
from complaints.sla import Rule, is_short
from foundation.records.refusals import Refused
from foundation.timers.values import Calendar
from foundation.timers.whatif import OPTIONS as ALL_OPTIONS
from foundation.timers.whatif import Question, Terms

# A policy's limits by kind, variant and clock.
Rules = Mapping[tuple[str, str, str], Rule]

# CMP-4: praise has no clocks.
KINDS = [kind for kind in Kind if kind != Kind.PRAISE]
OPTIONS = frozenset(ALL_OPTIONS)
# What runs where nothing is said: an ungraded complaint (CMP-7), a repair that nobody called urgent.
UNSAID = {Kind.COMPLAINT: Variant.SERIOUS, Kind.REPAIR: Variant.NORMAL}
WORKDAYS_ONLY = {"每天": False, "工作日": True}


def terms(rules: Rules, question: Question) -> Terms:
    """How the clock would begin at `question.at`. Refused with a sentence where the policy has no such limit."""
    kind = next((kind for kind in KINDS if kind.label == question.kind), None)
    if kind is None:
        raise Refused(f"没有这一类时限：{question.kind}。")
    rule = _changed(_rule(rules, kind, question), question)
    if question.pauses and not rule.pausable:
        raise Refused(f"等待客户只暂停处理时限，{kind.label}的{rule.clock.label}照常计时。")
    _check_promise(kind, rule, question)
    limit = rule.limit(question.hours)
    due_at = question.promise or rule.end_of_day(question.at)
    return Terms(limit, rule.steps(short=is_short(limit, started_at=question.at, due_at=due_at)), due_at)


def _variant(kind: Kind, grade: str) -> str:
    known = VARIANTS.get(kind, ())
    if not grade:
        return UNSAID.get(kind, Variant.PLAIN)
    if not known:
        raise Refused(f"{kind.label}不分级，不用写等级。")
    for variant in known:
        if variant.label == grade:
            return variant
    raise Refused(f"{kind.label}没有“{grade}”这一级（有{'、'.join(one.label for one in known)}）。")


def _rule(rules: Rules, kind: Kind, question: Question) -> Rule:
    variant = _variant(kind, question.grade)
    has = [clock for clock in ClockKind if (kind, variant, clock) in rules]
    for clock in has:
        if clock.label == question.clock:
            return rules[kind, variant, clock]
    raise Refused(f"{kind.label}没有“{question.clock}”时限（有{'、'.join(clock.label for clock in has)}）。")


def _changed(rule: Rule, question: Question) -> Rule:
    """The rule on the calendar that is asked for, as if the policy named it."""
    if rule.day_ends_late_after is not None:
        if question.calendar or question.hours or question.days:
            raise Refused(f"{rule.clock.label}到当天的钟点为止，不用写日历、服务时段和服务日。")
        return rule
    rule = replace(rule, calendar=question.calendar or rule.calendar)
    if rule.calendar != Calendar.SERVICE:
        if question.hours or question.days:
            raise Refused(f"服务时段和服务日只用于服务时间，这里的日历是{rule.calendar.label}。")
        return rule
    if not question.hours:
        raise Refused("服务时间要写明服务时段，如 08:30-12:00,14:00-18:00。")
    if not question.days:
        return rule
    if question.days not in WORKDAYS_ONLY:
        raise Refused(f"看不懂的服务日：{question.days}（可以写{'、'.join(WORKDAYS_ONLY)}）。")
    return replace(rule, workdays_only=WORKDAYS_ONLY[question.days])


def _check_promise(kind: Kind, rule: Rule, question: Question) -> None:
    """CMP-4: a promise takes the place of the limit to answer; complaints have their own limits."""
    if question.promise is None:
        return
    if kind == Kind.COMPLAINT:
        raise Refused("投诉不能约定答复时间。")
    if rule.clock != ClockKind.ANSWER:
        raise Refused(f"承诺时间只用于答复时限，不用于{rule.clock.label}。")
    if question.promise <= question.at:
        raise Refused("承诺答复的时间必须晚于受理时间。")
