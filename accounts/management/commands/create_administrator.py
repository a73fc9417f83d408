"""The first administrator of an empty installation; later ones are made in the admin."""

from argparse import ArgumentParser
from getpass import getpass
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from accounts.roles import Role
from accounts.services import assign_post, save_user
from estates.models import Group


class Command(BaseCommand):
    help = "建立系统管理员（集团不存在时一并建立）；密码从终端或标准输入读取。"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username", help="用户名")
        parser.add_argument("--name", default="系统管理员", help="姓名")
        parser.add_argument("--group", default="集团", help="集团名称，仅在还没有集团时使用")

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        at = timezone.now()
        if User.objects.filter(username__iexact=options["username"]).exists():
            raise CommandError(f"用户名 {options['username']} 已经有人用了。")
        user = User(username=options["username"], name=options["name"])
        password = getpass("密码：")
        try:
            user.full_clean(exclude=["password"])
            validate_password(password, user)
        except ValidationError as refused:
            raise CommandError(" ".join(refused.messages)) from None
        group = Group.objects.order_by("pk").first() or Group.objects.create(code="group", name=options["group"])
        save_user(user=user, by=None, at=at, password=password)
        assign_post(user=user, role=Role.ADMINISTRATOR, node=group, starts_on=timezone.localdate(at), by=None, at=at)
        self.stdout.write(f"已建立系统管理员 {user.username}（{group}）。")
