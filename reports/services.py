"""The life of a bulletin (RPT-2): drafted on the 1st or on demand, edited, issued with its PDF, then corrected."""

from __future__ import annotations

import hashlib
import os
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.db.models import Max
from django.urls import reverse

from accounts.models import Post, User
from accounts.roles import Role
from estates.models import Node
from foundation.journal.services import change, entry, record, record_many
from foundation.notices.services import send
from foundation.numbering.services import format_number, take
from foundation.records.refusals import Refused
from foundation.worktime.local import local_date
from foundation.worktime.months import Month
from reports import guards
from reports.figures import Scope, compute, differences, is_readable
from reports.models import Bulletin
from reports.printing import bulletin_pdf

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

TEXTS = ("comments", "good_practices", "focus", "changes")
READERS = (Role.ESTATE_MANAGER, Role.GENERAL_MANAGER, Role.BRANCH_SUPERVISOR, Role.GROUP_SUPERVISOR)
SUPERVISORS = (Role.BRANCH_SUPERVISOR, Role.GROUP_SUPERVISOR)
BATCH = 1000


@dataclass
class Drafted:
    """What one run did."""

    month: Month
    drafted: int = 0
    computed: int = 0

    def line(self) -> str:
        return f"{self.month.label}：新起草简报 {self.drafted} 份，统计数字 {self.computed} 份"


# --- drafting ---------------------------------------------------------------------------------------------------------


def draft_bulletins(*, at: datetime) -> Drafted:
    """A draft of last month for every active node that has none, and figures for those drafts that lack them.

    On the 1st, and caught up on any later day; the constraint on node, month and edition makes each exactly once.
    """
    done = Drafted(Month.before(at))
    first = done.month.first
    without = Node.objects.active().exclude(pk__in=Bulletin.objects.filter(month=first).values("node"))
    nodes = list(without.order_by("pk").values_list("pk", flat=True))
    for start in range(0, len(nodes), BATCH):
        rows = [Bulletin(node_id=pk, month=first, drafted_at=at) for pk in nodes[start : start + BATCH]]
        with transaction.atomic():
            before = set(Bulletin.objects.filter(month=first).values_list("pk", flat=True))
            Bulletin.objects.bulk_create(rows, ignore_conflicts=True)
            made = Bulletin.objects.filter(month=first, node__in=[row.node_id for row in rows]).exclude(pk__in=before)
            record_many(entry(row, "bulletin.draft", by=None, at=at, node=row.node_id) for row in made)
            done.drafted += len(made)
    waiting = Bulletin.objects.drafts().filter(month=first, computed_at=None).order_by("pk")
    for pk in list(waiting.values_list("pk", flat=True)):
        done.computed += _compute_waiting(pk, at)
    return done


def _compute_waiting(pk: int, at: datetime) -> bool:
    """One draft, one transaction; one that another run or a reader has computed meanwhile is left as it is."""
    waiting = Bulletin.objects.drafts().filter(pk=pk, computed_at=None).select_related("node__parent")
    bulletin = waiting.first()
    if bulletin is None:
        return False
    figures = _count(bulletin.node, bulletin.period, at)
    with transaction.atomic():
        bulletin = waiting.select_for_update(of=("self",)).first()
        if bulletin is None:
            return False
        _put_figures(bulletin, figures, at)
    return True


def draft_bulletin(*, node: Node, month: Month, by: User | None, at: datetime) -> Bulletin:
    """The newest edition of that node and month; a first draft, with its figures, where there is none."""
    guards.may_draft(node, month, by, at)
    of_month = Bulletin.objects.filter(node=node.pk, month=month.first).select_related("node__parent")
    of_month = of_month.order_by("-edition")
    newest = of_month.first()
    if newest is not None and not _is_waiting(newest):
        return newest
    figures = _count(node, month, at)
    with transaction.atomic():
        _, is_new = Bulletin.objects.get_or_create(
            node_id=node.pk, month=month.first, edition=1, defaults={"drafted_at": at}
        )
        bulletin = of_month.select_for_update(of=("self",))[0]
        if _is_waiting(bulletin):
            _put_figures(bulletin, figures, at)
        if is_new:
            record(bulletin, "bulletin.draft", by=by, at=at, node=node.pk)
    return bulletin


def _is_waiting(bulletin: Bulletin) -> bool:
    """A draft without figures, or with those of an older format."""
    return bulletin.is_draft and not is_readable(bulletin.figures)


@contextmanager
def snapshot() -> Iterator[None]:
    """A read-only transaction in which every statement sees the same state of the database.

    Inside a transaction that has begun it changes nothing: the isolation is set before the first statement or never.
    """
    is_first = not connection.in_atomic_block
    with transaction.atomic():
        if is_first:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


def _count(node: Node, month: Month, at: datetime) -> dict[str, Any]:
    """RPT-3: all figures of one moment, so that they add up. Before the bulletin is locked, which needs the newest."""
    with snapshot():
        return compute(Scope(node=node, month=month, at=at))


def _put_figures(bulletin: Bulletin, figures: dict[str, Any], at: datetime) -> None:
    bulletin.figures = figures
    bulletin.computed_at = at
    if bulletin.edition > 1:
        bulletin.changed = differences(_edition_before(bulletin).figures, bulletin.figures)
    bulletin.save(update_fields=["figures", "computed_at", "changed"])


def _edition_before(bulletin: Bulletin) -> Bulletin:
    return Bulletin.objects.get(node=bulletin.node_id, month=bulletin.month, edition=bulletin.edition - 1)


def _locked(bulletin: Bulletin) -> Bulletin:
    rows = Bulletin.objects.select_for_update(of=("self",)).select_related("node__parent", "issued_by")
    return rows.get(pk=bulletin.pk)


def refresh_bulletin(*, bulletin: Bulletin, by: User, at: datetime) -> Bulletin:
    """Count a draft's figures anew. An issued one is left as it is."""
    guards.may_edit(bulletin, by)
    figures = _count(bulletin.node, bulletin.period, at)
    with transaction.atomic():
        bulletin = _locked(bulletin)
        guards.may_edit(bulletin, by)
        _put_figures(bulletin, figures, at)
    return bulletin


# --- verbs ------------------------------------------------------------------------------------------------------------


def edit_bulletin(*, bulletin: Bulletin, by: User, at: datetime, texts: Mapping[str, str]) -> Bulletin:
    """点评, 良好做法, 下月重点 and, from the second edition on, 更正说明. What did not change is not journalled."""
    with transaction.atomic():
        bulletin = _locked(bulletin)
        guards.may_edit(bulletin, by)
        given = {name: texts[name].strip() for name in TEXTS if name in texts}
        changed = {
            name: change(getattr(bulletin, name), text)
            for name, text in given.items()
            if getattr(bulletin, name) != text
        }
        if not changed:
            return bulletin
        for name in changed:
            setattr(bulletin, name, given[name])
        bulletin.save(update_fields=list(changed))
        record(bulletin, "bulletin.edit", by=by, at=at, node=bulletin.node_id, **changed)
    return bulletin


def issue_bulletin(*, bulletin: Bulletin, by: User, at: datetime) -> Bulletin:
    """Freeze it: figures of this moment, number, PDF; tell those concerned. An issued one comes back unchanged (RPT-2).

    The PDF is laid out here, about a second, so that what is frozen and what is printed can't differ.
    """
    figures = _count(bulletin.node, bulletin.period, at) if bulletin.is_draft else {}
    with transaction.atomic():
        bulletin = _locked(bulletin)
        if not bulletin.is_draft:
            guards.may_revise(bulletin, by)
            return bulletin
        guards.may_issue(bulletin, by, at)
        _put_figures(bulletin, figures, at)
        number = take(kind="bulletin", place=bulletin.node.code, period=bulletin.period.code)[0]
        bulletin.number = format_number("JB", bulletin.node.code, bulletin.period.code, number)
        bulletin.state = Bulletin.State.ISSUED
        bulletin.issued_at, bulletin.issued_by = at, by
        content = bulletin_pdf(bulletin)
        bulletin.pdf_sha256 = hashlib.sha256(content).hexdigest()
        bulletin.pdf.name = _keep(bulletin, content)
        try:
            bulletin.save()
            record(
                bulletin,
                "bulletin.issue",
                by=by,
                at=at,
                node=bulletin.node_id,
                number=bulletin.number,
                edition=bulletin.edition,
                changes=bulletin.changes,
                pdf_sha256=bulletin.pdf_sha256,
            )
            _tell(bulletin, by, at)
        except BaseException:
            with suppress(OSError):
                default_storage.delete(bulletin.pdf.name)
            raise
    return bulletin


def _keep(bulletin: Bulletin, content: bytes) -> str:
    """Write the PDF and wait for the disk: the row that names it waits for the disk as well."""
    name = default_storage.save(f"bulletins/{bulletin.period.code}/{bulletin.number}.pdf", ContentFile(content))
    with open(default_storage.path(name), "rb") as file:
        os.fsync(file.fileno())
    return name


def _tell(bulletin: Bulletin, by: User, at: datetime) -> None:
    """The managers and supervisors of the node, and the supervisors of the node above it."""
    posts = Post.objects.current(local_date(at)).filter(user__is_active=True)
    wanted = posts.filter(node=bulletin.node_id, role__in=READERS)
    if bulletin.node.parent_id:
        wanted |= posts.filter(node=bulletin.node.parent_id, role__in=SUPERVISORS)
    edition = f"（第{bulletin.edition}版）" if bulletin.edition > 1 else ""
    people = User.objects.filter(pk__in=wanted.values("user")).exclude(pk=by.pk)
    send(
        to=people,
        title=f"{bulletin.node.label}{bulletin.period.label}品质督导简报已签发{edition}",
        body=bulletin.changes or bulletin.number,
        url=reverse("reports:bulletin", args=[bulletin.pk]),
        at=at,
        key=f"bulletin:{bulletin.pk}:issued",
        subject=bulletin,
    )


def revise_bulletin(*, bulletin: Bulletin, by: User, at: datetime) -> Bulletin:
    """A draft of the next edition with the texts of the newest one; the draft that exists, if there is one (RPT-2)."""
    figures = _count(bulletin.node, bulletin.period, at)
    with transaction.atomic():
        bulletin = _locked(bulletin)
        guards.may_revise(bulletin, by)
        of_month = Bulletin.objects.filter(node=bulletin.node_id, month=bulletin.month)
        newest = of_month.aggregate(newest=Max("edition"))["newest"]
        if newest != bulletin.edition:
            later = of_month.get(edition=newest)
            if later.is_draft:
                return later
            raise Refused(f"这不是最新的一版，请从第 {newest} 版更正。")
        draft = Bulletin.objects.create(
            node_id=bulletin.node_id,
            month=bulletin.month,
            edition=newest + 1,
            drafted_at=at,
            **{name: getattr(bulletin, name) for name in TEXTS if name != "changes"},
        )
        _put_figures(draft, figures, at)
        record(draft, "bulletin.revise", by=by, at=at, node=draft.node_id, edition=draft.edition)
    return draft
