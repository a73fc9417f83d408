"""The life of a rectification once it is open: assigned, rectified, re-checked (INS-10, INS-12).

It is opened by `opening`; its ladder is in `escalation`, its extensions are in `extensions`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import NAMESPACE_URL, uuid5

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction

from accounts.rights import HOLDERS, Right
from accounts.roles import Role
from accounts.staff import department_lead, staff
from foundation.attachments.contents import measure
from foundation.attachments.models import Attachment
from foundation.attachments.querysets import AttachmentQuerySet
from foundation.attachments.services import AttachmentError, attach
from foundation.journal.services import change, record
from foundation.notices.services import send
from foundation.records.refusals import Refused
from foundation.timers import services as timers
from foundation.worktime.local import local_date
from inspections import guards
from inspections.choices import Evidence, Tier
from inspections.models import InspectionPolicy, Rectification
from inspections.services.escalation import clock_of, url_of
from inspections.services.extensions import drop_requests
from inspections.teams import TEAM, tier_node_id

if TYPE_CHECKING:
    from accounts.models import User

AFTER = "after"  # the attachment slot of the evidence that it was put right


# --- rectifying -----------------------------------------------------------------------------------------------------


def evidence_of(rectification: Rectification) -> AttachmentQuerySet:
    """The photos of after that belong to what is being handed in now: those of a failed re-check do not count again."""
    photos = Attachment.objects.for_owner(rectification, slot=AFTER)
    if rectification.state == Rectification.State.OPEN and rectification.rectified_at:
        photos = photos.filter(at__gt=rectification.rectified_at)
    return photos


def attach_evidence(*, rectification: Rectification, photos: Sequence[UploadedFile], by: User, at: datetime) -> None:
    """Keep photos of after, each once however often it is sent; Refused names those that are no photos.

    The good ones stay, also when what they came with is refused: nothing uploaded is lost.
    """
    guards.may_rectify(rectification, by)
    faults = []
    with transaction.atomic():
        for photo in photos:
            try:
                name = f"rectification:{rectification.pk}:{rectification.rejections}:{by.pk}:{measure(photo)[1]}"
                key = uuid5(NAMESPACE_URL, name)
                attach(owner=rectification, slot=AFTER, upload=photo, by=by, at=at, client_key=key)
            except AttachmentError as error:
                faults.append(f"{photo.name}：{error}")
        # The lock comes last: large pictures take seconds to read.
        guards.may_rectify(Rectification.objects.locked(rectification.pk), by)
    if faults:
        raise Refused(" ".join(faults))


def submit_rectification(
    *,
    rectification: Rectification,
    by: User,
    at: datetime,
    measures: str,
    cause: str = "",
    prevention: str = "",
) -> Rectification:
    """提交整改: what was done and its evidence; then it waits for re-check and its clock is held (INS-10, INS-11).

    A repeated failure needs its cause and a preventive measure (INS-12); an item that asks for a photo needs one of
    after, kept before by `attach_evidence`.
    """
    said = {"measures": measures.strip(), "cause": cause.strip(), "prevention": prevention.strip()}
    with transaction.atomic():
        rectification = Rectification.objects.locked(rectification.pk)
        guards.may_rectify(rectification, by)
        _check_complete(rectification, **said)
        for field, text in said.items():
            setattr(rectification, field, text)
        rectification.state = Rectification.State.RECHECK
        rectification.rectified_at, rectification.rectified_by = at, by
        rectification.save(update_fields=["state", "rectified_at", "rectified_by", *said])
        timers.hold(clock=clock_of(rectification), at=at)
        record(
            rectification,
            "rectification.submit",
            by=by,
            at=at,
            node=rectification.estate_id,
            **{field: text for field, text in said.items() if text},
        )
        _tell_recheckers(rectification, by, at)
    return rectification


def _check_complete(rectification: Rectification, *, measures: str, cause: str, prevention: str) -> None:
    if not measures:
        raise Refused("请写明采取的整改措施。")
    if rectification.is_repeat and not (cause and prevention):
        days = InspectionPolicy.current().repeat_days
        raise Refused(f"这个问题 {days} 天内重复发生，必须填写原因分析和预防措施。")
    if rectification.item.evidence == Evidence.PHOTO and not evidence_of(rectification).exists():
        raise Refused("这个检查项要求照片，请附上整改后的照片。")


def _tell_recheckers(rectification: Rectification, by: User, at: datetime) -> None:
    """An upper tier's finding goes back to it, the estate's own to the 主管 and the 项目经理; else to the branch."""
    estate = rectification.estate
    people = staff(estate.lineage, local_date(at))
    branch = people.holding(TEAM[Tier.BRANCH], tier_node_id(estate, Tier.BRANCH))
    if rectification.tier == Tier.ESTATE:
        asked = people.holding([department_lead(rectification.role), Role.ESTATE_MANAGER], estate.pk)
    else:
        asked = people.holding(TEAM[rectification.tier], tier_node_id(estate, rectification.tier))
    send(
        to=[person for person in asked if person.pk != by.pk] or branch,
        title=f"待复查：{rectification.item.what}",
        body=f"{estate.label} · {rectification.number}",
        url=url_of(rectification),
        at=at,
        key=f"rectification:{rectification.pk}:recheck:{rectification.rejections}",
        subject=rectification,
    )


# --- re-checking ----------------------------------------------------------------------------------------------------


def pass_recheck(*, rectification: Rectification, by: User, at: datetime, note: str = "") -> Rectification:
    """复查通过: closed for good, by another than who rectified (INS-10). The clock ends when it was handed in."""
    with transaction.atomic():
        rectification = Rectification.objects.locked(rectification.pk)
        guards.may_recheck(rectification, by)
        rectification.state = Rectification.State.CLOSED
        rectification.closed_at, rectification.closed_by = at, by
        rectification.save(update_fields=["state", "closed_at", "closed_by"])
        timers.stop(clock=clock_of(rectification), at=rectification.rectified_at or at)
        drop_requests(rectification=rectification, at=at)
        said = {"note": note.strip()} if note.strip() else {}
        record(rectification, "rectification.pass", by=by, at=at, node=rectification.estate_id, **said)
        _tell_rectifiers(rectification, "复查通过", note.strip(), at)
    return rectification


def fail_recheck(*, rectification: Rectification, by: User, at: datetime, reason: str) -> Rectification:
    """复查不通过: back to 待整改; the due day stays and what passed meanwhile happens now (INS-11, GEN-6)."""
    reason = reason.strip()
    with transaction.atomic():
        rectification = Rectification.objects.locked(rectification.pk)
        guards.may_recheck(rectification, by)
        if not reason:
            raise Refused("请写明复查不通过的原因。")
        rectification.state = Rectification.State.OPEN
        rectification.rejections += 1
        rectification.save(update_fields=["state", "rejections"])
        record(rectification, "rectification.fail", by=by, at=at, node=rectification.estate_id, reason=reason)
        timers.release(clock=clock_of(rectification), at=at)
        _tell_rectifiers(rectification, "复查不通过", reason, at)
    return rectification


def _tell_rectifiers(rectification: Rectification, outcome: str, said: str, at: datetime) -> None:
    """Who handed it in, and the responsible person."""
    send(
        to=[person for person in (rectification.rectified_by, rectification.assignee) if person],
        title=f"{outcome}：{rectification.item.what}",
        body=said,
        url=url_of(rectification),
        at=at,
        key=f"rectification:{rectification.pk}:{rectification.state}:{rectification.rejections}",
        subject=rectification,
    )


# --- assigning ------------------------------------------------------------------------------------------------------


def assignable(rectification: Rectification, at: datetime) -> list[User]:
    """Those at the estate whose role may rectify."""
    return staff([rectification.estate_id], local_date(at)).holding(
        sorted(HOLDERS[Right.RECTIFY]), rectification.estate_id
    )


def assign(*, rectification: Rectification, assignee: User, by: User, at: datetime) -> Rectification:
    """Name the responsible person, one of the estate who may rectify (INS-10). The same one twice: nothing."""
    with transaction.atomic():
        rectification = Rectification.objects.locked(rectification.pk)
        guards.may_assign(rectification, by)
        if assignee not in assignable(rectification, at):
            raise Refused("责任人必须是本项目可以整改的在岗人员。")
        if rectification.assignee_id == assignee.pk:
            return rectification
        before = rectification.assignee.name if rectification.assignee else ""
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
            title=f"整改单指派给您：{rectification.item.what}",
            body=f"{rectification.estate.label} · {rectification.number}",
            url=url_of(rectification),
            at=at,
            key=f"rectification:{rectification.pk}:assigned:{at.isoformat()}",
            subject=rectification,
        )
    return rectification
