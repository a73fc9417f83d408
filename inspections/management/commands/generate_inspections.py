from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from foundation.worktime.local import parse_at
from inspections.services.generation import generate_inspections


class Command(BaseCommand):
    help = "按督导计划生成检查并标记漏检（INS-7、INS-8）；每分钟运行多少次都只生成一次。"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--at", type=parse_at, default=None, help="ISO 时间，无时区按北京时间；默认现在")

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(generate_inspections(at=options["at"] or timezone.now()).line())
