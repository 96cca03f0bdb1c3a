"""Numbers as laws and plans write them: 一百零三, １０３, XIV; and back into 一百零三."""

from __future__ import annotations

import unicodedata

NUMERAL = "[0-9０-９零〇○一二三四五六七八九十百千两兩]+"
_DIGITS = {sign: value for value, sign in enumerate("零一二三四五六七八九")}
_DIGITS |= {"〇": 0, "○": 0, "两": 2, "兩": 2}
_UNITS = {"十": 10, "百": 100, "千": 1000}
_ROMAN = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100}


def number_of(text: str) -> int | None:
    """The number that a numeral writes, None for what is none."""
    plain = unicodedata.normalize("NFKC", text)
    if plain.isascii() and plain.isdigit():
        return int(plain)
    if not plain or any(sign not in _DIGITS and sign not in _UNITS for sign in plain):
        return None
    if not any(sign in _UNITS for sign in plain):
        return int("".join(str(_DIGITS[sign]) for sign in plain))
    total, digit = 0, 0
    for place, sign in enumerate(plain):
        if sign in _UNITS:
            total += (digit if digit or place else 1) * _UNITS[sign] or _UNITS[sign]
            digit = 0
        else:
            digit = _DIGITS[sign]
    return total + digit


def chinese(number: int) -> str:
    """A number from 1 to 9,999 as a law writes it: 十, 二十一, 一百零三. Larger ones stay in digits."""
    if not 0 < number < 10_000:
        return str(number)
    found, rest, gap = "", number, False
    for unit, sign in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit, rest = divmod(rest, unit)
        if digit:
            found += ("零" if gap else "") + "零一二三四五六七八九"[digit] + sign
            gap = False
        else:
            gap = bool(found) and rest > 0
    return found.removeprefix("一") if found.startswith("一十") else found


def roman(text: str) -> int | None:
    """The number a Roman numeral up to the hundreds writes, None for what is none."""
    if not text or any(sign not in _ROMAN for sign in text):
        return None
    values = [_ROMAN[sign] for sign in text]
    return sum(
        -value if any(later > value for later in values[at + 1 : at + 2]) else value
        for at, value in enumerate(values)
    )
