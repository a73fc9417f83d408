"""The pages of 出门条 and the gate (HND-7): what they show, do, refuse, and to whom."""

from __future__ import annotations

import io
from datetime import timedelta
from functools import partial

import pytest
import time_machine
from django.db import connection
from django.template.loader import render_to_string
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from python_calamine import CalamineWorkbook

from handover.models import Pass, PassRule
from handover.passpapers import pass_pdf
from handover.services.passes import use_pass
from tests.complaints.test_at_once import at_once
from tests.handover.factories import DAY, HOUR, MONDAY, fresh, journal
from tests.handover.passes import TODAY, YES, make_home, owes, release

State = Pass.State
PASSES, EXPORT, GATE = (reverse(f"handover:{name}") for name in ("passes", "passes_export", "gate"))


def url(name: str, row) -> str:
    return reverse(f"handover:{name}", args=[row.pk])


def get(cast, address, *, by=None, at=MONDAY, **data):
    with time_machine.travel(at, tick=False):
        return cast.client(by or cast.service).get(address, data)


def post(cast, address, data=None, *, by=None, at=MONDAY):
    with time_machine.travel(at, tick=False):
        return cast.client(by or cast.service).post(address, data or {})


def typed(**options) -> dict:
    return {
        "carrier_kind": "tenant", "carrier": "李租", "reason": "temporary", "valid_on": "2026-03-02", "answer": "yes",
        "consent_at": "2026-03-02T08:30", "consent": "同意", "name_furniture": "沙发", "count_furniture": "2",
        "count_carton": "6", **options,
    }  # fmt: skip


# --- made -----------------------------------------------------------------------------------------------------------


def test_the_house_is_found_by_its_owner(cast):
    house = make_home(cast)
    found = get(cast, reverse("handover:choose_pass_house"), q="黄桂兰").content.decode()
    assert url("make_pass", house) in found
    assert "138****5678" in found
    assert "13812345678" not in found
    assert "没有找到" in get(cast, reverse("handover:choose_pass_house"), q="无此人").content.decode()


def test_the_form_makes_a_pass_with_its_goods(cast):
    response = post(cast, url("make_pass", make_home(cast)), typed())
    made = Pass.objects.get()
    assert response["Location"] == url("pass", made)
    assert [str(one) for one in made.items.all()] == ["沙发×2", "纸箱×6"]
    assert made.consent_phone == "13812345678"


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"answer": "none"}, "联系不上业主"),
        ({"count_furniture": "0"}, "数量至少为 1"),
        ({"name_furniture": "", "count_furniture": "", "count_carton": ""}, "请至少登记一件大件物品"),
        ({"valid_on": "2026-02-30"}, "有效日期"),
        ({"valid_on": "2026-03-10"}, "有效日期应在今天到 2026-03-09 之间"),
    ],
)
def test_what_was_typed_stays_with_the_sentence(cast, given, sentence):
    response = post(cast, url("make_pass", make_home(cast)), typed(**given))
    page = response.content.decode()
    assert response.status_code == 422
    assert sentence in page
    assert 'value="李租"' in page
    assert not Pass.objects.exists()


def test_the_form_shows_what_is_unpaid_and_what_comes_often(cast):
    house = make_home(cast)
    page = get(cast, url("make_pass", house)).content.decode()
    assert "没有欠费" in page
    assert "即为频繁放行" not in page
    owes(house, "1503.60", cast)
    for _ in range(2):
        release(cast, house)
    page = get(cast, url("make_pass", house)).content.decode()
    assert "1503.60 元" in page
    assert "再开一张即为频繁放行" in page


# --- the list ---------------------------------------------------------------------------------------------------------


def test_tabs_filters_and_file_hold_the_same_rows(cast):
    house = make_home(cast)
    today, tomorrow = release(cast, house, vehicle="浙A12345"), release(cast, house, valid_on=TODAY + timedelta(1))
    used = use_pass(release=release(cast, house), by=cast.security, at=MONDAY)
    for status, rows in (("today", [today]), ("ready", [today, tomorrow]), ("used", [used]), ("waiting", [])):
        page = get(cast, PASSES, status=status).content.decode()
        assert [one.number in page for one in (today, tomorrow, used)] == [
            one in rows for one in (today, tomorrow, used)
        ]
        sheet = CalamineWorkbook.from_filelike(io.BytesIO(get(cast, EXPORT, status=status).content)).get_sheet_by_index(
            0
        )
        assert {row[0] for row in sheet.to_python()[1:]} == {one.number for one in rows}
    assert used.number not in get(cast, PASSES, status="all", q="12345").content.decode()
    assert today.number in get(cast, PASSES, status="all", q="浙A12345").content.decode()
    assert today.number in get(cast, PASSES, status="all", q="3-2-1502").content.decode()
    page = get(cast, PASSES, status="closed", at=MONDAY + DAY).content.decode()
    assert today.number in page
    assert "已过期" in page
    assert used.number in get(cast, PASSES, status="all", frequent="on").content.decode()


def test_the_list_asks_no_more_for_more_rows(cast):
    house = make_home(cast)
    release(cast, house)
    few = _queries(cast)
    for _ in range(8):
        release(cast, house)
    assert _queries(cast) == few


def _queries(cast) -> int:
    client = cast.client(cast.service)
    with (
        time_machine.travel(MONDAY, tick=False),
        CaptureQueriesContext(
            connection,
        ) as found,
    ):
        client.get(PASSES)
    return len(found)


# --- the record and its verbs -----------------------------------------------------------------------------------------


def test_the_record_shows_its_code_while_it_is_good(cast):
    given = release(cast, make_home(cast), carrier_kind="helper", carrier="老周", consent=YES)
    page = get(cast, url("pass", given)).content.decode()
    assert given.shown_code in page
    assert "同意租户搬出" in page
    assert given.shown_code not in get(cast, url("pass", given), at=MONDAY + DAY).content.decode()
    assert get(cast, url("pass_qr", given))["Content-Type"] == "image/svg+xml"
    assert get(cast, url("pass_pdf", given)).content.startswith(b"%PDF")


def test_on_paper_the_code_stands_only_while_it_is_good(cast, monkeypatch):
    pages = []
    monkeypatch.setattr(
        "foundation.pdf.render", lambda name, context, images: pages.append(render_to_string(name, context))
    )
    given = release(cast)
    pass_pdf(given, MONDAY)
    pass_pdf(given, MONDAY + DAY)
    pass_pdf(use_pass(release=given, by=cast.security, at=MONDAY), MONDAY)
    assert [given.shown_code in page for page in pages] == [True, False, False]
    assert ["已过期，不能凭此放行" in page for page in pages] == [False, True, False]
    assert "已放行，不能凭此放行" in pages[2]


def test_the_manager_decides_on_the_page(cast):
    house = make_home(cast)
    owes(house, "1503.60", cast)
    given = release(cast, house, reason="move_out")
    decide = partial(post, cast, url("decide_pass", given), by=cast.estate_manager)
    assert "决定是否放行" in get(cast, url("pass", given), by=cast.estate_manager).content.decode()
    assert "决定是否放行" not in get(cast, url("pass", given)).content.decode()
    response = decide({"allow": "yes", "decision": ""})
    assert response.status_code == 422
    assert "请写明决定的理由" in response.content.decode()
    assert decide({"allow": "yes", "decision": "已签分期协议"}).status_code == 302
    assert fresh(given).state == State.READY
    again = decide({"allow": "no", "decision": "想想还是不行"})
    assert again.status_code == 422
    assert "已经决定过了" in again.content.decode()
    assert "想想还是不行" in again.content.decode()
    assert fresh(given).decision == "已签分期协议"


def test_cancelling_twice_changes_nothing(cast):
    given = release(cast)
    assert post(cast, url("cancel_pass", given), {"reason": "改日搬"}).status_code == 302
    assert post(cast, url("cancel_pass", given), {"reason": "再作废"}).status_code == 422
    assert journal(given, prefix="pass.") == ["make", "cancel"]


@pytest.mark.parametrize(
    ("verb", "by", "without"),
    [
        ("decide_pass", "estate_manager", "service_lead"),
        ("cancel_pass", "service", "security"),
        ("use_pass", "security", "service"),
    ],
)
def test_a_verb_refuses_get_strangers_and_other_posts(cast, verb, by, without):
    given = release(cast)
    assert get(cast, url(verb, given), by=getattr(cast, by)).status_code == 405
    assert post(cast, url(verb, given), by=getattr(cast, without)).status_code == 403
    assert post(cast, url(verb, given), by=cast.foreign_manager).status_code == 404
    assert fresh(given).state == State.READY


# --- the gate ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("write", [str, str.lower, lambda code: f" {code[:4]}-{code[4:]} "])
def test_the_guard_types_the_code_looks_and_lets_it_out(cast, write):
    given = release(cast)
    page = get(cast, GATE, by=cast.security, code=write(given.code)).content.decode()
    assert "可以放行，请核对" in page
    assert "沙发 × 2" in page
    assert fresh(given).state == State.READY, "looking uses nothing"
    assert post(cast, url("use_pass", given), by=cast.security)["Location"] == GATE
    assert fresh(given).used_by == cast.security


def test_what_the_camera_reads_is_the_address_of_the_gate(cast):
    given = release(cast)
    page = get(cast, GATE, by=cast.security, code=f"https://dudao.example{GATE}?code={given.code}")
    assert given.number in page.content.decode()


@pytest.mark.parametrize("code", ["", "ABC", "ABCDEFGH", "一二三四五六七八", "ABCD\0EFGH"])
def test_a_code_that_is_none_is_said(cast, code):
    response = get(cast, GATE, by=cast.security, code=code)
    assert response.status_code == 422
    assert "放行码" in response.content.decode()


def test_a_pass_of_another_estate_is_none_here(cast):
    given = release(cast, make_home(cast, estate=cast.estate_b1), by=cast.foreign_manager)
    response = get(cast, GATE, by=cast.security, code=given.code)
    assert response.status_code == 422
    assert "没有这张出门条" in response.content.decode()


def test_read_twice_or_after_its_day_the_page_says_why_not(cast):
    given, late = release(cast), release(cast)
    for number, status in enumerate((302, 422)):
        assert post(cast, url("use_pass", given), by=cast.security, at=MONDAY + number * HOUR).status_code == status
    page = get(cast, GATE, by=cast.security, code=given.code, at=MONDAY + HOUR).content.decode()
    assert f"已经用过：2026-03-02 09:00 由{cast.security.name}放行" in page
    assert "物品相符，放行" not in page
    response = post(cast, url("use_pass", late), by=cast.security, at=MONDAY + DAY)
    assert response.status_code == 422
    assert "已过有效日期" in response.content.decode()
    assert fresh(late).state == State.READY


@pytest.mark.django_db(transaction=True)
def test_two_phones_at_two_gates(cast):
    given = release(cast)
    clients = [cast.client(cast.security), cast.client(cast.control_room)]
    answers: list[int] = []
    with time_machine.travel(MONDAY, tick=False):
        at_once(*(lambda one=one: answers.append(one.post(url("use_pass", given)).status_code) for one in clients))
    assert sorted(answers) == [302, 422]
    assert journal(given, prefix="pass.") == ["make", "use"]


# --- the estate's own rule --------------------------------------------------------------------------------------------


def test_an_administrator_sets_the_rule_and_it_is_journalled(cast):
    client = cast.client(cast.administrator)
    given = {"estate": cast.estate_a1.pk, "frequent_passes": 2, "frequent_days": 3, "holds_tenants": "on"}
    assert client.post(reverse("admin:handover_passrule_add"), given).status_code == 302
    rule = PassRule.objects.get()
    assert (rule.frequent_passes, rule.frequent_days, rule.holds_tenants) == (2, 3, True)
    wrong = client.post(reverse("admin:handover_passrule_change", args=[rule.pk]), {**given, "frequent_passes": 1})
    assert wrong.status_code == 200
    assert (
        client.post(
            reverse("admin:handover_passrule_change", args=[rule.pk]), {**given, "frequent_passes": 4}
        ).status_code
        == 302
    )
    assert fresh(rule).frequent_passes == 4
    assert journal(rule, prefix="pass_rule.") == ["change", "change"]
