from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from estates.models import Node
from foundation.records.refusals import Refused
from foundation.worktime.local import parse_at
from foundation.worktime.months import Month
from reports.figures import flatten
from reports.printing import bulletin_pdf
from reports.services import draft_bulletin


class Command(BaseCommand):
    help = "把一个组织一个月的品质督导月度简报写成 PDF(RPT-1)；没有简报时先起草。"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--node", required=True, help="组织编码")
        parser.add_argument("--month", required=True, help="月份，如 2026-10")
        parser.add_argument("--out", required=True, type=Path, help="PDF 文件")
        parser.add_argument("--at", type=parse_at, default=None, help="ISO 时间，无时区按北京时间；默认现在")

    def handle(self, *args: Any, **options: Any) -> None:
        out: Path = options["out"]
        node = Node.objects.filter(code=options["node"]).select_related("parent").first()
        if node is None:
            raise CommandError(f"没有编码为“{options['node']}”的组织。")
        try:
            month = Month.parse(options["month"])
            bulletin = draft_bulletin(node=node, month=month, by=None, at=options["at"] or timezone.now())
        except (Refused, ValueError) as error:
            raise CommandError(str(error)) from None
        try:
            content = bulletin_pdf(bulletin) if bulletin.is_draft else bulletin.pdf.read()
        except FileNotFoundError:
            raise CommandError(f"{bulletin}的 PDF 文件不在服务器上，请从备份恢复文件目录。") from None
        try:
            out.write_bytes(content)
        except OSError as error:
            raise CommandError(f"不能写入 {out}：{error.strerror}。") from None
        self.stdout.write(
            f"{bulletin}（{bulletin.get_state_display()}）：{_line(bulletin.figures)}，{len(content) // 1024} KB"
        )


def _line(figures: dict) -> str:
    values = {key: value for (key, part), (_, value) in flatten(figures).items() if part == "[]"}
    names = {
        "due": "应检",
        "done": "已检",
        "missed": "漏检",
        "redline": "红线不合格",
        "opened": "新开整改单",
        "closed": "关闭",
        "overdue": "超期",
    }
    return "，".join(f"{label} {values.get(key, 0)}" for key, label in names.items())
