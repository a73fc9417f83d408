"""People and posts: each change is journalled, and ends the sessions of the one it concerns."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from allauth.mfa.models import Authenticator
from django.db import transaction
from django.db.models import F, Q
from django.urls import reverse

from accounts.models import Post, User
from accounts.rights import Right
from accounts.roles import Role
from estates import masking
from estates.models import Node
from foundation.journal import services as journal
from foundation.notices.services import send
from foundation.records.refusals import Refused
from foundation.worktime.local import local_date


def holders(*, role: Role | str | Iterable[Role | str], node: Node, on: date) -> list[User]:
    """Active users who hold one of the roles at exactly this node on that day, not above or below it."""
    roles = [role] if isinstance(role, str) else list(role)
    posts = Post.objects.current(on).filter(node=node.pk, role__in=roles)
    return list(User.objects.filter(is_active=True, pk__in=posts.values("user")).order_by("pk"))


@transaction.atomic
def save_user(*, user: User, by: User | None, at: datetime, password: str = "") -> User:
    """Make or change a person's name, phone and e-mail; a password, where given, replaces the old one."""
    before = User.objects.select_for_update().filter(pk=user.pk).first() if user.pk else None
    if before is not None:
        _guard(by, before, at)
    if password:
        user.set_password(password)
    elif before is None:
        user.set_unusable_password()
    user.save()
    if before is None:
        journal.record(user, "user.create", by=by, at=at, username=user.username, name=user.name)
        return user
    changes: dict[str, Any] = {
        field: journal.change(_shown(field, before), _shown(field, user))
        for field in ("username", "name", "phone", "email")
        if getattr(before, field) != getattr(user, field)
    }
    if changes:
        journal.record(user, "user.change", by=by, at=at, **changes)
    if password:
        journal.record(user, "user.password", by=by, at=at)
    return user


@transaction.atomic
def disable_user(*, user: User, by: User | None, at: datetime, reason: str = "") -> User:
    """Close the account and end its sessions. Done twice changes nothing."""
    user = User.objects.select_for_update().get(pk=user.pk)
    if not user.is_active:
        return user
    if by is not None and by.pk == user.pk:
        raise Refused("不能停用自己的账号。")
    _guard(by, user, at)
    user.is_active = False
    user.save(update_fields=["is_active"])
    _end_sessions(user)
    journal.record(user, "user.disable", by=by, at=at, reason=reason)
    return user


@transaction.atomic
def enable_user(*, user: User, by: User | None, at: datetime) -> User:
    """Open a closed account again. Done twice changes nothing."""
    user = User.objects.select_for_update().get(pk=user.pk)
    if user.is_active:
        return user
    _guard(by, user, at)
    user.is_active = True
    user.save(update_fields=["is_active"])
    journal.record(user, "user.enable", by=by, at=at)
    return user


@transaction.atomic
def reset_second_factor(*, user: User, by: User | None, at: datetime) -> bool:
    """Take away TOTP and recovery codes of someone who lost them, and end their sessions; False if there are none."""
    user = User.objects.select_for_update().get(pk=user.pk)
    if by is not None and by.pk == user.pk:
        raise Refused("不能重置自己的动态验证码，请由另一位管理员操作。")
    if by is not None and not by.is_over_all:
        raise Refused("只有集团的系统管理员可以重置动态验证码。")
    removed, _ = Authenticator.objects.filter(user=user).delete()
    if not removed:
        return False
    _end_sessions(user)
    journal.record(user, "user.second_factor", by=by, at=at)
    return True


@transaction.atomic
def assign_post(
    *,
    user: User,
    role: Role | str,
    node: Node,
    starts_on: date,
    ends_on: date | None = None,
    by: User | None,
    at: datetime,
) -> Post:
    """Give a person a role at a node, both days included; one already held on that day is returned as it is."""
    user = User.objects.select_for_update().get(pk=user.pk)
    if by is not None and not by.may(Right.ADMINISTER, node):
        raise Refused(f"您不能在{node}设置岗位。")
    if ends_on is not None and ends_on < starts_on:
        raise Refused("岗位的结束日不能早于开始日。")
    held = user.posts.current(starts_on).filter(role=role, node=node.pk).first()
    if held is not None:
        return held
    later = user.posts.filter(role=role, node=node.pk, starts_on__gt=starts_on).order_by("starts_on").first()
    if later is not None and (ends_on is None or later.starts_on <= ends_on):
        raise Refused(f"这个人从 {later.starts_on:%Y-%m-%d} 起已经有同样的岗位。")
    post = Post.objects.create(user=user, role=Role(role), node_id=node.pk, starts_on=starts_on, ends_on=ends_on)
    _end_sessions(user)
    journal.record(user, "post.assign", by=by, at=at, node=node, post=str(post), starts_on=starts_on, ends_on=ends_on)
    return post


@transaction.atomic
def end_post(*, post: Post, on: date | None, by: User | None, at: datetime) -> Post:
    """Set the last day of a post (None: open again). Done twice changes nothing."""
    post = Post.objects.select_for_update(of=("self",)).select_related("user", "node__parent").get(pk=post.pk)
    if post.ends_on == on:
        return post
    if by is not None and not by.may(Right.ADMINISTER, post.node):
        raise Refused(f"您不能在{post.node}设置岗位。")
    if by is not None and by.pk == post.user_id and post.role == Role.ADMINISTRATOR:
        raise Refused("不能改动自己的系统管理员岗位，请由另一位管理员操作。")
    if on is not None and on < post.starts_on:
        raise Refused("岗位的结束日不能早于开始日。")
    User.objects.select_for_update().get(pk=post.user_id)
    later = post.user.posts.filter(role=post.role, node=post.node_id, starts_on__gt=post.starts_on)
    following = later.order_by("starts_on").first()
    if following is not None and (on is None or following.starts_on <= on):
        raise Refused(f"这个人从 {following.starts_on:%Y-%m-%d} 起已经有同样的岗位。")
    before, post.ends_on = post.ends_on, on
    post.save(update_fields=["ends_on"])
    _end_sessions(post.user)
    journal.record(
        post.user, "post.end", by=by, at=at, node=post.node, post=str(post), ends_on=journal.change(before, on)
    )
    return post


def tell_missing_year(*, year: int, at: datetime, **_: object) -> None:
    """GEN-3: a clock needs working-day data that are not there; every administrator is told once a year."""
    posts = Post.objects.current(local_date(at)).filter(role=Role.ADMINISTRATOR, user__is_active=True)
    send(
        to=list(User.objects.filter(pk__in=posts.values("user"))),
        title=f"缺少 {year} 年工作日数据",
        body=f"有期限无法计算。请在管理后台“工作日历”补齐 {year} 年的工作日，期限会自动算出。",
        url=reverse("admin:worktime_calendarday_changelist"),
        at=at,
        key=f"workdays:{year}",
        level="urgent",
    )


def _end_sessions(user: User) -> None:
    User.objects.filter(pk=user.pk).update(session_epoch=F("session_epoch") + 1)


def _guard(by: User | None, user: User, at: datetime) -> None:
    """An administrator of a branch has no say over someone who serves nowhere, or elsewhere, or will some day."""
    if by is None or by.is_over_all:
        return
    if not user.posts.exists():
        raise Refused(f"{user.name}还没有岗位，请由集团的系统管理员操作。")
    not_over = Q(ends_on=None) | Q(ends_on__gte=local_date(at))
    places = [post.node for post in user.posts.filter(not_over).select_related("node__parent")]
    if not all(by.may(Right.ADMINISTER, place) for place in places) or not by.may(Right.ADMINISTER):
        raise Refused(f"{user.name}在您管理的范围之外还有岗位，请由上级管理员操作。")


def _shown(field: str, user: User) -> str:
    value = getattr(user, field) or ""
    return masking.phone(value) if field == "phone" else value
