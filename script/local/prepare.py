"""Bring the database up to date: tables, standard content and, into an empty one, the demo group.

Everything in one process, since starting Django takes longer than finding that nothing is to be done. What is done goes
to stderr, the demo accounts to stdout, for the launcher to read: role, login, password and name, separated by tabs.
"""

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
STANDARD_CONTENT = ("load_standards", "load_workdays")


def run() -> None:
    sys.path.insert(0, str(ROOT))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django

    django.setup()
    from django.contrib.auth import get_user_model
    from django.core.management import call_command, get_commands

    known = get_commands()
    call_command("migrate", interactive=False, verbosity=0)
    for name in STANDARD_CONTENT:
        if name in known:
            call_command(name, stdout=sys.stderr)
    if "load_demo" not in known:
        return
    if not get_user_model().objects.exists():
        print("· 数据库是空的,正在载入演示集团(首次约需一分钟)", file=sys.stderr, flush=True)
        call_command("load_demo", stdout=sys.stderr)
    call_command("load_demo", accounts=True)


if __name__ == "__main__":
    run()
