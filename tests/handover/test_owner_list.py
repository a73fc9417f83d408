"""The developer's owner list: read row by row, saved as a whole or not at all (HND-1)."""

from __future__ import annotations

from datetime import date, time, timedelta
from unittest import mock

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from foundation.notices.models import Notice
from foundation.records.workbooks import workbook
from handover import ownerlists
from handover.choices import BuyerKind
from handover.models import Batch, Handover, OwnerList
from handover.ownerlists import COLUMNS, read, template
from handover.services import lists, listwork
from handover.services.lists import retry_list, upload_list
from handover.services.slots import add_slots
from tests.handover.factories import FIRST_DAY, HOUR, MONDAY, entry, fresh, handed_over, make_batch, make_house, refused
from tests.inspections.factories import photo

AT = MONDAY + HOUR
GOOD = {"房屋": "3幢2单元1503", "购房人": "王芳", "购房人类别": "夫妻共有", "证件类型": "身份证", "证件号": "11010519491231002X",
        "手机": "138 0000 1111", "通知交付日": "2026-03-01", "预约日期": "2026-03-02", "预约时间": "09:00–10:00"}  # fmt: skip


def sheet(*rows: dict[str, object]) -> bytes:
    return workbook("交付名单", COLUMNS, [[row.get(name, "") for name in COLUMNS] for row in rows])


@pytest.fixture
def batch(cast) -> Batch:
    """Two houses in it, 1501 and 1502; 1503 and 1504 stand on the estate. One slot a day, 09:00–10:00, with room for one."""
    for number in ("1503", "1504"):
        make_house(cast.estate_a1, number)
    batch = make_batch(cast)
    add_slots(
        batch=batch, first=FIRST_DAY, last=FIRST_DAY, opens=time(9), closes=time(10), minutes=60, capacity=1,
        by=cast.estate_manager, at=MONDAY,
    )  # fmt: skip
    return batch


def brought(cast, batch, *rows, content: bytes | None = None) -> OwnerList:
    """Uploaded by the estate manager and worked on."""
    given = sheet(*rows) if content is None else content
    with mock.patch("handover.tasks.work_list.delay"):
        kept = upload_list(batch=batch, filename="名单.xlsx", content=given, by=cast.estate_manager, at=AT)
    listwork.work(pk=kept.pk, at=AT)
    return fresh(kept)


def faults(kept: OwnerList) -> list[tuple[int, str, str]]:
    return [(fault["row"], fault["column"], fault["why"]) for fault in kept.faults]


def test_a_good_row_becomes_a_house_of_the_batch(cast, batch):
    kept = brought(cast, batch, GOOD, {"房屋": "3栋-2-1504", "购房人": "李强"})
    assert (kept.state, kept.row_count, kept.content) == ("saved", 2, None)
    first = batch.handovers.get(house__number="1503")
    assert (first.buyer_name, first.buyer_kind, first.buyer_phone) == ("王芳", BuyerKind.COUPLE, "13800001111")
    assert (first.buyer_id_type, first.buyer_id_number, first.notice_on) == (
        "id_card", "11010519491231002X", date(2026, 3, 1),
    )  # fmt: skip
    assert first.slot == batch.slots.get()
    second = batch.handovers.get(house__number="1504")
    assert (second.buyer_kind, second.slot, second.buyer_id_number) == (BuyerKind.PERSON, None, None)
    assert entry(batch, "batch.import").data == {"houses": 2}
    assert Notice.objects.filter(user=cast.estate_manager, title__contains="已导入").count() == 1


@pytest.mark.parametrize(
    ("wrong", "column", "why"),
    [
        ({"房屋": ""}, "房屋", "不能空着"),
        ({"房屋": "9幢9单元9999"}, "房屋", "桂语江南没有这户：9幢9单元9999"),
        ({"房屋": "3幢2单元1502"}, "房屋", "已经在这个批次里"),
        ({"购房人": ""}, "购房人", "不能空着"),
        ({"购房人类别": "外星人"}, "购房人类别", "只能是个人、夫妻共有、单位、委托办理"),
        ({"证件号": "110105194912310021"}, "证件号", "身份证号的校验位不对"),
        ({"证件类型": ""}, "证件类型", "就要写明证件类型"),
        ({"手机": "1380000"}, "手机", "手机应为 11 位"),
        ({"通知交付日": "三月一日"}, "通知交付日", "日期请写成"),
        ({"预约时间": "早上"}, "预约时间", "时间请写成"),
        ({"预约时间": ""}, "预约时间", "要一起填"),
        ({"预约时间": "10:00"}, "预约时间", "没有这个时段"),
    ],
)
def test_one_bad_cell_is_named_and_nothing_is_saved(cast, batch, wrong, column, why):
    kept = brought(cast, batch, {"房屋": "3幢2单元1504", "购房人": "李强"}, {**GOOD, **wrong})
    assert kept.state == "faulty"
    row, where, said = faults(kept)[0]
    assert (row, where) == (3, column)
    assert why in said
    assert batch.handovers.count() == 2
    assert kept.content is None, "the file holds document numbers"


def test_a_house_twice_in_the_file_is_one_fault(cast, batch):
    kept = brought(cast, batch, GOOD, {"房屋": "3-2-1503", "购房人": "王芳"})
    assert faults(kept) == [(3, "房屋", "与第 2 行是同一户：3-2-1503。")]
    assert batch.handovers.count() == 2


def test_a_slot_is_not_overbooked_by_the_file(cast, batch):
    kept = brought(cast, batch, GOOD, {**GOOD, "房屋": "3幢2单元1504"})
    assert faults(kept) == [(3, "预约时间", "这个时段只能办 1 户，已经约满。")]


def test_a_house_of_another_batch_is_refused_until_that_one_is_through_with_it(cast, batch):
    other = make_batch(cast, ["1504"], name="第二批")
    assert "还在批次“第二批”里办理" in faults(brought(cast, batch, {"房屋": "3幢2单元1504", "购房人": "李强"}))[0][2]
    Handover.objects.filter(batch=other).update(state="not_taken", reason="away")
    assert brought(cast, batch, {"房屋": "3幢2单元1504", "购房人": "李强"}).state == "saved"


def test_a_house_that_was_handed_over_is_refused(cast, batch):
    handed_over(cast, "1504")
    assert "已经在别的批次接房" in faults(brought(cast, batch, {"房屋": "3幢2单元1504", "购房人": "李强"}))[0][2]


def test_an_excel_date_and_time_are_read(cast, batch):
    import io

    import xlsxwriter

    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer)
    page = book.add_worksheet()
    page.write_row(0, 0, COLUMNS)
    page.write_row(1, 0, ["3幢2单元1503", "王芳"])
    page.write_datetime(1, 7, date(2026, 3, 2), book.add_format({"num_format": "yyyy-mm-dd"}))
    page.write_datetime(1, 8, time(9), book.add_format({"num_format": "hh:mm"}))
    book.close()
    assert brought(cast, batch, content=buffer.getvalue()).state == "saved"
    assert batch.handovers.get(house__number="1503").slot == batch.slots.get()


@pytest.mark.parametrize("head", [COLUMNS[1:], [*COLUMNS, "备注"], [*COLUMNS, "房屋"]])
def test_other_columns_are_refused(cast, batch, head):
    kept = brought(cast, batch, content=workbook("交付名单", head, [["3幢2单元1503"]]))
    assert kept.state == "faulty"
    assert batch.handovers.count() == 2


def test_the_template_reads_as_empty(cast, batch):
    kept = brought(cast, batch, content=template())
    assert (kept.state, kept.fault) == ("refused", "文件里没有一行房屋，请按空白模板填写。")


def test_what_is_no_workbook_is_refused_at_once(cast, batch):
    with refused("这不是 .xlsx 文件"):
        upload_list(batch=batch, filename="x.xlsx", content=photo().read(), by=cast.estate_manager, at=AT)
    assert not OwnerList.objects.exists()


def test_only_one_list_at_a_time(cast, batch):
    with mock.patch("handover.tasks.work_list.delay"):
        upload_list(batch=batch, filename="a.xlsx", content=sheet(GOOD), by=cast.estate_manager, at=AT)
        with refused("上一份名单还在导入"):
            upload_list(batch=batch, filename="b.xlsx", content=sheet(GOOD), by=cast.estate_manager, at=AT)


@pytest.mark.parametrize("who", ["service", "auditor", "foreign_manager"])
def test_only_who_manages_batches_brings_a_list(cast, batch, who):
    with refused("由项目经理或客服主管管理"):
        upload_list(batch=batch, filename="a.xlsx", content=sheet(GOOD), by=getattr(cast, who), at=AT)


def test_worked_on_twice_it_is_saved_once(cast, batch):
    kept = brought(cast, batch, GOOD)
    assert not listwork.work(pk=kept.pk, at=AT)
    assert batch.handovers.count() == 3


def test_a_worker_that_fails_saves_nothing_and_it_can_be_tried_again(cast, batch):
    with mock.patch("handover.services.listwork.add_houses", side_effect=RuntimeError):
        kept = brought(cast, batch, GOOD)
    assert (kept.state, batch.handovers.count()) == ("broken", 2)
    with mock.patch("handover.tasks.work_list.delay"):
        retry_list(owner_list=kept, by=cast.estate_manager, at=AT)
        retry_list(owner_list=kept, by=cast.estate_manager, at=AT)
    listwork.work(pk=kept.pk, at=AT)
    assert (fresh(kept).state, batch.handovers.count()) == ("saved", 3)


def test_a_file_on_which_workers_die_is_given_up(cast, batch):
    with mock.patch("handover.tasks.work_list.delay"):
        kept = upload_list(batch=batch, filename="a.xlsx", content=sheet(GOOD), by=cast.estate_manager, at=AT)
    assert listwork.waiting_lists(at=AT + timedelta(seconds=59)) == []
    assert listwork.waiting_lists(at=AT + timedelta(seconds=60)) == [kept.pk]
    OwnerList.objects.update(attempts=3)
    listwork.work(pk=kept.pk, at=AT)
    assert fresh(kept).state == "broken"
    assert "连续 3 次中断" in fresh(kept).fault
    assert listwork.prune_lists(at=AT + timedelta(days=1)) == 0
    assert listwork.prune_lists(at=AT + timedelta(days=1, seconds=1)) == 1
    assert fresh(kept).content is None


def test_ten_thousand_rows_are_read_in_a_moment():
    rows = [[f"{building}幢{unit}单元{floor}{door:02d}", "王芳", "个人", "", "", f"138{building:02d}{unit}{floor:02d}{door:03d}"]
            for building in range(1, 26) for unit in (1, 2) for floor in range(1, 51) for door in (1, 2, 3, 4)]  # fmt: skip
    told: list[tuple[int, int]] = []
    table = read(workbook("交付名单", COLUMNS, rows), lambda done, total: told.append((done, total)))
    assert (len(table.rows), table.faults) == (10_000, [])
    assert told[1] == (500, 10_000)


# --- the pages ------------------------------------------------------------------------------------------------------


def test_upload_leads_to_the_list_which_says_what_is_wrong(cast, batch):
    from django.core.files.uploadedfile import SimpleUploadedFile

    client = cast.client(cast.estate_manager)
    with mock.patch("handover.tasks.work_list.delay"):
        file = SimpleUploadedFile("名单.xlsx", sheet({**GOOD, "手机": "12"}))
        response = client.post(reverse("handover:upload_list", args=[batch.pk]), {"file": file})
    kept = OwnerList.objects.get()
    assert response.url == reverse("handover:list", args=[kept.pk])
    assert "等待后台处理" in client.get(response.url).content.decode()
    listwork.work(pk=kept.pk, at=AT)
    html = client.get(response.url).content.decode()
    assert "一户也没有保存" in html
    assert "手机应为 11 位" in html
    assert client.get(reverse("handover:list_progress", args=[kept.pk])).headers["HX-Refresh"] == "true"


def test_no_file_is_refused_beside_the_field(cast, batch):
    response = cast.client(cast.estate_manager).post(reverse("handover:upload_list", args=[batch.pk]))
    assert response.status_code == 422
    assert "请选择交付名单文件" in response.content.decode()


def test_a_file_that_is_too_large_is_refused_before_it_is_read(cast, batch, monkeypatch):
    monkeypatch.setattr(ownerlists, "MAX_BYTES", 100)
    monkeypatch.setattr(lists, "upload_list", lambda **_: pytest.fail("it was read into memory"))
    file = SimpleUploadedFile("名单.xlsx", b"x" * 101)
    response = cast.client(cast.estate_manager).post(reverse("handover:upload_list", args=[batch.pk]), {"file": file})
    assert response.status_code == 422
    assert "文件超过 10 MB，请分开导入" in response.content.decode()
    assert not batch.lists.exists()
