"""Which function takes the steps of which kind of clock.

    @handler("inspections.rectification", name="整改期限")
    def escalate(firings: Sequence[Firing]) -> None: ...

Called inside the transaction that claims the steps, with all firings of its kind in one batch of the sweep, so that
what it writes commits with the claim or not at all. It writes rows (journal, notices) and must not call outside
services, lock subjects, or change clocks. If it raises, the batch is undone and each clock is tried by itself.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from foundation.timers.values import Step

if TYPE_CHECKING:
    from foundation.timers.models import Clock


@dataclass(frozen=True)
class Firing:
    """One step that happens now.

    `due_at` is when it should have happened, `late` that it was recorded noticeably after that (补记). The firings of a
    clock come together and in order; `newest` marks the last of them, for a person is told once however many steps
    happen at the same time (GEN-6).
    """

    clock: "Clock"
    step: Step
    due_at: datetime
    at: datetime
    late: bool
    newest: bool


Handler = Callable[[Sequence[Firing]], None]

# From the start of the round and the due moment.
RuleInWords = Callable[[datetime, datetime], str]

StandingWork = Callable[..., object]

_handlers: dict[str, Handler] = {}
_before: list[StandingWork] = []
_names: dict[str, str] = {}
_rules: dict[str, RuleInWords] = {}


def handler(kind: str, *, name: str, rule: RuleInWords | None = None) -> Callable[[Handler], Handler]:
    """Register the function that takes the steps of clocks of this kind; `name` is what people call the limit.

    `rule` says a limit that has no length but only the due moment it was given: 当日 24:00 前.
    """

    def register(function: Handler) -> Handler:
        if _handlers.setdefault(kind, function) is not function:
            raise ValueError(f"a handler for {kind} is already registered")
        _names[kind] = name
        if rule is not None:
            _rules[kind] = rule
        return function

    return register


def handler_of(kind: str) -> Handler:
    """LookupError when no app has registered the kind."""
    try:
        return _handlers[kind]
    except KeyError:
        raise LookupError(f"没有登记处理程序：{kind}") from None


def name_of(kind: str) -> str:
    return _names.get(kind, kind)


def rule_of(kind: str, started_at: datetime, due_at: datetime | None) -> str:
    """What a limit without a length is called by its kind."""
    if due_at is None or kind not in _rules:
        return "按指定时间到期"
    return _rules[kind](started_at, due_at)


def before_sweep(function: StandingWork) -> StandingWork:
    """Have `function(at=…)` called before each sweep claims its steps: what time alone does to records, and which may
    lock records and change clocks as a handler may not. It commits by itself, may be called twice at once and must be
    cheap when there is nothing to do. If it raises, the sweep goes on and the error is logged.
    """
    if function not in _before:
        _before.append(function)
    return function


def standing_work() -> list[StandingWork]:
    return list(_before)
