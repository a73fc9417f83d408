"""A letter by SMTP. Its Message-ID is the idempotency key, so that a mailbox can tell a letter that came twice."""

from __future__ import annotations

import smtplib
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.template.loader import render_to_string
from django.urls import reverse

from foundation.notices.errors import NotDelivered
from foundation.notices.letters import Letter, absolute

# SMTP: 5xx is refused for good, 4xx for now.
FOR_GOOD = 500
SERVER_FAULTS = (
    smtplib.SMTPConnectError,
    smtplib.SMTPHeloError,
    smtplib.SMTPAuthenticationError,
    smtplib.SMTPNotSupportedError,
    smtplib.SMTPServerDisconnected,
)


class Mailer:
    """One connection for all letters of a run; opened by the first."""

    def __init__(self) -> None:
        self.connection: Any = get_connection()

    def close(self) -> None:
        with suppress(OSError, smtplib.SMTPException):
            self.connection.close()

    def post(self, letter: Letter, address: str) -> None:
        """Raises `NotDelivered`."""
        try:
            self.connection.open()
            message_for(letter, address, self.connection).send()
        except SERVER_FAULTS as error:
            self.close()
            code = getattr(error, "smtp_code", "")
            raise NotDelivered(f"邮件服务器不可用：{type(error).__name__} {code}".strip(), is_down=True) from error
        except smtplib.SMTPRecipientsRefused as error:
            self.close()
            code, text = next(iter(error.recipients.values()))
            raise NotDelivered(f"邮件服务器拒收：{code} {_words(text)}", for_good=code >= FOR_GOOD) from error
        except smtplib.SMTPResponseException as error:
            self.close()
            for_good = error.smtp_code >= FOR_GOOD
            raise NotDelivered(
                f"邮件服务器拒收：{error.smtp_code} {_words(error.smtp_error)}", for_good=for_good
            ) from error
        except (OSError, smtplib.SMTPException) as error:
            self.close()
            raise NotDelivered(f"连接不上邮件服务器：{type(error).__name__}", is_down=True) from error


def message_for(letter: Letter, address: str, connection: Any = None) -> EmailMultiAlternatives:
    context = {"letter": letter, "settings_url": absolute(reverse("notices:settings"))}
    message = EmailMultiAlternatives(
        subject=letter.subject,
        body=render_to_string("notices/email.txt", context),
        to=[address],
        headers={
            "Message-ID": f"<{letter.key}@{urlsplit(settings.SITE_URL).hostname}>",
            "Auto-Submitted": "auto-generated",
        },
        connection=connection,
    )
    message.attach_alternative(render_to_string("notices/email.html", context), "text/html")
    return message


def _words(text: bytes | str) -> str:
    return " ".join((text.decode(errors="replace") if isinstance(text, bytes) else text).split())
