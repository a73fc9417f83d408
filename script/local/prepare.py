"""Bring the database up to date: tables, standard content and, into an empty one, the demo group.

Everything in one process, since starting Django takes longer than finding that nothing is to be done. What is done goes
to stderr, the demo accounts to stdout, for the launcher to read: role, login, password and name, separated by tabs.
"""

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def run() -> None:
    sys.path.insert(0, str(ROOT))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django

    django.setup()
    from django.core.management import call_command

    from estates.models import Node

    call_command("migrate", interactive=False, verbosity=0)
    call_command("load_standards", stdout=sys.stderr)
    call_command("load_workdays", stdout=sys.stderr)
    if not Node.objects.exists():
        print("· 数据库是空的，正在载入演示集团（约需一两分钟）", file=sys.stderr, flush=True)
        call_command("load_demo", stdout=sys.stderr)
    call_command("load_demo", accounts=True)


if __name__ == "__main__":
    run()
