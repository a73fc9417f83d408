"""收取资料 and 《业主档案》 (HND-1).

What is asked for is the delivered list of the buyer's kind, with what the estate adds, drops or requires otherwise. A house
keeps the list it was begun with; only another kind of buyer is asked for other papers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from django.core.files.uploadedfile import UploadedFile

from foundation.attachments.services import AttachmentError, attach
from foundation.journal.services import record
from foundation.records.refusals import Refused
from foundation.worktime.local import local_date
from handover.guards import steps as guards
from handover.models import Document, DocumentRule, Handover, OwnerFile
from handover.services.verbs import note, working_on

if TYPE_CHECKING:
    from accounts.models import User

STANDARD = Path(__file__).resolve().parent.parent / "standards" / "documents.yaml"
SCAN = "scan"


@cache
def standard_documents() -> dict[str, list[dict[str, Any]]]:
    """The papers by kind of buyer, as they are delivered."""
    data = yaml.safe_load(STANDARD.read_text(encoding="utf-8"))
    papers = data["papers"]
    return {
        kind: [{"code": code, "is_required": True, **papers[code]} for code in codes]
        for kind, codes in data["kinds"].items()
    }


@cache
def standard_papers() -> dict[str, dict[str, Any]]:
    """Every paper that is delivered, by its code."""
    data = yaml.safe_load(STANDARD.read_text(encoding="utf-8"))
    return {code: {"code": code, "is_required": True, "hint": "", **paper} for code, paper in data["papers"].items()}


def asked_of(kind: str, rules: Iterable[DocumentRule]) -> list[dict[str, Any]]:
    """The papers that buyers of a kind are asked for under an estate's rules; a rule for the kind goes before a general one."""
    asked = {paper["code"]: dict(paper) for paper in standard_documents()[kind]}
    for rule in sorted(rules, key=lambda rule: rule.buyer_kind != ""):
        if rule.buyer_kind not in ("", kind):
            continue
        if rule.demand == DocumentRule.Demand.DROPPED:
            asked.pop(rule.code, None)
            continue
        known = asked.get(rule.code) or standard_papers().get(rule.code, {"hint": ""})
        said = {name: value for name, value in (("name", rule.name), ("hint", rule.hint)) if value}
        is_required = rule.demand == DocumentRule.Demand.REQUIRED
        asked[rule.code] = {"name": rule.code, **known, **said, "code": rule.code, "is_required": is_required}
    return list(asked.values())


def hints_of(handover: Handover) -> dict[str, str]:
    """What the counter looks at, by the paper's code; for papers asked for before a rule changed as well."""
    asked = asked_of(handover.buyer_kind, DocumentRule.objects.filter(estate=handover.estate_id))
    return {code: paper["hint"] for code, paper in standard_papers().items()} | {
        paper["code"]: paper.get("hint", "") for paper in asked
    }


def ask_for_documents(handover: Handover) -> None:
    """One row for each paper of this kind of buyer. What has come already stays; what is no longer asked for goes."""
    rules = DocumentRule.objects.filter(estate=handover.estate_id)
    wanted = {paper["code"]: paper for paper in asked_of(handover.buyer_kind, rules)}
    handover.documents.filter(received_at=None).exclude(code__in=wanted).delete()
    known = set(handover.documents.values_list("code", flat=True))
    Document.objects.bulk_create(
        Document(handover=handover, code=code, name=paper["name"], is_required=paper["is_required"])
        for code, paper in wanted.items()
        if code not in known
    )


def receive_documents(*, handover: Handover, codes: Sequence[str], by: User, at: datetime) -> Handover:
    """收到: the ticked papers have come; what was there before stays."""
    with working_on(handover, at) as handover:
        guards.may_keep_papers(handover, by)
        for paper in handover.documents.filter(code__in=codes, received_at=None):
            paper.received_at, paper.received_by = at, by
            paper.save(update_fields=["received_at", "received_by"])
            record(handover, "document.receive", by=by, at=at, node=handover.estate_id, paper=paper.name)
    return handover


def withdraw_document(*, document: Document, by: User, at: datetime) -> Document:
    """Ticked by mistake, or taken back by the owner: until the step is finished."""
    with working_on(document.handover, at) as handover:
        guards.may_withdraw_document(handover, by)
        changed = handover.documents.filter(pk=document.pk, received_at__isnull=False).update(
            received_at=None, received_by=None
        )
        if changed:
            record(handover, "document.withdraw", by=by, at=at, node=handover.estate_id, paper=document.name)
    return document


def attach_scans(*, document: Document, scans: Sequence[UploadedFile], by: User, at: datetime) -> None:
    """Scans of one paper, which thereby has come."""
    with working_on(document.handover, at) as handover:
        guards.may_keep_papers(handover, by)
        for scan in scans:
            try:
                attach(owner=document, slot=SCAN, upload=scan, by=by, at=at)
            except AttachmentError as error:
                raise Refused(str(error)) from None
    receive_documents(handover=handover, codes=[document.code], by=by, at=at)


def fill_owner_file(*, handover: Handover, values: Mapping[str, Any], by: User, at: datetime) -> OwnerFile:
    """《业主档案》, as the owner tells it; filled in again it is corrected. The journal names the fields, not their values."""
    with working_on(handover, at) as handover:
        guards.may_keep_papers(handover, by)
        if values.get("birthday") and values["birthday"] > local_date(at):
            raise Refused("生日不能在今天以后。")
        file = OwnerFile.objects.filter(handover=handover).first() or OwnerFile(handover=handover)
        changed = [name for name, value in values.items() if getattr(file, name) != value]
        if not changed and file.pk:
            return file
        for name in changed:
            setattr(file, name, values[name])
        file.filled_at, file.filled_by = at, by
        file.save()
        words = {one.name: str(one.verbose_name) for one in OwnerFile._meta.fields}
        labels = [words[name] for name in changed]
        note(handover, "owner_file", by=by, at=at, fields="、".join(labels))
    return file
