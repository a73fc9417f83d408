"""RPT-2: drafted, edited, issued, frozen, corrected — one class of tests a verb."""

import random
import subprocess
from datetime import date, timedelta
from io import StringIO
from pathlib import Path
from threading import Thread

import pgtrigger
import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Post
from accounts.roles import Role
from estates.models import Estate
from foundation.journal.models import Entry
from foundation.notices.models import Notice
from foundation.records.refusals import Refused
from foundation.worktime.months import Month
from inspections.choices import Tier
from inspections.models import Inspection, Rectification
from reports import printing, services, tasks
from reports.figures import flatten, rectifications
from reports.models import Bulletin
from tests.reports import factories
from tests.reports.factories import MONTH, NOW
from tests.reports.test_figures import mystery_visit, rectification

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def today():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def filled(cast):
    people = {"by": cast.engineering, "closer": cast.engineering_lead}
    plans = factories.make_plans()
    for month in (MONTH.shift(-1), MONTH):
        factories.fill(
            random.Random(str(month)), [cast.estate_a1, cast.estate_a2, cast.estate_b1], month, plans, **people
        )
    return cast


def draft(cast, node=None, month=MONTH) -> Bulletin:
    return services.draft_bulletin(node=node or cast.estate_a1, month=month, by=cast.group_supervisor, at=NOW)


def issued(cast, node=None) -> Bulletin:
    return services.issue_bulletin(bulletin=draft(cast, node), by=cast.group_supervisor, at=NOW)


def url(name: str, bulletin: Bulletin) -> str:
    return reverse(f"reports:{name}", args=[bulletin.pk])


def verbs(bulletin: Bulletin) -> list[str]:
    return list(Entry.objects.about(bulletin).values_list("verb", flat=True))


class TestDraft:
    def test_on_the_first_every_active_node_gets_one_for_the_month_before(self, cast):
        Estate.objects.filter(pk=cast.estate_b1.pk).update(is_active=False)
        done = services.draft_bulletins(at=MONTH.end)
        assert done.line() == "2026年10月：新起草简报 5 份，统计数字 5 份"
        assert set(Bulletin.objects.values_list("month", "state")) == {(MONTH.first, "draft")}
        assert verbs(Bulletin.objects.first()) == ["bulletin.draft"]

    def test_one_second_before_it_is_still_the_month_before_that(self, cast):
        assert services.draft_bulletins(at=MONTH.end - timedelta(seconds=1)).month == MONTH.shift(-1)

    def test_a_later_day_catches_up_and_a_second_run_makes_none(self, cast):
        services.draft_bulletins(at=NOW)
        again = services.draft_bulletins(at=NOW + timedelta(days=20))
        assert (again.drafted, again.computed) == (0, 0)
        assert Bulletin.objects.count() == 6

    def test_a_month_that_was_issued_is_not_drafted_again(self, cast):
        issued(cast)
        services.draft_bulletins(at=NOW)
        assert Bulletin.objects.filter(node=cast.estate_a1.pk).count() == 1

    def test_the_task_is_what_beat_calls(self, cast):
        assert tasks.draft_bulletins() == "2026年10月：新起草简报 6 份，统计数字 6 份"

    def test_statements_do_not_grow_with_the_nodes(self, cast):
        def statements() -> int:
            with CaptureQueriesContext(connection) as captured:
                services.draft_bulletins(at=NOW)
            return sum("INSERT" in one["sql"] for one in captured)

        few = statements()
        Bulletin.objects.all().delete()
        Estate.objects.bulk_create(Estate(code=f"N{n}", name=f"项目{n}", parent=cast.branch_a) for n in range(20))
        assert statements() == few

    def test_on_demand(self, cast):
        client = cast.client(cast.branch_supervisor)
        form = {"node": cast.estate_a1.code, "month": "2026-10"}
        response = client.post(reverse("reports:draft_bulletin"), form)
        bulletin = Bulletin.objects.get()
        assert response.url == url("bulletin", bulletin)
        assert verbs(bulletin) == ["bulletin.draft"]
        client.post(reverse("reports:draft_bulletin"), form)
        assert Bulletin.objects.count() == 1
        assert verbs(bulletin) == ["bulletin.draft"]

    @pytest.mark.parametrize(
        ("form", "sentence"),
        [
            ({"node": "A1", "month": "2026-12"}, "2026年12月还没有开始，不能起草简报。"),
            ({"node": "A1", "month": "2026-13"}, "看不懂的月份“2026-13”，请写成 2026-10。"),
            ({"node": "A1", "month": "上个月"}, "看不懂的月份“上个月”，请写成 2026-10。"),
            ({"node": "A1", "month": ""}, "请选择月份。"),
            ({"node": "B1", "month": "2026-10"}, "在您的范围内没有编码或名称为“B1”的组织。"),
            ({"node": "", "month": "2026-10"}, "请填写组织。"),
        ],
    )
    def test_what_cannot_be_drafted_is_one_sentence_and_what_was_typed_stays(self, cast, form, sentence):
        response = cast.client(cast.branch_supervisor).post(reverse("reports:draft_bulletin"), form)
        assert response.status_code == 422
        assert sentence in response.content.decode()
        assert f'value="{form["month"]}"' in response.content.decode() or not form["month"]
        assert not Bulletin.objects.exists()

    def test_a_role_without_the_right_is_refused(self, cast):
        assert cast.client(cast.estate_manager).get(reverse("reports:draft_bulletin")).status_code == 403


class TestEdit:
    def test_texts_are_saved_and_journalled_with_before_and_after(self, cast):
        bulletin = draft(cast)
        texts = {"comments": "消防要抓紧。", "good_practices": "", "focus": "冬季消防"}
        response = cast.client(cast.branch_supervisor).post(url("edit_bulletin", bulletin), texts)
        assert response.status_code == 302
        bulletin.refresh_from_db()
        assert (bulletin.comments, bulletin.focus) == ("消防要抓紧。", "冬季消防")
        last = Entry.objects.about(bulletin).last()
        assert last.data == {
            "comments": {"before": "", "after": "消防要抓紧。"},
            "focus": {"before": "", "after": "冬季消防"},
        }

    def test_done_twice_changes_nothing(self, cast):
        bulletin = draft(cast)
        for _ in range(2):
            services.edit_bulletin(bulletin=bulletin, by=cast.branch_supervisor, at=NOW, texts={"focus": "冬季消防"})
        assert verbs(bulletin) == ["bulletin.draft", "bulletin.edit"]

    def test_an_issued_one_is_not_edited(self, cast):
        bulletin = issued(cast)
        with pytest.raises(Refused, match="简报已经签发"):
            services.edit_bulletin(bulletin=bulletin, by=cast.branch_supervisor, at=NOW, texts={"focus": "x"})
        response = cast.client(cast.branch_supervisor).post(url("edit_bulletin", bulletin), {"focus": "x"}, follow=True)
        assert "简报已经签发，不能再改" in response.content.decode()

    def test_a_text_that_is_too_long_comes_back_with_its_sentence(self, cast):
        response = cast.client(cast.branch_supervisor).post(url("edit_bulletin", draft(cast)), {"focus": "长" * 4001})
        assert response.status_code == 422
        assert "最多 4000 字，现在有 4001 字。" in response.content.decode()
        assert "长" * 4001 in response.content.decode()

    @pytest.mark.parametrize("name", ["refresh_bulletin", "issue_bulletin", "revise_bulletin"])
    def test_get_is_refused_on_verbs(self, cast, name):
        assert cast.client(cast.branch_supervisor).get(url(name, draft(cast))).status_code == 405

    @pytest.mark.parametrize("name", ["edit_bulletin", "refresh_bulletin", "issue_bulletin", "revise_bulletin"])
    def test_another_branch_gets_404_and_a_role_without_the_right_403(self, cast, name):
        bulletin = draft(cast)
        stranger = cast.hire(Role.BRANCH_SUPERVISOR, cast.branch_b, "stranger")
        assert cast.client(stranger).post(url(name, bulletin)).status_code == 404
        assert cast.client(cast.estate_manager).post(url(name, bulletin)).status_code == 403


class TestRefresh:
    def test_a_draft_is_counted_anew(self, filled):
        bulletin = draft(filled)
        before = bulletin.figures
        Rectification.objects.filter(estate=filled.estate_a1.pk, state="closed").update(rectified_at=NOW)
        response = filled.client(filled.branch_supervisor).post(url("refresh_bulletin", bulletin))
        assert response.url == url("bulletin", bulletin)
        bulletin.refresh_from_db()
        assert bulletin.figures != before

    def test_htmx_gets_the_fragment(self, filled):
        response = filled.client(filled.branch_supervisor).post(
            url("refresh_bulletin", draft(filled)), headers={"HX-Request": "true"}
        )
        assert response.status_code == 200
        assert "<html" not in response.content.decode()
        assert 'id="bulletin-figures"' in response.content.decode()

    def test_an_issued_one_is_left_alone(self, filled):
        bulletin = issued(filled)
        filled.client(filled.branch_supervisor).post(url("refresh_bulletin", bulletin))
        bulletin.refresh_from_db()
        assert bulletin.computed_at == NOW


class TestIssue:
    def test_it_is_numbered_frozen_printed_journalled_and_told(self, filled):
        bulletin = draft(filled)
        filled.client(filled.branch_supervisor).post(url("issue_bulletin", bulletin))
        bulletin.refresh_from_db()
        assert (bulletin.state, bulletin.number, bulletin.issued_by) == (
            "issued",
            "JB-A1-202610-0001",
            filled.branch_supervisor,
        )
        assert bulletin.pdf.read().startswith(b"%PDF")
        assert len(bulletin.pdf_sha256) == 64
        assert verbs(bulletin) == ["bulletin.draft", "bulletin.issue"]
        told = set(Notice.objects.filter(key=f"bulletin:{bulletin.pk}:issued").values_list("user", flat=True))
        assert told == {filled.estate_manager.pk}

    def test_done_twice_changes_nothing(self, filled):
        bulletin = draft(filled)
        client = filled.client(filled.group_supervisor)
        client.post(url("issue_bulletin", bulletin))
        bulletin.refresh_from_db()
        client.post(url("issue_bulletin", bulletin))
        again = Bulletin.objects.get(pk=bulletin.pk)
        assert (again.number, again.pdf.name, again.issued_at) == (
            bulletin.number,
            bulletin.pdf.name,
            bulletin.issued_at,
        )
        assert verbs(bulletin).count("bulletin.issue") == 1

    def test_the_group_s_is_issued_by_the_group_a_branch_s_by_the_branch_or_the_group(self, cast):
        of_branch = draft(cast, cast.branch_a)
        of_group = services.draft_bulletin(node=cast.group, month=MONTH, by=None, at=NOW)
        with pytest.raises(Refused, match="要由上级督导签发"):
            services.issue_bulletin(bulletin=of_group, by=cast.branch_supervisor, at=NOW)
        assert services.issue_bulletin(bulletin=of_branch, by=cast.branch_supervisor, at=NOW).number
        assert services.issue_bulletin(bulletin=of_group, by=cast.group_supervisor, at=NOW).number

    def test_a_month_that_is_not_over_waits_until_it_is(self, cast):
        november = MONTH.shift(1)
        bulletin = draft(cast, month=november)
        with pytest.raises(Refused, match="2026年11月还没有结束，2026-12-01 起可以签发"):
            services.issue_bulletin(
                bulletin=bulletin, by=cast.branch_supervisor, at=november.end - timedelta(seconds=1)
            )
        services.issue_bulletin(bulletin=bulletin, by=cast.branch_supervisor, at=november.end)

    def test_a_failed_printing_leaves_the_draft_and_its_number_free(self, cast, monkeypatch):
        bulletin = draft(cast)

        def broken(bulletin):
            raise RuntimeError("printer on fire")

        with monkeypatch.context() as patch:
            patch.setattr(services, "bulletin_pdf", broken)
            with pytest.raises(RuntimeError):
                services.issue_bulletin(bulletin=bulletin, by=cast.branch_supervisor, at=NOW)
        bulletin.refresh_from_db()
        assert bulletin.is_draft
        assert issued(cast).number.endswith("-0001")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("verb", ["draft", "refresh", "issue", "revise", "run"])
def test_what_is_recorded_while_it_is_counted_is_in_none_of_its_figures(cast, monkeypatch, verb):
    """RPT-3: an ad-hoc visit and its rectification, committed between two statements of the count: both or neither."""
    act = {
        "draft": lambda: draft(cast),
        "refresh": lambda one: services.refresh_bulletin(bulletin=one, by=cast.branch_supervisor, at=NOW),
        "issue": lambda one: services.issue_bulletin(bulletin=one, by=cast.branch_supervisor, at=NOW),
        "revise": lambda one: services.revise_bulletin(bulletin=one, by=cast.branch_supervisor, at=NOW),
        "run": lambda: services.draft_bulletins(at=NOW),
    }[verb]
    before = {"refresh": [draft], "issue": [draft], "revise": [issued]}.get(verb, [])
    arguments = [make(cast) for make in before]
    plans = factories.make_plans()
    chapters = rectifications.chapters

    def meanwhile():
        rectification(cast, plans, opened_at=MONTH.start)
        connection.close()

    def interrupted(scope, places):
        if scope.node.pk == cast.estate_a1.pk:
            thread = Thread(target=meanwhile)
            thread.start()
            thread.join()
        return chapters(scope, places)

    monkeypatch.setattr(rectifications, "chapters", interrupted)
    act(*arguments)
    assert Rectification.objects.count() == 1
    figures = flatten(Bulletin.objects.filter(node=cast.estate_a1.pk).order_by("-edition")[0].figures)
    assert (figures["adhoc", "[]"][1], figures["opened", "[]"][1]) == (0, 0)


class TestFrozen:
    """RPT-2, fixed: in the database itself."""

    @pytest.mark.parametrize(
        "change",
        [
            lambda row: Bulletin.objects.filter(pk=row.pk).update(comments="改"),
            lambda row: Bulletin.objects.filter(pk=row.pk).update(state="draft", number="", issued_at=None),
            lambda row: Bulletin.objects.filter(pk=row.pk).delete(),
            lambda row: connection.cursor().execute(
                "UPDATE reports_bulletin SET figures = '{}' WHERE id = %s", [row.pk]
            ),
        ],
        ids=["text", "state", "delete", "sql"],
    )
    def test_an_issued_one_can_be_neither_changed_nor_removed(self, cast, change):
        bulletin = issued(cast)
        with pytest.raises(DatabaseError), transaction.atomic():
            change(bulletin)
        assert Bulletin.objects.get(pk=bulletin.pk).figures == bulletin.figures

    def test_its_figures_and_pdf_stay_when_the_records_change(self, filled):
        bulletin = issued(filled)
        pdf = bulletin.pdf.read()
        opened = flatten(bulletin.figures)["opened", "[]"][1]
        Rectification.objects.filter(estate=filled.estate_a1.pk).update(opened_at=NOW)
        client = filled.client(filled.estate_manager)
        assert b"".join(client.get(url("bulletin_pdf", bulletin))) == pdf
        page = client.get(reverse("reports:figure_rows", args=[bulletin.pk, "opened"])).content.decode()
        assert f"签发时为 {opened}，简报保持不变" in page
        assert "现在的记录为 0" in page

    def test_one_draft_a_month_and_the_month_begins_on_the_first(self, cast):
        draft(cast)
        for fields in ({"month": MONTH.first, "edition": 2}, {"month": date(2026, 9, 2)}):
            with pytest.raises(DatabaseError), transaction.atomic():
                Bulletin.objects.create(node_id=cast.estate_a1.pk, drafted_at=NOW, **fields)


class TestRevise:
    def test_a_new_edition_names_what_changed(self, filled):
        first = issued(filled)
        client = filled.client(filled.branch_supervisor)
        missed = Inspection.objects.filter(estate=filled.estate_a1.pk, state="missed", tier=Tier.ESTATE).due_in(
            MONTH.first, MONTH.last
        )[0]
        # What only a repair of the data may do: the database refuses it otherwise.
        with pgtrigger.ignore("inspections.Inspection:transitions_only"):
            Inspection.objects.filter(pk=missed.pk).update(
                state="submitted", submitted_at=NOW, submitted_by=filled.engineering, score=90
            )
        response = client.post(url("revise_bulletin", first))
        second = Bulletin.objects.get(edition=2)
        assert response.url == url("edit_bulletin", second)
        changed = {one["label"]: (one["before"], one["after"]) for one in second.changed}
        before = flatten(first.figures)["missed", "[]"][1]
        assert changed["漏检"] == (before, before - 1)
        assert any("触点督导" in label or "消防安全管理" in label for label in changed)

        client.post(url("issue_bulletin", second))
        assert Bulletin.objects.get(pk=second.pk).is_draft, "it must say what changed first"
        client.post(url("edit_bulletin", second), {"changes": "补录一次漏传的检查。"})
        client.post(url("issue_bulletin", second))
        second.refresh_from_db()
        assert second.number == "JB-A1-202610-0002"
        assert Bulletin.objects.get(pk=first.pk).figures == first.figures
        text = pdf_text(second)
        assert "补录一次漏传的检查。" in text
        assert "与上一版不同的数字" in text

    def test_done_twice_gives_the_same_draft(self, cast):
        first = issued(cast)
        drafts = {services.revise_bulletin(bulletin=first, by=cast.branch_supervisor, at=NOW).pk for _ in range(2)}
        assert len(drafts) == 1

    def test_only_the_newest_edition_is_corrected(self, cast):
        first = issued(cast)
        second = services.revise_bulletin(bulletin=first, by=cast.branch_supervisor, at=NOW)
        services.edit_bulletin(bulletin=second, by=cast.branch_supervisor, at=NOW, texts={"changes": "更正"})
        services.issue_bulletin(bulletin=second, by=cast.branch_supervisor, at=NOW)
        with pytest.raises(Refused, match="请从第 2 版更正"):
            services.revise_bulletin(bulletin=first, by=cast.branch_supervisor, at=NOW)

    def test_a_draft_is_edited_not_corrected(self, cast):
        with pytest.raises(Refused, match="直接编辑即可"):
            services.revise_bulletin(bulletin=draft(cast), by=cast.branch_supervisor, at=NOW)


class TestWhoReads:
    def test_an_estate_s_manager_reads_what_was_issued_for_it_and_nothing_else(self, cast):
        own, neighbour, branch = issued(cast), issued(cast, cast.estate_a2), issued(cast, cast.branch_a)
        client = cast.client(cast.estate_manager)
        assert client.get(url("bulletin", own)).status_code == 200
        assert client.get(url("bulletin_pdf", own)).status_code == 200
        for foreign in (neighbour, branch):
            for name in ("bulletin", "bulletin_pdf"):
                assert client.get(url(name, foreign)).status_code == 404
            assert client.get(reverse("reports:figure_rows", args=[foreign.pk, "due"])).status_code == 404
        assert set(Bulletin.objects.visible_to(cast.estate_manager)) == {own}
        assert cast.client(cast.engineering).get(url("bulletin", own)).status_code == 403

    def test_an_estate_does_not_see_a_mystery_visit_coming(self, cast):
        """INS-3, ORG-2: not among the rows of its own bulletin, nor by a post there among those of the branch's."""
        mystery_visit(cast)
        head = cast.hire(Role.GENERAL_MANAGER, cast.branch_a, "head")
        both = cast.hire(Role.GENERAL_MANAGER, cast.branch_a, "both")
        Post.objects.create(user=both, role=Role.ESTATE_MANAGER, node=cast.estate_a1, starts_on=date(2026, 1, 1))
        own, branch = issued(cast), issued(cast, cast.branch_a)

        def visits(user, bulletin) -> int:
            pages = [
                cast.client(user).get(reverse("reports:figure_rows", args=[bulletin.pk, key]), query)
                for key in ("due", "pending")
                for query in ({}, {"month": "2026-10"})
            ]
            return sum(len(page.context["rows"]) for page in pages)

        assert visits(cast.estate_manager, own) == visits(head, own) == visits(both, branch) == 0
        assert visits(head, branch) == 4

    def test_a_draft_is_for_supervisors_and_auditors(self, cast):
        bulletin = draft(cast)
        assert cast.client(cast.branch_supervisor).get(url("bulletin", bulletin)).status_code == 200
        assert cast.client(cast.auditor).get(url("bulletin", bulletin)).status_code == 200
        assert cast.client(cast.estate_manager).get(url("bulletin", bulletin)).status_code == 404

    def test_no_other_node_s_rows_come_through_a_slice(self, filled):
        """ORG-2: a slice narrows, it never widens."""
        bulletin = issued(filled)
        client = filled.client(filled.estate_manager)
        address = reverse("reports:figure_rows", args=[bulletin.pk, "due"])
        page = client.get(address, {"node": filled.estate_b1.pk}).content.decode()
        assert filled.estate_b1.name not in page
        assert "没有记录" in page

    @pytest.mark.parametrize("query", ["?month=2026-99", "?month=x"])
    def test_an_address_that_makes_no_sense_is_not_found(self, cast, query):
        address = reverse("reports:figure_rows", args=[issued(cast).pk, "due"])
        assert cast.client(cast.estate_manager).get(address + query).status_code == 404
        assert cast.client(cast.estate_manager).get(address.replace("due", "dues")).status_code == 404


OLD = {"chapters": [{"key": "inspections", "charts": {"trend": [["9月", 90]]}}]}


class TestOlderFormat:
    """Figures stored by an earlier release are a sentence, not an error."""

    @pytest.mark.parametrize("figures", [OLD, {"format": 0, **OLD}])
    def test_a_draft_is_counted_anew(self, cast, figures):
        bulletin = draft(cast)
        Bulletin.objects.update(figures=figures)
        client = cast.client(cast.branch_supervisor)
        assert 'hx-trigger="load"' in client.get(url("bulletin", bulletin)).content.decode()
        assert "还没有统计" in cast.client(cast.auditor).get(url("bulletin", bulletin)).content.decode()
        for name in ("bulletin_pdf", "edit_bulletin"):
            assert client.get(url(name, bulletin)).status_code == 200
        assert flatten(draft(cast).figures)["due", "[]"][1] == 0

    def test_an_issued_one_says_that_its_pdf_has_them(self, cast, monkeypatch):
        with monkeypatch.context() as patch:
            patch.setattr(services, "compute", lambda scope: OLD)
            bulletin = issued(cast)
        client = cast.client(cast.branch_supervisor)
        assert "请打开 PDF 查看" in client.get(url("bulletin", bulletin)).content.decode()
        rows = client.get(reverse("reports:figure_rows", args=[bulletin.pk, "due"]))
        assert "此后记录有变动" not in rows.content.decode()
        client.post(url("revise_bulletin", bulletin))
        assert Bulletin.objects.get(edition=2).changed == []


class TestLost:
    """A restored database without its files, or no Redis: the pages still say what they know."""

    def test_a_pdf_that_is_gone_is_404_with_why(self, cast, tmp_path):
        bulletin = issued(cast)
        Path(bulletin.pdf.path).unlink()
        response = cast.client(cast.estate_manager).get(url("bulletin_pdf", bulletin))
        assert response.status_code == 404
        assert "这份简报的 PDF 文件不在服务器上" in response.content.decode()
        with pytest.raises(CommandError, match="PDF 文件不在服务器上"):
            call_command("make_bulletin", "--node=A1", "--month=2026-10", f"--out={tmp_path / 'x.pdf'}")

    def test_a_photo_that_is_gone_is_left_out(self, monkeypatch):
        def gone(attachment):
            raise FileNotFoundError

        monkeypatch.setattr(printing.Attachment.objects, "in_bulk", lambda pks: dict.fromkeys(pks, object()))
        monkeypatch.setattr(printing, "photo_for_print", gone)
        assert printing.photos([{"attachment": 1}]) == {}

    def test_pages_and_pdf_do_without_redis(self, filled, settings):
        bulletin = draft(filled)
        settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:9/0"}}
        client = filled.client(filled.branch_supervisor)
        assert client.get(url("bulletin", bulletin)).content.decode().count("<svg") > 4
        assert client.get(url("bulletin_pdf", bulletin)).content.startswith(b"%PDF")


class TestPages:
    def test_every_figure_of_the_page_leads_to_its_rows(self, filled):
        bulletin = issued(filled, filled.group)
        client = filled.client(filled.group_supervisor)
        page = client.get(url("bulletin", bulletin)).content.decode()
        addresses = {
            part.split('"')[0].replace("&amp;", "&") for part in page.split('href="')[1:] if "/figures/" in part
        }
        assert len(addresses) > 100
        for address in random.Random(1).sample(sorted(addresses), 25):
            response = client.get(address)
            assert response.status_code == 200, address
            assert "此后记录有变动" not in response.content.decode(), address

    def test_no_inline_style_or_script_comes_with_the_charts(self, filled):
        page = (
            filled.client(filled.group_supervisor).get(url("bulletin", issued(filled, filled.group))).content.decode()
        )
        assert page.count("<svg") > 4
        assert 'role="img"' in page
        assert " style=" not in page
        assert "<style" not in page

    @pytest.mark.parametrize("name", ["bulletin", "bulletins", "figure_rows", "home"])
    def test_at_most_fifteen_statements_whatever_the_rows(self, filled, name):
        bulletin = issued(filled, filled.group)
        services.draft_bulletins(at=NOW)
        address = {
            "bulletin": url("bulletin", bulletin),
            "bulletins": reverse("reports:bulletins"),
            "figure_rows": reverse("reports:figure_rows", args=[bulletin.pk, "opened"]),
            "home": reverse("reports:home"),
        }[name]
        client = filled.client(filled.group_supervisor)
        client.get(address)
        with CaptureQueriesContext(connection) as captured:
            assert client.get(address).status_code == 200
        assert len(captured) <= 15, [one["sql"][:90] for one in captured]

    def test_the_list_filters_by_kind_month_state_and_words(self, cast):
        services.draft_bulletins(at=NOW)
        issued(cast)
        client = cast.client(cast.group_supervisor)

        def found(**query) -> int:
            return client.get(reverse("reports:bulletins"), query).context["page"].paginator.count

        assert found() == 6
        assert found(status="issued") == 1
        assert found(kind="branch") == 2
        assert found(month="2026-09") == 0
        assert found(q="春江") == 1
        assert found(q="\0") == 6
        assert found(place="A") == 3


def pdf_text(bulletin: Bulletin) -> str:
    return subprocess.run(
        ["pdftotext", "-layout", bulletin.pdf.path, "-"], capture_output=True, check=True, text=True
    ).stdout


class TestPrinted:
    def test_its_text_holds_estate_month_number_and_the_same_figures(self, filled):
        bulletin = issued(filled)
        text = pdf_text(bulletin)
        for words in (filled.estate_a1.name, "2026年10月", bulletin.number, "第2页/共"):
            assert words in text.replace(" ", "")
        rows = {line.split()[0]: line.split()[1:] for line in text.splitlines() if line.split()}
        for chapter in bulletin.figures["chapters"]:
            for cell in chapter["headline"]:
                assert str(cell["value"] if cell["value"] is not None else "—") in text
            for table in chapter["tables"]:
                if table["key"] in {"tiers", "coverage"}:
                    for row in table["rows"]:
                        shown = ["—" if value is None else str(value) for value in row["values"]]
                        assert any(line.split() == [row["label"], *shown] for line in text.splitlines()), (
                            row["label"],
                            shown,
                            rows.get(row["label"]),
                        )

    def test_one_estate_without_photos_is_under_a_megabyte(self, filled):
        assert issued(filled).pdf.size < 1_000_000

    def test_the_command_writes_it_and_says_so_in_one_line(self, filled, tmp_path):
        out, said = tmp_path / "b.pdf", StringIO()
        call_command("make_bulletin", "--node=A1", "--month=2026-10", f"--out={out}", stdout=said)
        assert out.read_bytes().startswith(b"%PDF")
        line = said.getvalue().strip()
        assert "\n" not in line
        assert line.startswith("桂语江南 2026年10月简报（草稿）：应检 ")

    @pytest.mark.parametrize(
        ("node", "month", "sentence"),
        [
            ("A1", "2026-13", "看不懂的月份“2026-13”，请写成 2026-10。"),
            ("A1", "2027-01", "2027年1月还没有开始，不能起草简报。"),
            ("ZZ", "2026-10", "没有编码为“ZZ”的组织。"),
        ],
    )
    def test_the_command_refuses_in_one_sentence(self, cast, tmp_path, node, month, sentence):
        with pytest.raises(CommandError, match=sentence):
            call_command("make_bulletin", f"--node={node}", f"--month={month}", f"--out={tmp_path / 'x.pdf'}")


def test_months_parse_only_what_is_a_month():
    assert Month.parse(" 2026-1 ") == Month(date(2026, 1, 1))
    for text in ("", "2026", "2026-0", "1999-01", "2026-10-01"):
        with pytest.raises(ValueError, match="看不懂的月份"):
            Month.parse(text)
