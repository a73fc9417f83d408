"""How people write a house, a name and a phone at the desk, and how that is read back. Pure functions.

Both sides of a search, what is stored and what is typed, go through here, so that they cannot drift apart.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import islice, product

from estates import identity

# 3幢2单元1502, 3栋2-1502 and 3 2 1502 name the same door.
SEPARATORS = re.compile(r"单元|号楼|[幢栋座楼室房号户门层区期]")
HAN = re.compile(r"[\u3400-\u9fff\U00020000-\U0003ffff]")
RUNS = re.compile(rf"[0-9]+|[a-z]+|{HAN.pattern}+")
SYLLABLES = re.compile(rf"{HAN.pattern}|[^\W_]+?(?={HAN.pattern}|\b)")
MOBILE_SIGNS = re.compile(r"[\s()()-]")
COUNTRY = re.compile(r"^(?:\+|00)?86(?=\d{11}$)")

PHONE_TAIL = 4
KEY_CHARS = 60
MAX_KEYS = 8
MAX_WORDS = 6
MAX_WISHES = 12
# By the length of the whole name: 桂兰 of 黄桂兰, 娜娜 of 欧阳娜娜. Of a short name it would be one character.
GIVEN_FROM = {3: 1, 4: 2}
# A company's name is not asked for by the second reading of its characters.
PERSONAL_CHARS = 4
# "1502" alone is a door; "3" alone is a building, not every door that begins with a 3.
DOOR_DIGITS = 3


def _readings_of(table: str) -> dict[str, list[str]]:
    """Each character with its readings: 乐le/yue."""
    return {entry[0]: entry[1:].split("/") for entry in table.split()}


# The reading as a surname, where it is not the character's usual one.
SURNAMES = _readings_of(
    "单shan 曾zeng 解xie 查zha 仇qiu 区ou 朴piao 盖ge 乐yue 员yun 缪miao 种chong 覃qin 翟zhai 宓fu 尉wei 万mo 么yao "
    "黑he 折she 秘bi 冼xian 逄pang 佴nai 繁po 阚kan 郗chi 召shao 隗wei 句gou 牟mu 车che 叶ye 石shi 贾jia 占zhan 卜bu "
    "柏bai 薄bo 那na 隽juan 哈ha 令ling 乜nie 莘shen 都du 於yu 过guo 褚chu 晁chao 臧zang 訾zi 戴dai 瞿qu 佘she 谯qiao"
)
COMPOUND_SURNAMES = {"尉迟": "yu chi", "万俟": "mo qi", "单于": "chan yu", "澹台": "tan tai", "长孙": "zhang sun"}
# Characters of given names that are read in more than one way.
ALSO_READ = _readings_of(
    "乐le/yue 重zhong/chong 长chang/zhang 行xing/hang 朝chao/zhao 晟sheng/cheng 茜qian/xi 娜na/nuo 盛sheng/cheng "
    "藏zang/cang 传chuan/zhuan 参can/shen 柏bai/bo 莘xin/shen 隽jun/juan 浚jun/xun 筠yun/jun 炅jiong/gui 奇qi/ji "
    "宓mi/fu 曾zeng/ceng 单dan/shan 解jie/xie 蔚wei/yu 镐hao/gao 见jian/xian 校xiao/jiao 率shuai/lv 说shuo/yue "
    "都du/dou 车che/ju 卜bu/bo 还huan/hai 降xiang/jiang 弹tan/dan 调tiao/diao 颉xie/jie 叶ye/xie 谷gu/yu 洗xi/xian"
)


@dataclass(frozen=True)
class Wish:
    """One way to understand what was typed; all that it names must hold."""

    phone: str = ""
    tail: str = ""
    names: tuple[str, ...] = ()
    house: tuple[str, ...] = ()


def tokens(text: str) -> tuple[str, ...]:
    """The parts of a house's name: 3幢2单元0502, ３栋－２－502 and 3 2 502 are all ("3", "2", "502")."""
    runs = RUNS.findall(SEPARATORS.sub(" ", _plain(text)))
    return tuple(run.lstrip("0") or "0" if run.isdigit() else run for run in runs)


def lookup(code: str, backwards: bool = False) -> str:
    """A house as it is looked up: 3-2-1502- from the building, 1502-2-3- from the door."""
    parts = tokens(code)
    return "".join(f"{part}-" for part in (reversed(parts) if backwards else parts))


def spellings(name: str) -> list[str]:
    """What finds a name: itself, its initials or its pinyin, each from the beginning, and the given name alone.

    单桂兰 also as sgl and dgl, shanguilan and danguilan, and 桂兰.
    """
    syllables = SYLLABLES.findall(_plain(name))
    keys = ["".join(syllables)]
    if len(syllables) in GIVEN_FROM and all(HAN.match(syllable) for syllable in syllables):
        keys.append("".join(syllables[GIVEN_FROM[len(syllables)] :]))
    if any(HAN.match(syllable) for syllable in syllables) or len(syllables) > 1:
        for readings in islice(product(*_readings(syllables)), MAX_KEYS):
            keys += ["".join(reading[0] for reading in readings), "".join(readings)]
    return list(dict.fromkeys(key[:KEY_CHARS] for key in keys if key))


def _readings(syllables: list[str]) -> list[list[str]]:
    # Its dictionary takes 0.2 s and 60 MB: only a process that writes names pays for it.
    from pypinyin import lazy_pinyin

    usual = [lazy_pinyin(syllable)[0] for syllable in syllables]
    if len(syllables) > PERSONAL_CHARS:
        return [[reading] for reading in usual]
    found = []
    surname = COMPOUND_SURNAMES.get("".join(syllables[:2]), "").split()
    for place, (syllable, reading) in enumerate(zip(syllables, usual, strict=True)):
        if place < len(surname):
            readings = [surname[place], reading]
        elif place == 0:
            readings = [*SURNAMES.get(syllable, ()), reading]
        else:
            readings = [reading, *ALSO_READ.get(syllable, ())]
        found.append(list(dict.fromkeys(readings)))
    return found


def read(text: str) -> list[Wish]:
    """Every way to understand what was typed, the likelier first; none for nothing.

    Of a phone only the whole number or exactly its last four digits: anything between would tell the masked digits
    one by one, past the logged reveal (ORG-4).
    """
    text = _plain(text)
    phone = _phone(text)
    if phone.startswith("+"):
        return [Wish(phone=phone)]
    wishes = [Wish(phone=phone)] if phone else []
    words = text.split()[:MAX_WORDS]
    for senses in islice(product(*(list(_senses(word, alone=len(words) == 1)) for word in words)), MAX_WISHES):
        wish = _together(senses)
        if wish != Wish():
            wishes.append(wish)
    return list(dict.fromkeys(wishes))


def _senses(word: str, alone: bool) -> Iterable[Wish]:
    """What one word may mean."""
    parts = tokens(word)
    if phone := _phone(word):
        yield Wish(phone=phone)
    elif word.isdigit():
        yield Wish(house=parts)
        if len(word) == PHONE_TAIL:
            yield Wish(tail=word)
    elif any(char.isdigit() for char in word):
        yield Wish(house=parts)
        # 3幢1502王小明, as it is copied from a list.
        if len(parts) > 1 and HAN.match(parts[-1]):
            yield Wish(house=parts[:-1], names=(parts[-1],))
    else:
        name = "".join(SYLLABLES.findall(word))
        if name:
            yield Wish(names=(name,))
        # A building may be called A座 or 翠园; a single 王 is a person.
        letter = len(name) == 1 and name.isascii() and not alone
        if parts and (letter or (len(word) > 1 and HAN.search(word))):
            yield Wish(house=parts)
        if not name:
            yield Wish()


def _together(senses: tuple[Wish, ...]) -> Wish:
    whole = Wish()
    for sense in senses:
        if sense.phone or sense.tail:
            if whole.phone or whole.tail:
                return Wish()
            whole = replace(whole, phone=sense.phone, tail=sense.tail)
        names = whole.names
        if sense.names and names and names[-1].isascii() and sense.names[0].isascii():
            # Pinyin is typed with and without spaces: huang gui lan.
            names = (*names[:-1], names[-1] + sense.names[0])
        else:
            names += sense.names
        whole = replace(whole, names=names, house=whole.house + sense.house)
    return whole


def _phone(text: str) -> str:
    """A whole number, cleaned: 138 0000 1234, +86-13800001234, +85251234567; "" for anything else."""
    number = COUNTRY.sub("", MOBILE_SIGNS.sub("", text))
    return number if identity.MOBILE.match(number) or identity.ABROAD.match(number) else ""


def _plain(text: str) -> str:
    """Half-width, lower case, ü as it is typed."""
    text = unicodedata.normalize("NFKC", text).replace("\0", "").lower()
    return text.replace("ü", "v").strip()
