"""For somebody who lost both phone and recovery codes, when no other administrator can help."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accounts.models import User
from accounts.services import reset_second_factor


class Command(BaseCommand):
    help = "重置一个人的动态验证码和备用码，并退出其所有登录。"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username", help="用户名")

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(username__iexact=options["username"]).first()
        if user is None:
            raise CommandError(f"没有用户名为 {options['username']} 的人员。")
        done = reset_second_factor(user=user, by=None, at=timezone.now())
        said = "的动态验证码已重置，登录已全部退出。" if done else "没有启用动态验证码。"
        self.stdout.write(f"{user.username} {said}")
