"""Taking parcels to the outside: claim and commit, send, mark.

A try is claimed by moving `next_at` on before it begins. Killed in the middle, it is repeated after that time with the
same idempotency key: at least once towards the outside, once in the database.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction
from django.db.models import Q

from foundation.journal.services import record
from foundation.notices.email import Mailer
from foundation.notices.errors import NotDelivered
from foundation.notices.letters import Letter, Line, absolute, letter_of
from foundation.notices.models import NoticePolicy, Parcel, Preference, Robot
from foundation.notices.packing import pack, quiet_until
from foundation.notices.robots import Chat

logger = logging.getLogger(__name__)

MOST_ATTEMPTS = 12
LONGEST_PAUSE = timedelta(hours=1)
# A run gives its worker back before the next tick; what is left is the next run's.
LONGEST_RUN = timedelta(seconds=50)
KEPT = timedelta(days=180)
# Among what rests, robots are named by their id; this is the mail server.
MAIL_SERVER = 0


@dataclass
class Run:
    """What became of the parcels of one run."""

    sent: int = 0
    failed: int = 0
    dropped: int = 0

    def __str__(self) -> str:
        return f"送出 {self.sent}，失败 {self.failed}，不再需要 {self.dropped}"


def deliver(*, now: Callable[[], datetime]) -> Run:
    """Make up and send what is due. The clock is read anew for each parcel: sending takes time."""
    run, mailer, chat = Run(), Mailer(), Chat()
    resting: set[int] = set()
    begun = at = now()
    pack(at=at)
    try:
        while at - begun < LONGEST_RUN and (parcel := claim(at=at, resting=resting)):
            _try(parcel, at, run, resting, mailer, chat)
            at = now()
    finally:
        mailer.close()
        chat.close()
    return run


def claim(*, at: datetime, resting: Collection[int] = ()) -> Parcel | None:
    """The next parcel to try, its next try already put off; None when there is none. Never one that another has."""
    while True:
        with transaction.atomic():
            due = Parcel.objects.due(at).select_for_update(skip_locked=True, of=("self",)).order_by("next_at", "pk")
            if MAIL_SERVER in resting:
                due = due.exclude(robot=None)
            due = due.filter(Q(robot=None) | ~Q(robot__in=resting))
            parcel = due.select_related("user", "robot").first()
            if parcel is None:
                return None
            if _is_put_off(parcel, at):
                continue
            parcel.attempts += 1
            parcel.next_at = at + pause(parcel.attempts)
            parcel.save(update_fields=["attempts", "next_at"])
        return parcel


def pause(attempts: int) -> timedelta:
    """Before the next try: 1, 2, 4 … 60 minutes."""
    return min(timedelta(minutes=2 ** (attempts - 1)), LONGEST_PAUSE)


@transaction.atomic
def retry(*, parcel: Parcel, by: AbstractBaseUser, at: datetime) -> bool:
    """An administrator has removed the cause; False where it is not, or no longer, undelivered."""
    failed = Parcel.objects.failed().filter(pk=parcel.pk)
    again = bool(failed.update(state=Parcel.State.WAITING, attempts=0, next_at=at, error=""))
    if again:
        record(parcel, "parcel.retry", by=by, at=at, node=parcel.robot.node_id if parcel.robot else None)
    return again


def post_test(*, robot: Robot, by: AbstractBaseUser, at: datetime) -> None:
    """Raises `NotDelivered` with what the robot said."""
    line = Line(title="测试消息", body=f"{by}在督导台配置了这个群机器人。", link=absolute("/"), at=at)
    chat = Chat()
    try:
        chat.post(Letter(key=str(uuid4()), lines=[line], is_urgent=False), robot, at=at)
    finally:
        chat.close()


def prune(*, at: datetime) -> int:
    """Forget what left the house half a year ago; the notices stay under the bells."""
    old = Parcel.objects.filter(made_at__lt=at - KEPT).exclude(state=Parcel.State.WAITING)
    return old.delete()[1].get(Parcel._meta.label, 0)


def _is_put_off(parcel: Parcel, at: datetime) -> bool:
    """Quiet hours have begun since it was made up, or its last try was killed."""
    if parcel.attempts >= MOST_ATTEMPTS:
        _mark(parcel, Parcel.State.FAILED, error=parcel.error or "发送过程多次中断。")
        return True
    ends = None if parcel.is_urgent else quiet_until((parcel.user_id, parcel.robot_id), NoticePolicy.current(), at)
    if ends:
        Parcel.objects.filter(pk=parcel.pk).update(next_at=ends)
    return bool(ends)


def _try(parcel: Parcel, at: datetime, run: Run, resting: set[int], mailer: Mailer, chat: Chat) -> None:
    if reason := unwanted(parcel):
        _mark(parcel, Parcel.State.DROPPED, error=reason)
        run.dropped += 1
        return
    try:
        if parcel.robot:
            chat.post(letter_of(parcel), parcel.robot, at=at)
        else:
            mailer.post(letter_of(parcel), parcel.address)
    except NotDelivered as error:
        for_good = error.for_good or parcel.attempts >= MOST_ATTEMPTS
        _mark(parcel, Parcel.State.FAILED if for_good else Parcel.State.WAITING, error=str(error))
        if error.is_down:
            resting.add(parcel.robot_id or MAIL_SERVER)
        run.failed += 1
    except Exception as error:
        # One that cannot be put into words must not keep the others from leaving.
        logger.exception("parcel %s cannot be sent", parcel.pk)
        last = parcel.attempts >= MOST_ATTEMPTS
        _mark(parcel, Parcel.State.FAILED if last else Parcel.State.WAITING, error=f"程序错误：{type(error).__name__}")
        run.failed += 1
    else:
        _mark(parcel, Parcel.State.SENT, sent_at=at, error="")
        run.sent += 1


def unwanted(parcel: Parcel) -> str:
    """Why it is no longer to be sent; "" while it is."""
    if parcel.robot:
        return "" if parcel.robot.is_active else "群机器人已停用。"
    if not settings.NOTICES_BY_EMAIL:
        return "系统没有启用邮件。"
    if parcel.user is None or not parcel.user.is_active:
        return "收件人的账号已停用。"
    if not parcel.address:
        return "收件人没有邮箱。"
    wish = Preference.objects.filter(user=parcel.user_id).first()
    takes = wish is None or wish.takes(urgent=parcel.is_urgent)
    return "" if takes else "收件人已关闭邮件通知。"


def _mark(parcel: Parcel, state: Parcel.State, **values: object) -> None:
    """Only what still waits: a try that was thought dead may have ended meanwhile."""
    Parcel.objects.waiting().filter(pk=parcel.pk).update(state=state, **values)
