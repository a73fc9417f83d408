"""A sweep in a process of its own, for test_kill.py to kill: its handler writes two rows a step and says so."""

import os
import time
from datetime import datetime

BATCH = 20
KIND = "tests.killed"
TABLE = """
CREATE TABLE tests_escalation (clock_id bigint NOT NULL, round int NOT NULL, code text NOT NULL, what text NOT NULL)
"""


def escalate(firings):
    from django.db import connection

    with connection.cursor() as cursor:
        for firing in firings:
            for what in ("journal", "notice"):
                cursor.execute(
                    "INSERT INTO tests_escalation VALUES (%s, %s, %s, %s)",
                    [firing.clock.pk, firing.clock.round, firing.step.code, what],
                )
            print("escalated", flush=True)
            # Time for the kill to arrive before the next one.
            time.sleep(0.0005)


def main():
    from foundation.timers import registry, services

    registry.handler(KIND, name="升级")(escalate)
    print(services.sweep(at=datetime.fromisoformat(os.environ["SWEEP_AT"]), batch=BATCH), flush=True)
