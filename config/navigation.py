"""What surrounds every page: navigation by chapter and by right, the chosen place, the number on the bell."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.views.decorators.http import require_safe

from accounts.places import current_place
from accounts.rights import Right
from estates.models import Kind, Node
from estates.querysets import NodeQuerySet
from foundation.notices.services import unread_count

SEARCH_LIMIT = 50


@dataclass(frozen=True)
class Entry:
    """A page in the navigation. It shows once its URL name exists and to those who hold its right."""

    label: str
    icon: str
    url_name: str
    right: Right | None = None


@dataclass(frozen=True)
class Link:
    label: str
    icon: str
    url: str
    current: bool = False


@dataclass(frozen=True)
class Chapter:
    label: str
    links: Sequence[Link]


HOME = Entry("今日待办", "list-todo", "reports:home")
# Pages whose address lies under another entry than the list that leads to them.
BELONGS_TO = {
    "inspections:record": "inspections:records",
    "inspections:report": "inspections:rounds",
    "handover:house": "handover:batches",
    "handover:developer": "handover:batches",
    "handover:fee_items": "handover:bills",
    "handover:plans": "handover:defects",
    "handover:plan": "handover:defects",
    "handover:builders": "handover:defects",
    "handover:list": "handover:batches",
    "handover:daily": "handover:reports",
    "handover:summary": "handover:reports",
    "handover:unaccepted": "handover:reports",
}

CASES = Entry("诉求单", "message-square-text", "complaints:cases", Right.VIEW_CASES)
TODAY = Entry("今日检查", "clipboard-check", "inspections:today", Right.VIEW_INSPECTIONS)

# A later chapter adds its line here, in the order of the day's work.
CHAPTERS: dict[str, tuple[Entry, ...]] = {
    "工作台": (HOME, Entry("通知", "bell", "notices:index")),
    "督导检查": (
        TODAY,
        Entry("检查记录", "clipboard-list", "inspections:records", Right.VIEW_INSPECTIONS),
        Entry("整改单", "wrench", "inspections:rectifications", Right.VIEW_INSPECTIONS),
        Entry("督导报告", "file-text", "inspections:rounds", Right.VIEW_INSPECTIONS),
        Entry("覆盖矩阵", "grid-3x3", "inspections:coverage", Right.VIEW_INSPECTIONS),
        Entry("计划", "calendar-days", "inspections:schedules", Right.VIEW_INSPECTIONS),
        Entry("自查可信度", "shield-check", "inspections:credibility", Right.VIEW_CREDIBILITY),
        Entry("重复发生", "repeat", "inspections:repeats", Right.VIEW_INSPECTIONS),
    ),
    "诉求回访": (
        CASES,
        Entry("登记诉求", "headset", "complaints:register", Right.REGISTER_CASE),
        Entry("回访", "phone", "complaints:callbacks", Right.CALL_BACK),
        Entry("同一事件", "layers", "complaints:events", Right.VIEW_CASES),
        Entry("客户访问", "footprints", "complaints:visits", Right.VISIT_CUSTOMERS),
        Entry("扫码报事码", "qr-code", "complaints:codes", Right.MAKE_CODES),
    ),
    "交房入住": (
        Entry("交付批次", "key-round", "handover:batches", Right.VIEW_HANDOVER),
        Entry("交房报表", "file-chart-column", "handover:reports", Right.VIEW_HANDOVER),
        Entry("遗留问题", "list-checks", "handover:defects", Right.VIEW_HANDOVER),
        Entry("钥匙台账", "key-square", "handover:keys", Right.VIEW_HANDOVER),
        Entry("账单收款", "receipt-text", "handover:bills", Right.VIEW_HANDOVER),
        Entry("收银日报", "calculator", "handover:cash_sheet", Right.VIEW_HANDOVER),
        Entry("入住", "house-plus", "handover:move_ins", Right.VIEW_HANDOVER),
        Entry("物品放行", "package-open", "handover:passes", Right.VIEW_HANDOVER),
        Entry("岗亭放行", "scan-line", "handover:gate", Right.CHECK_PASS),
    ),
    "报表简报": (
        Entry("月度简报", "chart-column", "reports:bulletins", Right.VIEW_BULLETINS),
        Entry("周汇报表", "calendar-days", "reports:weekly", Right.VIEW_WEEKLY),
    ),
    "基础资料": (
        Entry("项目", "building-2", "estates:estates"),
        Entry("房屋与业主", "house", "estates:houses", Right.VIEW_HOUSES),
        Entry("业主清册导入", "file-text", "estates:import", Right.IMPORT_HOUSES),
        Entry("系统状态", "database", "system", Right.VIEW_HEALTH),
    ),
}
BOTTOM = (
    Entry("待办", "list-todo", HOME.url_name),
    Entry("检查", "clipboard-check", TODAY.url_name, TODAY.right),
    Entry("诉求", CASES.icon, CASES.url_name, CASES.right),
)
PERSONAL = (
    Entry("我的账号", "circle-user", "accounts:profile"),
    Entry("管理后台", "settings", "admin:index", Right.ADMINISTER),
    Entry("组件样式", "layout-dashboard", "styleguide", Right.ADMINISTER),
)


def address(url_name: str) -> str | None:
    """The URL of a name, None while its chapter is not built."""
    try:
        return reverse(url_name)
    except NoReverseMatch:
        return None


def addresses() -> set[str]:
    """Every URL in the navigation."""
    return {url for entries in CHAPTERS.values() for entry in entries if (url := address(entry.url_name))}


class Frame:
    """Read by templates/base.html only. Lazy, so that a fragment that has no frame asks nothing of the database;
    a whole page costs two queries here: the chosen place and the unread notices."""

    def __init__(self, request: HttpRequest) -> None:
        self.request = request
        self.user: Any = getattr(request, "user", AnonymousUser())
        self.signed_in = self.user.is_authenticated

    def links(self, entries: Iterable[Entry]) -> list[Link]:
        return [
            Link(entry.label, entry.icon, url, url == self.current_url)
            for entry in entries
            if (url := address(entry.url_name)) and self.may(entry.right)
        ]

    def may(self, right: Right | None) -> bool:
        return self.signed_in and (right is None or self.user.may(right))

    @cached_property
    def current_url(self) -> str:
        """The longest navigated URL that the page's path lies under; "" where there is none."""
        path = self.request.path
        match = self.request.resolver_match
        if match and match.view_name in BELONGS_TO:
            return reverse(BELONGS_TO[match.view_name])
        under = [url for url in addresses() if url == path or (url != "/" and path.startswith(url))]
        return max(under, key=len, default="")

    @cached_property
    def chapters(self) -> list[Chapter]:
        chapters = (Chapter(label, self.links(entries)) for label, entries in CHAPTERS.items())
        return [chapter for chapter in chapters if chapter.links]

    @cached_property
    def bottom(self) -> list[Link]:
        return self.links(BOTTOM)

    @cached_property
    def personal(self) -> list[Link]:
        return self.links(PERSONAL)

    @cached_property
    def place(self) -> Node | None:
        return current_place(self.request) if self.signed_in else None

    @cached_property
    def place_label(self) -> str:
        """The chosen place, else the only node the user has a post at, else 全部."""
        if not self.signed_in or not self.user.node_ids:
            return ""
        if self.place:
            return self.place.short_name or self.place.name
        posts = self.user.current_posts
        if len(self.user.node_ids) == 1:
            return posts[0].node.short_name or posts[0].node.name
        return f"全部（{len(self.user.node_ids)} 处）"

    @cached_property
    def places_url(self) -> str:
        """Where the tree to choose from is; "" for those who have one estate and so nothing to choose."""
        nodes = {post.node_id: post.node for post in self.user.current_posts} if self.signed_in else {}
        if not nodes or (len(nodes) == 1 and all(node.kind == Kind.ESTATE for node in nodes.values())):
            return ""
        return f"{reverse('places')}?{urlencode({'next': self.list_url})}"

    @cached_property
    def list_url(self) -> str:
        """A list stays where it is when the place changes; a record leads back to the home page."""
        return self.request.path if self.request.path == self.current_url else "/"

    @cached_property
    def search_url(self) -> str | None:
        return address("reports:search") if self.signed_in else None

    @cached_property
    def notices_url(self) -> str | None:
        return address("notices:index") if self.signed_in else None

    @cached_property
    def logout_url(self) -> str | None:
        return address("account_logout")

    @cached_property
    def unread(self) -> int:
        return unread_count(self.user) if self.signed_in else 0


def frame(request: HttpRequest) -> dict[str, Frame]:
    """Context processor."""
    return {"frame": Frame(request)}


@require_safe
def places(request: HttpRequest) -> HttpResponse:
    """The fragment in the place switcher: the user's tree, one node's children (`under`) or a search (`q`).

    Levels are fetched one at a time, because a group of 3,000 estates is no page's burden.
    """
    user: Any = request.user
    visible = Node.objects.visible_to(user).active().select_related("parent").order_by("code")
    query, under = request.GET.get("q", "").replace("\0", "").strip(), request.GET.get("under", "").replace("\0", "")
    context: dict[str, Any] = {"next": own_path(request), "place": current_place(request), "query": query}
    if query:
        context["found"] = visible.filter(name__icontains=query)[:SEARCH_LIMIT]
    elif under:
        context["found"] = visible.filter(parent__code=under)
    else:
        context["roots"] = roots = tree(visible, user.node_ids)
        if not context["place"] and len(roots) == 1:  # nothing chosen and one root: the root it is
            context["place"] = roots[0][0]
    return render(request, "components/places.html", context)


def tree(visible: NodeQuerySet, node_ids: frozenset[int]) -> list[tuple[Node, list[Node]]]:
    """The nodes of the user's posts, each with its children; a branch below is opened by its own request."""
    nodes = visible.filter(pk__in=node_ids) | visible.filter(parent__in=node_ids)
    known = list(nodes)
    inner = {node.pk for node in known}
    roots = [node for node in known if node.pk in node_ids and node.parent_id not in inner]
    return [(root, [node for node in known if node.parent_id == root.pk]) for root in roots]


def own_path(request: HttpRequest) -> str:
    """`next`, where it is one of the navigation's own addresses; else the home page."""
    wanted = request.GET.get("next", "/")
    return wanted if wanted in addresses() else "/"
