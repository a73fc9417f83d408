"""The signed paper as PDF: the text that was signed, its hash, and the signature."""

from __future__ import annotations

import io
import re
from datetime import timedelta

import pypdf
from django.core.files.uploadedfile import SimpleUploadedFile

from foundation.signatures.printing import paper_pdf
from foundation.signatures.texts import digest
from tests.attachments.conftest import picture
from tests.signatures.conftest import AT, TEXT


def read(signature) -> tuple[pypdf.PdfReader, str]:
    data = paper_pdf(signature, number="JF-2026-0001", issuer="桂语江南", printed_at=AT + timedelta(days=40))
    document = pypdf.PdfReader(io.BytesIO(data))
    return document, re.sub(r"\s", "", "".join(page.extract_text() for page in document.pages))


def test_it_holds_the_text_the_hash_and_who_signed_when(sign):
    _, words = read(sign())
    for line in ("《钥匙签收单》", "一、约定", "门窗已检查", "入户门", "本人已阅读以上内容。"):
        assert line in words
    assert digest(TEXT) in words
    assert "王芳" in words
    assert "2026-11-0310:30:15" in words, "the moment of signing, not of printing"
    assert "张工" in words
    assert "屏幕手写" in words


def test_the_signature_is_drawn_as_a_vector(sign):
    document, _ = read(sign())
    drawn = document.pages[-1].get_contents().get_data()
    assert not document.pages[-1].images
    inked = document.pages[-1]["/Resources"].get("/XObject", {}).values()
    curves = drawn + b"".join(one.get_object().get_data() for one in inked)
    # Curves of two strokes of some forty points.
    assert len(re.findall(rb" c\b", curves)) >= 70


def test_a_scan_is_shown_with_its_own_hash(sign):
    signature = sign(strokes="", scan=SimpleUploadedFile("纸.jpg", picture()))
    document, words = read(signature)
    assert len(document.pages[-1].images) == 1
    assert signature.picture.sha256 in words
    assert "纸质件扫描" in words


def test_a_scan_that_is_a_pdf_is_named(sign):
    signature = sign(strokes="", scan=SimpleUploadedFile("签收单.pdf", b"%PDF-1.4\nstartxref\n%%EOF"))
    _, words = read(signature)
    assert "签收单.pdf" in words
    assert signature.picture.sha256 in words


def test_the_second_signature_says_why(sign):
    sign()
    _, words = read(sign(reason="签名人写错"))
    assert "签名人写错" in words
