from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone

from config.demo.load import load_demo
from config.demo.world import accounts
from estates.models import Node
from foundation.worktime.local import parse_at


class Command(BaseCommand):
    help = "向空数据库载入演示集团（12 个项目、各岗位人员、六个月的检查与整改、三个月的诉求、正在交房的一期）；--accounts 只列出演示账号。"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--accounts", action="store_true", help="列出演示账号：岗位、用户名、密码、姓名，以制表符分隔"
        )
        parser.add_argument("--seed", type=int, default=2026, help="随机种子，相同种子得到相同内容")
        parser.add_argument("--at", type=parse_at, default=None, help="演示的“现在”，ISO 时间；默认现在")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["accounts"]:
            for account in accounts():
                self.stdout.write("\t".join(account))
            return
        if Node.objects.exists():
            raise CommandError("数据库里已有组织，演示数据只能载入空数据库。")
        with transaction.atomic():
            self.stdout.write(load_demo(seed=options["seed"], at=options["at"] or timezone.now()))
