"""How houses, names and phones are written at the desk, and how that is read back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from estates.spelling import MAX_KEYS, MAX_WISHES, Wish, lookup, read, spellings, tokens


@pytest.mark.parametrize(
    "written",
    [
        "3幢2单元1502",
        "3栋2单元1502室",
        "3号楼2单元1502",
        "3-2-1502",
        "3 2 1502",
        "３－２－１５０２",
        "03幢02单元1502",
        "3#2-1502",
        "3、2、1502",
    ],
)
def test_one_door_may_be_written_in_many_ways(written):
    assert tokens(written) == ("3", "2", "1502")
    assert lookup(written) == "3-2-1502-"
    assert lookup(written, backwards=True) == "1502-2-3-"


def test_buildings_may_have_letters_and_names():
    assert tokens("A座1502") == ("a", "1502")
    assert tokens("翠园3幢B1-023") == ("翠园", "3", "b", "1", "23")


@pytest.mark.parametrize(
    ("name", "keys"),
    [
        ("黄桂兰", ["黄桂兰", "桂兰", "hgl", "huangguilan"]),
        ("欧阳娜娜", ["欧阳娜娜", "娜娜", "oynn", "ouyangnana"]),
        ("吕布", ["吕布", "lb", "lvbu"]),
        ("买买提·艾力", ["买买提艾力", "mmtal", "maimaitiaili"]),
        ("John Smith", ["johnsmith", "js"]),
        ("尉迟恭", ["尉迟恭", "ycg", "yuchigong", "wcg", "weichigong"]),
    ],
)
def test_a_name_is_found_by_itself_its_initials_and_its_pinyin(name, keys):
    found = spellings(name)

    assert found[0] == keys[0]
    assert set(keys) <= set(found)


@pytest.mark.parametrize(
    ("surname", "reading"),
    [
        ("单", "shan"),
        ("曾", "zeng"),
        ("解", "xie"),
        ("查", "zha"),
        ("仇", "qiu"),
        ("区", "ou"),
        ("朴", "piao"),
        ("翟", "zhai"),
    ],
)
def test_a_surname_is_found_by_its_reading_as_a_surname(surname, reading):
    assert f"{reading}ming" in spellings(f"{surname}明")
    assert f"{reading[0]}m" in spellings(f"{surname}明")


@pytest.mark.parametrize("reading", ["danxiong", "shanxiong", "dx", "sx"])
def test_and_by_the_reading_that_one_who_does_not_know_would_type(reading):
    assert reading in spellings("单雄")


def test_characters_of_given_names_have_all_their_usual_readings():
    assert {"lile", "liyue", "ll", "ly"} <= set(spellings("李乐"))


def test_a_long_company_name_has_few_keys_that_fit_the_column():
    keys = spellings("杭州长乐重行物业服务有限公司第三分公司长乐乐乐乐乐")

    assert len(keys) == 3
    assert all(len(key) <= 60 for key in keys)


@given(st.text(max_size=80))
def test_no_name_breaks_it_or_has_endless_keys(name):
    keys = spellings(name)

    assert len(keys) <= 2 + 2 * MAX_KEYS
    assert all(0 < len(key) <= 60 for key in keys)


@pytest.mark.parametrize(
    "typed",
    [
        "13800001234",
        "138 0000 1234",
        "138-0000-1234",
        "+86 138 0000 1234",
        "+8613800001234",
        "8613800001234",
        "１３８００００１２３４",
    ],
)
def test_a_whole_number_may_be_written_with_spaces_dashes_and_country(typed):
    assert read(typed)[0] == Wish(phone="13800001234")


def test_a_number_abroad_is_nothing_else():
    assert read("+852 5123 4567") == [Wish(phone="+85251234567")]


def test_org_4_of_a_phone_only_the_last_four_digits_or_all_of_it_are_asked_for():
    assert Wish(tail="1234") in read("1234")
    for digits in (1, 2, 3, 5, 6, 7, 8, 9, 10):
        for wish in read("13800001234"[-digits:]):
            assert (wish.phone, wish.tail) == ("", "")


def test_four_digits_are_a_door_or_the_end_of_a_phone():
    assert read("1502") == [Wish(house=("1502",)), Wish(tail="1502")]
    assert read("3幢 1502") == [Wish(house=("3", "1502")), Wish(tail="1502", house=("3",))]


def test_several_words_are_asked_for_together():
    assert read("3幢 王") == [Wish(names=("王",), house=("3",))]
    assert read("王 李")[0] == Wish(names=("王", "李"))
    assert Wish(names=("王小明",), house=("3", "1502")) in read("3幢1502王小明")


def test_pinyin_may_have_spaces():
    assert read("huang gui lan") == [Wish(names=("huangguilan",))]
    assert read("Lü Bu") == [Wish(names=("lvbu",))]


def test_a_building_may_be_called_by_a_letter_or_a_name():
    assert Wish(house=("a", "1502")) in read("a 1502")
    assert Wish(house=("翠园",)) in read("翠园")


@pytest.mark.parametrize("typed", ["", "  ", "\0", "!!", "·", "- -", "。"])
def test_nothing_is_nothing(typed):
    assert read(typed) == []


@given(st.text(max_size=60))
def test_whatever_is_typed_is_read_in_few_ways_none_of_them_empty(typed):
    wishes = read(typed)

    assert len(wishes) <= MAX_WISHES + 1
    assert Wish() not in wishes
