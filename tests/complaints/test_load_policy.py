"""The delivered policy: complete, idempotent to load, and never over what an administrator changed (CMP-3…12)."""

from io import StringIO

import pytest
from django.core.management import call_command

from complaints.choices import Audience, Grade, Kind
from complaints.content import content_of, needed_limits, rules_from
from complaints.models import Policy
from complaints.services import standards
from complaints.services.policies import draft_policy, edit_policy, missing_limits, publish_policy
from complaints.services.standards import BEGINNING, load_standards, read_policy
from tests.complaints.factories import DAY, HOUR, MONDAY, SINCE


def wrote(at=MONDAY) -> tuple[int, int]:
    """New versions, and versions kept."""
    done = load_standards(at=at)
    return done.published, done.kept


def edited(policy, by, *, amount: int) -> None:
    content = [row | {"amount": amount} if row["clock"] == "answer" else row for row in content_of(policy)]
    edit_policy(policy=policy, content=content, by=by, at=MONDAY)


@pytest.fixture
def next_release(monkeypatch):
    """As if the next release delivered 20 minutes to transfer."""

    def newer():
        return [row | {"amount": 20} if row["clock"] == "transfer" else row for row in read_policy()]

    monkeypatch.setattr(standards, "read_policy", newer)


def test_the_delivered_limits_are_those_of_the_domain():
    """CMP-3, CMP-4, CMP-5, CMP-7, CMP-12."""
    rules = rules_from(read_policy())
    assert set(rules) == set(needed_limits())

    def said(kind: str, variant: str, clock: str) -> tuple[int, str]:
        rule = rules[kind, variant, clock]
        return rule.amount, rule.unit.value

    for kind, variant, _ in needed_limits():
        assert said(kind, variant, "transfer") == (10, "minutes")
        answer = (2, "days") if variant == Grade.MAJOR else (1, "days")
        assert said(kind, variant, "answer") == answer
        same_day = rules[kind, variant, "same_day"]
        assert (same_day.day_ends_late_after.hour, same_day.next_day_until.hour) == (20, 10)
    assert [said("complaint", grade, "handle")[0] for grade in Grade.values] == [15, 1, 7]
    assert {said("complaint", grade, "judge") for grade in Grade.values} == {(4, "hours")}
    assert [said("repair", urgency, "arrive") for urgency in ("urgent", "normal")] == [(15, "minutes"), (30, "minutes")]
    assert [said("repair", urgency, "handle")[0] for urgency in ("urgent", "normal")] == [1, 3]
    assert {key[0] for key in rules if key[2] == "callback"} == {"complaint", "repair", "need", "suggestion"}
    assert not [key for key in rules if key[0] == Kind.PRAISE]


def test_cmp_9_cmp_10_the_delivered_ladder_and_what_pauses():
    for key, rule in rules_from(read_policy()).items():
        assert rule.ladder == (
            (50, Audience.HANDLER),
            (100, Audience.ESTATE_MANAGER),
            (150, Audience.BRANCH_SUPERVISOR),
            (200, Audience.GROUP_SUPERVISOR),
        )
        assert rule.pausable == (key[2] == "handle")
        assert rule.calendar == "natural"


def test_loaded_it_is_published_and_in_force_at_once(db):
    assert wrote(at=MONDAY) == (1, 0)
    policy = Policy.objects.get()
    # Cases of before the product was set up are entered by it as well.
    assert (policy.number, policy.state, policy.effective_at) == (1, "published", BEGINNING)
    assert Policy.objects.in_force(MONDAY - 100 * DAY) == policy
    assert missing_limits(policy) == []
    assert sorted(map(str, content_of(policy))) == sorted(map(str, read_policy()))


def test_loading_twice_changes_nothing(db):
    wrote()
    assert wrote(at=MONDAY + DAY) == (0, 0)
    assert Policy.objects.count() == 1


def test_a_delivered_change_becomes_a_new_version_where_nobody_edited(db, next_release):
    policy = _before_the_release()
    assert wrote(at=MONDAY) == (1, 0)
    newest = Policy.objects.get(number=2)
    assert newest.rules.get(kind="need", clock="transfer").amount == 20
    assert policy.rules.get(kind="need", clock="transfer").amount == 10
    assert Policy.objects.in_force(MONDAY) == newest
    assert wrote(at=MONDAY + HOUR) == (0, 0)


def test_a_draft_of_an_administrator_is_kept(cast, next_release):
    _before_the_release()
    draft = draft_policy(by=cast.administrator, at=MONDAY)
    assert wrote() == (0, 1)
    assert Policy.objects.get(state="draft") == draft


def test_what_an_administrator_published_is_kept(cast, next_release):
    _before_the_release()
    draft = draft_policy(by=cast.administrator, at=MONDAY)
    edited(draft, cast.administrator, amount=3)
    publish_policy(policy=draft, by=cast.administrator, at=MONDAY)
    assert wrote(at=MONDAY + DAY) == (0, 1)
    assert Policy.objects.in_force(MONDAY + DAY) == draft
    assert draft.rules.get(kind="need", clock="answer").amount == 3


def test_a_delivered_change_waits_for_the_version_that_begins_later(cast, next_release):
    """An administrator's version with the delivered limits, not yet begun: the new one begins with it, not before."""
    _before_the_release()
    draft = draft_policy(by=cast.administrator, at=MONDAY)
    publish_policy(policy=draft, by=cast.administrator, at=MONDAY, effective_at=MONDAY + DAY)
    assert wrote(at=MONDAY + HOUR) == (1, 0)
    assert Policy.objects.get(number=3).effective_at == MONDAY + DAY


def _before_the_release() -> Policy:
    """The delivered limits of the release before, as it loaded them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(standards, "read_policy", read_policy)
        load_standards(at=SINCE)
    return Policy.objects.get()


def test_the_command_says_what_every_chapter_did_in_one_line(db):
    out = StringIO()
    call_command("load_standards", stdout=out)
    assert len(out.getvalue().splitlines()) == 1
    assert "检查表 " in out.getvalue()
    assert f"诉求时限方案新发布 1 版（时限 {len(needed_limits())} 条），管理员改过而保留 0 版" in out.getvalue()
    again = StringIO()
    call_command("load_standards", stdout=again)
    assert "诉求时限方案新发布 0 版（时限 0 条）" in again.getvalue()
