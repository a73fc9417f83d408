"""A network that is lost after the form was sent: the desk loads the page again, and there is one pass."""

from __future__ import annotations

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Route

from handover.models import Pass
from tests.browser.conftest import DESKTOP
from tests.handover.passes import make_home

pytestmark = pytest.mark.browser


def test_a_lost_answer_makes_no_second_pass(cast, browse) -> None:
    url = reverse("handover:make_pass", args=[make_home(cast).pk])
    page = browse(cast.service, viewport=DESKTOP)

    def lose_the_answer(route: Route) -> None:
        if route.request.method == "POST":
            route.fetch(max_redirects=0)
            route.abort("connectionreset")
        else:
            route.continue_()

    page.route(f"**{url}", lose_the_answer)
    page.goto(browse.url(url))
    page.get_by_label("业主", exact=True).check()
    page.get_by_label("携带人姓名").fill("黄桂兰")
    page.get_by_label("临时携出").check()
    page.get_by_label("家具数量").fill("2")
    page.get_by_label("有效日期").fill(f"{timezone.localdate()}")
    # The device keeps what was typed a moment after the last key.
    page.wait_for_timeout(500)
    with page.expect_event("requestfailed", lambda request: request.method == "POST"):
        page.get_by_role("button", name="开具出门条").click()
    page.unroute(f"**{url}")
    made = Pass.objects.get()

    page.reload()
    page.wait_for_url(f"**{reverse('handover:pass', args=[made.pk])}")
    assert Pass.objects.get() == made
