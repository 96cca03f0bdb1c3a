"""Days and moments as offices write them: in years of the world or of the Republic, in digits or words.

``2024-05-01 10:30``, ``20240501``, ``2024年5月1日上午9时``, ``二〇二四年五月一日``, ``民國113年5月1日``,
``113.05.01``, ``01/05/2024``, ``1 May 2024``, ``Wed, 01 May 2024 10:30:00 +0800``.
"""

from __future__ import annotations

import re
from datetime import date

_CLOCK = (
    r"(?:[01]?\d|2[0-4])(?:(?::[0-5]\d){1,2}|[时時点點](?:[0-5]?\d分?(?:[0-5]?\d秒?)?)?)"
    r"(?:[.,]\d{1,9})?(?: ?[AaPp]\.?[Mm]\.?)?"
)
_ZONE = r"(?: ?(?:Z|UTC|GMT|CST|[+-]\d{2}:?\d{2}))?"
_TIME = rf"(?:[T ,]{{0,2}}(?:上午|下午|凌晨|早上|中午|晚上)? ?(?:{_CLOCK}){_ZONE})?"
_PACKED = r"(?:[T ]?(?:[01]\d|2[0-3])[0-5]\d(?:[0-5]\d(?:\d{3})?)?)?"
_WEEK = r"(?: ?\(?(?:星期|周|週|礼拜|禮拜)[一二三四五六日天]\)?)?"
_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_MONTH = r"(?P<name>jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}\.?"
_DAY_OF_WEEK = r"(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]{0,6}\.?,? )?"
_HAN = "〇一二三四五六七八九"
_HAN_DAY = r"[一二三四五六七八九十〇廿卅]{1,3}"


def _form(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.ASCII | re.IGNORECASE)


_FORMS = (
    _form(rf"(?P<y>1[89]\d\d|20\d\d)(?P<s>[-/.])(?P<m>\d\d?)(?P=s)(?P<d>\d\d?){_WEEK}{_TIME}"),
    _form(rf"(?P<y>1[89]\d\d|20\d\d) ?年 ?(?P<m>\d\d?) ?月(?: ?(?P<d>\d\d?) ?[日号])?{_WEEK}{_TIME}"),
    _form(rf"(?P<y>1[89]\d\d|20\d\d)(?P<m>\d\d)(?P<d>\d\d)(?:{_PACKED}|{_TIME}){_ZONE}"),
    _form(
        r"(?:中[華华])?民[國国] ?(?P<r>\d{1,3}|元)[-/.年] ?(?P<m>\d\d?)[-/.月] ?(?P<d>\d\d?)日?"
        rf"{_WEEK}{_TIME}"
    ),
    _form(rf"(?P<r>\d{{2,3}})年(?P<m>\d\d?)月(?P<d>\d\d?)日{_WEEK}{_TIME}"),
    _form(rf"(?P<hy>[一二][{_HAN}零○]{{3}})年(?P<hm>{_HAN_DAY})月(?:(?P<hd>{_HAN_DAY})[日号])?{_WEEK}"),
    _form(rf"(?P<a>\d\d?)(?P<s>[-/.])(?P<b>\d\d?)(?P=s)(?P<y>19\d\d|20\d\d){_TIME}"),
    _form(rf"{_DAY_OF_WEEK}(?P<d>\d\d?)(?:st|nd|rd|th)?[ -]{_MONTH},?[ -](?P<y>19\d\d|20\d\d){_TIME}"),
    _form(rf"{_DAY_OF_WEEK}{_MONTH} (?P<d>\d\d?)(?:st|nd|rd|th)?,? (?P<y>19\d\d|20\d\d){_TIME}"),
    _form(rf"{_DAY_OF_WEEK}{_MONTH} {{1,2}}(?P<d>\d\d?) {_CLOCK}{_ZONE} (?P<y>19\d\d|20\d\d)"),
)  # fmt: skip
_TOLD = (
    _form(r"(?P<y>19\d\d|20\d\d)[-/.]?(?P<m>0[1-9]|1[0-2])"),
    _form(r"(?P<r>\d{2,3})(?P<s>[-/.])(?P<m>\d\d?)(?P=s)(?P<d>\d\d?)"),
    _form(r"(?P<r>0?[4-9]\d|1[01]\d)(?P<m>\d\d)(?P<d>\d\d)"),
    _form(rf"(?P<clock>{_CLOCK})"),
)
"""Forms that are a day only where the column's name says so: months, years of two digits, clocks."""
_REPUBLIC = 1911


def read_day(value: str, *, told: bool = False) -> date | None:
    """The day that a folded text names, the first of the month where it names only that; None for none.

    ``told``: the column is known to hold days, so that forms that are as often something else count too; a
    year of two digits is then taken for one of the Republic.
    """
    if not 4 <= len(value) <= 50:
        return None
    for form in (*_FORMS, *_TOLD) if told else _FORMS:
        match = form.fullmatch(value)
        if match is not None and (found := _day(match.groupdict())) is not None:
            return found
    return None


def _day(parts: dict[str, str | None]) -> date | None:
    if parts.get("clock"):
        return date.min
    year, month, day = _year(parts), _month(parts), parts.get("d") or "1"
    if first := parts.get("a"):  # 3/4/2024 is read with the day before the month, if there is such a day
        month, day = int(parts["b"] or 0), first
        if month > 12:
            month, day = int(first), str(parts["b"])
    if said := parts.get("hd"):
        day = str(_han(said))
    try:
        return date(year, month, int(day))
    except ValueError:
        return None


def _year(parts: dict[str, str | None]) -> int:
    if republic := parts.get("r"):
        return _REPUBLIC + (1 if republic == "元" else int(republic))
    if han := parts.get("hy"):
        return int("".join(str(_HAN.index(sign)) for sign in han.replace("零", "〇").replace("○", "〇")))
    return int(parts["y"] or 0)


def _month(parts: dict[str, str | None]) -> int:
    if name := parts.get("name"):
        return _MONTHS.index(name.lower()) + 1
    if han := parts.get("hm"):
        return _han(han)
    return int(parts.get("m") or 0)


def _han(text: str) -> int:
    """A number below 100 in Chinese signs; 0 for what is none."""
    text = text.replace("廿", "二十").replace("卅", "三十").replace("零", "〇")
    tens, ten, ones = text.rpartition("十")
    if not ten:
        return _HAN.find(text) if len(text) == 1 else 0
    if len(tens) > 1 or len(ones) > 1:
        return 0
    return (_HAN.find(tens) if tens else 1) * 10 + (_HAN.find(ones) if ones else 0)
