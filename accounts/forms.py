"""What an administrator types about a person and their posts."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password

from accounts.models import Post, User


class UserForm(forms.ModelForm):
    password = forms.CharField(
        label="新密码",
        required=False,
        strip=False,
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
        help_text="空着则不改。设了新密码，这个人所有的登录都会退出。",
    )

    class Meta:
        model = User
        fields = ["username", "name", "phone", "email"]

    def clean_password(self) -> str:
        password = self.cleaned_data["password"]
        if password:
            validate_password(password, self.instance)
        return password


class PostForm(forms.ModelForm):
    """A post that exists can only be given another last day: who held what is not rewritten."""

    class Meta:
        model = Post
        fields = ["role", "node", "starts_on", "ends_on"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            for name in ("role", "node", "starts_on"):
                self.fields[name].disabled = True
