"""The fixed cast: one group, two branches, three estates, one person for each role and two from elsewhere.

    def test_something(cast):
        client = cast.client(cast.engineering)

Posts below the branch are held at `estate_a1`. `cast.everyone` maps each role to its person.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pytest
from django.contrib.auth.hashers import make_password
from django.test import Client

from accounts.models import Post, User
from accounts.roles import Role
from estates.models import Branch, Estate, Group, Node

PASSWORD = "plain-words-3-times"
SINCE = date(2020, 1, 1)
AT_GROUP = {Role.GROUP_SUPERVISOR, Role.ADMINISTRATOR, Role.AUDITOR}
AT_BRANCH = {Role.BRANCH_SUPERVISOR, Role.GENERAL_MANAGER}


@dataclass
class Cast:
    group: Group
    branch_a: Branch
    branch_b: Branch
    estate_a1: Estate
    estate_a2: Estate
    estate_b1: Estate
    everyone: dict[Role, User]
    foreign_manager: User
    foreign_engineering: User

    def __getattr__(self, name: str) -> User:
        """`cast.estate_manager`, by the code of the role."""
        try:
            return self.everyone[Role(name)]
        except ValueError:
            raise AttributeError(name) from None

    @property
    def people(self) -> list[User]:
        return [*self.everyone.values(), self.foreign_manager, self.foreign_engineering]

    @staticmethod
    def client(user: User) -> Client:
        """A browser in which the user is logged in."""
        client = Client()
        client.force_login(user)
        return client

    @staticmethod
    def hire(role: Role | str, node: Node, username: str) -> User:
        """One more person, with a post at the node."""
        user = User.objects.create(username=username, name=username, password=make_password(PASSWORD))
        Post.objects.create(user=user, role=role, node_id=node.pk, starts_on=SINCE)
        return user


@pytest.fixture
def cast(db: None) -> Cast:
    return make_cast()


def make_cast() -> Cast:
    group = Group.objects.create(code="G", name="锦城服务集团")
    branch_a = Branch.objects.create(code="A", name="杭州分公司", parent=group)
    branch_b = Branch.objects.create(code="B", name="宁波分公司", parent=group)
    estate_a1 = Estate.objects.create(
        code="A1", name="桂语江南", parent=branch_a, delivery_on=date(2022, 6, 30), is_key_estate=True
    )
    estate_a2 = Estate.objects.create(code="A2", name="春江花月", parent=branch_a, delivery_on=date(2023, 9, 30))
    estate_b1 = Estate.objects.create(code="B1", name="云栖玫瑰园", parent=branch_b, delivery_on=date(2021, 12, 31))

    password = make_password(PASSWORD)
    posts: list[tuple[str, str, Role, Node]] = []
    for role in Role:
        node = group if role in AT_GROUP else branch_a if role in AT_BRANCH else estate_a1
        posts.append((role.value, f"{role.label}甲", role, node))
    posts.append(("foreign_manager", "外项目经理", Role.ESTATE_MANAGER, estate_b1))
    posts.append(("foreign_engineering", "外工程", Role.ENGINEERING, estate_b1))
    users = User.objects.bulk_create(
        User(username=username, name=name, phone=f"139{number:08d}", password=password)
        for number, (username, name, _, _) in enumerate(posts, start=1)
    )
    Post.objects.bulk_create(
        Post(user=user, role=role, node_id=node.pk, starts_on=SINCE)
        for user, (_, _, role, node) in zip(users, posts, strict=True)
    )
    return Cast(
        group,
        branch_a,
        branch_b,
        estate_a1,
        estate_a2,
        estate_b1,
        dict(zip(Role, users, strict=False)),
        *users[len(Role) :],
    )
