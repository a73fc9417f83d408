"""What the machine lacks is told at start, in a sentence and with what to type."""

import pytest

from foundation.pdf import checks


@pytest.fixture
def lacking(monkeypatch):
    whole = checks._library

    def pretend(*names: str) -> list[str]:
        monkeypatch.setattr(checks, "_library", lambda name: None if name in names else whole(name))
        return [f"{found.id} {found.msg} {found.hint}" for found in checks.printing()]

    return pretend


def test_this_machine_can_print(lacking):
    assert lacking() == []


def test_without_pango_nothing_prints(lacking):
    (found,) = lacking("libpango-1.0.so.0")
    assert found.startswith("pdf.E001 无法生成 PDF：系统缺少 libpango-1.0.so.0。")
    assert "apt-get install -y libpango-1.0-0 libpangoft2-1.0-0" in found


def test_without_harfbuzz_subset_it_is_slow(lacking):
    (found,) = lacking("libharfbuzz-subset.so.0")
    assert found.startswith("pdf.W001")
    assert "apt-get install -y libharfbuzz-subset0" in found


@pytest.mark.parametrize(("weights", "named"), [({80}, "Bold"), (set(), "Regular、Bold")])
def test_without_the_chinese_faces_it_says_which(lacking, monkeypatch, weights, named):
    monkeypatch.setattr(checks, "has_face", weights.__contains__)
    (found,) = lacking()
    assert f"Noto Sans CJK SC 字体（{named}）" in found
    assert "apt-get install -y fonts-noto-cjk" in found


def test_a_family_that_is_not_there_is_noticed(monkeypatch):
    monkeypatch.setattr(checks, "FAMILIES", ("No Such Family",))
    assert not checks.has_face(80)
