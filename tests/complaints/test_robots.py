"""What the chat robots of a place post about cases: what the people there are told, once, as its settings ask (CMP-9)."""

from __future__ import annotations

import pytest

from complaints.services.extending import ask_extension
from foundation.notices.models import Delivery, Notice, Robot
from foundation.timers import services as timers
from tests.complaints.factories import DAY, HOUR, MINUTE, MONDAY, accepted, make_case, transferred

pytestmark = pytest.mark.django_db


def robot_at(node, **options) -> Robot:
    url = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=1"
    return Robot.objects.create(node_id=node.pk, kind=Robot.Kind.WECOM, name="管理群", url=url, **options)


def posted(robot) -> list[str]:
    rows = Delivery.objects.filter(robot=robot).select_related("notice").order_by("pk")
    return [row.notice.title for row in rows]


def test_the_estates_robot_hears_what_its_people_are_told(cast):
    here, elsewhere = robot_at(cast.estate_a1), robot_at(cast.estate_a2)
    case = accepted(transferred(make_case(cast, grade="major"), cast), cast)
    ask_extension(case=case, by=cast.engineering, at=MONDAY + HOUR, due_at=MONDAY + 20 * DAY, reason="等配件")
    words = "电梯又停了，没有人来修"
    assert posted(here) == [
        f"重要投诉（待界定）：{words}",
        f"重大投诉：{words}",
        f"新转派投诉：{words}",
        f"处理延期待批准：{words}",
    ]
    assert posted(elsewhere) == []


def test_one_that_asks_for_urgent_ones_hears_only_of_major_complaints(cast):
    robot = robot_at(cast.estate_a1, min_level="urgent")
    transferred(make_case(cast), cast)
    transferred(make_case(cast, grade="major", phone="13800005678"), cast)
    assert posted(robot) == ["重大投诉：电梯又停了，没有人来修", "新转派投诉：电梯又停了，没有人来修"]


def test_what_grows_to_major_by_itself_is_posted_once(cast):
    robot = robot_at(cast.estate_a1, min_level="urgent")
    transferred(make_case(cast, grade="minor"), cast)
    for later in (7 * DAY, 7 * DAY + MINUTE):
        timers.sweep(at=MONDAY + later)
    assert [title for title in posted(robot) if title.startswith("重大投诉")] == ["重大投诉：电梯又停了，没有人来修"]


def test_what_the_manager_asks_is_posted_where_it_is_decided(cast):
    estate, branch = robot_at(cast.estate_a1), robot_at(cast.branch_a)
    case = accepted(transferred(make_case(cast, grade="serious"), cast), cast)
    before = posted(estate)
    ask_extension(case=case, by=cast.estate_manager, at=MONDAY + HOUR, due_at=MONDAY + 4 * DAY, reason="等配件")
    assert posted(branch) == ["处理延期待批准：电梯又停了，没有人来修"]
    assert posted(estate) == before


def test_many_people_are_one_post(cast):
    robot = robot_at(cast.estate_a1)
    make_case(cast)
    assert Notice.objects.filter(title__startswith="重要投诉").count() > 1
    assert len(posted(robot)) == 1
