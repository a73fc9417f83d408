"""What is a signature and what is not (HND-5); what a signature field never sends is refused in a sentence."""

from __future__ import annotations

import io
import json

import pytest
from PIL import Image

from foundation.records.refusals import Refused
from foundation.signatures import drawing
from tests.signatures.drawings import DOT, NAME, sent, wave


def refused(text: str) -> str:
    with pytest.raises(Refused) as found:
        drawing.read(text)
    return found.value.sentence


def straight(length: float, points: int = 11) -> str:
    return sent([[100 + length * i / (points - 1), 100, i] for i in range(points)])


def zigzag(spread: float) -> str:
    """A long line that stays within `spread` units."""
    return sent([[300 + (spread if i % 2 else 0), 100, i] for i in range(40)])


def test_a_name_is_read_with_every_stroke_and_its_time():
    found = drawing.read(NAME)
    assert (found.width, found.height, len(found.strokes)) == (600, 220, 2)
    assert found.strokes[1][0][2] == 900
    assert found.seconds == pytest.approx(1.188)
    assert drawing.of_json(json.loads(json.dumps(found.as_json()))) == found


@pytest.mark.parametrize("text", ["", "  ", sent(), sent([], [])])
def test_nothing_is_no_signature(text):
    assert refused(text) == "请签名。"


@pytest.mark.parametrize(
    "text", [DOT, sent([[300, 100, 0]] * 40), sent(wave(100, 120)), sent(*[[[i, i, i]] for i in range(20)])]
)
def test_a_dot_is_no_signature(text):
    assert refused(text).startswith("这不像一个签名")


def test_the_line_is_at_least_a_quarter_of_the_field():
    assert drawing.read(straight(150)).line == 150
    assert refused(straight(149.9)).startswith("这不像一个签名")


def test_there_are_at_least_ten_points():
    assert drawing.read(straight(300, points=10))
    assert refused(straight(300, points=9)).startswith("这不像一个签名")


def test_ink_spreads_over_a_tenth_of_the_field():
    assert drawing.read(zigzag(60))
    assert refused(zigzag(59)).startswith("这不像一个签名")


@pytest.mark.parametrize(
    "text",
    [
        "[]",
        "null",
        "{",
        "[" * 100_000,
        '{"width": 600, "height": 220}',
        '{"width": 600, "height": 220, "strokes": [[[1, 2]]]}',
        '{"width": 600, "height": 220, "strokes": [[["1", 2, 3]]]}',
        '{"width": 600, "height": 220, "strokes": [[[NaN, 2, 3]]]}',
        '{"width": 600, "height": 220, "strokes": [[[1e999, 2, 3]]]}',
        '{"width": 600, "height": 220, "strokes": 7}',
        sent([[601, 100, 0]]),
        sent([[-0.1, 100, 0]]),
        sent([[1, 100, -1]]),
        sent([[1, 100, 0.5]]),
        sent(wave(80, 260), width=99),
        sent(wave(80, 260), height=4001),
        sent(wave(80, 260), width=True),
        sent(wave(80, 260), width="600"),
    ],
)
def test_what_no_field_sends_is_refused_in_a_sentence(text):
    assert refused(text) == "签名没有完整传到，请清除后重新签名。"


def test_a_flood_of_points_is_refused():
    points = [[i % 600, 100, i] for i in range(10_001)]
    assert drawing.read(sent(points[:-1]))
    assert refused(sent(points)).startswith("签名笔画太多")
    assert refused(" " * 1 + "9" * 400_000).startswith("签名笔画太多")


def test_the_picture_shows_the_ink_where_it_was_drawn():
    picture = Image.open(io.BytesIO(drawing.png(drawing.read(straight(300)))))
    assert picture.size == (900, 330)
    assert picture.getpixel((375, 150)) < 60, "on the line"
    assert picture.getpixel((375, 170)) > 250, "beside it"
    assert picture.getpixel((700, 150)) > 250, "behind its end"


def test_the_vector_is_cut_to_the_ink_and_holds_every_stroke():
    found = drawing.svg(drawing.read(NAME)).decode()
    assert found.count("<path ") == 2
    left, _, width, _ = (float(part) for part in found.split('viewBox="')[1].split('"')[0].split())
    assert (left, width) == (80 - drawing.MARGIN, 400 + 2 * drawing.MARGIN)


def test_the_dot_of_a_character_is_kept_beside_its_strokes():
    found = drawing.read(sent(wave(80, 380), [[200, 40, 5000]]))
    assert 'd="M200 40l0 0"' in drawing.svg(found).decode()
