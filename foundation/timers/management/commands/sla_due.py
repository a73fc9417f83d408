from argparse import ArgumentParser
from typing import Any

from django.core.management import BaseCommand, CommandError

from foundation.records.refusals import Refused
from foundation.timers.whatif import Question, answer, lines, read_calendar, read_hours, read_moment, read_pause


class Command(BaseCommand):
    help = (
        "试算：一项时限何时到期、升级阶梯各步何时发生。没有写时区的时间是北京时间；无法回答时用一句话说明，退出码为 1。"
    )
    # It changes nothing, and its answer is wanted at once.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--kind", default="", help="投诉、报修、需求、建议、咨询、整改")
        parser.add_argument("--grade", default="", help="投诉的等级（不写按重要），报修的紧急或一般（不写按一般）")
        parser.add_argument("--clock", default="", help="转派、界定、答复、到场、处理、当日回复、回访，整改的整改")
        parser.add_argument(
            "--at",
            default="",
            metavar="ISO",
            help="时限开始的时间：受理；到场从转派起，当日回复从上报结果起，回访从答复客户起，整改从提交检查起",
        )
        parser.add_argument(
            "--pause", action="append", default=[], metavar="FROM/TO", help="等待客户的时间，可以写多次"
        )
        parser.add_argument("--calendar", default="", help="自然时间、工作日或服务时间；不写按时限方案")
        parser.add_argument("--hours", default="", help="服务时段，如 08:30-12:00,14:00-18:00")
        parser.add_argument("--days", default="", help="服务时间算每天还是工作日；整改写整改天数")
        parser.add_argument("--promise", default="", metavar="ISO", help="向客户承诺的答复时间")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            found = answer(_question(options))
        except Refused as refused:
            raise CommandError(refused.sentence) from None
        for line in lines(found):
            self.stdout.write(line)


def _question(options: dict[str, Any]) -> Question:
    for name in ("kind", "clock", "at"):
        if not options[name].strip():
            raise Refused(f"请写明 --{name}。")
    return Question(
        kind=options["kind"].strip(),
        clock=options["clock"].strip(),
        at=read_moment(options["at"]),
        grade=options["grade"].strip(),
        pauses=tuple(read_pause(text) for text in options["pause"]),
        calendar=read_calendar(options["calendar"]),
        hours=read_hours(options["hours"]),
        days=str(options["days"]).strip(),
        promise=read_moment(options["promise"]) if options["promise"] else None,
    )
