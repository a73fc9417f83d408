from argparse import ArgumentParser
from typing import Any

from django.core.management import BaseCommand, CommandError
from django.utils import timezone

from foundation.worktime.arithmetic import NoWorkdayData
from foundation.worktime.local import local_date
from foundation.worktime.services import seed_year


class Command(BaseCommand):
    help = "Write the published public holidays and make-up workdays into the working calendar; edited days stay."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--year", type=int, help="only this year; by default last year to next year")

    def handle(self, *args: Any, **options: Any) -> None:
        at = timezone.now()
        this = local_date(at).year
        figures = []
        for year in [options["year"]] if options["year"] else range(this - 1, this + 2):
            try:
                figures.append(f"{year}年写入 {seed_year(year, at=at)} 天")
            except NoWorkdayData as error:
                # The coming year is published in autumn; asked for by name it is an error.
                if options["year"]:
                    raise CommandError(f"{error}。国务院公布后升级 chinesecalendar，或在管理后台录入。") from None
                figures.append(f"{year}年尚未公布")
        self.stdout.write("，".join(figures))
