"""What a user sets about their own notices, and an administrator about a robot."""

from __future__ import annotations

from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget, UnfoldBooleanSwitchWidget

from foundation.notices.models import NoticePolicy, Preference, Robot


def _time(label: str) -> forms.TimeField:
    return forms.TimeField(label=label, required=False, widget=forms.TimeInput({"type": "time"}, format="%H:%M"))


class PreferenceForm(forms.ModelForm):
    quiet_from, quiet_until = _time("自己设定：从"), _time("自己设定：到")

    class Meta:
        model = Preference
        fields = ["email", "quiet", "quiet_from", "quiet_until"]
        widgets = {"email": forms.RadioSelect, "quiet": forms.RadioSelect}
        help_texts = {"quiet": "免打扰时段里，一般通知等到时段结束再发邮件；紧急通知立即发。站内通知不受影响。"}

    def __init__(self, *args: Any, policy: NoticePolicy, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        quiet: Any = self.fields["quiet"]
        company, *others = Preference.Quiet.choices
        quiet.choices = [(company[0], f"{company[1]}（{policy.quiet}）"), *others]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        for name in ("quiet_from", "quiet_until"):
            if data.get(name) is None and name not in self.errors:
                if data.get("quiet") == Preference.Quiet.OWN:
                    self.add_error(name, "请填写免打扰的时间。")
                # What was set before stays for another time.
                data[name] = self.initial[name]
        return data


class RobotForm(forms.ModelForm):
    """The address and the secret are typed and never shown again: who has them can write to the group."""

    node_id = forms.TypedChoiceField(
        label="组织",
        coerce=int,
        widget=UnfoldAdminSelectWidget,
        help_text="发给在这个组织任职的人的通知，也发到这个群。",
    )
    url = forms.CharField(label="Webhook 地址", max_length=500, required=False, widget=UnfoldAdminTextInputWidget)
    secret = forms.CharField(
        label="加签密钥",
        max_length=200,
        required=False,
        widget=UnfoldAdminTextInputWidget,
        help_text="钉钉的安全设置选了“加签”时填写（SEC 开头）。",
    )
    drop_secret = forms.BooleanField(label="去掉加签密钥", required=False, widget=UnfoldBooleanSwitchWidget)

    class Meta:
        model = Robot
        fields = ["node_id", "kind", "name", "url", "secret", "drop_secret", "min_level", "is_active"]

    def __init__(self, *args: Any, places: dict[int, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        node: Any = self.fields["node_id"]
        node.choices = [("", "请选择"), *places.items()]
        if self.instance.pk:
            self.initial.update(url="", secret="")
            self.fields["url"].help_text = "已保存，不再显示；空着则不改。"
            if self.instance.secret:
                self.fields["secret"].help_text = "已保存，不再显示；空着则不改。"
        if not self.instance.secret:
            del self.fields["drop_secret"]

    def clean_url(self) -> str:
        url = self.cleaned_data["url"] or (self.instance.url if self.instance.pk else "")
        if not url:
            raise forms.ValidationError("请填写 Webhook 地址。")
        return url

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if data.get("drop_secret"):
            data["secret"] = ""
        elif not data.get("secret") and self.instance.pk:
            data["secret"] = self.instance.secret
        if data.get("secret") and data.get("kind") == Robot.Kind.WECOM:
            self.add_error("secret", "企业微信的机器人没有加签密钥。")
        return data
