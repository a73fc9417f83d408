"""群机器人, 通知参数, 阶梯通知方式 and 外发消息 in the admin."""

from __future__ import annotations

import pytest
from django.urls import reverse

from accounts.roles import Role
from foundation.journal.models import Entry
from foundation.notices.models import NoticePolicy, Parcel, Robot, StepChannels
from foundation.notices.services import send
from tests.notices.conftest import AT, NODE, deliver

ADD, LIST = reverse("admin:notices_robot_add"), reverse("admin:notices_robot_changelist")


@pytest.fixture
def admin(cast):
    return cast.client(cast.administrator)


@pytest.fixture
def branch_admin(cast):
    return cast.client(cast.hire(Role.ADMINISTRATOR, cast.branch_a, "branchadmin"))


def form(cast, **changes):
    data = {
        "node_id": cast.estate_a1.pk,
        "kind": "dingtalk",
        "name": "桂语江南管理群",
        "min_level": "info",
        "is_active": "on",
    }
    return data | {"url": "https://oapi.dingtalk.com/robot/send?access_token=sesame", "secret": "SECret"} | changes


def change(robot):
    return reverse("admin:notices_robot_change", args=[robot.pk])


def test_a_robot_is_added_and_journalled_without_its_key(cast, admin):
    assert admin.post(ADD, form(cast)).status_code == 302
    robot = Robot.objects.get()
    assert (robot.node_id, robot.secret, robot.url[-6:]) == (cast.estate_a1.pk, "SECret", "sesame")
    entry = Entry.objects.get(verb="robot.create")
    assert entry.node_id == cast.estate_a1.pk
    assert "sesame" not in str(entry.data)
    assert "桂语江南" in admin.get(LIST).content.decode()


def test_address_and_secret_are_not_shown_again_and_stay_when_left_empty(cast, admin):
    admin.post(ADD, form(cast))
    robot = Robot.objects.get()
    html = admin.get(change(robot)).content.decode()
    assert "sesame" not in html
    assert "SECret" not in html
    assert admin.post(change(robot), form(cast, url="", secret="", name="改名")).status_code == 302
    robot.refresh_from_db()
    assert (robot.name, robot.secret, robot.url[-6:]) == ("改名", "SECret", "sesame")
    assert Entry.objects.get(verb="robot.change").data["fields"] == ["名称"]
    admin.post(change(robot), form(cast, url="", secret="", drop_secret="on"))
    robot.refresh_from_db()
    assert not robot.secret


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"url": ""}, "请填写 Webhook 地址。"),
        ({"url": "https://10.0.0.1/send"}, "只能发往"),
        ({"url": "http://oapi.dingtalk.com/robot/send"}, "https://"),
        ({"kind": "wecom"}, "没有加签密钥"),
        ({"node_id": ""}, "必填"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_saved(cast, admin, wrong, sentence):
    answer = admin.post(ADD, form(cast, **wrong))
    assert answer.status_code == 200
    assert sentence in answer.content.decode()
    assert not Robot.objects.exists()


def test_an_administrator_has_the_robots_of_their_own_places(cast, admin, branch_admin):
    admin.post(ADD, form(cast, node_id=cast.estate_b1.pk, name="外地群"))
    admin.post(ADD, form(cast))
    listed = branch_admin.get(LIST).content.decode()
    assert "桂语江南管理群" in listed
    assert "外地群" not in listed
    foreign = Robot.objects.get(name="外地群")
    assert branch_admin.get(change(foreign)).status_code == 302, "not found: led away"
    branch_admin.post(reverse("admin:notices_robot_delete", args=[foreign.pk]), {"post": "yes"})
    assert Robot.objects.filter(pk=foreign.pk).exists()
    assert "有效选项" in (answer := branch_admin.post(ADD, form(cast, node_id=cast.estate_b1.pk))).content.decode() or (
        answer.status_code == 200
    )
    assert Robot.objects.filter(node_id=cast.estate_b1.pk).count() == 1


def test_a_test_message_tells_what_the_robot_said(cast, admin, chat):
    admin.post(ADD, form(cast, url=chat.url("/robot/send?access_token=1")))
    robot = Robot.objects.get()
    url = reverse("admin:notices_robot_post_test", args=[robot.pk])
    html = admin.post(url, follow=True).content.decode()
    assert "测试消息已发到“桂语江南管理群”" in html
    assert "测试消息" in chat.posts[0].body["text"]["content"]
    chat.answers = [(200, {"errcode": 310000, "errmsg": "sign not match"})]
    assert "机器人拒绝：310000 sign not match" in admin.post(url, follow=True).content.decode()
    assert Entry.objects.filter(verb="robot.test").count() == 2


def test_a_test_message_is_asked_about_first(cast, admin, chat):
    admin.post(ADD, form(cast, url=chat.url()))
    html = admin.get(reverse("admin:notices_robot_post_test", args=[Robot.objects.get().pk])).content.decode()
    assert "将向钉钉群“桂语江南管理群”发一条测试消息" in html
    assert chat.posts == []


def test_nobody_tests_anothers_robot(cast, admin, branch_admin, chat):
    admin.post(ADD, form(cast, node_id=cast.estate_b1.pk, url=chat.url()))
    url = reverse("admin:notices_robot_post_test", args=[Robot.objects.get().pk])
    assert branch_admin.post(url).status_code == 403
    assert chat.posts == []


def test_a_robot_is_removed_with_what_waits_for_it(cast, admin, chat):
    admin.post(ADD, form(cast, url=chat.url()))
    robot = Robot.objects.get()
    send(to=[cast.estate_manager], title="整改到期", at=AT, key="k", node=cast.estate_a1)
    admin.post(reverse("admin:notices_robot_delete", args=[robot.pk]), {"post": "yes"})
    assert not Robot.objects.exists()
    assert Entry.objects.filter(verb="robot.remove").count() == 1
    assert deliver(AT).sent == 0


def test_the_companys_quiet_hours_are_the_groups_to_set(cast, admin, branch_admin):
    page = reverse("admin:notices_noticepolicy_changelist")
    assert admin.get(page).status_code == 302
    url = reverse("admin:notices_noticepolicy_change", args=[1])
    admin.post(url, {"quiet_from": "21:00", "quiet_until": "08:00"})
    assert str(NoticePolicy.current().quiet) == "21:00–08:00"
    assert Entry.objects.filter(verb="notice_policy.change").count() == 1
    branch_admin.post(url, {"quiet_from": "01:00", "quiet_until": "02:00"})
    assert str(NoticePolicy.current().quiet) == "21:00–08:00"


def test_each_audience_of_the_ladders_has_its_row(admin, branch_admin):
    html = admin.get(reverse("admin:notices_stepchannels_changelist")).content.decode()
    for name in ("部门主管", "项目经理", "分公司督导", "集团督导"):
        assert name in html
    row = StepChannels.objects.get(step="group_supervisor")
    url = reverse("admin:notices_stepchannels_change", args=[row.pk])
    branch_admin.post(url, {"by_email": "on"})
    row.refresh_from_db()
    assert row.by_robot
    admin.post(url, {"by_email": "on"})
    row.refresh_from_db()
    assert (row.by_email, row.by_robot) == (True, False)
    assert Entry.objects.filter(verb="step_channels.change").count() == 1


def test_what_did_not_arrive_is_shown_with_its_reason_and_sent_again(admin, mailbox, people):
    mailbox.answers = ["rcpt 550 no such user"]
    send(to=people[:1], title="整改到期", at=AT, key="k")
    deliver(AT)
    page = reverse("admin:notices_parcel_changelist")
    html = admin.get(page).content.decode()
    assert "整改到期" in html
    assert "邮件服务器拒收：550 no such user" in html
    parcel = Parcel.objects.get()
    assert admin.get(reverse("admin:notices_parcel_change", args=[parcel.pk])).status_code == 200
    answer = admin.post(page, {"action": "send_again", "_selected_action": [parcel.pk]}, follow=True)
    assert "1 条将在一分钟内重新发送。" in answer.content.decode()
    parcel.refresh_from_db()
    deliver(parcel.next_at)
    assert mailbox.keys == [f"<{parcel.key}@dudao.example.cn>"]
    assert Entry.objects.filter(verb="parcel.retry").count() == 1


def test_what_was_sent_is_not_sent_again(admin, mailbox, people):
    send(to=people[:1], title="整改到期", at=AT, key="k")
    deliver(AT)
    parcel = Parcel.objects.get()
    page = reverse("admin:notices_parcel_changelist")
    admin.post(page, {"action": "send_again", "_selected_action": [parcel.pk]})
    parcel.refresh_from_db()
    assert parcel.state == Parcel.State.SENT


def test_letters_to_people_are_the_groups_administrators_to_see(branch_admin, cast, mailbox, people, chat):
    send(to=people[:1], title="给个人的邮件", at=AT, key="k")
    Robot.objects.create(node_id=cast.estate_a1.pk, kind="wecom", name="群", url=chat.url())
    Robot.objects.create(node_id=NODE * 10**6, kind="wecom", name="外地群", url=chat.url())
    send(to=people[:1], title="本项目的群消息", at=AT, key="k2", node=cast.estate_a1, channels=["robot"])
    send(to=people[:1], title="外地的群消息", at=AT, key="k3", node=NODE * 10**6, channels=["robot"])
    deliver(AT)
    html = branch_admin.get(reverse("admin:notices_parcel_changelist")).content.decode()
    assert "本项目的群消息" in html
    assert "外地的群消息" not in html
    assert "给个人的邮件" not in html
