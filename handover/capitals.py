"""大写金额 as receipts have it: 1503.60 → 人民币壹仟伍佰零叁元陆角整. Pure."""

from __future__ import annotations

from decimal import Decimal

DIGITS = "零壹贰叁肆伍陆柒捌玖"
PLACES = ("", "拾", "佰", "仟")
GROUPS = ("", "万", "亿", "万亿")
LARGEST = Decimal(10) ** 16


def capitals(amount: Decimal) -> str:
    """Exact to the fen; a negative amount begins with 负. ValueError beyond ten thousand billions."""
    if abs(amount) >= LARGEST:
        raise ValueError("金额太大，无法写成大写。")
    cents = int((abs(amount) * 100).to_integral_exact())
    yuan, jiao, fen = cents // 100, cents // 10 % 10, cents % 10
    words = f"{_whole(yuan)}元" if yuan else ""
    if jiao:
        words += f"{DIGITS[jiao]}角"
    elif yuan and fen:
        words += "零"
    if fen:
        words += f"{DIGITS[fen]}分"
    else:
        words = f"{words or '零元'}整"
    return f"人民币{'负' if amount < 0 else ''}{words}"


def _whole(number: int) -> str:
    """In groups of four digits; any run of zeros between digits is said once."""
    words, gap = "", False
    for place in range(len(GROUPS) - 1, -1, -1):
        part = number // 10_000**place % 10_000
        if not part:
            gap = bool(words)
            continue
        if words and (gap or part < 1000):
            words += DIGITS[0]
        words += _group(part) + GROUPS[place]
        gap = False
    return words


def _group(part: int) -> str:
    words, gap = "", False
    for place in range(3, -1, -1):
        digit = part // 10**place % 10
        if digit:
            words += (DIGITS[0] if gap and words else "") + DIGITS[digit] + PLACES[place]
            gap = False
        else:
            gap = True
    return words
