import pytest
from django.core.management import CommandError, call_command

from accounts.management.commands import create_administrator
from accounts.models import User
from estates.models import Group


@pytest.fixture
def typed(monkeypatch):
    def answer(password: str) -> None:
        monkeypatch.setattr(create_administrator, "getpass", lambda prompt: password)

    return answer


def test_an_empty_installation_gets_its_group_and_its_first_administrator(db, typed, capsys):
    typed("three-plain-words")
    call_command("create_administrator", "chief", group="锦城服务集团")

    user = User.objects.get(username="chief")
    assert user.is_staff
    assert user.check_password("three-plain-words")
    assert Group.objects.get().name == "锦城服务集团"
    assert capsys.readouterr().out == "已建立系统管理员 chief（锦城服务集团）。\n"


def test_a_taken_name_and_a_weak_password_are_refused(db, typed):
    typed("123")
    with pytest.raises(CommandError, match="密码"):
        call_command("create_administrator", "chief")
    typed("three-plain-words")
    call_command("create_administrator", "chief")
    with pytest.raises(CommandError, match="已经有人用了"):
        call_command("create_administrator", "Chief")
