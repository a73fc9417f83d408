"""人员与岗位: every change goes through a service, so that it is journalled and ends the person's sessions."""

from __future__ import annotations

from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib import admin, messages
from django.contrib.auth.models import Group as AuthGroup
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import ForeignKey, QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from unfold.admin import ModelAdmin, TabularInline
from unfold.decorators import action

from accounts import services
from accounts.forms import PostForm, UserForm
from accounts.models import Post, User
from estates.access import StaffRequest
from estates.models import Node
from foundation.records.refusals import Refused

for model in (AuthGroup, EmailAddress, Authenticator):
    # Rights follow from posts; nobody confirms e-mail here; a second factor is its owner's affair until it is lost.
    if admin.site.is_registered(model):
        admin.site.unregister(model)


class PostInline(TabularInline):
    model = Post
    form = PostForm
    extra = 0
    can_delete = False
    verbose_name_plural = "岗位"

    def get_queryset(self, request: StaffRequest) -> QuerySet[Post]:
        return super().get_queryset(request).filter(pk__in=Post.objects.visible_to(request.user)).select_related("node")

    def formfield_for_foreignkey(self, db_field: ForeignKey, request: StaffRequest, **kwargs: Any) -> Any:
        if db_field.name == "node":
            kwargs["queryset"] = Node.objects.visible_to(request.user).active()
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


@admin.register(User)
class UserAdmin(ModelAdmin):
    form = UserForm
    inlines = [PostInline]
    list_display = ["username", "name", "phone", "is_active", "last_login"]
    list_filter = ["is_active", "posts__role"]
    search_fields = ["username", "name", "phone"]
    readonly_fields = ["is_active", "last_login", "created_at"]
    actions = ["disable", "enable"]
    actions_detail = ["reset_second_factor"]

    def get_queryset(self, request: StaffRequest) -> QuerySet[User]:
        return super().get_queryset(request).filter(pk__in=User.objects.visible_to(request.user).values("pk"))

    def has_delete_permission(self, request: StaffRequest, obj: User | None = None) -> bool:
        """People are disabled, not deleted: the journal names them."""
        return False

    def changeform_view(self, request: StaffRequest, *args: Any, **kwargs: Any) -> Any:
        """A refusal undoes the whole form and is shown as a message."""
        try:
            with transaction.atomic():
                return super().changeform_view(request, *args, **kwargs)
        except Refused as refused:
            messages.error(request, str(refused))
            request.method = "GET"
            return super().changeform_view(request, *args, **kwargs)

    def save_model(self, request: StaffRequest, obj: User, form: UserForm, change: bool) -> None:
        password = form.cleaned_data["password"]
        services.save_user(user=obj, by=request.user, at=timezone.now(), password=password)

    def save_related(self, request: StaffRequest, form: UserForm, formsets: list[Any], change: bool) -> None:
        """A person whom the one who made them could not see again is not made."""
        super().save_related(request, form, formsets, change)
        if not self.get_queryset(request).filter(pk=form.instance.pk).exists():
            raise Refused("请同时填写岗位：没有岗位的人员只有集团的系统管理员看得到。")

    def save_formset(self, request: StaffRequest, form: Any, formset: Any, change: bool) -> None:
        at = timezone.now()
        formset.save(commit=False)
        for post in formset.new_objects:
            services.assign_post(
                user=form.instance,
                role=post.role,
                node=post.node,
                starts_on=post.starts_on,
                ends_on=post.ends_on,
                by=request.user,
                at=at,
            )
        for post, _ in formset.changed_objects:
            services.end_post(post=post, on=post.ends_on, by=request.user, at=at)

    @admin.action(description="停用所选人员")
    def disable(self, request: StaffRequest, queryset: QuerySet[User]) -> None:
        self._each(request, queryset, services.disable_user, "已停用")

    @admin.action(description="启用所选人员")
    def enable(self, request: StaffRequest, queryset: QuerySet[User]) -> None:
        self._each(request, queryset, services.enable_user, "已启用")

    def has_over_all_permission(self, request: StaffRequest, object_id: str | None = None) -> bool:
        return request.user.is_over_all

    @action(description="重置动态验证码", url_path="second-factor", icon="lock_reset", permissions=["over_all"])
    def reset_second_factor(self, request: StaffRequest, object_id: str) -> HttpResponse:
        """GET asks, POST does it."""
        user = self.get_object(request, object_id)
        if user is None:
            raise PermissionDenied
        if request.method != "POST":
            frame = {**self.admin_site.each_context(request), "opts": self.opts, "original": user}
            return render(request, "admin/accounts/second_factor.html", frame | {"title": "重置动态验证码"})
        try:
            done = services.reset_second_factor(user=user, by=request.user, at=timezone.now())
        except Refused as refused:
            messages.error(request, str(refused))
        else:
            said = "的动态验证码已重置，登录已全部退出。" if done else "没有启用动态验证码。"
            messages.success(request, f"{user}{said}")
        return redirect("admin:accounts_user_change", user.pk)

    def _each(self, request: StaffRequest, queryset: QuerySet[User], service: Any, done: str) -> None:
        for user in queryset:
            try:
                service(user=user, by=request.user, at=timezone.now())
            except Refused as refused:
                messages.error(request, f"{user}：{refused}")
            else:
                messages.success(request, f"{user}{done}。")
