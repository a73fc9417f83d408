"""验房 on a phone: a fault with a drawn-on photo and a pin, mended by the builder behind the link, checked (HND-3)."""

from __future__ import annotations

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from handover.models import Defect
from handover.services.builders import address_of
from tests.browser.conftest import DESKTOP, Browse
from tests.browser.test_every_page import NARROW, Visitor, faults
from tests.browser.test_main_job import photo
from tests.cast import Cast
from tests.handover.factories import arrived, fresh, make_handover
from tests.handover.houses import make_builder, make_key
from tests.handover.plans import make_plan

pytestmark = pytest.mark.browser


@pytest.mark.django_db(transaction=True)
def test_a_fault_is_drawn_on_mended_by_the_builder_and_rechecked(
    cast: Cast, browse: Browse, tmp_path, settings
) -> None:
    builder = make_builder(cast)
    handover = arrived(make_handover(cast), cast)
    make_key(cast, handover=handover)
    plan = make_plan(handover.house, by=cast.service_lead)
    names = {user.username for user in cast.people}

    phone = Visitor(browse(cast.engineering, viewport=NARROW))
    page = phone.page
    phone.visit(browse.url(reverse("handover:house_defects", args=[handover.pk])))
    page.get_by_label("主卧").check()
    gas = page.locator("optgroup[label=燃气]")
    expect(gas).to_have_attribute("hidden", "")
    page.get_by_label("工种和问题").select_option("墙面|空鼓")
    page.locator("#id_photos").set_input_files(photo("wall.jpg"))
    field = page.locator(".mark-field svg")
    expect(field).to_be_visible()
    field.scroll_into_view_if_needed()
    box = field.bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] * 0.25, box["y"] + box["height"] * 0.25)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.75, box["y"] + box["height"] * 0.5, steps=8)
    page.mouse.up()
    flat = page.locator(".plan-field svg")
    flat.scroll_into_view_if_needed()
    box = flat.bounding_box()
    assert box
    flat.click(position={"x": box["width"] * 0.9, "y": box["height"] * 0.9})
    flat.click(position={"x": box["width"] * 0.4, "y": box["height"] * 0.7})
    expect(page.get_by_text("位置已标出")).to_be_visible()
    page.screenshot(path=tmp_path / "register.png", full_page=True)
    assert not list(faults(page, phone.said, names))
    page.get_by_role("button", name="登记", exact=True).click()
    expect(page.get_by_text("问题已登记")).to_be_visible()
    defect = Defect.objects.get()
    assert defect.builder == builder
    assert defect.mark[0][0] == pytest.approx([0.25, 0.25], abs=0.02)
    assert defect.mark[0][-1] == pytest.approx([0.75, 0.5], abs=0.02)
    assert (defect.plan, defect.pin_x, defect.pin_y) == (
        plan,
        pytest.approx(0.4, abs=0.01),
        pytest.approx(0.7, abs=0.01),
    )
    pin = page.get_by_role("link", name=f"1 {defect.what}")
    expect(pin).to_be_visible()
    assert not list(faults(page, phone.said, names))
    page.screenshot(path=tmp_path / "registered.png", full_page=True)

    settings.SITE_URL = browse.address
    outside = Visitor(browse(viewport=NARROW))
    outside.visit(address_of(builder))
    outside.page.get_by_text("在平面图上的位置").click()
    expect(outside.page.locator(".plan-pins circle")).to_have_count(1)
    outside.page.get_by_text("改好了，上报").click()
    outside.page.locator(f"#photos-{defect.pk}").set_input_files(photo("mended.jpg"))
    outside.page.screenshot(path=tmp_path / "builder.png", full_page=True)
    assert not list(faults(outside.page, outside.said, names))
    outside.page.get_by_role("button", name="上报整改完成").click()
    expect(outside.page.get_by_text("没有待整改的问题")).to_be_visible()
    assert fresh(defect).state == Defect.State.FIXED

    desk = Visitor(browse(cast.engineering_lead, viewport=DESKTOP))
    desk.visit(browse.url(reverse("handover:defect", args=[defect.pk])))
    expect(desk.page.locator(".marked polyline")).to_have_count(1)
    expect(desk.page.locator(".plan-pins circle")).to_have_count(1)
    desk.page.screenshot(path=tmp_path / "defect.png", full_page=True)
    assert not list(faults(desk.page, desk.said, names))
    desk.page.get_by_role("button", name="复验通过").click()
    desk.page.locator("#recheck").get_by_role("button", name="复验通过").click()
    expect(desk.page.get_by_text("复验通过，请业主确认。")).to_be_visible()
    assert fresh(defect).state == Defect.State.RECHECKED
    for name, role, kwargs in (
        ("defects", cast.engineering, {"query": "?status=all"}),
        ("builders", cast.service, {}),
        ("plans", cast.service_lead, {}),
        ("plan", cast.service_lead, {"args": [plan.pk]}),
        ("keys", cast.service, {"query": "?status=all"}),
        ("house_keys", cast.service, {"args": [handover.pk]}),
    ):
        for viewport, label in ((DESKTOP, "desktop"), (NARROW, "phone")):
            visitor = Visitor(browse(role, viewport=viewport))
            visitor.visit(browse.url(reverse(f"handover:{name}", args=kwargs.get("args")) + kwargs.get("query", "")))
            visitor.page.screenshot(path=tmp_path / f"{name}-{label}.png", full_page=True)
            assert not list(faults(visitor.page, visitor.said, names)), name
