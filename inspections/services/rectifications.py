"""The life of a rectification (INS-10…12): opened by a submission, rectified, re-checked, extended, escalated by its clock."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import F
from django.urls import reverse

from accounts.models import Post
from accounts.roles import Role
from accounts.services import holders
from foundation.attachments.models import Attachment
from foundation.attachments.services import attach
from foundation.journal.services import change, entry, record, record_many
from foundation.notices.services import send
from foundation.numbering.services import format_number, take
from foundation.timers import services as timers
from foundation.timers.models import Clock
from foundation.timers.registry import Firing
from foundation.timers.values import Step, Subject
from foundation.worktime.local import local_date, start_of_day
from inspections import guards
from inspections.choices import Evidence, Risk, Tier
from inspections.errors import Refused
from inspections.models import Answer, EscalationStep, Extension, Inspection, InspectionPolicy, Rectification
from inspections.teams import TEAM, department_lead

if TYPE_CHECKING:
    from accounts.models import User

AFTER = "after"  # the attachment slot of the evidence that it was put right


def due_moment(submitted_at: datetime, days: int) -> datetime:
    """INS-11: 24:00 of the n-th calendar day after submission; 0 = the same day."""
    return start_of_day(local_date(submitted_at) + timedelta(days=days + 1))


# --- opening --------------------------------------------------------------------------------------------------------


def open_rectifications(*, inspection: Inspection, failures: Sequence[Answer], by: User, at: datetime) -> list[Rectification]:
    """One rectification per failed item, each with its clock; red-line ones are told at once (INS-10)."""
    if not failures:
        return []
    checklist = inspection.version.checklist
    keys = {answer.item_id: f"{checklist.code}/{answer.item.code}" for answer in failures}
    earlier = _earlier_failures(inspection, set(keys.values()), at)
    assignees = _sole_holders(inspection.estate_id, {answer.item.role for answer in failures}, local_date(at))
    month = f"{local_date(at):%Y%m}"
    numbers = take(kind="rectification", place=inspection.estate.code, period=month, count=len(failures))
    opened = Rectification.objects.bulk_create(
        Rectification(
            number=format_number("ZG", inspection.estate.code, month, number),
            inspection=inspection,
            item=answer.item,
            item_key=keys[answer.item_id],
            estate=inspection.estate,
            tier=inspection.tier,
            risk=answer.item.risk,
            role=answer.item.role,
            assignee_id=assignees.get(answer.item.role),
            problem=_problem(answer),
            opened_at=at,
            due_at=due_moment(at, answer.item.days),
            repeat_of_id=earlier.get(keys[answer.item_id]),
        )
        for number, answer in zip(numbers, failures, strict=True)
    )
    timers.start_many(
        kind=Rectification.CLOCK,
        model=Rectification,
        subjects=[Subject(id=row.pk, node_id=row.estate_id, due_at=row.due_at) for row in opened],
        at=at,
        ladder=current_ladder(),
    )
    record_many(
        entry(
            rectification,
            "rectification.open",
            by=by,
            at=at,
            node=rectification.estate_id,
            due_at=rectification.due_at.isoformat(),
            is_repeat=rectification.is_repeat,
        )
        for rectification in opened
    )
    _tell_opened(opened, inspection, at)
    return opened


def _problem(answer: Answer) -> str:
    """The inspector's words; a reading out of range speaks for itself."""
    if answer.reading is None:
        return answer.note
    reading = f"读数 {answer.reading.normalize():f} {answer.item.unit}(要求 {answer.item.range_text})"
    return f"{reading};{answer.note}" if answer.note else reading


def _earlier_failures(inspection: Inspection, keys: set[str], at: datetime) -> dict[str, int]:
    """INS-12: by item key, the newest failure at this estate within the window, its last moment included."""
    since = at - timedelta(days=InspectionPolicy.current().repeat_days)
    rows = Rectification.objects.filter(
        estate=inspection.estate_id, item_key__in=keys, opened_at__gte=since, opened_at__lte=at
    ).order_by("opened_at")
    return dict(rows.values_list("item_key", "pk"))


def _sole_holders(estate_id: int, roles: set[str], on: date) -> dict[str, int]:
    """By role, the one person who holds it at the estate; where several do, the lead assigns."""
    found: dict[str, list[int]] = {}
    posts = Post.objects.current(on).filter(node=estate_id, role__in=roles, user__is_active=True)
    for role, user_id in posts.values_list("role", "user_id"):
        found.setdefault(role, []).append(user_id)
    return {role: users[0] for role, users in found.items() if len(users) == 1}


def _tell_opened(opened: Sequence[Rectification], inspection: Inspection, at: datetime) -> None:
    """The assignees hear of their own; red-line failures reach the 项目经理 and the branch at once (INS-10)."""
    on = local_date(at)
    estate = inspection.estate
    by_role: dict[str, list[Rectification]] = {}
    for rectification in opened:
        by_role.setdefault(rectification.role, []).append(rectification)
    for role, rows in by_role.items():
        one = rows[0] if len(rows) == 1 else None
        send(
            to=holders(role=Role(role), node=estate, on=on),
            title=f"新整改单:{one.problem[:40]}" if one else f"{len(rows)} 张新整改单",
            body=f"{estate.label} · {inspection.version.checklist.name}",
            url=url_of(one) if one else f"{reverse('inspections:rectifications')}?role={role}",
            at=at,
            key=f"inspection:{inspection.pk}:opened:{role}",
            subject=inspection,
        )
    redlines = [rectification for rectification in opened if rectification.risk == Risk.REDLINE]
    if redlines:
        managers = holders(role=Role.ESTATE_MANAGER, node=estate, on=on)
        branch = holders(role=sorted(TEAM[Tier.BRANCH]), node=estate.parent, on=on)
        send(
            to=[*managers, *branch],
            title=f"红线不合格 {len(redlines)} 项:{estate.label}",
            body=";".join(rectification.item.what for rectification in redlines),
            url=reverse("inspections:record", args=[inspection.pk]),
            at=at,
            key=f"inspection:{inspection.pk}:redline",
            level="urgent",
            subject=inspection,
        )


def url_of(rectification: Rectification) -> str:
    return reverse("inspections:rectification", args=[rectification.pk])


# --- verbs ----------------------------------------------------------------------------------------------------------


def _locked(rectification: Rectification) -> Rectification:
    rows = Rectification.objects.select_for_update(of=("self",)).select_related("estate__parent", "item")
    return rows.get(pk=rectification.pk)


def clock_of(rectification: Rectification) -> Clock:
    """The clock of a rectification that is not closed."""
    return Clock.objects.unstopped().about(rectification).get(kind=Rectification.CLOCK)


def submit_rectification(
    *,
    rectification: Rectification,
    by: User,
    at: datetime,
    measures: str,
    cause: str = "",
    prevention: str = "",
    photos: Sequence[UploadedFile] = (),
) -> Rectification:
    """提交整改: what was done and its evidence; then it waits for re-check and its clock is held (INS-10, INS-11).

    A repeated failure needs its cause and a preventive measure (INS-12); an item that asks for a photo needs one of after.
    """
    with transaction.atomic():
        rectification = _locked(rectification)
        guards.may_rectify(rectification, by)
        if not measures.strip():
            raise Refused("请写明采取的整改措施。")
        if rectification.is_repeat and not (cause.strip() and prevention.strip()):
            raise Refused("这个问题 90 天内重复发生,必须填写原因分析和预防措施。")
        for photo in photos:
            attach(owner=rectification, slot=AFTER, upload=photo, by=by, at=at)
        evidence = Attachment.objects.for_owner(rectification, slot=AFTER)
        if rectification.item.evidence == Evidence.PHOTO and not evidence.exists():
            raise Refused("这个检查项要求照片,请附上整改后的照片。")
        rectification.state = Rectification.State.RECHECK
        rectification.measures, rectification.cause, rectification.prevention = measures, cause, prevention
        rectification.rectified_at, rectification.rectified_by = at, by
        rectification.save()
        timers.hold(clock=clock_of(rectification), at=at)
        record(
            rectification,
            "rectification.submit",
            by=by,
            at=at,
            node=rectification.estate_id,
            measures=measures,
            cause=cause,
            prevention=prevention,
        )
        _tell_recheckers(rectification, by, at)
    return rectification


def _tell_recheckers(rectification: Rectification, by: User, at: datetime) -> None:
    """An upper tier's finding goes back to that tier; the estate's own to the department's lead and the 项目经理."""
    on = local_date(at)
    if rectification.tier == Tier.ESTATE:
        roles = [department_lead(rectification.role), Role.ESTATE_MANAGER]
        people = holders(role=roles, node=rectification.estate, on=on)
    else:
        roles, node_id = guards.deciders(rectification, f"{rectification.tier}_supervisor")
        people = holders(role=sorted(roles), node=node_id, on=on)
    send(
        to=[person for person in people if person.pk != by.pk],
        title=f"待复查:{rectification.item.what}",
        body=f"{rectification.estate.label} · {rectification.number}",
        url=url_of(rectification),
        at=at,
        key=f"rectification:{rectification.pk}:recheck:{rectification.rejections}",
        subject=rectification,
    )


def pass_recheck(*, rectification: Rectification, by: User, at: datetime, note: str = "") -> Rectification:
    """复查通过: closed for good, by another than who rectified (INS-10)."""
    with transaction.atomic():
        rectification = _locked(rectification)
        guards.may_recheck(rectification, by)
        rectification.state = Rectification.State.CLOSED
        rectification.closed_at, rectification.closed_by = at, by
        rectification.save()
        timers.stop(clock=clock_of(rectification), at=at)
        record(rectification, "rectification.pass", by=by, at=at, node=rectification.estate_id, note=note)
        _tell_rectifier(rectification, "复查通过", note, at)
    return rectification


def fail_recheck(*, rectification: Rectification, by: User, at: datetime, reason: str) -> Rectification:
    """复查不通过: back to 待整改 with a reason; the due day stays and what passed meanwhile happens now (INS-11, GEN-6)."""
    with transaction.atomic():
        rectification = _locked(rectification)
        guards.may_recheck(rectification, by)
        if not reason.strip():
            raise Refused("请写明复查不通过的原因。")
        rectification.state = Rectification.State.OPEN
        rectification.rejections = F("rejections") + 1
        rectification.save()
        rectification.refresh_from_db(fields=["rejections"])
        record(rectification, "rectification.fail", by=by, at=at, node=rectification.estate_id, reason=reason)
        timers.release(clock=clock_of(rectification), at=at)
        _tell_rectifier(rectification, "复查不通过", reason, at)
    return rectification


def _tell_rectifier(rectification: Rectification, outcome: str, note: str, at: datetime) -> None:
    if rectification.rectified_by is None:
        return
    send(
        to=[rectification.rectified_by],
        title=f"{outcome}:{rectification.item.what}",
        body=note,
        url=url_of(rectification),
        at=at,
        key=f"rectification:{rectification.pk}:{rectification.state}:{rectification.rejections}",
        subject=rectification,
    )


def assign(*, rectification: Rectification, assignee: User, by: User, at: datetime) -> Rectification:
    """Name the responsible person, one with a post at the estate (INS-10)."""
    with transaction.atomic():
        rectification = _locked(rectification)
        guards.may_assign(rectification, by)
        if not Post.objects.current(local_date(at)).filter(user=assignee, node=rectification.estate_id).exists():
            raise Refused("责任人必须是本项目的在岗人员。")
        before = str(rectification.assignee or "")
        if rectification.assignee_id == assignee.pk:
            return rectification
        rectification.assignee = assignee
        rectification.save(update_fields=["assignee"])
        record(
            rectification,
            "rectification.assign",
            by=by,
            at=at,
            node=rectification.estate_id,
            assignee=change(before, assignee.name),
        )
        send(
            to=[assignee],
            title=f"整改单指派给您:{rectification.item.what}",
            body=rectification.number,
            url=url_of(rectification),
            at=at,
            key=f"rectification:{rectification.pk}:assigned:{assignee.pk}:{at.isoformat()}",
            subject=rectification,
        )
    return rectification


# --- extensions -----------------------------------------------------------------------------------------------------


def next_audience(rectification: Rectification) -> str:
    """The audience of the next escalation step (INS-11); past the last one, the last one."""
    clock = clock_of(rectification)
    if not clock.ladder:
        return EscalationStep.Audience.GROUP
    return clock.steps[min(clock.next_step, len(clock.ladder) - 1)].code


def ask_extension(*, rectification: Rectification, by: User, at: datetime, due_on: date, reason: str) -> Extension:
    """延期申请: a later last day, with a reason (INS-11)."""
    with transaction.atomic():
        rectification = _locked(rectification)
        guards.may_ask_extension(rectification, by)
        if not reason.strip():
            raise Refused("请写明申请延期的理由。")
        if start_of_day(due_on + timedelta(days=1)) <= rectification.due_at:
            raise Refused("新的期限必须晚于现在的期限。")
        if due_on < local_date(at):
            raise Refused("新的期限不能早于今天。")
        extension = Extension.objects.create(
            rectification=rectification, reason=reason, due_on=due_on, asked_at=at, asked_by=by
        )
        record(
            rectification,
            "rectification.ask_extension",
            by=by,
            at=at,
            node=rectification.estate_id,
            due_on=due_on.isoformat(),
            reason=reason,
        )
        roles, node_id = guards.deciders(rectification, next_audience(rectification))
        send(
            to=holders(role=sorted(roles), node=node_id, on=local_date(at)),
            title=f"延期申请待批准:{rectification.item.what}",
            body=f"{rectification.estate.label} · 申请延至 {due_on:%Y-%m-%d}",
            url=url_of(rectification),
            at=at,
            key=f"extension:{extension.pk}:asked",
            subject=rectification,
        )
    return extension


def decide_extension(*, extension: Extension, by: User, at: datetime, grant: bool, note: str = "") -> Extension:
    """延期批准 or refusal, by the role of the next step; granted, a new ladder begins from the new due day (INS-11, GEN-6)."""
    with transaction.atomic():
        rectification = _locked(extension.rectification)
        extension = Extension.objects.select_for_update().get(pk=extension.pk)
        extension.rectification = rectification
        guards.may_decide_extension(extension, next_audience(rectification), by)
        if not grant and not note.strip():
            raise Refused("不批准时请写明理由。")
        extension.state = Extension.State.GRANTED if grant else Extension.State.REFUSED
        extension.decided_at, extension.decided_by, extension.decision_note = at, by, note
        extension.save()
        before = rectification.due_at
        if grant:
            rectification.due_at = start_of_day(extension.due_on + timedelta(days=1))
            rectification.extensions_granted += 1
            rectification.save(update_fields=["due_at", "extensions_granted"])
            timers.extend(clock=clock_of(rectification), due_at=rectification.due_at, at=at)
        record(
            rectification,
            "rectification.grant_extension" if grant else "rectification.refuse_extension",
            by=by,
            at=at,
            node=rectification.estate_id,
            due_at=change(before.isoformat(), rectification.due_at.isoformat()),
            note=note,
        )
        send(
            to=[extension.asked_by],
            title=f"延期申请{'已批准' if grant else '未批准'}:{rectification.item.what}",
            body=note,
            url=url_of(rectification),
            at=at,
            key=f"extension:{extension.pk}:decided",
            subject=rectification,
        )
    return extension


# --- escalation -----------------------------------------------------------------------------------------------------


def current_ladder() -> list[Step]:
    """INS-11's ladder as the administrator has set it; a clock keeps the one it was started with."""
    return [
        Step(code=step.audience, name=step.get_audience_display(), to=step.audience, days_after=step.days_after)
        for step in EscalationStep.objects.order_by("days_after")
    ]


def escalate(firings: Sequence[Firing]) -> None:
    """The clock's handler: journal every step, tell its audience; of steps caught up together each person hears once (GEN-6)."""
    rows = Rectification.objects.select_related("estate__parent", "item").in_bulk(
        {firing.clock.subject_id for firing in firings}
    )
    people = _people(rows.values(), firings)
    record_many(
        entry(
            rows[firing.clock.subject_id],
            "rectification.escalate",
            by=None,
            at=firing.at,
            node=rows[firing.clock.subject_id].estate_id,
            to=firing.step.name,
            due_at=firing.due_at.isoformat(),
            late=firing.late,
        )
        for firing in firings
    )
    told: set[tuple[int, int]] = set()
    for firing in sorted(firings, key=lambda firing: firing.due_at, reverse=True):
        row = rows[firing.clock.subject_id]
        audience = [
            user for user in people[row.pk, firing.step.code] if (row.pk, user.pk) not in told
        ]
        told |= {(row.pk, user.pk) for user in audience}
        send(
            to=audience,
            title=f"整改超期:{row.item.what}",
            body=f"{row.estate.label} · {row.number} · 升级至{firing.step.name}",
            url=url_of(row),
            at=firing.at,
            key=f"rectification:{row.pk}:escalate:{firing.clock.round}:{firing.step.code}",
            level="urgent" if row.risk == Risk.REDLINE else "info",
            subject=row,
        )


def _people(rows, firings: Sequence[Firing]) -> dict[tuple[int, str], list[User]]:
    """Whom each (rectification, audience) means today, from one query of posts."""
    rows = {row.pk: row for row in rows}
    wanted = {
        (firing.clock.subject_id, firing.step.code): guards.deciders(rows[firing.clock.subject_id], firing.step.code)
        for firing in firings
    }
    on = local_date(max(firing.at for firing in firings))
    posts = (
        Post.objects.current(on)
        .filter(node__in={node_id for _, node_id in wanted.values()}, user__is_active=True)
        .select_related("user")
    )
    at_node: dict[tuple[int, str], list[User]] = {}
    for post in posts:
        at_node.setdefault((post.node_id, post.role), []).append(post.user)
    return {
        key: [user for role in roles for user in at_node.get((node_id, role), [])]
        for key, (roles, node_id) in wanted.items()
    }
