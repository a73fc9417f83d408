from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from estates.services import prune_imports


class Command(BaseCommand):
    help = "丢弃一天前预览、没有确认的业主清册内容。"

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"业主清册清理：丢弃未确认的内容 {prune_imports(at=timezone.now())} 份")
