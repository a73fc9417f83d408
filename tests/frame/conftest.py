"""Two branches with two estates each, and someone at each level."""

from datetime import date
from types import SimpleNamespace

import pytest

from accounts.models import Post, Role, User
from estates.models import Node


def member(username: str, role: Role, *nodes: Node) -> User:
    user = User.objects.create_user(username, "a-password", name=username)
    for node in nodes:
        Post.objects.create(user=user, role=role, node=node, starts_on=date(2020, 1, 1))
    return user


@pytest.fixture
def cast(db):
    group = Node.objects.create(code="g", kind="group", name="翠湖物业集团", short_name="集团")
    nodes = {"g": group}
    for b in ("a", "b"):
        nodes[b] = Node.objects.create(code=b, kind="branch", name=f"{b}分公司", parent=group)
        for n in (1, 2):
            nodes[f"{b}{n}"] = Node.objects.create(code=f"{b}{n}", kind="estate", name=f"花园{b}{n}", parent=nodes[b])
    return SimpleNamespace(
        **nodes,
        admin=member("admin", Role.ADMINISTRATOR, group),
        supervisor=member("supervisor", Role.GROUP_SUPERVISOR, group),
        branch=member("branch", Role.BRANCH_SUPERVISOR, nodes["a"]),
        guard=member("guard", Role.SECURITY, nodes["a1"]),
        cashier=member("cashier", Role.CASHIER, nodes["a1"], nodes["b1"]),
    )
