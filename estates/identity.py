"""Document numbers and phones as they are typed: cleaned, and judged in one sentence (ORG-6). Pure functions."""

from __future__ import annotations

import re
from collections.abc import Callable

from stdnum.cn import ric, uscc
from stdnum.exceptions import InvalidChecksum, InvalidFormat, InvalidLength, ValidationError

ID_CARD, PASSPORT, USCC = "id_card", "passport", "uscc"

ID_CARD_LENGTH = 18

MOBILE = re.compile(r"^1[3-9]\d{9}$")
ABROAD = re.compile(r"^\+\d{6,15}$")
PASSPORT_NUMBER = re.compile(r"^[A-Z0-9]{5,20}$")


def clean_id_number(value: str) -> str:
    return re.sub(r"\s", "", value).upper()


def clean_phone(value: str) -> str:
    return re.sub(r"[\s-]", "", value)


def id_number_fault(id_type: str, number: str) -> str:
    """What is wrong with a cleaned document number of that type; "" when nothing is. An empty number is no fault."""
    if not number:
        return ""
    if id_type == ID_CARD:
        return _stdnum_fault(_check_id_card, number, "身份证号", ID_CARD_LENGTH)
    if id_type == USCC:
        return _stdnum_fault(uscc.validate, number, "统一社会信用代码", 18)
    if id_type == PASSPORT:
        return "" if PASSPORT_NUMBER.match(number) else "护照号应为 5—20 位字母和数字。"
    return "填了证件号，就要写明证件类型：身份证、护照或统一社会信用代码。"


def _check_id_card(number: str) -> None:
    """Length, digits, checksum and day of birth, but not the district.

    The library's table says from which year a district had its code, and refuses who was born before; but everybody was
    given a number of the districts of 1984 or later. It also ends before the districts of 2021.
    """
    if len(number) != ID_CARD_LENGTH:
        raise InvalidLength
    if not (number[:-1].isascii() and number[:-1].isdigit()):
        raise InvalidFormat
    if number[-1] != ric.calc_check_digit(number):
        raise InvalidChecksum
    ric.get_birth_date(number)


def _stdnum_fault(validate: Callable[[str], object], number: str, name: str, length: int) -> str:
    try:
        validate(number)
    except InvalidLength:
        return f"{name}应为 {length} 位。"
    except InvalidChecksum:
        return f"{name}的校验位不对。"
    except ValidationError:
        return f"{name}的格式或日期不对。"
    return ""


def phone_fault(phone: str) -> str:
    """What is wrong with a cleaned mobile number; "" when nothing is. An empty one is no fault."""
    if not phone or MOBILE.match(phone) or ABROAD.match(phone):
        return ""
    return "手机应为 11 位数字，境外号码以 + 和国家代码开头。"
