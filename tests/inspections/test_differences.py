"""What lies between two versions of a checklist, for people (INS-6)."""

from copy import deepcopy
from decimal import Decimal

from inspections.content import ItemContent, SectionContent
from inspections.differences import Kind, differences


def item(code: str, **values) -> ItemContent:
    return ItemContent(code, f"检查{code}", "合格即可", "security", **values)


def content(**sections: str) -> list[SectionContent]:
    """content(fire="abc") is the subject 'fire' with the items a, b and c."""
    return [SectionContent(code, f"主题{code}", [item(letter) for letter in codes]) for code, codes in sections.items()]


def kinds(before, after) -> dict[str, str]:
    return {found.code: str(found.kind) for found in differences(before, after).items}


def test_the_same_content_has_none():
    found = differences(content(fire="abc"), content(fire="abc"))
    assert not found
    assert found.figures == {"新增": 0, "删除": 0, "修改": 0, "移动": 0}


def test_a_number_written_otherwise_is_no_difference():
    before = [SectionContent("a", "a", [item("x", low=Decimal("0.1"), evidence="reading")])]
    after = [SectionContent("a", "a", [item("x", low=Decimal("0.100"), evidence="reading", weight=1)])]
    assert not differences(before, after)


def test_added_and_removed_items_are_named():
    assert kinds(content(fire="abc"), content(fire="acd")) == {"d": Kind.ADDED, "b": Kind.REMOVED}


def test_a_changed_field_says_before_and_after_in_words():
    before, after = content(fire="a"), content(fire="a")
    after[0].items[0].risk = "redline"
    found = differences(before, after).items[0]
    assert found.kind == Kind.CHANGED
    assert [str(change) for change in found.changes] == ["风险等级：一般 → 红线", "权重：1 → 5"]


def test_one_item_that_was_dragged_is_one_move():
    assert kinds(content(fire="abcdef"), content(fire="bcdefa")) == {"a": Kind.MOVED}
    assert kinds(content(fire="abcdef"), content(fire="fabcde")) == {"f": Kind.MOVED}


def test_an_item_before_which_others_come_and_go_was_not_moved():
    assert kinds(content(fire="abc"), content(fire="xbyc")) == {"x": Kind.ADDED, "y": Kind.ADDED, "a": Kind.REMOVED}


def test_an_item_can_move_to_another_subject():
    found = differences(content(fire="ab", lifts="c"), content(fire="a", lifts="bc")).items
    assert [(one.code, one.kind, one.moved_to) for one in found] == [("b", Kind.MOVED, "从“主题fire”移到“主题lifts”")]


def test_subjects_are_added_removed_renamed_and_moved():
    before = content(fire="a", lifts="b", roof="c")
    after = deepcopy([before[1], before[0]]) + content(ponds="d")
    after[0].name = "电梯"
    found = {one.code: one for one in differences(before, after).sections}
    assert {code: str(one.kind) for code, one in found.items() if not one.moved_to or one.changes} == {
        "lifts": "修改",
        "ponds": "新增",
        "roof": "删除",
    }
    assert str(found["lifts"].changes[0]) == "名称：主题lifts → 电梯"
    assert sum(bool(one.moved_to) for one in found.values()) == 1, "two that changed places are one move"
