from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from config.standards import load_standards
from inspections.content import ContentError


class Command(BaseCommand):
    help = "载入随产品交付的检查表、计划、升级阶梯和诉求时限；可重复运行，不覆盖管理员改过的内容。"

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            self.stdout.write(load_standards(at=timezone.now()))
        except ContentError as error:
            raise CommandError(str(error)) from None
