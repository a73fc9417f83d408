"""签字: a step that needs a signature can't be completed without one (HND-5, fixed); the papers of a move-in (HND-6)."""

from __future__ import annotations

import io
import re

import pypdf
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from foundation.signatures.models import Signature
from foundation.signatures.services import signed
from foundation.signatures.texts import digest
from handover.choices import SIGNED, StepKind
from handover.models import HouseKey, MoveIn, OwnerFile
from handover.services.steps import finish_step, is_done, take_step
from handover.signedpapers import text_of, text_of_move_in, unsigned, unsigned_move_in
from handover.signpage import move_in_panels, sign_panels
from tests.complaints.pages import at
from tests.handover.factories import HOUR, MINUTE, arrived, at_step, entry, make_handover, photo, refused
from tests.handover.signatures import AT, make_tenancy, prepare, sign_paper, sign_tenancy
from tests.signatures.drawings import DOT, NAME

# Who works on each step.
BY = {"owner_file": "service", "safety": "service", "inspection": "engineering", "keys": "service_lead"}


def ready(cast, kind):
    """At the step, with all that its paper is about."""
    handover = at_step(cast, kind)
    prepare(handover, cast)
    return handover


# --- the service ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", sorted(SIGNED))
def test_without_a_signature_the_step_is_not_completed(cast, kind):
    handover, by = ready(cast, kind), getattr(cast, BY[kind])
    with refused("还没有签字"):
        finish_step(handover=handover, kind=kind, by=by, at=AT)
    assert not is_done(handover, kind)
    sign_paper(handover, kind, by=by)
    finish_step(handover=handover, kind=kind, by=by, at=AT + MINUTE)
    assert is_done(handover, kind)


def test_it_stands_in_the_timeline_with_its_paper_and_signer(cast):
    handover = ready(cast, StepKind.SAFETY)
    sign_paper(handover, StepKind.SAFETY, by=cast.service)
    said = entry(handover, "signature.sign")
    assert said.data == {"paper": "《安全责任书》", "signer": "王芳"}
    assert (said.by, said.node_id) == (cast.service, cast.estate_a1.pk)


def test_what_has_changed_since_is_signed_again(cast):
    handover = ready(cast, StepKind.OWNER_FILE)
    sign_paper(handover, StepKind.OWNER_FILE, by=cast.service)
    OwnerFile.objects.update(emergency_name="王刚")
    assert "签字后内容有变化" in unsigned(handover, StepKind.OWNER_FILE)
    with refused("签字后内容有变化"):
        finish_step(handover=handover, kind=StepKind.OWNER_FILE, by=cast.service, at=AT)
    sign_paper(handover, StepKind.OWNER_FILE, by=cast.service)
    assert unsigned(handover, StepKind.OWNER_FILE) == ""
    assert signed(handover, StepKind.OWNER_FILE).round == 2


def test_the_same_paper_is_signed_once(cast):
    handover = ready(cast, StepKind.SAFETY)
    sign_paper(handover, StepKind.SAFETY, by=cast.service)
    with refused("已经签过"):
        sign_paper(handover, StepKind.SAFETY, by=cast.service)
    assert Signature.objects.count() == 1


@pytest.mark.parametrize(
    ("kind", "sentence"), [("owner_file", "请先填写《业主档案》"), ("keys", "还没有登记这户的钥匙")]
)
def test_nobody_signs_what_is_not_there_yet(cast, kind, sentence):
    with refused(sentence):
        sign_paper(at_step(cast, kind), kind, by=cast.service)
    assert not Signature.objects.exists()


def test_keys_are_signed_for_when_they_are_handed_out(cast):
    handover = ready(cast, StepKind.KEYS)
    HouseKey.objects.update(place=HouseKey.Place.OFFICE)
    with refused("还有钥匙没有交给业主"):
        sign_paper(handover, StepKind.KEYS, by=cast.service)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [({"strokes": DOT}, "不像一个签名"), ({"strokes": ""}, "请签名"), ({"signer": " "}, "签名人")],
)
def test_a_dot_is_no_signature_and_nothing_is_half_done(cast, given, sentence):
    handover = ready(cast, StepKind.SAFETY)
    with refused(sentence):
        sign_paper(handover, StepKind.SAFETY, by=cast.service, **given)
    assert signed(handover, StepKind.SAFETY) is None
    with refused("还没有签字"):
        finish_step(handover=handover, kind=StepKind.SAFETY, by=cast.service, at=AT)


def test_a_finished_step_is_not_signed_again(cast):
    handover = ready(cast, StepKind.INSPECTION)
    with refused("办完"):
        sign_paper(handover, StepKind.SAFETY, by=cast.service)


def test_before_the_arrival_nothing_is_signed(cast):
    with refused("业主还没有到场"):
        sign_paper(make_handover(cast), StepKind.SAFETY, by=cast.service)


def test_the_counter_that_works_on_it_has_it_signed(cast):
    handover = arrived(make_handover(cast), cast)
    take_step(handover=handover, kind=StepKind.SAFETY, by=cast.archivist, at=AT)
    with refused("正在办理"):
        sign_paper(handover, StepKind.SAFETY, by=cast.service)
    assert sign_paper(handover, StepKind.SAFETY, by=cast.archivist)


@pytest.mark.parametrize(
    ("kind", "other"), [("safety", "cashier"), ("inspection", "archivist"), ("keys", "engineering")]
)
def test_who_does_not_work_on_the_step_is_refused(cast, kind, other):
    handover = ready(cast, kind)
    with refused("您的岗位不能办理"):
        sign_paper(handover, kind, by=getattr(cast, other))


def test_a_step_without_a_paper_is_not_signed(cast):
    with refused("不需要签字"):
        sign_paper(at_step(cast, StepKind.FEES), StepKind.FEES, by=cast.service)
    assert unsigned(at_step(cast, StepKind.FEES, number="1503"), StepKind.FEES) == ""


# --- moving in --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", ["tenant_file", "safety", "undertaking"])
def test_the_papers_of_a_tenancy_are_signed_one_by_one(cast, code):
    move_in = make_tenancy(cast)
    assert "还没有签字" in unsigned_move_in(move_in, code)
    sign_tenancy(move_in, code, by=cast.service)
    assert unsigned_move_in(move_in, code) == ""
    assert [one for one in ("tenant_file", "safety", "undertaking") if not unsigned_move_in(move_in, one)] == [code]
    MoveIn.objects.update(name="王五")
    assert "签字后内容有变化" in unsigned_move_in(MoveIn.objects.get(), code)


def test_after_the_move_in_nothing_is_signed(cast):
    move_in = make_tenancy(cast, state=MoveIn.State.DONE)
    with refused("入住已经办完"):
        sign_tenancy(move_in, "safety", by=cast.service)


def test_an_owner_signs_nothing_more(cast):
    with refused("不需要这份文件"):
        sign_tenancy(make_tenancy(cast, is_tenant=False), "safety", by=cast.service)


def test_only_the_desk_has_a_tenant_sign(cast):
    with refused("您的岗位不能办理入住签字"):
        sign_tenancy(make_tenancy(cast), "safety", by=cast.cashier)


# --- the pages --------------------------------------------------------------------------------------------------------


def url_of(kind: str, subject) -> str:
    if isinstance(subject, MoveIn):
        return reverse("handover:sign_move_in", args=[subject.pk, kind])
    return reverse("handover:sign", args=[subject.pk, kind])


def asked(text: str, **given) -> dict:
    return {"signer": "王芳", "strokes": NAME, "seen": digest(text)} | given


def post(cast, who, subject, kind, data, moment=AT):
    with at(moment):
        return cast.client(getattr(cast, who)).post(url_of(kind, subject), data)


@pytest.mark.parametrize("kind", sorted(SIGNED))
def test_the_page_shows_the_text_and_takes_the_signature(cast, kind):
    handover = ready(cast, kind)
    text = text_of(handover, kind)
    with at(AT):
        page = cast.client(getattr(cast, BY[kind])).get(url_of(kind, handover)).content.decode()
    for line in text.splitlines():
        if line.startswith("- "):
            assert line[2:] in page
    assert f'value="{digest(text)}"' in page
    assert "data-signature" in page
    assert post(cast, BY[kind], handover, kind, asked(text)).status_code == 302
    found = signed(handover, kind)
    assert (found.text, found.signer, found.at, found.by) == (text.strip(), "王芳", AT, getattr(cast, BY[kind]))


def test_a_scan_is_taken_too(cast):
    handover = ready(cast, StepKind.SAFETY)
    scan = SimpleUploadedFile("责任书.pdf", b"%PDF-1.4\nstartxref\n%%EOF")
    data = asked(text_of(handover, StepKind.SAFETY), strokes="", scan=scan)
    assert post(cast, "service", handover, "safety", data).status_code == 302
    assert signed(handover, "safety").picture.name == "责任书.pdf"


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"strokes": DOT}, "这不像一个签名"),
        ({"strokes": ""}, "请在框内签名，或上传签好字的纸质件。"),
        ({"signer": ""}, "请填写签名人。"),
        ({"seen": digest("旧的文字")}, "文件内容刚刚有变化，请重新阅读后再签名。"),
        ({"strokes": "", "scan": SimpleUploadedFile("a.jpg", b"no picture")}, "不支持这种文件"),
        ({"scan": photo()}, "屏幕签名和扫描件只能选一种"),
    ],
)
def test_what_is_wrong_comes_back_with_what_was_written(cast, given, sentence):
    handover = ready(cast, StepKind.SAFETY)
    data = asked(text_of(handover, StepKind.SAFETY), signer="王小芳") | given
    response = post(cast, "service", handover, "safety", data)
    page = response.content.decode()
    assert response.status_code == 422
    assert sentence in page
    assert data["signer"] in page
    assert data["strokes"].replace('"', "&quot;") in page
    assert not Signature.objects.exists()


def test_done_twice_it_is_kept_once(cast):
    handover = ready(cast, StepKind.SAFETY)
    data = asked(text_of(handover, StepKind.SAFETY))
    assert post(cast, "service", handover, "safety", data).status_code == 302
    again = post(cast, "service", handover, "safety", data)
    assert again.status_code == 422
    assert "重签请写明原因" in again.content.decode()
    assert Signature.objects.count() == 1
    assert post(cast, "service", handover, "safety", data | {"reason": "签名人写错"}).status_code == 302
    assert signed(handover, "safety").reason == "签名人写错"


def test_what_is_refused_now_shows_its_reason_and_no_field(cast):
    handover = at_step(cast, StepKind.OWNER_FILE)
    with at(AT):
        page = cast.client(cast.service).get(url_of("owner_file", handover)).content.decode()
    assert "请先填写《业主档案》。" in page
    assert "data-signature" not in page


@pytest.mark.parametrize(
    ("kind", "other"), [("safety", "cashier"), ("inspection", "archivist"), ("keys", "engineering")]
)
def test_a_role_without_the_steps_right_is_403(cast, kind, other):
    handover = ready(cast, kind)
    data = asked(text_of(handover, kind))
    assert post(cast, other, handover, kind, data).status_code == 403
    assert cast.client(getattr(cast, other)).get(url_of(kind, handover)).status_code == 403


def test_another_estate_is_404(cast):
    handover = ready(cast, StepKind.SAFETY)
    move_in = make_tenancy(cast)
    sign_paper(handover, "safety", by=cast.service)
    sign_tenancy(move_in, "safety", by=cast.service)
    client = cast.client(cast.foreign_manager)
    for subject, paper in ((handover, "paper"), (move_in, "move_in_paper")):
        assert client.get(url_of("safety", subject)).status_code == 404
        assert client.post(url_of("safety", subject), {}).status_code == 404
        assert client.get(reverse(f"handover:{paper}", args=[subject.pk, "safety"])).status_code == 404


@pytest.mark.parametrize("kind", ["fees", "nothing", "tenant_file"])
def test_what_is_not_signed_at_a_handover_has_no_page(cast, kind):
    handover = arrived(make_handover(cast), cast)
    assert cast.client(cast.service).get(url_of(kind, handover)).status_code == 404


def test_a_tenant_signs_on_a_page_of_its_own(cast):
    move_in = make_tenancy(cast)
    data = asked(text_of_move_in(move_in, "tenant_file"), signer="李四")
    assert post(cast, "service", move_in, "tenant_file", data).status_code == 302
    assert signed(move_in, "tenant_file").signer == "李四"
    assert post(cast, "cashier", move_in, "safety", data).status_code == 403
    assert cast.client(cast.service).get(url_of("keys", move_in)).status_code == 404


# --- the signed paper -------------------------------------------------------------------------------------------------


def test_the_signed_paper_stays_as_it_was_signed(cast):
    handover = ready(cast, StepKind.OWNER_FILE)
    client, url = cast.client(cast.auditor), reverse("handover:paper", args=[handover.pk, "owner_file"])
    assert client.get(url).status_code == 404, "nobody has signed"
    sign_paper(handover, StepKind.OWNER_FILE, by=cast.service)
    text = text_of(handover, StepKind.OWNER_FILE)
    OwnerFile.objects.update(emergency_name="王刚")
    response = client.get(url)
    assert response["Content-Type"] == "application/pdf"
    words = "".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(response.content)).pages)
    words = re.sub(r"\s", "", words)
    assert digest(text) in words
    assert "王强" in words
    assert "王刚" not in words
    assert handover.batch.number in words


def test_who_may_see_the_house_may_see_its_signature(cast):
    handover = ready(cast, StepKind.SAFETY)
    picture = sign_paper(handover, StepKind.SAFETY, by=cast.service).picture
    url = reverse("attachments:shown", args=[picture.uuid])
    assert cast.client(cast.auditor).get(url).status_code == 200
    assert cast.client(cast.foreign_manager).get(url).status_code == 404
    assert cast.client(cast.environment).get(url).status_code == 404


# --- the panels on other pages ----------------------------------------------------------------------------------------


def test_the_panels_say_what_is_signed_and_what_may_be(cast, django_assert_max_num_queries):
    handover = ready(cast, StepKind.SAFETY)
    sign_paper(handover, StepKind.SAFETY, by=cast.service, at=AT - HOUR)
    with django_assert_max_num_queries(25):
        panels = sign_panels(handover, cast.service)
    assert set(panels) == {kind.value for kind in SIGNED}
    assert (panels["safety"].is_signed, panels["safety"].why_not) == (True, "")
    assert (panels["keys"].is_signed, panels["keys"].why_not) == (False, "")
    assert "办完" in panels["owner_file"].why_not
    assert "您的岗位不能办理" in sign_panels(handover, cast.engineering)["keys"].why_not


def test_a_changed_paper_shows_that_it_has_changed(cast):
    handover = at_step(cast, StepKind.OWNER_FILE)
    prepare(handover, cast)
    sign_paper(handover, StepKind.OWNER_FILE, by=cast.service)
    OwnerFile.objects.update(pets="犬")
    panel = sign_panels(handover, cast.service)["owner_file"]
    assert (panel.is_signed, panel.has_changed) == (False, True)


def test_the_panels_of_a_tenancy_come_in_the_order_of_signing(cast):
    assert list(move_in_panels(make_tenancy(cast), cast.service)) == ["tenant_file", "safety", "undertaking"]
