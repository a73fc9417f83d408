"""群机器人, quiet hours, and what is on its way out. Robots are of a place, so their administrator is its (ORG-2)."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from unfold.admin import ModelAdmin
from unfold.decorators import action

from foundation.journal.changes import changed_fields
from foundation.journal.services import record
from foundation.notices import posting, registry, services
from foundation.notices.errors import NotDelivered
from foundation.notices.forms import RobotForm
from foundation.notices.models import Delivery, NoticePolicy, Parcel, Robot, StepChannels
from foundation.notices.querysets import ParcelQuerySet


class AdminRequest(HttpRequest):
    user: Any


@admin.register(Robot)
class RobotAdmin(ModelAdmin):
    form = RobotForm
    list_display = ["name", "place", "kind", "min_level", "is_active"]
    list_filter = ["kind", "is_active"]
    search_fields = ["name"]
    actions_detail = ["post_test"]

    def get_queryset(self, request: AdminRequest) -> QuerySet[Robot]:
        user = request.user
        rows = super().get_queryset(request)
        return rows if user.is_over_all else rows.filter(node_id__in=user.administered_ids)

    def get_form(self, request: AdminRequest, obj: Robot | None = None, change: bool = False, **kwargs: Any) -> Any:
        return partial(super().get_form(request, obj, change, **kwargs), places=registry.places_of(request.user))

    def get_fields(self, request: AdminRequest, obj: Robot | None = None) -> list[str]:
        gone = [] if obj and obj.secret else ["drop_secret"]
        return [name for name in RobotForm.Meta.fields if name not in gone]

    def changelist_view(self, request: AdminRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        self.places = registry.places_of(request.user)
        return super().changelist_view(request, extra_context)

    @admin.display(description="组织", ordering="node_id")
    def place(self, robot: Robot) -> str:
        return self.places.get(robot.node_id, "（已停用）")

    def save_model(self, request: AdminRequest, obj: Robot, form: RobotForm, change: bool) -> None:
        fields = [str(form.fields[name].label) for name in form.changed_data if name in form.fields]
        services.save_robot(robot=obj, by=request.user, at=timezone.now(), fields=fields)

    def delete_model(self, request: AdminRequest, obj: Robot) -> None:
        services.delete_robot(robot=obj, by=request.user, at=timezone.now())

    def delete_queryset(self, request: AdminRequest, queryset: QuerySet[Robot]) -> None:
        for robot in queryset:
            self.delete_model(request, robot)

    @action(description="发送测试消息", url_path="test", icon="send", permissions=["change"])
    def post_test(self, request: AdminRequest, object_id: str) -> HttpResponse:
        """GET asks, POST does it."""
        robot = self.get_object(request, object_id)
        if robot is None:
            raise PermissionDenied
        if request.method != "POST":
            frame = {**self.admin_site.each_context(request), "opts": self.opts, "original": robot}
            return render(request, "admin/notices/post_test.html", frame | {"title": "发送测试消息"})
        at = timezone.now()
        try:
            posting.post_test(robot=robot, by=request.user, at=at)
        except NotDelivered as error:
            messages.error(request, f"测试消息没有发出去：{error}")
        else:
            messages.success(request, f"测试消息已发到“{robot}”，请在群里查看。")
        record(robot, "robot.test", by=request.user, at=at, node=robot.node_id)
        return redirect("admin:notices_robot_change", robot.pk)


@admin.register(NoticePolicy)
class NoticePolicyAdmin(ModelAdmin):
    """One row, for the whole company: an administrator of a branch reads it (ORG-2)."""

    fields = [("quiet_from", "quiet_until")]

    def has_add_permission(self, request: AdminRequest) -> bool:
        return False

    def has_change_permission(self, request: AdminRequest, obj: NoticePolicy | None = None) -> bool:
        return request.user.is_over_all

    def has_delete_permission(self, request: AdminRequest, obj: NoticePolicy | None = None) -> bool:
        return False

    def changelist_view(self, request: AdminRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        policy, _ = NoticePolicy.objects.get_or_create(pk=1)
        return redirect("admin:notices_noticepolicy_change", policy.pk)

    def save_model(self, request: AdminRequest, obj: NoticePolicy, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if form.changed_data:
            record(obj, "notice_policy.change", by=request.user, at=timezone.now(), fields=changed_fields(form))

    def response_post_save_change(self, request: AdminRequest, obj: NoticePolicy) -> HttpResponse:
        return redirect("admin:notices_noticepolicy_change", obj.pk)


@admin.register(StepChannels)
class StepChannelsAdmin(ModelAdmin):
    """One row for each audience of the ladders, for the whole company."""

    list_display = ["step_name", "by_email", "by_robot"]
    fields = ["by_email", "by_robot"]

    def has_add_permission(self, request: AdminRequest) -> bool:
        return False

    def has_change_permission(self, request: AdminRequest, obj: StepChannels | None = None) -> bool:
        return request.user.is_over_all

    def has_delete_permission(self, request: AdminRequest, obj: StepChannels | None = None) -> bool:
        return False

    @admin.display(description="升级到")
    def step_name(self, row: StepChannels) -> str:
        return str(row)

    def changelist_view(self, request: AdminRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Every audience has its row as soon as somebody looks."""
        rows = [StepChannels(step=code) for code in registry.step_codes()]
        StepChannels.objects.bulk_create(rows, ignore_conflicts=True)
        return super().changelist_view(request, extra_context)

    def save_model(self, request: AdminRequest, obj: StepChannels, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if form.changed_data:
            record(obj, "step_channels.change", by=request.user, at=timezone.now(), fields=changed_fields(form))


@admin.register(Parcel)
class ParcelAdmin(ModelAdmin):
    """A look at what leaves the house, and a new try for what did not arrive."""

    list_display = ["made_at", "channel", "recipient", "subject", "state", "attempts", "next_try", "error"]
    list_display_links = ["made_at", "subject"]
    list_filter = ["state", "is_urgent", "is_digest"]
    list_select_related = ["user", "robot"]
    fields = [
        ("channel", "recipient"),
        "subject",
        ("state", "is_urgent", "is_digest"),
        ("made_at", "next_try", "sent_at"),
        ("attempts", "error"),
        "key",
    ]
    readonly_fields = [
        "channel",
        "recipient",
        "subject",
        "state",
        "is_urgent",
        "is_digest",
        "made_at",
        "next_try",
        "sent_at",
        "attempts",
        "error",
        "key",
    ]
    show_full_result_count = False
    actions = ["send_again"]

    def get_queryset(self, request: AdminRequest) -> QuerySet[Parcel]:
        """Those of the administrator's own robots; what goes to people is for the group's administrators (ORG-2)."""
        user = request.user
        inside = Delivery.objects.filter(parcel=OuterRef("pk"))
        rows = super().get_queryset(request).order_by("-made_at", "-pk")
        rows = rows.annotate(
            size=Subquery(inside.order_by().values("parcel").annotate(size=Count("pk")).values("size")),
            title=Subquery(inside.order_by("pk").values("notice__title")[:1]),
        )
        return rows if user.is_over_all else rows.filter(robot__node_id__in=user.administered_ids)

    @admin.display(description="方式")
    def channel(self, parcel: Parcel) -> str:
        return parcel.channel.label

    @admin.display(description="收件人")
    def recipient(self, parcel: Parcel) -> str:
        return str(parcel.robot or parcel.user)

    @admin.display(description="内容")
    def subject(self, parcel: Any) -> str:
        return parcel.title if parcel.size == 1 else f"{parcel.size} 条通知"

    @admin.display(description="下一次发送", ordering="next_at")
    def next_try(self, parcel: Parcel) -> datetime | None:
        return parcel.next_at if parcel.state == Parcel.State.WAITING else None

    def has_add_permission(self, request: AdminRequest) -> bool:
        return False

    def has_change_permission(self, request: AdminRequest, obj: Parcel | None = None) -> bool:
        return False

    def has_delete_permission(self, request: AdminRequest, obj: Parcel | None = None) -> bool:
        return False

    @admin.action(description="重新发送未送达的", permissions=["view"])
    def send_again(self, request: AdminRequest, queryset: ParcelQuerySet) -> None:
        at = timezone.now()
        again = [parcel for parcel in queryset.failed() if posting.retry(parcel=parcel, by=request.user, at=at)]
        messages.success(request, f"{len(again)} 条将在一分钟内重新发送。")
