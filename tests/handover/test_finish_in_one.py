"""What a counter does at one click: papers kept and their step finished, all keys handed over (HND-1, HND-3, HND-5)."""

from __future__ import annotations

import pytest
from django.urls import reverse

from foundation.signatures.services import signed
from foundation.signatures.texts import digest
from handover.choices import StepKind
from handover.models import HouseKey
from handover.services.keys import hand_rest, keep_key
from handover.services.steps import is_done, take_step
from handover.signedpapers import text_of
from tests.complaints.pages import at
from tests.handover.factories import HOUR, MONDAY, at_step, fresh, journal, make_handover, refused
from tests.handover.houses import make_key
from tests.handover.signatures import prepare
from tests.signatures.drawings import NAME

pytestmark = pytest.mark.django_db
NOW = MONDAY + 2 * HOUR
Place = HouseKey.Place


def house_of(handover) -> str:
    return reverse("handover:house", args=[handover.pk])


def send_documents(cast, handover, *codes: str, then: str = "finish"):
    url = reverse("handover:documents", args=[handover.pk])
    with at(NOW):
        return cast.client(cast.service).post(url, {"codes": codes, "then": then})


def required(handover) -> list[str]:
    return list(handover.documents.filter(is_required=True).values_list("code", flat=True))


def test_documents_are_received_and_their_step_finished(cast):
    handover = at_step(cast, StepKind.DOCUMENTS)
    response = send_documents(cast, handover, *required(handover))
    assert is_done(handover, StepKind.DOCUMENTS)
    assert response.url == f"{house_of(handover)}#next"
    assert journal(handover)[-1] == "finish_step"


def test_what_is_not_all_there_is_kept_and_the_step_stays(cast):
    handover = at_step(cast, StepKind.DOCUMENTS)
    first, *_ = required(handover)
    response = send_documents(cast, handover, first)
    assert not is_done(handover, StepKind.DOCUMENTS)
    assert handover.documents.get(code=first).received_at
    page = cast.client(cast.service).get(house_of(handover)).content.decode()
    assert "还缺必需资料" in page
    assert response.url.endswith("#next")


def test_without_asking_the_step_stays(cast):
    handover = at_step(cast, StepKind.DOCUMENTS)
    response = send_documents(cast, handover, *required(handover), then="")
    assert not is_done(handover, StepKind.DOCUMENTS)
    assert response.url == f"{house_of(handover)}#documents"


def sign(cast, handover, kind: str, **more: str):
    url = reverse("handover:sign", args=[handover.pk, kind])
    given = {"signer": "王芳", "strokes": NAME, "seen": digest(text_of(handover, kind)), **more}
    with at(NOW):
        return cast.client(cast.service).post(url, given)


def test_a_paper_is_signed_and_its_step_finished(cast):
    handover = at_step(cast, StepKind.SAFETY)
    response = sign(cast, handover, StepKind.SAFETY, then="finish")
    assert response.status_code == 302, response.content.decode()[:400]
    assert response.url == f"{house_of(handover)}#next"
    assert is_done(handover, StepKind.SAFETY)


def test_of_a_step_that_is_not_its_turn_the_signature_is_kept(cast):
    handover = at_step(cast, StepKind.IDENTITY)
    assert "签名并完成这一步" not in page_to_sign(cast, handover)
    sign(cast, handover, StepKind.SAFETY, then="finish")
    assert signed(handover, StepKind.SAFETY)
    assert not is_done(handover, StepKind.SAFETY)


def page_to_sign(cast, handover) -> str:
    with at(NOW):
        url = reverse("handover:sign", args=[handover.pk, "safety"])
        return cast.client(cast.service).get(url).content.decode()


def test_the_button_is_offered_to_whoever_may_finish_the_step(cast):
    handover = at_step(cast, StepKind.SAFETY)
    assert "签名并完成这一步" in page_to_sign(cast, handover)
    take_step(handover=handover, kind=StepKind.SAFETY, by=cast.service_lead, at=NOW)
    assert "签名并完成这一步" not in page_to_sign(cast, handover)


def test_the_next_step_has_a_name_to_go_to(cast):
    handover = at_step(cast, StepKind.OWNER_FILE)
    prepare(handover, cast)
    page = cast.client(cast.service).get(house_of(handover)).content.decode()
    assert page.count('id="next"') == 1
    assert '<h2 id="next" tabindex="-1">填写《业主档案》</h2>' in page


def test_all_keys_but_the_kept_one_go_to_the_owner(cast):
    handover = at_step(cast, StepKind.KEYS)
    keys = [make_key(cast, f"1502-{number}", handover=handover) for number in (1, 2, 3)]
    keep_key(key=keys[2], holder="王芳", by=cast.service, at=NOW)
    page = cast.client(cast.service).get(reverse("handover:house_keys", args=[handover.pk])).content.decode()
    assert f"在钥匙柜的 2 件都交给{handover.buyer_name}" in page
    url = reverse("handover:hand_keys", args=[handover.pk])
    assert cast.client(cast.service).get(url).status_code == 405
    assert cast.client(cast.foreign_manager).post(url).status_code == 404
    assert cast.client(cast.engineering).post(url).status_code == 403
    assert cast.client(cast.service).post(url).status_code == 302
    assert [fresh(key).place for key in keys] == [Place.OWNER, Place.OWNER, Place.OFFICE]
    assert fresh(keys[0]).moves.get().holder == handover.buyer_name
    with refused("钥匙柜里没有这户要交给业主的钥匙"):
        hand_rest(house=handover.house, holder="王芳", by=cast.service, at=NOW)


def test_one_key_has_no_button_for_all(cast):
    handover = make_handover(cast)
    make_key(cast, handover=handover)
    page = cast.client(cast.service).get(reverse("handover:house_keys", args=[handover.pk])).content.decode()
    assert reverse("handover:hand_keys", args=[handover.pk]) not in page
