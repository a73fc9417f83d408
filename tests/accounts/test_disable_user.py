import pytest

from accounts.models import User
from accounts.roles import Role
from accounts.services import disable_user, enable_user
from foundation.journal.models import Entry
from foundation.records.refusals import Refused


def test_disabling_is_journalled_with_its_reason(cast, now):
    disable_user(user=cast.engineering, by=cast.administrator, at=now, reason="离职")

    entry = Entry.objects.about(cast.engineering).get()
    assert (entry.label, entry.by, entry.at, entry.data["reason"]) == ("停用账号", cast.administrator, now, "离职")
    assert not User.objects.get(pk=cast.engineering.pk).is_active


def test_done_twice_changes_nothing(cast, now):
    for _ in range(2):
        user = disable_user(user=cast.engineering, by=cast.administrator, at=now)
    for _ in range(2):
        user = enable_user(user=cast.engineering, by=cast.administrator, at=now)

    assert Entry.objects.about(cast.engineering).count() == 2
    assert User.objects.get(pk=user.pk).session_epoch == 1


def test_nobody_disables_themselves(cast, now):
    with pytest.raises(Refused, match="不能停用自己的账号"):
        disable_user(user=cast.administrator, by=cast.administrator, at=now)


def test_an_administrator_of_a_branch_has_no_say_over_people_elsewhere(cast, now):
    local = cast.hire(Role.ADMINISTRATOR, cast.branch_a, "local-admin")

    disable_user(user=cast.engineering, by=local, at=now)
    for user in (cast.foreign_engineering, cast.auditor):
        with pytest.raises(Refused, match="管理的范围之外"):
            disable_user(user=user, by=local, at=now)


def test_others_may_not(cast, now):
    with pytest.raises(Refused):
        disable_user(user=cast.engineering, by=cast.estate_manager, at=now)


def test_a_disabled_user_may_nothing(cast, now):
    user = disable_user(user=cast.administrator, by=None, at=now)

    assert not user.is_staff
