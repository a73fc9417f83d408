"""The signature as a form field, and the form that asks for one."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from foundation.records.refusals import Refused
from foundation.signatures import drawing
from foundation.signatures.services import CHANGED
from foundation.signatures.texts import digest


class SignatureInput(forms.TextInput):
    """Holds the strokes as JSON; components/signature.html shows the field to draw on."""

    use_fieldset = True

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__({"hidden": True, "autocomplete": "off"} | (attrs or {}))

    def id_for_label(self, id_: str, index: str | None = None) -> str:
        """What an error leads to: the input itself is not to be seen."""
        return f"{id_}_pad" if id_ else ""


class SignatureField(forms.CharField):
    """Drawn with mouse, finger or pen. Cleaned to the string that `services.sign(strokes=…)` takes."""

    widget = SignatureInput

    def __init__(self, *, label: str = "签名", required: bool = True, **options: Any) -> None:
        options.setdefault("error_messages", {"required": drawing.NOTHING})
        super().__init__(label=label, required=required, strip=True, **options)

    def clean(self, value: Any) -> str:
        text = super().clean(value)
        if text:
            try:
                drawing.read(text)
            except Refused as refused:
                raise ValidationError(refused.sentence) from None
        return text


class SignForm(forms.Form):
    """Signs one text: drawn here, or on a paper whose scan is attached (HND-5).

    `key` begins the ids on the page. `again`: it is signed already, so a reason is asked for. `seen` carries the hash of
    the text that was read; what changed in the meantime has to be read again.
    """

    signer = forms.CharField(label="签名人", max_length=60, error_messages={"required": "请填写签名人。"})
    strokes = SignatureField(required=False)
    scan = forms.FileField(
        label="或上传签好字的纸质件",
        required=False,
        help_text="照片、扫描图片或 PDF，不超过 20 MB。",
        widget=forms.FileInput({"accept": "image/jpeg,image/png,image/webp,image/heic,image/heif,application/pdf"}),
    )
    reason = forms.CharField(
        label="重签原因", max_length=200, error_messages={"required": "已经签过，重签请写明原因。"}
    )
    seen = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(
        self,
        data: Any = None,
        files: Any = None,
        *,
        text: str,
        signer: str = "",
        again: bool = False,
        label: str = "签名",
        key: str = "sign",
    ) -> None:
        initial = {"signer": signer, "seen": digest(text)}
        super().__init__(data, files, auto_id=f"{key}-%s", initial=initial)
        self.text = text
        self.fields["strokes"].label = label
        if not again:
            del self.fields["reason"]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if not self.has_error("strokes") and not self.has_error("scan"):
            if not given.get("strokes") and not given.get("scan"):
                self.add_error("strokes", "请在框内签名，或上传签好字的纸质件。")
            elif given.get("strokes") and given.get("scan"):
                self.add_error("scan", "屏幕签名和扫描件只能选一种，请清除其中一个。")
        if given.get("seen") != digest(self.text):
            self.add_error(None, CHANGED)
            self.data = {**self.data, "seen": digest(self.text)}
        return given
