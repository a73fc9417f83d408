from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from foundation.attachments.services import prune


class Command(BaseCommand):
    help = "删除一天前写入、但没有对应记录的附件文件（上传中断留下的）。"

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"附件清理：删除无主文件 {prune(at=timezone.now())} 组")
