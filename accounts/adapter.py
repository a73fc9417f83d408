"""What differs from allauth's ways: no sign-up, words in Chinese, one throttle per person, secrets encrypted."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.fernet import InvalidToken
from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest
from encrypted_fields import EncryptedTextField

from accounts.backends import user_named


class StaffAccountAdapter(DefaultAccountAdapter):
    error_messages = DefaultAccountAdapter.error_messages | {
        "username_password_mismatch": "用户名、手机号或密码不对。",
        "invalid_login": "用户名、手机号或密码不对。",
        "incorrect_password": "密码不对。",
        "enter_current_password": "当前密码不对。",
        "too_many_login_attempts": "登录失败次数太多，请过几分钟再试。",
        "rate_limited": "操作太频繁，请过一会儿再试。",
        "incorrect_code": "验证码不对。",
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Accounts are made by an administrator."""
        return False

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Count failed logins by person, so that name and phone do not give two allowances."""
        user = user_named(str(credentials.get("username", "")).strip())
        if user is not None:
            credentials["username"] = user.username
        super().pre_authenticate(request, **credentials)

    def add_message(self, request: HttpRequest, level: int, *args: Any, **kwargs: Any) -> None:
        """A greeting after each login is noise; the other messages stay."""
        if "account/messages/logged_in.txt" not in (*args, kwargs.get("message_template")):
            super().add_message(request, level, *args, **kwargs)


class StaffMFAAdapter(DefaultMFAAdapter):
    error_messages = DefaultMFAAdapter.error_messages | {"incorrect_code": "验证码不对。"}
    _field = EncryptedTextField()

    def encrypt(self, text: str) -> str:
        return self._field.f.encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        try:
            return self._field.f.decrypt(encrypted_text.encode()).decode()
        except InvalidToken:
            return ""

    def get_totp_label(self, user: AbstractBaseUser) -> str:
        return user.get_username()
