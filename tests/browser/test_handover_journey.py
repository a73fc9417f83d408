"""Two houses through a handover hall, on tablets and at the cashier's desk (HND-1…5): one walks every step to the keys and
its papers hold the same figures as the database, the other is refused at the fees and stands everywhere with its reason.

Each step is done by who may do it, in a window of their own; the server's clock is moved on between them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
import time_machine
from django.urls import reverse
from playwright.sync_api import Page, expect

from foundation.signatures.services import signed
from handover.choices import SIGNED, StepKind
from handover.models import Batch, Bill, Defect, Handover, HouseKey, KeyMove, OwnerFile
from tests.browser.conftest import Browse
from tests.browser.hall import GoTo, Hall, dialog, finish, sign, signature_in, step, text_of
from tests.browser.test_main_job import photo
from tests.cast import Cast
from tests.handover.factories import HOUR, MINUTE, MONDAY, fresh, journal, make_house
from tests.handover.houses import make_builder
from tests.handover.money import TOTAL, fee_items
from tests.handover.test_owner_list import sheet

pytestmark = pytest.mark.browser

BATCH, DEVELOPER = "桂语江南二期首批", "锦城置业有限公司"
FANG = {"房屋": "3幢2单元1501", "购房人": "王芳", "证件类型": "身份证", "证件号": "11010519491231002X",
        "手机": "13800001111", "预约日期": "2026-03-02", "预约时间": "09:00"}  # fmt: skip
QIANG = {"房屋": "3幢2单元1502", "购房人": "李国强", "手机": "13800002222"}
PRICE = "等开发商答复"


@pytest.fixture
def go_to(db: None) -> Iterator[GoTo]:
    with time_machine.travel(MONDAY, tick=False) as now:
        yield now.move_to


@pytest.fixture
def hall(cast: Cast, browse: Browse, tmp_path: Path, go_to: GoTo) -> Hall:
    for number in ("1501", "1502"):
        make_house(cast.estate_a1, number)
    fee_items(cast.estate_a1)
    make_builder(cast)
    return Hall(browse, cast, tmp_path, go_to)


def test_one_house_to_its_keys_and_another_refused_at_the_fees(hall: Hall) -> None:
    batch = prepare(hall)
    first, second = (batch.handovers.get(house__number=number) for number in ("1501", "1502"))

    to_the_inspection(hall, first, MONDAY + 5 * MINUTE)
    inspect(hall, first)
    bill = pay(hall, first)
    keys(hall, first)
    hall.in_one = True
    to_the_inspection(hall, second, MONDAY + 2 * HOUR + 10 * MINUTE)
    refuse_at_the_fees(hall, second)

    hall.go_to(MONDAY + 4 * HOUR)
    in_the_database(hall, first, second, bill)
    on_the_pages(hall, first, second)
    papers(hall, first, bill)
    reports(hall, batch, bill)


# --- the office -------------------------------------------------------------------------------------------------------


def prepare(hall: Hall) -> Batch:
    """Batch, slots, the developer's list and an appointment, all by the pages; then it is opened."""
    page = hall.office
    page.goto(hall.browse.url("/"))
    page.goto(hall.browse.url(reverse("handover:batches")))
    page.get_by_role("link", name="建立批次").click()
    page.get_by_label("批次名称").fill(BATCH)
    page.get_by_label("开始日期").fill("2026-03-02")
    page.get_by_label("结束日期").fill("2026-03-03")
    page.get_by_label("开发商", exact=True).fill(DEVELOPER)
    page.get_by_label("办理地点").fill("会所一层")
    hall.seen(page, "create")
    page.get_by_role("button", name="建立批次").click()

    page.get_by_role("link", name="预约时段").click()
    page.get_by_label("每天结束").fill("12:00")
    page.get_by_label("每段分钟数").fill("60")
    page.get_by_label("每段可办户数").fill("1")
    page.get_by_role("button", name="增加时段").click()
    expect(page.get_by_text("共可办 6 户，已约 0 户")).to_be_visible()
    hall.seen(page, "slots")

    page.get_by_role("link", name=BATCH).click()
    page.get_by_role("link", name="导入交付名单").first.click()
    hall.seen(page, "lists")
    file = {"name": "交付名单.xlsx", "mimeType": "application/octet-stream", "buffer": sheet(FANG, QIANG)}
    page.get_by_label("交付名单（.xlsx）").set_input_files(file)
    page.get_by_role("button", name="上传并导入").click()
    expect(page.get_by_text("新增 2 户")).to_be_visible()
    hall.seen(page, "list")
    page.get_by_role("link", name="查看批次").click()
    page.get_by_role("button", name="开始办理").click()
    expect(page.get_by_text("批次已开始办理。")).to_be_visible()
    hall.seen(page, "batch")

    page.get_by_role("link", name="3幢2单元1502").click()
    page.get_by_role("button", name="预约", exact=True).click()
    booking = page.get_by_role("dialog", name="预约")
    booking.get_by_label("时段").select_option(label="03-02 10:00–11:00 余 1 户")
    booking.get_by_role("button", name="预约", exact=True).click()
    expect(page.get_by_text("预约已保存。")).to_be_visible()
    hall.seen(page, "house-appointed")
    batch = Batch.objects.get()
    starts = [
        f"{row.slot.starts_at.astimezone(MONDAY.tzinfo):%H:%M}" for row in batch.handovers.order_by("house__code")
    ]
    assert (batch.state, starts) == (Batch.State.OPEN, ["09:00", "10:00"])
    return batch


# --- the counters -----------------------------------------------------------------------------------------------------


def to_the_inspection(hall: Hall, handover: Handover, at: datetime) -> None:
    hall.go_to(at)
    page = hall.counter
    if hall.in_one:
        # Straight from the house before: the cursor is where its number is typed.
        page.get_by_role("link", name="下一户").click()
        expect(page.locator("#id_q")).to_be_focused()
        page.keyboard.type(handover.house.number)
        page.keyboard.press("Enter")
    else:
        hall.open(page, "batch", handover.batch_id)
    page.get_by_role("link", name=handover.house.code).click()
    page.get_by_role("button", name="到场").click()
    expect(page.get_by_text("已登记到场。")).to_be_visible()
    # The way on: what is next has the focus.
    expect(page.locator("#next")).to_have_text("核对身份")
    expect(page.locator("#next")).to_be_focused()
    hall.seen(page, "identity")
    finish(page, StepKind.IDENTITY)
    expect(page.locator("#next")).to_have_text("收取资料")
    expect(page.locator("#next")).to_be_focused()

    receive_documents(hall, page, handover)
    fill_owner_file(hall, page)
    sign(hall, page, StepKind.OWNER_FILE)

    sign(hall, page, StepKind.SAFETY)
    # The counter is free for the next owner: this step is the inspector's.
    expect(page.locator("#next")).to_have_text("验房")


def receive_documents(hall: Hall, page: Page, handover: Handover) -> None:
    """Each required paper is ticked; one is scanned."""
    for box in page.locator("#documents-codes li", has_text="必交").get_by_role("checkbox").all():
        box.check()
    hall.seen(page, "documents")
    if hall.in_one:
        page.get_by_role("button", name="登记收到，完成这一步").click()
        expect(page.locator("#next")).to_have_text("填写《业主档案》")
        return
    page.get_by_role("button", name="登记收到", exact=True).click()
    expect(page.get_by_text("收到的资料已登记。")).to_be_visible()
    scan = dialog(page, "上传扫描件")
    scan.get_by_label("资料").select_option(label="业主身份证件")
    scan.locator("[type=file]").set_input_files(photo("id.jpg"))
    scan.get_by_role("button", name="上传", exact=True).click()
    expect(page.get_by_text("扫描件已保存。")).to_be_visible()
    hall.seen(page, "documents-in")
    finish(page, StepKind.DOCUMENTS)
    assert not handover.documents.filter(is_required=True, received_at=None).exists()


def fill_owner_file(hall: Hall, page: Page) -> None:
    form = step(page, StepKind.OWNER_FILE)
    form.get_by_label("生日").fill("1949-12-31")
    form.get_by_label("紧急联系人").fill("王强")
    form.get_by_label("紧急联系手机").fill("138 0000 3333")
    form.get_by_label("同住家庭成员").fill("李华 配偶 13800004444")
    hall.seen(page, "owner-file")
    page.get_by_role("button", name="保存《业主档案》").click()
    expect(page.get_by_text("《业主档案》已保存。")).to_be_visible()


def inspect(hall: Hall, handover: Handover) -> None:
    """One hollow wall, with a photo on which it is drawn round; the owner signs what was found."""
    hall.go_to(MONDAY + HOUR)
    page = hall.inspector
    hall.open(page, "house", handover.pk)
    step(page, "inspection").get_by_role("button", name="开始办理").first.click()
    expect(step(page, "inspection").get_by_text("办理中")).to_be_visible()
    hall.seen(page, "inspection")
    step(page, "inspection").get_by_role("link", name="登记和查看遗留问题").click()
    page.get_by_label("主卧").check()
    page.get_by_label("工种和问题").select_option("墙面|空鼓")
    page.locator("#id_photos").set_input_files(photo("wall.jpg"))
    field = page.locator(".mark-field svg")
    expect(field).to_be_visible()
    field.scroll_into_view_if_needed()
    box = field.bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.25, box["y"] + box["height"] * 0.25)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.75, box["y"] + box["height"] * 0.5, steps=8)
    page.mouse.up()
    hall.seen(page, "defect-form")
    page.get_by_role("button", name="登记", exact=True).click()
    expect(page.get_by_text("问题已登记")).to_be_visible()
    hall.seen(page, "defects")
    page.get_by_role("link", name="回到办理").click()
    sign(hall, page, StepKind.INSPECTION)


def pay(hall: Hall, handover: Handover) -> Bill:
    """Computed at a second counter, paid at the cashier's, whose page shows it at once."""
    hall.go_to(MONDAY + 90 * MINUTE)
    page = hall.second
    hall.open(page, "house", handover.pk)
    step(page, "fees").get_by_role("link", name="生成和查看账单").click()
    hall.seen(page, "bill-draft")
    page.get_by_role("button", name="生成账单").click()
    expect(page.get_by_text("账单已生成。")).to_be_visible()
    hall.seen(page, "bill")
    page.get_by_role("link", name="回到办理").click()
    finish(page, StepKind.FEES)

    desk = hall.cashier
    hall.open(desk, "bills")
    desk.get_by_role("link", name=handover.house.code).click()
    receipt = dialog(desk, "收款")
    receipt.get_by_label("微信").check()
    receipt.get_by_label("收据号").fill("0001501")
    receipt.get_by_role("button", name="收款", exact=True).click()
    expect(desk.get_by_text("已缴清", exact=True)).to_be_visible()
    hall.seen(desk, "bill-paid")
    desk.get_by_role("link", name="回到办理").click()
    finish(desk, StepKind.PAYMENT)
    return Bill.objects.get()


def keys(hall: Hall, handover: Handover) -> None:
    """Of three keys one is kept for the repair with the owner's consent, the rest goes to the owner."""
    hall.go_to(MONDAY + 2 * HOUR)
    page = hall.counter
    hall.open(page, "house", handover.pk)
    hall.seen(page, "keys-step")
    step(page, "keys").get_by_role("link", name="登记钥匙").click()
    page.get_by_role("textbox", name="编号").fill("1501-1、1501-2、1501-3")
    page.get_by_role("button", name="登记", exact=True).click()
    expect(page.get_by_text("钥匙已登记。")).to_be_visible()
    hall.seen(page, "keys-registered")
    rows = page.locator(".key-list li")
    rows.filter(has_text="1501-3").get_by_role("button", name="业主同意留存").click()
    keeping = page.get_by_role("dialog", name="业主同意留存")
    keeping.get_by_label("业主同意留存这把钥匙").check()
    keeping.get_by_role("button", name="业主同意留存").click()
    expect(page.get_by_text("已登记业主同意留存。")).to_be_visible()
    page.get_by_role("button", name="在钥匙柜的 2 件都交给王芳").click()
    expect(page.get_by_text("2 件钥匙已交给王芳。")).to_be_visible()
    hall.seen(page, "keys")
    page.get_by_role("link", name="回到办理").click()
    sign(hall, page, StepKind.KEYS)
    expect(page.locator(".record-bar")).to_contain_text("已接房")
    hall.seen(page, "house-done")


def refuse_at_the_fees(hall: Hall, handover: Handover) -> None:
    """Nothing was found in the house; its price is too high. A counter had begun to compute it."""
    hall.go_to(MONDAY + 3 * HOUR)
    page = hall.inspector
    hall.open(page, "house", handover.pk)
    sign(hall, page, StepKind.INSPECTION)
    page = hall.second
    hall.open(page, "house", handover.pk)
    step(page, "fees").get_by_role("button", name="开始办理").click()
    step(page, "fees").get_by_role("link", name="生成和查看账单").click()
    expect(page.get_by_text(str(TOTAL))).to_be_visible()
    page.get_by_role("link", name="回到办理").click()
    refusal = dialog(page, "登记未接房")
    refusal.get_by_label("对费用有异议").check()
    refusal.get_by_label("说明").fill(PRICE)
    hall.seen(page, "not-taken-dialog")
    refusal.get_by_role("button", name="登记未接房").click()
    expect(page.locator(".record-bar")).to_contain_text(f"对费用有异议：{PRICE}")
    hall.seen(page, "house-not-taken")


# --- what came of it --------------------------------------------------------------------------------------------------


def in_the_database(hall: Hall, first: Handover, second: Handover, bill: Bill) -> None:
    first, second, cast = fresh(first), fresh(second), hall.cast
    assert first.state == Handover.State.DONE
    hands = {one.kind: one.done_by for one in first.steps.select_related("done_by")}
    assert hands == dict.fromkeys(StepKind, cast.service) | {
        StepKind.INSPECTION: cast.engineering,
        StepKind.FEES: bill.made_by,
        StepKind.PAYMENT: cast.cashier,
    }
    assert bill.made_by.name == "陈二柜"
    assert (bill.total, bill.payments.get().amount) == (TOTAL, TOTAL)
    for kind in SIGNED:
        assert len(signed(first, kind).drawing.strokes) == 2
    file = OwnerFile.objects.get(handover=first)
    assert (str(file.birthday), file.emergency_mobile) == ("1949-12-31", "13800003333")
    defect = Defect.objects.get()
    assert (defect.handover, defect.mark[0][0]) == (first, pytest.approx([0.25, 0.25], abs=0.02))
    *handed, kept = HouseKey.objects.order_by("label")
    assert [key.place for key in handed] == [HouseKey.Place.OWNER] * 2
    assert kept.place == HouseKey.Place.OFFICE
    assert kept.moves.get().kind == KeyMove.Kind.KEPT

    assert (second.state, second.reason, second.remark) == (Handover.State.NOT_TAKEN, "fees", PRICE)
    # What was done stays done; what a counter had begun is free again.
    assert [one.state for one in second.steps.all()] == ["done"] * 5 + ["waiting"] * 3
    assert not second.bills.exists()
    assert journal(second)[-2:] == ["take_step", "not_taken"]


def on_the_pages(hall: Hall, first: Handover, second: Handover) -> None:
    page = hall.office
    hall.open(page, "board", first.batch_id)
    hall.seen(page, "board")
    expect(page.locator(".tile-done")).to_have_text("3幢2单元1501")
    expect(page.locator(".tile-absent")).to_contain_text("3幢2单元1502")
    expect(page.locator(".tile-absent")).to_contain_text("对费用有异议")

    hall.open(page, "house", first.pk)
    expect(page.locator(".house-step.is-done")).to_have_count(8)
    page.locator("#documents summary").click()
    expect(page.locator("#documents").get_by_role("img").first).to_be_visible()
    page.locator("#owner_file summary").click()
    expect(page.locator("#owner_file")).to_contain_text("王强 138****3333")
    expect(page.get_by_role("link", name="签字件")).to_have_count(4)

    page.goto(hall.browse.url(reverse("estates:house", args=[first.house_id])))
    panel = page.locator("main")
    for words in (BATCH, "已接房", "主卧墙面：空鼓", "1501-1", f"{TOTAL} 元", "已缴清"):
        expect(panel).to_contain_text(words)
    hall.seen(page, "one-house-one-file")


def papers(hall: Hall, first: Handover, bill: Bill) -> None:
    """Each by the link that its user has; the set holds all of them."""
    page, buyer, house = hall.office, "王芳", "3幢2单元1501"
    hall.open(page, "house", first.pk)
    links = {kind: step(page, kind).get_by_role("link", name="签字件") for kind in SIGNED}
    said = {kind: hall.pdf(page, link, f"paper-{kind}") for kind, link in links.items()}
    whole = hall.pdf(page, page.get_by_role("link", name="成套资料 PDF"), "set")
    page.goto(hall.browse.url(reverse("handover:bill", args=[bill.pk])))
    said["bill"] = hall.pdf(page, page.get_by_role("link", name="打印账单"), "bill")
    said["receipt"] = hall.pdf(page, page.get_by_role("link", name="0001501"), "receipt")
    for name, text in said.items():
        assert house in text, name
        assert buyer in text, name
    for name in ("bill", "receipt"):
        assert str(bill.total) in said[name]
        assert "壹仟捌佰玖拾叁元陆角整" in said[name]
    assert "空鼓" in said[StepKind.INSPECTION]
    assert "业主同意留存" in said[StepKind.KEYS]
    assert "138****3333" in said[StepKind.OWNER_FILE]
    for kind in SIGNED:
        assert signature_in(hall.pictures / f"paper-{kind}.pdf") > 14, kind
        assert signed(first, kind).sha256 in said[kind]
        assert signed(first, kind).sha256 in whole
    paid = bill.payments.get()
    assert f"合计{bill.total}元已缴{paid.amount}元" in whole
    assert f"{paid.receipt}（微信{paid.amount}元）" in whole
    assert "13800001111" not in whole + "".join(said.values())


def reports(hall: Hall, batch: Batch, bill: Bill) -> None:
    """The day of the batch and its sum, on the page, printed and listed."""
    page = hall.office
    for name, words in (
        ("daily", ("1502", "李国强", f"对费用有异议：{PRICE}")),
        ("summary", ("对费用有异议", str(bill.total))),
        ("unaccepted", ("1502", "李国强", "对费用有异议", PRICE)),
    ):
        hall.open(page, name, batch.pk)
        hall.seen(page, name)
        for word in words:
            expect(page.locator("main")).to_contain_text(word)
        text = hall.pdf(page, page.get_by_role("link", name="打印"), name)
        for word in words:
            assert re.sub(r"\s+", "", word) in text, (name, word)
    assert "1501" not in text, "it was handed over"
    assert str(bill.total) in text_of(hall.pictures / "daily.pdf")
