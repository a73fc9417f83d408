"""Sessions end when a user is disabled or moved."""

from datetime import date

import pytest
from django.urls import reverse

from accounts.roles import Role
from accounts.services import assign_post, disable_user, enable_user, end_post


def is_in(client) -> bool:
    return client.get(reverse("accounts:profile")).status_code == 200


def test_disabling_ends_every_session_at_once(cast, now):
    clients = [cast.client(cast.engineering), cast.client(cast.engineering)]
    assert all(map(is_in, clients))

    disable_user(user=cast.engineering, by=cast.administrator, at=now)

    assert not any(map(is_in, clients))


def test_enabling_again_does_not_bring_old_sessions_back(cast, now):
    client = cast.client(cast.engineering)
    disable_user(user=cast.engineering, by=cast.administrator, at=now)
    enable_user(user=cast.engineering, by=cast.administrator, at=now)

    assert not is_in(client)


@pytest.mark.parametrize("move", ["assign", "end"])
def test_a_changed_post_ends_the_sessions(cast, now, move):
    client = cast.client(cast.engineering)

    if move == "assign":
        assign_post(
            user=cast.engineering,
            role=Role.ENGINEERING,
            node=cast.estate_a2,
            starts_on=date(2026, 1, 1),
            by=cast.administrator,
            at=now,
        )
    else:
        end_post(post=cast.engineering.posts.get(), on=date(2026, 1, 1), by=cast.administrator, at=now)

    assert not is_in(client)


def test_the_sessions_of_others_go_on(cast, now):
    client = cast.client(cast.service)

    disable_user(user=cast.engineering, by=cast.administrator, at=now)

    assert is_in(client)
