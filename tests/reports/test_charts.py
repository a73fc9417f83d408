"""Charts: words stay words, nothing needs an inline style, the same data give the same picture."""

from xml.etree import ElementTree as ET

import pytest
from django.core.cache import cache

from reports import charts

TREND = {
    "months": ["9月", "10月"],
    "lines": [{"label": "分子公司", "values": ["88.1", None]}, {"label": "项目", "values": ["97", "96"]}],
}
DATA = {
    "trend": TREND,
    "completion": [{"label": "项目", "done": 30, "missed": 1, "pending": 1}],
    "subjects": [
        {"label": "消防安全管理", "score": "91.0", "before": None},
        {"label": "安防管理", "score": None, "before": "80"},
    ],
    "roles": [{"label": "工程", "in_time": 4, "late": 0}],
}


@pytest.mark.parametrize("name", DATA)
def test_an_svg_says_what_it_shows_and_has_no_style(name):
    svg = charts.draw(name, DATA[name])
    root = ET.fromstring(svg)
    assert root.get("role") == "img"
    ids = {node.get("id") for node in root.iter() if node.get("id")}
    assert set(root.get("aria-labelledby").split()) <= ids
    assert all("style" not in node.attrib for node in root.iter())
    assert not list(root.iter(f"{charts.SVG}style"))
    texts = [node.text for node in root.iter(f"{charts.SVG}text")]
    assert any("\u4e00" <= sign <= "\u9fff" for text in texts if text for sign in text), "text is text, not outlines"
    assert charts.INK not in svg


def test_every_reference_inside_a_chart_is_its_own():
    first, second = charts.draw("roles", DATA["roles"]), charts.draw("roles", [{**DATA["roles"][0], "late": 3}])
    ids = [{node.get("id") for node in ET.fromstring(svg).iter() if node.get("id")} for svg in (first, second)]
    assert not ids[0] & ids[1]


def test_without_the_cache_it_is_drawn_all_the_same(settings):
    redis = settings.CACHES["default"]
    settings.CACHES = {"default": {**redis, "LOCATION": "redis://127.0.0.1:9/0"}}
    with pytest.raises(charts.RedisError):
        cache.get("x")
    assert "已检 30" in charts.draw("completion", DATA["completion"])


def test_nothing_to_draw_is_nothing():
    assert charts.draw("roles", []) == ""
