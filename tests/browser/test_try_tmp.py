import uuid
import pytest
from django.urls import reverse
from django.utils import timezone
from foundation.worktime.local import local_date
from inspections.services.standards import STANDARDS, read_checklist
from tests.inspections import factories as make
pytestmark=[pytest.mark.browser]
def test_try(cast, browse):
    head, sections = read_checklist(STANDARDS/"checklists"/"ten-checks.yaml")
    version = make.make_version("ten-checks", name="十必查", sections=sections)
    inspection = make.make_inspection(cast.estate_a1, version=version, on=local_date(timezone.now()))
    url = browse.url(reverse("inspections:fill", args=[inspection.pk]))
    for scheme in ("light","dark"):
      for name, vp in (("phone",{"width":390,"height":844}),("desk",{"width":1280,"height":900})):
        page = browse(cast.engineering, viewport=vp, color_scheme=scheme)
        page.on("console", lambda m: print("console", m.type, m.text))
        page.on("pageerror", lambda e: print("ERR", e))
        page.on("response", lambda r: r.status>=400 and print(r.status, r.url))
        page.goto(url)
        page.wait_for_timeout(1500)
        page.screenshot(path=f"/tmp/shot_{name}_{scheme}_0.png")
        cards = page.locator(".item")
        print(cards.count(), page.locator("#save-state").inner_text())
        cards.nth(1).locator(".answer-pass input").click()
        page.wait_for_timeout(300)
        cards.nth(2).locator(".answer-fail input").click()
        page.wait_for_timeout(300)
        if cards.nth(2).locator("[data-note]").count(): cards.nth(2).locator("[data-note]").fill("插排串接,搭在床架上")
        cards.nth(2).locator("[data-album]").set_input_files([{"name":"a.jpg","mimeType":"image/jpeg","buffer":make.photo().read()}])
        page.wait_for_timeout(1500)
        page.screenshot(path=f"/tmp/shot_{name}_{scheme}_1.png")
        print(page.locator("#save-state").inner_text())
        page.locator("#fill-submit").click(); page.wait_for_timeout(300)
        page.screenshot(path=f"/tmp/shot_{name}_{scheme}_2.png")
        page.context.close(); browse.contexts.clear()
    print(inspection.answers.count())
