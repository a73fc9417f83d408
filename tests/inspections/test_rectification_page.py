"""整改单: the record and its verbs as pages."""

from datetime import timedelta

import pytest
from django.urls import reverse

from foundation.attachments.models import Attachment
from inspections.choices import Tier
from inspections.models import Extension
from inspections.services.extensions import ask_extension
from inspections.services.rectifications import attach_evidence, submit_rectification
from tests.inspections.factories import TODAY, day, make_rectification, photo
from tests.inspections.pages import at

LATER = TODAY + timedelta(days=9)


@pytest.fixture(autouse=True)
def now():
    with at(day(1)):
        yield


@pytest.fixture
def rectification(cast):
    return make_rectification(cast.estate_a1, by=cast.security, code="photo", note="柜门没关")


@pytest.fixture
def handed_in(cast, rectification):
    attach_evidence(rectification=rectification, photos=[photo()], by=cast.engineering_lead, at=day(1))
    return submit_rectification(rectification=rectification, by=cast.engineering_lead, at=day(1), measures="已关门")


@pytest.fixture
def asked(cast, rectification):
    return ask_extension(rectification=rectification, by=cast.engineering, at=day(1), due_on=LATER, reason="等配件")


def page(cast, user, rectification):
    return cast.client(user).get(reverse("inspections:rectification", args=[rectification.pk]))


def post(cast, user, verb, pk, data=None):
    return cast.client(user).post(reverse(f"inspections:{verb}", args=[pk]), data or {})


def labels(response):
    return {verb.label: verb.why_not for verb in response.context["verbs"]}


class TestRecord:
    def test_it_shows_what_failed_and_until_when(self, cast, rectification):
        text = page(cast, cast.engineering, rectification).content.decode()
        for words in (rectification.number, "配电柜外观", "柜门关闭，无积灰。", "柜门没关"):
            assert words in text
        assert "2026-11-20 24:00" in text
        assert "整改前照片" in text

    def test_the_ladder_shows_what_is_to_come(self, cast, rectification):
        steps = page(cast, cast.engineering, rectification).context["steps"]
        assert [step["name"] for step in steps] == ["部门主管", "项目经理", "分公司督导", "集团督导"]
        assert not any(step.get("taken") for step in steps)

    def test_a_repeat_leads_to_the_earlier_one(self, cast):
        first = make_rectification(cast.estate_a1, by=cast.security, at=day(-5))
        again = make_rectification(cast.estate_a1, by=cast.security)
        response = page(cast, cast.engineering, again)
        assert response.context["history"] == [first]
        assert "前一次发生" in response.content.decode()

    @pytest.mark.parametrize(
        ("role", "expected"),
        [
            ("engineering", {"提交整改": "", "申请延期": ""}),
            ("engineering_lead", {"提交整改": "", "申请延期": "", "指派责任人": ""}),
            ("security", {"提交整改": "这张整改单由工程负责，您不能提交整改。"}),
            ("branch_supervisor", {}),
            ("auditor", {}),
        ],
    )
    def test_the_verbs_while_it_is_open(self, cast, rectification, role, expected):
        assert labels(page(cast, getattr(cast, role), rectification)) == expected

    @pytest.mark.parametrize(
        ("role", "expected"),
        [
            ("engineering_lead", {"复查通过": "不能复查自己提交的整改，请由另一人复查。", "指派责任人": ""}),
            ("security_lead", {"复查通过": "", "复查不通过": ""}),
            ("branch_supervisor", {"复查通过": "", "复查不通过": ""}),
            ("engineering", {}),
        ],
    )
    def test_the_verbs_while_it_waits_for_recheck(self, cast, handed_in, role, expected):
        assert labels(page(cast, getattr(cast, role), handed_in)) == expected

    def test_a_waiting_request_is_offered_to_who_decides(self, cast, rectification, asked):
        lead = labels(page(cast, cast.engineering_lead, rectification))
        assert (lead["批准延期"], lead["不批准延期"]) == ("", "")
        manager = labels(page(cast, cast.estate_manager, rectification))
        assert manager["批准延期"] == "这份延期申请要由工程主管批准。"
        assert labels(page(cast, cast.engineering, rectification))["申请延期"] == "已经有一份延期申请在等待批准。"

    @pytest.mark.parametrize("user", ["foreign_manager", "foreign_engineering"])
    def test_elsewhere_it_does_not_exist(self, cast, rectification, user):
        assert page(cast, getattr(cast, user), rectification).status_code == 404

    @pytest.mark.parametrize("role", ["cashier", "archivist"])
    def test_a_role_without_the_right(self, cast, rectification, role):
        assert page(cast, getattr(cast, role), rectification).status_code == 403

    @pytest.mark.parametrize("role", ["engineering_lead", "estate_manager", "group_supervisor"])
    def test_its_queries_do_not_grow(self, cast, rectification, asked, role, django_assert_max_num_queries):
        for days in range(2, 6):
            make_rectification(cast.estate_a1, by=cast.security, code="photo", at=day(-days))
        client = cast.client(getattr(cast, role))
        with django_assert_max_num_queries(18):
            assert client.get(reverse("inspections:rectification", args=[rectification.pk])).status_code == 200


VERBS = [
    ("submit_rectification", "engineering", "branch_supervisor"),
    ("pass_recheck", "estate_manager", "engineering"),
    ("fail_recheck", "estate_manager", "auditor"),
    ("assign", "engineering_lead", "branch_supervisor"),
    ("ask_extension", "engineering", "branch_supervisor"),
]


@pytest.mark.parametrize(("verb", "holder", "other"), VERBS)
class TestEveryVerb:
    def test_get_is_refused(self, cast, rectification, verb, holder, other):
        url = reverse(f"inspections:{verb}", args=[rectification.pk])
        assert cast.client(getattr(cast, holder)).get(url).status_code == 405

    def test_elsewhere_it_does_not_exist(self, cast, verb, holder, other):
        manager = cast.hire("branch_supervisor", cast.branch_b, "supervisor_b")
        foreign = make_rectification(cast.estate_b1, by=manager, tier=Tier.BRANCH)
        assert post(cast, getattr(cast, holder), verb, foreign.pk).status_code == 404

    def test_a_role_without_the_right(self, cast, rectification, verb, holder, other):
        assert post(cast, getattr(cast, other), verb, rectification.pk).status_code == 403


class TestSubmit:
    def test_it_works_with_photos(self, cast, rectification):
        data = {"measures": "已关门", "photos": [photo(), photo("2.jpg", color="red")]}
        response = post(cast, cast.engineering, "submit_rectification", rectification.pk, data)
        assert response.status_code == 302
        rectification.refresh_from_db()
        assert (rectification.state, rectification.rectified_by) == ("recheck", cast.engineering)
        assert Attachment.objects.for_owner(rectification, slot="after").count() == 2

    def test_without_words_the_photos_and_the_page_stay(self, cast, rectification):
        response = post(cast, cast.engineering, "submit_rectification", rectification.pk, {"photos": [photo()]})
        assert response.status_code == 422
        text = response.content.decode()
        assert "请写明采取的整改措施。" in text
        assert "已上传的照片" in text
        again = post(cast, cast.engineering, "submit_rectification", rectification.pk, {"measures": "已关门"})
        assert again.status_code == 302

    def test_without_a_photo_the_words_stay(self, cast, rectification):
        response = post(cast, cast.engineering, "submit_rectification", rectification.pk, {"measures": "已关门并清扫"})
        assert response.status_code == 422
        assert "请附上整改后的照片" in response.content.decode()
        assert "已关门并清扫" in response.content.decode()

    def test_twice_is_refused_with_its_sentence_and_the_words_stay(self, cast, handed_in):
        response = post(cast, cast.engineering, "submit_rectification", handed_in.pk, {"measures": "又一次"})
        assert response.status_code == 422
        assert "正在等待复查" in response.content.decode()
        assert "又一次" in response.content.decode()
        handed_in.refresh_from_db()
        assert handed_in.measures == "已关门"

    def test_what_is_no_photo_is_named(self, cast, rectification):
        bad = photo("合同.jpg")
        bad.file.seek(0)
        bad.file.truncate()
        bad.file.write(b"not a photo")
        bad.size = 11
        data = {"measures": "已关门", "photos": [bad]}
        response = post(cast, cast.engineering, "submit_rectification", rectification.pk, data)
        assert response.status_code == 422
        assert "合同.jpg" in response.content.decode()

    def test_a_repeat_asks_for_its_cause(self, cast):
        make_rectification(cast.estate_a1, by=cast.security, at=day(-5))
        again = make_rectification(cast.estate_a1, by=cast.security)
        response = post(cast, cast.engineering, "submit_rectification", again.pk, {"measures": "换灯"})
        assert response.status_code == 422
        assert "原因分析" in response.content.decode()


class TestRecheck:
    def test_passing_closes_it(self, cast, handed_in):
        assert post(cast, cast.estate_manager, "pass_recheck", handed_in.pk).status_code == 302
        handed_in.refresh_from_db()
        assert handed_in.state == "closed"

    def test_the_rectifier_is_refused_in_words(self, cast, handed_in):
        response = post(cast, cast.engineering_lead, "pass_recheck", handed_in.pk)
        assert response.status_code == 422
        assert "不能复查自己提交的整改，请由另一人复查。" in response.content.decode()
        handed_in.refresh_from_db()
        assert handed_in.state == "recheck"

    def test_failing_sends_it_back(self, cast, handed_in):
        response = post(cast, cast.estate_manager, "fail_recheck", handed_in.pk, {"reason": "仍有积灰"})
        assert response.status_code == 302
        handed_in.refresh_from_db()
        assert (handed_in.state, handed_in.rejections) == ("open", 1)

    def test_sent_back_the_page_says_why_and_asks_for_new_photos(self, cast, handed_in):
        post(cast, cast.estate_manager, "fail_recheck", handed_in.pk, {"reason": "仍有积灰"})
        response = page(cast, cast.engineering, handed_in)
        assert "项目经理甲复查不通过：仍有积灰" in response.content.decode()
        assert (len(response.context["after"]), response.context["kept"]) == (1, [])

    def test_failing_needs_a_reason(self, cast, handed_in):
        response = post(cast, cast.estate_manager, "fail_recheck", handed_in.pk, {"reason": " "})
        assert response.status_code == 422
        assert "请写明复查不通过的原因。" in response.content.decode()
        assert "data-open" in response.content.decode()

    def test_twice_changes_nothing_and_the_words_are_not_lost(self, cast, handed_in):
        post(cast, cast.estate_manager, "pass_recheck", handed_in.pk)
        response = post(cast, cast.branch_supervisor, "fail_recheck", handed_in.pk, {"reason": "仍有积灰"})
        assert response.status_code == 422
        assert "已经关闭" in response.content.decode()
        assert "您填写的不通过的原因：仍有积灰" in response.content.decode()
        handed_in.refresh_from_db()
        assert handed_in.state == "closed"


class TestAssign:
    def test_it_works(self, cast, rectification):
        response = post(cast, cast.engineering_lead, "assign", rectification.pk, {"assignee": cast.security.pk})
        assert response.status_code == 302
        rectification.refresh_from_db()
        assert rectification.assignee == cast.security

    @pytest.mark.parametrize("who", ["foreign_engineering", "cashier"])
    def test_only_people_of_the_list(self, cast, rectification, who):
        data = {"assignee": getattr(cast, who).pk}
        response = post(cast, cast.engineering_lead, "assign", rectification.pk, data)
        assert response.status_code == 422
        assert "请选择责任人。" in response.content.decode()


class TestExtension:
    def test_asking(self, cast, rectification):
        data = {"due_on": LATER.isoformat(), "reason": "等配件"}
        assert post(cast, cast.engineering, "ask_extension", rectification.pk, data).status_code == 302
        assert Extension.objects.get().due_on == LATER

    def test_a_day_too_early_keeps_the_words(self, cast, rectification):
        data = {"due_on": TODAY.isoformat(), "reason": "等配件"}
        response = post(cast, cast.engineering, "ask_extension", rectification.pk, data)
        assert response.status_code == 422
        assert "等配件" in response.content.decode()

    def test_granting(self, cast, rectification, asked):
        response = post(cast, cast.engineering_lead, "decide_extension", asked.pk, {"grant": "True", "note": ""})
        assert response.status_code == 302
        rectification.refresh_from_db()
        assert rectification.due_at == day(10, 0)

    def test_refusing_needs_a_reason(self, cast, rectification, asked):
        assert post(cast, cast.engineering_lead, "decide_extension", asked.pk, {"note": ""}).status_code == 422
        assert post(cast, cast.engineering_lead, "decide_extension", asked.pk, {"note": "不必"}).status_code == 302
        asked.refresh_from_db()
        assert asked.state == "refused"

    def test_the_wrong_role_is_refused_in_words(self, cast, asked):
        response = post(cast, cast.estate_manager, "decide_extension", asked.pk, {"grant": "True"})
        assert response.status_code == 422
        assert "要由工程主管批准" in response.content.decode()

    def test_get_is_refused(self, cast, asked):
        url = reverse("inspections:decide_extension", args=[asked.pk])
        assert cast.client(cast.engineering_lead).get(url).status_code == 405

    def test_elsewhere_it_does_not_exist(self, cast, asked):
        assert post(cast, cast.foreign_manager, "decide_extension", asked.pk, {"grant": "True"}).status_code == 404

    def test_a_role_without_the_right(self, cast, asked):
        assert post(cast, cast.engineering, "decide_extension", asked.pk, {"grant": "True"}).status_code == 403

    def test_twice_changes_nothing(self, cast, asked):
        post(cast, cast.engineering_lead, "decide_extension", asked.pk, {"grant": "True"})
        response = post(cast, cast.engineering_lead, "decide_extension", asked.pk, {"note": "改主意"})
        assert response.status_code == 422
        assert "已经处理过了" in response.content.decode()
