import io
import logging

import pypdf
import pytest
from django.template import engines
from django.template.loaders import locmem
from PIL import Image

from foundation import pdf
from foundation.pdf import rendering

PAGE = """{% extends "pdf/base.html" %}
{% block cover %}<section class="cover"><div class="cover-band"><h1>{{ title }}</h1></div></section>{% endblock %}
{% block content %}<h1>检查情况</h1><p>普通<strong>加粗</strong></p>
<table><thead><tr><th>检查内容</th></tr></thead>
<tbody>{% for row in rows %}<tr><td>第{{ row }}行</td></tr>{% endfor %}</tbody>
</table>
{{ more|safe }}{% endblock %}"""


@pytest.fixture(autouse=True)
def templates(monkeypatch):
    engine = engines["django"].engine
    loaders = [locmem.Loader(engine, {"page.html": PAGE}), *engine.template_loaders]
    monkeypatch.setattr(engine, "template_loaders", loaders)


def render(more: str = "", images=None, **context) -> pypdf.PdfReader:
    context = {"title": "品质督导报告", "number": "JC-HZ01-202611-0001", "rows": range(3), "more": more} | context
    return pypdf.PdfReader(io.BytesIO(pdf.render("page.html", context, images=images)))


def photo(color: str = "red") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (40, 30), color).save(out, "JPEG")
    return out.getvalue()


def pictures(document: pypdf.PdfReader) -> int:
    return len({image.indirect_reference.idnum for page in document.pages for image in page.images})


def test_text_title_language_and_bookmarks():
    document = render()
    assert document.metadata.title == "品质督导报告"
    assert document.trailer["/Root"]["/Lang"] == "zh-CN"
    assert "检查情况" in [entry.title for entry in document.outline if not isinstance(entry, list)]
    text = document.pages[1].extract_text()
    assert "普通加粗" in text.replace(" ", "")


def test_a_set_holds_its_papers_one_after_the_other_each_with_its_own_pages_and_pictures():
    parts = [
        pdf.Part("page.html", {"title": title, "rows": range(3), "more": f"<img src='image:{key}'>"}, {key: photo(key)})
        for title, key in (("督导报告", "red"), ("检查表", "blue"))
    ]
    document = pypdf.PdfReader(io.BytesIO(pdf.render_set(parts)))
    assert document.metadata.title == "督导报告"
    text = [page.extract_text().replace(" ", "") for page in document.pages]
    assert ["督导报告" in text[0], "检查表" in text[2]] == [True, True]
    assert ["第2页/共2页" in page for page in text] == [False, True, False, True]
    assert pictures(document) == 2


def test_a_cover_without_furniture_then_pages_with_it():
    document = render(rows=range(120))
    cover, *pages = [page.extract_text().replace(" ", "") for page in document.pages]
    assert "JC-HZ01-202611-0001" not in cover
    assert "页" not in cover
    for number, text in enumerate(pages, start=2):
        assert "JC-HZ01-202611-0001" in text
        assert f"第{number}页/共{len(pages) + 1}页" in text
        assert "检查内容" in text  # the table's head, again on each page


def test_real_bold_of_the_chinese_face_is_embedded_as_a_subset():
    fonts = {font.get_object()["/BaseFont"] for page in render().pages for font in page["/Resources"]["/Font"].values()}
    assert any("Noto-Sans" in font and "Bold" in font and "+" in font for font in fonts)
    assert len(fonts) == 2


def test_given_pictures_are_shown(tmp_path):
    path = tmp_path / "b.jpg"
    path.write_bytes(photo("blue"))
    assert pictures(render('<img src="image:a"><img src="image:b">', {"a": photo(), "b": path})) == 2


def test_a_chart_is_vector():
    chart = b'<svg xmlns="http://www.w3.org/2000/svg" width="60" height="20"><text y="12">98.5</text></svg>'
    document = render('<img src="image:chart">', {"chart": chart})
    assert pictures(document) == 0
    assert "98.5" in document.pages[1].extract_text()


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1:9/x.png",
        "https://example.com/x.png",
        "ftp://example.com/x.png",
        "file:///etc/passwd",
        "data:image/png;base64,AAAA",
        "image:unknown",
        "static:../config/settings.py",
        "static:/etc/passwd",
        "static:img/unknown.svg",
        "STATIC:..%2f..%2fetc/passwd",
    ],
)
@pytest.mark.parametrize(
    "where",
    [
        '<img src="{}">',
        '<p style="background: url({})">x</p>',
        '<link rel="stylesheet" href="{}">',
        '<style>@import url("{}");</style>',
        '<object data="{}"></object>',
    ],
)
def test_everything_else_is_refused_and_logged(address, where, caplog, monkeypatch):
    monkeypatch.setattr("urllib.request.OpenerDirector.open", lambda *args, **kwargs: pytest.fail("fetched"))
    with caplog.at_level(logging.WARNING, "foundation.pdf"):
        document = render(where.format(address))
    assert pictures(document) == 0
    assert "refused to fetch" in caplog.text


def test_a_picture_in_a_picture_is_refused_too(caplog):
    svg = b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><image href="file:///etc/hostname"/></svg>'
    with caplog.at_level(logging.WARNING, "foundation.pdf"):
        render('<img src="image:chart">', {"chart": svg})
    assert "refused to fetch file:///etc/hostname" in caplog.text


def test_a_relative_address_leads_nowhere():
    assert pictures(render('<img src="x.png"><img src="/etc/x.png">')) == 0


def test_a_static_file_is_read(settings, tmp_path):
    (tmp_path / "found.jpg").write_bytes(photo())
    settings.STATICFILES_DIRS = [*settings.STATICFILES_DIRS, tmp_path]
    rendering.finders.get_finder.cache_clear()
    try:
        assert pictures(render('<img src="static:found.jpg">')) == 1
    finally:
        rendering.finders.get_finder.cache_clear()


def test_the_stylesheet_and_the_fonts_are_read_once():
    assert rendering.stylesheet() is rendering.stylesheet()
    assert rendering.font_configuration() is rendering.font_configuration()


def test_what_people_typed_is_escaped():
    document = render(title="<script>门</script>")
    assert document.metadata.title == "<script>门</script>"
