from argparse import ArgumentParser
from typing import Any

from django.core.management import BaseCommand, CommandError
from django.utils import timezone

from foundation.timers import services
from foundation.worktime.local import parse_at


class Command(BaseCommand):
    help = "Take the steps of all clocks that are due, as the sweep does every minute."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--at", metavar="ISO", help="the moment to sweep at; now if left out")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            at = parse_at(options["at"]) if options["at"] else timezone.now()
        except ValueError as error:
            raise CommandError(str(error)) from None
        self.stdout.write(str(services.sweep(at=at)))
