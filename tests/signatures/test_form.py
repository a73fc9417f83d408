"""The form that asks for a signature: what was drawn and typed survives every error; what was not read is not signed."""

from __future__ import annotations

from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import QueryDict
from django.template.loader import render_to_string

from foundation.signatures.forms import SignForm
from foundation.signatures.texts import digest
from tests.signatures.conftest import TEXT
from tests.signatures.drawings import DOT, NAME


def form_of(text: str = TEXT, *, scan: bytes | None = None, again: bool = False, **given: str) -> SignForm:
    data = QueryDict(mutable=True)
    data.update({"signer": "王芳", "strokes": NAME, "seen": digest(TEXT)} | given)
    files = {"scan": SimpleUploadedFile("纸.jpg", scan)} if scan else {}
    return SignForm(data, files, text=text, again=again, label="业主签名", key="keys")


def shown(form: SignForm) -> str:
    return render_to_string("components/form.html", {"form": form, "csrf_token": "x"})


def test_what_is_signed_goes_on_to_the_service():
    form = form_of()
    assert form.is_valid(), form.errors
    assert form.cleaned_data == {"signer": "王芳", "strokes": NAME, "scan": None, "seen": digest(TEXT)}


def test_a_scan_is_enough():
    form = form_of(strokes="", scan=b"x")
    assert form.is_valid(), form.errors


def test_nothing_is_refused_beside_the_field():
    form = form_of(strokes="", signer="")
    assert form.errors == {"signer": ["请填写签名人。"], "strokes": ["请在框内签名，或上传签好字的纸质件。"]}


def test_both_are_refused():
    assert form_of(scan=b"x").errors == {"scan": ["屏幕签名和扫描件只能选一种，请清除其中一个。"]}


def test_a_dot_is_refused_and_what_was_drawn_comes_back():
    form = form_of(strokes=DOT)
    assert form.errors["strokes"][0].startswith("这不像一个签名")
    page = shown(form)
    assert "[[300, 100, 0]]" in page.replace("&quot;", '"')
    assert 'id="keys-strokes_error"' in page
    assert 'href="#keys-strokes_pad"' in page
    assert 'id="keys-strokes_pad"' in page


def test_a_text_that_has_changed_is_read_again_first():
    form = form_of(TEXT + "另加一条。")
    assert form.non_field_errors() == ["文件内容刚刚有变化，请重新阅读后再签名。"]
    # The page that comes back shows the new text, and carries its hash.
    assert digest(TEXT + "另加一条。") in shown(form)
    assert form_of(TEXT + "另加一条。", seen=digest(TEXT + "另加一条。")).is_valid()


def test_the_second_time_a_reason_is_asked_for():
    assert form_of(again=True).errors == {"reason": ["已经签过，重签请写明原因。"]}
    form = form_of(again=True, reason="签名人写错")
    assert form.is_valid()
    assert form.cleaned_data["reason"] == "签名人写错"
    assert "重签原因" not in shown(form_of())
