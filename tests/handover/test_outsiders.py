"""What those who are not meant to read something do not read: numbers, copies of documents, a builder's page (ORG-2, ORG-4)."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from datetime import date

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from estates.models import Owner, Tenant
from foundation.attachments.models import Attachment
from foundation.attachments.services import attach
from handover.choices import StepKind
from handover.models import Handover, HouseKey, KeyMove, MoveIn, OwnerFile, Pass
from handover.services.builders import GOOD_FOR, signed_key
from tests.handover.factories import DAY, MONDAY, SECOND, arrived, at_step, make_handover, photo
from tests.handover.houses import found, make_builder
from tests.handover.passes import release
from tests.handover.signatures import make_tenancy
from tests.test_access import TABLE, Things, at_estate

__all__ = ["at_estate"]

ID_CARD = "11010519491231002X"
NUMBERS = [f"1370000000{digit}" for digit in range(9)]


@pytest.fixture
def papers(monkeypatch):
    """A paper as its text, before it is laid out."""
    from django.template.loader import render_to_string

    def text(parts) -> bytes:
        return "".join(render_to_string(part.template, part.context) for part in parts).encode()

    monkeypatch.setattr("foundation.pdf.rendering.render_parts", text)


def numbered(things: Things) -> None:
    """Everybody of the estate's chapter gets a number of their own, and the buyer a document."""
    Handover.objects.update(buyer_phone=NUMBERS[0], buyer_id_type="id_card", buyer_id_number=ID_CARD)
    OwnerFile.objects.create(
        handover=things["handover"], birthday=date(1990, 5, 1), emergency_name="王强", emergency_mobile=NUMBERS[1],
        members=[{"name": "王小明", "relation": "儿子", "phone": NUMBERS[2]}], filled_at=MONDAY,
        filled_by=things["handover"].batch.opened_by,
    )  # fmt: skip
    MoveIn.objects.update(phone=NUMBERS[3], state="done", done_at=MONDAY)
    Pass.objects.update(carrier_phone=NUMBERS[4], consent_phone=NUMBERS[5], consent_at=MONDAY, consent="同意")
    HouseKey.objects.update(place="lent")
    KeyMove.objects.create(
        key=things["key"], kind="lent", holder="周工", holder_phone=NUMBERS[6], reason="维修", at=MONDAY,
        by=things["handover"].batch.opened_by,
    )  # fmt: skip
    Owner.objects.update(phone=NUMBERS[7])
    Tenant.objects.update(phone=NUMBERS[8])


def words(response) -> str:
    """All that an answer holds, also in the sheets of a file."""
    content = b"".join(response.streaming_content) if response.streaming else response.content
    if content[:2] != b"PK":
        return content.decode(errors="replace")
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        return "".join(book.read(name).decode() for name in book.namelist())


def readable(client: Client, things: Things) -> Iterator[tuple[str, str]]:
    """Every page and file of the chapter that is read, by its name, with its words; lists with all their rows."""
    for name, access in TABLE.items():
        if not name.startswith("handover:") or access.post:
            continue
        url = reverse(name, kwargs=access.about(things) if access.about else None)
        response = client.get(url, {"status": "all", "q": ""})
        if response.status_code == 200:
            yield name, words(response)


@pytest.mark.parametrize("role", ["auditor", "engineering_lead", "cashier", "service_lead"])
def test_no_page_file_or_paper_shows_a_whole_number(cast, at_estate, papers, role):
    things = at_estate(cast.estate_a1, cast.engineering)
    numbered(things)
    read = dict(readable(cast.client(getattr(cast, role)), things))
    assert {"handover:house", "handover:move_in_notice", "handover:pass_pdf", "handover:summary_xlsx"} <= read.keys()
    shown = {
        (name, number)
        for name, text in read.items()
        for number in (*NUMBERS, ID_CARD)
        if number in text and (name, role) != ("handover:house", "service_lead")
    }
    assert not shown


def test_the_builders_page_shows_no_one_who_lives_there(cast, at_estate, papers):
    things = at_estate(cast.estate_a1, cast.engineering)
    numbered(things)
    client = Client()
    for name in ("builder_page", "builder_page_list"):
        text = words(client.get(reverse(f"handover:{name}", args=[signed_key(things["builder"])])))
        assert things["defect"].number in text
        for secret in (*NUMBERS, ID_CARD, things["handover"].buyer_name, "王某", "租某"):
            assert secret not in text, secret


def test_a_builders_link_is_good_for_half_a_year(cast):
    builder = make_builder(cast)
    with time_machine.travel(MONDAY, tick=False):
        address = reverse("handover:builder_page", args=[signed_key(builder)])
    for at, status in ((MONDAY + GOOD_FOR, 200), (MONDAY + GOOD_FOR + SECOND, 404)):
        with time_machine.travel(at, tick=False):
            assert Client().get(address).status_code == status
            files = reverse("handover:builder_page_list", args=[address.split("/")[-2]])
            assert Client().get(files).status_code == status


@pytest.mark.parametrize(
    "change", [lambda signed: signed[:-1], lambda signed: "x" + signed[1:], lambda signed: "a.b.c"]
)
def test_a_builders_link_that_was_made_up_leads_nowhere(cast, change):
    signed = change(signed_key(make_builder(cast)))
    assert Client().get(reverse("handover:builder_page", args=[signed])).status_code == 404


def test_of_a_defect_only_the_photos_of_its_builder_are_shown(cast):
    """Not the copies of documents, nor what belongs to other kinds of records, whatever uuid is tried."""
    make_builder(cast)
    builder = make_builder(cast, "另一家", trades=("防水",))
    defect = found(cast, builder=builder)
    for owner, slot in ((defect, "after"), (defect, "rejected"), (defect.handover, "signature")):
        file = attach(owner=owner, slot=slot, upload=photo(), by=cast.service, at=MONDAY)
        address = reverse("handover:builder_photo", args=[signed_key(builder), file.uuid])
        assert Client().get(address).status_code == 404


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("service", 200), ("cashier", 200), ("archivist", 200), ("estate_manager", 200),
        ("engineering", 404), ("security", 404), ("auditor", 404), ("group_supervisor", 404), ("foreign_manager", 404),
    ],
)  # fmt: skip
def test_copies_of_documents_and_leases_are_for_those_who_may_see_whole_numbers(cast, who, status):
    handover = arrived(make_handover(cast), cast)
    scan = attach(owner=handover.documents.first(), slot="scan", upload=photo(), by=cast.service, at=MONDAY)
    lease = attach(owner=make_tenancy(cast), slot="lease", upload=photo(), by=cast.service, at=MONDAY)
    client = cast.client(getattr(cast, who))
    for file in (scan, lease):
        for name in ("attachments:shown", "attachments:thumb"):
            assert client.get(reverse(name, args=[file.uuid])).status_code == status


def test_who_may_not_read_a_copy_is_shown_that_it_is_there_and_no_link(cast):
    handover = at_step(cast, StepKind.DOCUMENTS)
    attach(owner=handover.documents.first(), slot="scan", upload=photo(), by=cast.service, at=MONDAY)
    move_in = make_tenancy(cast)
    attach(owner=move_in, slot="lease", upload=photo(), by=cast.service, at=MONDAY)
    pages = [reverse("handover:house", args=[handover.pk]), reverse("handover:move_in", args=[move_in.pk])]
    uuids = [str(file.uuid) for file in Attachment.objects.order_by("pk")]
    for page, uuid in zip(pages, uuids, strict=True):
        assert uuid in cast.client(cast.service).get(page).content.decode()
        assert uuid not in cast.client(cast.engineering).get(page).content.decode()
    assert "已上传 1 份" in cast.client(cast.engineering).get(pages[1]).content.decode()


def test_a_code_shows_nothing_to_who_is_not_logged_in(cast):
    given = release(cast)
    address = f"{reverse('handover:gate')}?code={given.code}"
    response = Client().get(address)
    assert response.status_code == 302
    assert response["Location"].startswith(reverse("account_login"))
    assert given.carrier not in response.content.decode()


def test_photos_of_a_fault_are_only_taken_from_those_who_inspect(cast):
    """Who may look at a house but not inspect it keeps nothing there."""
    handover = make_handover(cast)
    person = cast.hire("cashier", cast.estate_a1, "收银兼工程")
    person.posts.create(role="engineering", node_id=cast.estate_b1.pk, starts_on=date(2020, 1, 1))
    url = reverse("handover:register_defect", args=[handover.pk])
    data = {"client_key": "0b0e6b1e-5f0a-4d55-8a53-2d6a5a2d4b11", "photos": [photo()]}
    with time_machine.travel(MONDAY + DAY, tick=False):
        assert cast.client(person).post(url, data).status_code == 404
    assert not Attachment.objects.exists()
