"""人员 in the admin: through the services, within the administrator's own tree."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from accounts.roles import Role
from accounts.services import save_user
from estates.models import Grid, Stage
from foundation.journal.models import Entry
from foundation.journal.services import record
from foundation.records.refusals import Refused
from foundation.timers.services import start


@pytest.fixture
def admin(cast):
    return cast.client(cast.administrator)


def form_of(user: User | None = None, **changes) -> dict[str, object]:
    posts = list(user.posts.all()) if user else []
    data = {
        "username": user.username if user else "newcomer",
        "name": user.name if user else "新人",
        "phone": (user.phone or "") if user else "13712345678",
        "email": "",
        "password": "",
        "posts-TOTAL_FORMS": len(posts),
        "posts-INITIAL_FORMS": len(posts),
        "posts-MIN_NUM_FORMS": 0,
        "posts-MAX_NUM_FORMS": 1000,
    }
    for number, post in enumerate(posts):
        data |= {
            f"posts-{number}-id": post.pk,
            f"posts-{number}-user": user.pk,
            f"posts-{number}-role": post.role,
            f"posts-{number}-node": post.node_id,
            f"posts-{number}-starts_on": post.starts_on.isoformat(),
            f"posts-{number}-ends_on": "",
        }
    return data | changes


def test_others_do_not_get_in(cast):
    assert cast.client(cast.estate_manager).get("/admin/accounts/user/").status_code in {302, 403}


def test_a_newcomer_is_made_with_a_post_and_journalled(cast, admin):
    data = form_of(
        password="new-words-4-times",
        **{
            "posts-TOTAL_FORMS": 1,
            "posts-0-role": "service",
            "posts-0-node": cast.estate_a1.pk,
            "posts-0-starts_on": "2026-01-01",
            "posts-0-ends_on": "",
        },
    )

    answer = admin.post(reverse("admin:accounts_user_add"), data)

    assert answer.status_code == 302, answer.context["errors"]
    user = User.objects.get(username="newcomer")
    assert user.check_password("new-words-4-times")
    assert user.posts.get().role == "service"
    assert [entry.verb for entry in Entry.objects.about(user)] == ["user.create", "post.assign"]


def test_a_weak_password_is_refused(cast, admin):
    answer = admin.post(reverse("admin:accounts_user_add"), form_of(password="123"))

    assert answer.status_code == 200
    assert not User.objects.filter(username="newcomer").exists()


def test_ending_a_post_in_the_form_ends_the_session(cast, admin):
    client = cast.client(cast.engineering)
    data = form_of(cast.engineering, **{"posts-0-ends_on": "2026-06-30", "posts-0-role": "administrator"})

    answer = admin.post(reverse("admin:accounts_user_change", args=[cast.engineering.pk]), data)

    assert answer.status_code == 302, answer.context["errors"]
    post = cast.engineering.posts.get()
    assert str(post.ends_on) == "2026-06-30"
    assert post.role == "engineering", "what a post was is not rewritten"
    assert client.get(reverse("accounts:profile")).status_code == 302


def test_changed_facts_are_journalled_with_the_phone_masked(cast, admin):
    url = reverse("admin:accounts_user_change", args=[cast.engineering.pk])
    admin.post(url, form_of(cast.engineering, name="新名", phone="13811112222"))

    data = Entry.objects.about(cast.engineering).get().data
    assert data["name"] == {"before": "工程甲", "after": "新名"}
    assert data["phone"]["after"] == "138****2222"


def test_a_username_is_never_a_number(cast, admin):
    answer = admin.post(reverse("admin:accounts_user_add"), form_of(username="13900000001"))

    assert "用户名以字母开头" in answer.content.decode()


def test_a_refusal_is_a_sentence_and_saves_nothing(cast, admin):
    user = cast.administrator
    data = form_of(user, name="改名", **{"posts-0-ends_on": "2026-06-30"})

    page = admin.post(reverse("admin:accounts_user_change", args=[user.pk]), data)

    assert "不能改动自己的系统管理员岗位" in page.content.decode()
    assert User.objects.get(pk=user.pk).name == "系统管理员甲"


def test_disabling_is_an_action(cast, admin):
    data = {"action": "disable", "_selected_action": [cast.engineering.pk]}
    admin.post(reverse("admin:accounts_user_changelist"), data)

    assert not User.objects.get(pk=cast.engineering.pk).is_active


def test_an_administrator_of_a_branch_sees_its_people_and_places_only(cast):
    client = cast.client(cast.hire(Role.ADMINISTRATOR, cast.branch_a, "local-admin"))

    people = client.get(reverse("admin:accounts_user_changelist")).content.decode()
    places = client.get(reverse("admin:estates_node_changelist")).content.decode()

    assert "工程甲" in people
    assert "外工程" not in people
    assert "桂语江南" in places
    assert "云栖玫瑰园" not in places
    foreign = reverse("admin:accounts_user_change", args=[cast.foreign_engineering.pk])
    assert client.get(foreign).status_code == 302
    assert client.get(reverse("admin:estates_node_change", args=[cast.estate_b1.pk])).status_code == 302


def test_a_person_without_a_post_is_for_the_administrators_of_the_group(cast, admin, now):
    """ORG-2: who may set the password of somebody new is no matter of any branch."""
    newcomer = User.objects.create(username="newcomer", name="新人")
    local = cast.hire(Role.ADMINISTRATOR, cast.branch_a, "local-admin")
    change = reverse("admin:accounts_user_change", args=[newcomer.pk])

    assert admin.get(change).status_code == 200
    client = cast.client(local)
    assert client.get(change).status_code == 302
    assert "新人" not in client.get(reverse("admin:accounts_user_changelist")).content.decode()
    with pytest.raises(Refused, match="还没有岗位"):
        save_user(user=newcomer, by=local, at=now, password="new-words-4-times")


def test_an_administrator_of_a_branch_makes_a_person_together_with_a_post(cast):
    client = cast.client(cast.hire(Role.ADMINISTRATOR, cast.branch_a, "local-admin"))
    add = reverse("admin:accounts_user_add")
    post = {"posts-0-role": "service", "posts-0-node": cast.estate_a1.pk, "posts-0-starts_on": "2026-01-01"}

    assert "请同时填写岗位" in client.post(add, form_of()).content.decode()
    assert not User.objects.filter(username="newcomer").exists()
    assert client.post(add, form_of(**{"posts-TOTAL_FORMS": 1, "posts-0-ends_on": "", **post})).status_code == 302
    assert User.objects.get(username="newcomer").posts.get().role == "service"


def test_the_model_pages_open(cast, admin):
    for name in ("node", "estate", "building", "grid", "house", "owner"):
        assert admin.get(reverse(f"admin:estates_{name}_changelist")).status_code == 200
    assert admin.get(reverse("admin:estates_estate_change", args=[cast.estate_a1.pk])).status_code == 200
    assert admin.get(reverse("admin:estates_node_add")).status_code == 200


def test_what_belongs_to_no_place_is_for_the_administrators_of_the_group(cast, admin):
    """ORG-2: of the journal and the clocks a branch's administrator sees its own; the calendar is everyone's."""
    at = timezone.now()
    record(cast.estate_b1, "node.change", by=None, at=at, node=cast.estate_b1, fields=["外地的事"])
    record(cast.estate_a1, "node.change", by=None, at=at, node=cast.estate_a1, fields=["本地的事"])
    record(cast.administrator, "user.change", by=None, at=at, name="没有地点的事")
    for estate in (cast.estate_a1, cast.estate_b1):
        start(kind="inspections.rectification", subject=estate, node=estate, at=at, due_at=at + timedelta(days=1))
    local = cast.client(cast.hire(Role.ADMINISTRATOR, cast.branch_a, "local-admin"))

    journal = reverse("admin:journal_entry_changelist")
    assert "本地的事" in (seen := local.get(journal).content.decode())
    assert "外地的事" not in seen
    assert "没有地点的事" not in seen
    assert all(words in admin.get(journal).content.decode() for words in ("外地的事", "没有地点的事"))
    clocks = reverse("admin:timers_clock_changelist")
    assert local.get(clocks).context["cl"].result_count == 1
    assert admin.get(clocks).context["cl"].result_count == 2
    calendar = reverse("admin:worktime_calendarday_add")
    assert (local.get(calendar).status_code, admin.get(calendar).status_code) == (403, 200)


def test_an_estates_windows_and_grids_are_journalled(cast, admin):
    """ORG-5: with the values before and after."""
    stage = Stage.objects.create(estate=cast.estate_a1, kind="handover", starts_on="2026-06-01", ends_on="2026-06-03")
    estate = {name: getattr(cast.estate_a1, name) or "" for name in ("name", "short_name", "address", "service_hours")}
    data = estate | {
        "is_active": "on", "is_key_estate": "on", "delivery_on": "2022-06-30", "early_start_on": "", "exit_on": "",
        "stages-TOTAL_FORMS": 1, "stages-INITIAL_FORMS": 1, "stages-0-id": stage.pk,
        "stages-0-estate": cast.estate_a1.pk, "stages-0-kind": "handover", "stages-0-starts_on": "2026-06-01",
        "stages-0-ends_on": "2026-06-09",
    }  # fmt: skip

    assert admin.post(reverse("admin:estates_estate_change", args=[cast.estate_a1.pk]), data).status_code == 302
    (line,) = Entry.objects.about(cast.estate_a1).get().data["fields"]
    assert line.endswith("结束：2026-06-03 → 2026-06-09")

    grid = {"estate": cast.estate_a1.pk, "name": "东区", "covers": "", "responsible": "", "phone": ""}
    assert admin.post(reverse("admin:estates_grid_add"), grid).status_code == 302
    made = Grid.objects.get()
    change = reverse("admin:estates_grid_change", args=[made.pk])
    assert admin.post(change, grid | {"covers": "1—3 幢"}).status_code == 302
    assert admin.post(reverse("admin:estates_grid_delete", args=[made.pk]), {"post": "yes"}).status_code == 302
    entries = list(Entry.objects.filter(subject_kind="estates.grid", subject_id=made.pk).order_by("id"))
    assert [entry.verb for entry in entries] == ["grid.create", "grid.change", "grid.remove"]
    assert entries[1].data["fields"] == ["范围：1—3 幢"]
