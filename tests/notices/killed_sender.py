"""A sender in a process of its own, for test_kill.py to kill: it works at the test's outbox until that is empty."""

import os
import sys
from datetime import datetime


def main() -> None:
    from django.conf import settings

    from foundation.notices import posting

    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", int(os.environ["MAIL_PORT"])
    settings.NOTICES_BY_EMAIL = True
    settings.SITE_URL = "https://dudao.example.cn"
    settings.NOTICE_ROBOT_PLAIN_HTTP = True
    settings.NOTICE_ROBOT_HOSTS = [f"127.0.0.1:{os.environ['CHAT_PORT']}"]
    at = datetime.fromisoformat(sys.argv[0])
    sys.stdout.write(f"{posting.deliver(now=lambda: at)}\n")
