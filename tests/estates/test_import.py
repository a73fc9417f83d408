"""ORG-6 in the browser: template, upload, preview, confirm; all rows or none. The worker's part is done by hand."""

import base64
import threading
from datetime import timedelta

import pytest
import time_machine
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.roles import Role
from estates import services, tasks
from estates.models import Building, House, ImportBatch, Owner, Unit
from estates.services import importwork
from foundation.journal.models import Entry
from foundation.notices.models import Notice
from foundation.records import progress
from foundation.records.refusals import Refused
from tests.estates.conftest import ID_CARD, LINE, make_house


def upload(client, estate, content: bytes, name: str = "业主清册.xlsx"):
    file = SimpleUploadedFile(name, content)
    return client.post(reverse("estates:upload_import"), {"estate": estate.pk, "file": file})


def put(cast, now, content: bytes, **changes) -> ImportBatch:
    wanted = {"estate": cast.estate_a1, "filename": "清册.xlsx", "by": cast.administrator, "at": now}
    return services.upload_import(content=content, **{**wanted, **changes})


def preview(cast, now, content: bytes, **changes) -> ImportBatch:
    batch = put(cast, now, content, **changes)
    importwork.work(pk=batch.pk, at=now)
    batch.refresh_from_db()
    return batch


def confirm(cast, now, batch: ImportBatch, **changes) -> ImportBatch:
    batch = services.confirm_import(batch=batch, **{"by": cast.administrator, "at": now, **changes})
    importwork.work(pk=batch.pk, at=now)
    batch.refresh_from_db()
    return batch


def work() -> None:
    for batch in ImportBatch.objects.under_way():
        importwork.work(pk=batch.pk, at=timezone.now())


def test_upload_preview_confirm_in_the_browser(cast, xlsx):
    client = cast.client(cast.administrator)
    other = ["3幢", "2单元", "1503", 120, "李四", "", "", "", ""]

    answer = upload(client, cast.estate_a1, xlsx(LINE, other))
    work()
    page = client.get(answer.url).content.decode()
    assert "共 2 户，没有发现错误" in page
    assert not House.objects.exists(), "a preview saves nothing"

    batch = ImportBatch.objects.get()
    client.post(reverse("estates:confirm_import", args=[batch.pk]))
    work()
    done = client.get(reverse("estates:import_batch", args=[batch.pk])).content.decode()

    assert "已全部保存：新增 2 户，更新 0 户。" in done
    house = House.objects.get(code="3幢2单元1502")
    assert (house.building.name, house.unit.name, house.number, str(house.area)) == ("3幢", "2单元", "1502", "89.50")
    owner = Owner.objects.get(house=house)
    assert (owner.name, owner.id_number, owner.phone, owner.co_owners) == (
        "王小明",
        ID_CARD,
        "13800001234",
        ["李梅", "王一"],
    )
    assert Building.objects.count() == Unit.objects.count() == 1
    assert [entry.label for entry in Entry.objects.about(house)] == ["建立房屋档案"]
    assert Entry.objects.about(cast.estate_a1).get().data["new"] == 2


def test_faults_are_shown_row_by_row_and_nothing_can_be_saved(cast, now, xlsx):
    client = cast.client(cast.administrator)
    wrong = [*LINE[:2], "1503", "很大", *LINE[4:]]

    answer = upload(client, cast.estate_a1, xlsx(LINE, wrong))
    work()
    page = client.get(answer.url).content.decode()
    batch = ImportBatch.objects.get()

    assert "建筑面积应是数字，例如 89.50。" in page
    assert "确认导入" not in page
    assert batch.errors == [{"row": 3, "column": "建筑面积", "why": "建筑面积应是数字，例如 89.50。"}]
    with pytest.raises(Refused, match="文件里还有错误"):
        confirm(cast, now, batch)
    assert not House.objects.exists()


def test_what_is_no_xlsx_is_refused_beside_the_file_field(cast):
    page = upload(cast.client(cast.administrator), cast.estate_a1, b"hello", "清册.csv")

    assert page.status_code == 200
    assert "这不是 .xlsx 文件" in page.content.decode()
    assert f'value="{cast.estate_a1.pk}" selected' in page.content.decode()
    assert not ImportBatch.objects.exists()


def test_a_file_over_20_mb_is_refused(cast, monkeypatch, xlsx):
    monkeypatch.setattr("estates.importing.MAX_BYTES", 100)

    page = upload(cast.client(cast.administrator), cast.estate_a1, xlsx(LINE)).content.decode()

    assert "文件超过 20 MB，请分开导入。" in page


def test_an_empty_upload_has_its_sentence(cast):
    client = cast.client(cast.administrator)

    assert "文件里没有内容" in upload(client, cast.estate_a1, b"").content.decode()
    page = client.post(reverse("estates:upload_import"), {"estate": cast.estate_a1.pk})
    assert "请选择要上传的文件。" in page.content.decode()


def test_confirming_twice_changes_nothing(cast, now, xlsx):
    batch = preview(cast, now, xlsx(LINE))
    first = confirm(cast, now, batch)
    second = confirm(cast, now + timedelta(hours=1), batch)

    assert second.confirmed_at == first.confirmed_at == now
    assert House.objects.count() == Owner.objects.count() == 1
    assert Entry.objects.filter(verb="estate.import").count() == 1


def test_document_numbers_wait_encrypted_and_are_dropped_when_saved(cast, now, xlsx):
    batch = preview(cast, now, xlsx(LINE))
    with connection.cursor() as cursor:
        cursor.execute("SELECT rows FROM estates_importbatch")
        (stored,) = cursor.fetchone()
    assert ID_CARD not in stored
    assert "王小明" not in stored

    assert confirm(cast, now, batch).rows is None


def test_org_4_a_preview_that_nobody_confirmed_loses_its_rows_after_a_day(cast, now, xlsx, capsys):
    day = timedelta(days=1)
    broken = put(cast, now - 2 * day, xlsx(LINE))
    ImportBatch.objects.update(state="broken")
    old = preview(cast, now - day - timedelta(seconds=1), xlsx(LINE))
    faulty = preview(cast, now - 2 * day, xlsx([*LINE[:3], "很大", *LINE[4:]]))
    young = preview(cast, now, xlsx(LINE))

    assert services.prune_imports(at=now) == 2
    call_command("prune_imports")
    assert capsys.readouterr().out == "业主清册清理：丢弃未确认的内容 0 份\n"
    for batch in (broken, old, faulty, young):
        batch.refresh_from_db()
    assert (broken.state, broken.content) == ("expired", None)
    assert (old.state, old.rows) == ("expired", None)
    assert faulty.state == "previewed"
    assert young.rows
    with pytest.raises(Refused, match="预览已过期"):
        confirm(cast, now, old)
    client = cast.client(cast.administrator)
    page = client.get(reverse("estates:import_batch", args=[old.pk])).content.decode()
    assert "一天内没有确认" in page
    assert "确认导入" not in page
    assert "已过期" in client.get(reverse("estates:import")).content.decode()


def test_a_failure_in_the_middle_saves_nothing(cast, now, xlsx, monkeypatch):
    batch = preview(cast, now, xlsx(LINE))
    monkeypatch.setattr(importwork.journal, "record_many", lambda entries: 1 / 0)

    batch = confirm(cast, now, batch)

    assert not House.objects.exists()
    assert not Building.objects.exists()
    assert (batch.state, batch.fault) == ("broken", "后台出错，没有保存任何一户。")
    assert batch.rows, "for another try"


def test_a_second_import_says_what_is_new_changed_and_unchanged(cast, now, xlsx):
    confirm(cast, now, preview(cast, now, xlsx(LINE, [*LINE[:2], "1503", *LINE[3:]])))
    bigger = [*LINE[:3], 91.25, *LINE[4:]]

    batch = preview(cast, now, xlsx(bigger, [*LINE[:2], "1503", *LINE[3:]], [*LINE[:2], "1504", *LINE[3:]]))

    assert {key: batch.summary[key] for key in ("new", "changed", "unchanged")} == {
        "new": 1,
        "changed": 1,
        "unchanged": 1,
    }
    assert batch.summary["changes"] == [
        {"line": 2, "code": "3幢2单元1502", "fields": {"area": {"before": "89.50", "after": "91.25"}}}
    ]
    page = cast.client(cast.administrator).get(reverse("estates:import_batch", args=[batch.pk])).content.decode()
    assert "91.25" in page
    confirm(cast, now, batch)
    assert str(House.objects.get(code="3幢2单元1502").area) == "91.25"


def test_the_same_owner_is_corrected_in_place_and_empty_cells_keep_what_is_known(cast, now, xlsx, house):
    line = ["3幢", "2单元", "1502", 89.5, "王小明", "", "", "13900008888", ""]

    batch = confirm(cast, now, preview(cast, now, xlsx(line)))

    owner = Owner.objects.get()
    assert (owner.phone, owner.id_number) == ("13900008888", ID_CARD)
    assert batch.summary["changes"][0]["fields"] == {"phone": {"before": "138****1234", "after": "139****8888"}}
    assert Entry.objects.about(house).get().label == "清册更新"


def test_another_owner_follows_and_the_one_before_is_kept(cast, now, xlsx, house):
    line = ["3幢", "2单元", "1502", 89.5, "新业主", "", "", "", ""]

    confirm(cast, now, preview(cast, now, xlsx(line)))

    today = timezone.localdate(now)
    assert Owner.objects.current().get().name == "新业主"
    assert Owner.objects.get(name="王小明").until == today - timedelta(days=1)


def test_what_was_typed_in_since_the_preview_is_not_saved_twice(cast, now, xlsx):
    batch = preview(cast, now, xlsx(LINE))
    make_house(cast.estate_a1)

    done = confirm(cast, now, batch)

    assert done.summary["new"] == 0
    assert House.objects.count() == 1


@pytest.mark.parametrize("role", [role for role in Role if role != Role.ADMINISTRATOR])
def test_only_administrators_import(cast, now, xlsx, role):
    user = cast.everyone[role]
    client = cast.client(user)

    assert client.get(reverse("estates:import")).status_code == 403
    assert client.get(reverse("estates:import_template")).status_code == 403
    assert upload(client, cast.estate_a1, xlsx(LINE)).status_code == 403
    with pytest.raises(Refused, match="只有系统管理员"):
        preview(cast, now, xlsx(LINE), by=user)


def test_another_branch_gets_404_and_cannot_choose_the_estate(cast, now, xlsx):
    batch = preview(cast, now, xlsx(LINE))
    client = cast.client(cast.hire(Role.ADMINISTRATOR, cast.branch_b, "local-admin"))

    assert client.get(reverse("estates:import_batch", args=[batch.pk])).status_code == 404
    assert client.post(reverse("estates:confirm_import", args=[batch.pk])).status_code == 404
    assert upload(client, cast.estate_a1, xlsx(LINE)).status_code == 200
    assert ImportBatch.objects.count() == 1
    assert "桂语江南" not in client.get(reverse("estates:import")).content.decode()


def test_get_is_refused_where_something_is_done(cast, now, xlsx):
    batch = preview(cast, now, xlsx(LINE))
    client = cast.client(cast.administrator)

    assert client.get(reverse("estates:upload_import")).status_code == 405
    assert client.get(reverse("estates:confirm_import", args=[batch.pk])).status_code == 405


def test_the_statements_do_not_grow_with_the_rows(cast, now, xlsx):
    def statements(count: int, building: str) -> int:
        lines = [[building, "1单元", str(number), 88, "业主", "", "", "", ""] for number in range(1, count + 1)]
        batch = preview(cast, now, xlsx(*lines))
        with CaptureQueriesContext(
            connection,
        ) as queries:
            confirm(cast, now, batch)
        return len(queries)

    assert statements(300, "8幢") == statements(3, "9幢")


def test_the_template_downloads_under_its_chinese_name(cast):
    answer = cast.client(cast.administrator).get(reverse("estates:import_template"))

    assert answer["Content-Disposition"].startswith("attachment; filename*=utf-8''%E4%B8%9A%E4%B8%BB")


# --- the worker in between ------------------------------------------------------------------------------------------


@pytest.fixture
def empty_cache():
    cache.clear()
    yield
    cache.clear()


def line(client, batch) -> str:
    return client.get(reverse("estates:import_progress", args=[batch.pk])).content.decode()


def test_an_upload_wakes_a_worker_after_the_commit(cast, xlsx, django_capture_on_commit_callbacks):
    client = cast.client(cast.administrator)
    with django_capture_on_commit_callbacks(execute=True):
        upload(client, cast.estate_a1, xlsx(LINE))
    batch = ImportBatch.objects.get()
    assert batch.state == "previewed"

    with django_capture_on_commit_callbacks(execute=True):
        client.post(reverse("estates:confirm_import", args=[batch.pk]))
    batch.refresh_from_db()
    assert (batch.state, batch.confirmed_by) == ("confirmed", cast.administrator)
    assert House.objects.count() == 1


def test_while_the_worker_is_at_it_the_page_shows_how_far_it_is(cast, now, xlsx, empty_cache):
    client = cast.client(cast.administrator)
    batch = put(cast, now, xlsx(LINE))

    page = client.get(reverse("estates:import_batch", args=[batch.pk])).content.decode()
    assert "等待后台处理" in page
    assert "确认导入" not in page
    assert f'hx-get="{reverse("estates:import_progress", args=[batch.pk])}"' in page
    assert 'hx-trigger="every 1s"' in page
    progress.tell(batch.progress_key, 500, 1200)
    assert "500 / 1200 户" in line(client, batch)
    assert "正在检查" in line(client, batch)


def test_at_the_end_of_the_work_the_page_is_read_again(cast, now, xlsx):
    batch = preview(cast, now, xlsx(LINE))

    answer = cast.client(cast.administrator).get(reverse("estates:import_progress", args=[batch.pk]))

    assert answer["HX-Refresh"] == "true"


def test_the_worker_tells_how_far_it_is(cast, now, xlsx, monkeypatch):
    told = []
    monkeypatch.setattr(importwork.progress, "tell", lambda key, done, total: told.append((key, done, total)))
    monkeypatch.setattr("estates.importing.TELL_EVERY", 2)
    monkeypatch.setattr(importwork, "BULK", 2)
    lines = [["8幢", "1单元", str(number), 88, "业主", "", "", "", ""] for number in range(1, 6)]

    batch = preview(cast, now, xlsx(*lines))
    assert [done for _, done, total in told if total == 5] == [0, 2, 4]
    told.clear()
    confirm(cast, now, batch)
    assert [(done, total) for _, done, total in told] == [(0, 5), (2, 5), (4, 5), (5, 5)]


def test_when_no_worker_answers_the_page_says_so(cast, now, xlsx, empty_cache):
    client = cast.client(cast.administrator)
    batch = put(cast, now - timedelta(seconds=10), xlsx(LINE))
    assert "后台还没有开始" not in line(client, batch)

    ImportBatch.objects.update(asked_at=now - timedelta(seconds=40))
    assert "后台还没有开始，已等待 4" in line(client, batch)
    progress.tell(batch.progress_key, 1, 2)
    assert "后台" not in line(client, batch)
    with time_machine.travel(now + timedelta(seconds=30)):
        assert "可能中断了" in line(client, batch)


def test_a_message_that_comes_twice_does_its_work_once(cast, now, xlsx):
    batch = put(cast, now, xlsx(LINE))

    assert importwork.work(pk=batch.pk, at=now)
    assert not importwork.work(pk=batch.pk, at=now)
    services.confirm_import(batch=batch, by=cast.administrator, at=now)
    assert importwork.work(pk=batch.pk, at=now)
    assert not importwork.work(pk=batch.pk, at=now)
    assert Entry.objects.filter(verb="estate.import").count() == House.objects.count() == 1
    assert Notice.objects.filter(user=cast.administrator).count() == 2


def test_beats_tick_takes_up_what_was_lost_and_leaves_alone_what_was_asked_for_just_now(cast, now, xlsx):
    put(cast, now, xlsx(LINE))
    lost = put(cast, now - timedelta(minutes=1), xlsx(LINE))
    preview(cast, now - timedelta(hours=1), xlsx(LINE))

    assert importwork.waiting_imports(at=now) == [lost.pk]
    assert importwork.waiting_imports(at=now - timedelta(seconds=1)) == []


def test_a_file_on_which_workers_die_is_tried_three_times_and_then_by_hand(cast, now, xlsx, monkeypatch):
    batch = put(cast, now, xlsx(LINE))
    monkeypatch.setattr(importwork, "_read", lambda batch, at: (_ for _ in ()).throw(SystemExit))
    for _ in range(3):
        with pytest.raises(SystemExit):
            importwork.work(pk=batch.pk, at=now)
    batch.refresh_from_db()
    assert batch.state == "uploaded"
    monkeypatch.undo()

    assert not importwork.work(pk=batch.pk, at=now)
    client = cast.client(cast.administrator)
    page = client.get(reverse("estates:import_batch", args=[batch.pk])).content.decode()
    assert "后台连续 3 次中断，没有保存任何一户。" in page
    assert "重试" in page

    client.post(reverse("estates:retry_import", args=[batch.pk]))
    client.post(reverse("estates:retry_import", args=[batch.pk]))
    work()
    batch.refresh_from_db()
    assert (batch.state, batch.fault) == ("previewed", "")


def test_what_broke_off_while_saving_is_saved_by_a_second_try(cast, now, xlsx, monkeypatch):
    batch = preview(cast, now, xlsx(LINE))
    with monkeypatch.context() as patch:
        patch.setattr(importwork.journal, "record_many", lambda entries: 1 / 0)
        batch = confirm(cast, now, batch)
    assert batch.state == "broken"

    services.retry_import(batch=batch, by=cast.administrator, at=now + timedelta(minutes=5))
    work()

    batch.refresh_from_db()
    assert (batch.state, batch.confirmed_at) == ("confirmed", now)
    assert House.objects.count() == 1


def test_retrying_what_is_not_broken_changes_nothing(cast, now, xlsx):
    batch = preview(cast, now, xlsx(LINE))

    services.retry_import(batch=batch, by=cast.administrator, at=now)

    assert ImportBatch.objects.get().state == "previewed"
    with pytest.raises(Refused, match="只有系统管理员"):
        services.retry_import(batch=batch, by=cast.service, at=now)


def test_a_table_with_nothing_in_it_is_refused_by_the_worker_with_a_sentence(cast, now, xlsx):
    batch = preview(cast, now, xlsx())

    assert (batch.state, batch.content) == ("refused", None)
    page = cast.client(cast.administrator).get(reverse("estates:import_batch", args=[batch.pk])).content.decode()
    assert "文件里只有表头，没有一行房屋。" in page
    assert "重试" not in page
    assert "重新上传" in page


def test_who_lost_the_right_before_the_worker_came_saves_nothing(cast, now, xlsx):
    batch = preview(cast, now, xlsx(LINE))
    services.confirm_import(batch=batch, by=cast.administrator, at=now)
    cast.administrator.posts.all().delete()
    work()

    batch.refresh_from_db()
    assert (batch.state, batch.rows) == ("refused", None)
    assert not House.objects.exists()


def test_the_end_of_each_part_is_under_the_bell(cast, now, xlsx):
    batch = preview(cast, now, xlsx(LINE))
    told = Notice.objects.get(user=cast.administrator)
    assert (told.title, told.url) == (
        "业主清册已检查，请确认：清册.xlsx",
        reverse("estates:import_batch", args=[batch.pk]),
    )

    confirm(cast, now + timedelta(minutes=1), batch)
    told = Notice.objects.filter(user=cast.administrator).latest("pk")
    assert (told.title, told.body) == ("业主清册已导入：清册.xlsx", "新增 1 户，更新 0 户。")


def test_the_file_waits_encrypted_and_is_dropped_when_it_is_read(cast, now, xlsx):
    content = xlsx(LINE)
    batch = put(cast, now, content)
    with connection.cursor() as cursor:
        cursor.execute("SELECT content FROM estates_importbatch")
        (stored,) = cursor.fetchone()
    assert base64.b64encode(content[:60]).decode() not in stored

    importwork.work(pk=batch.pk, at=now)
    assert ImportBatch.objects.get().content is None


@pytest.mark.django_db(transaction=True)
def test_a_second_worker_leaves_alone_what_another_holds(cast, now, xlsx, monkeypatch):
    monkeypatch.setattr(tasks.work_import, "delay", lambda pk: None)
    batch = put(cast, now, xlsx(LINE))
    held, done = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            ImportBatch.objects.select_for_update().get(pk=batch.pk)
            held.set()
            done.wait(10)
        connection.close()

    other = threading.Thread(target=hold)
    other.start()
    held.wait(10)
    try:
        assert not importwork.work(pk=batch.pk, at=now)
        assert ImportBatch.objects.get().state == "uploaded"
    finally:
        done.set()
        other.join()
    assert importwork.work(pk=batch.pk, at=now)
