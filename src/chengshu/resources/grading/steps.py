"""Chinese addresses by their steps: province, city, district, street or village, down to a numbered door."""

from __future__ import annotations

import re

_STEP = re.compile(
    r"省|市|区|县|旗|州|盟|镇|乡|街道|村|屯|寨|庄|社区|路|街|大道|道|巷|弄|里|段|花园|苑|區|縣|鎮|鄉|莊|號|邨"
)
_DOOR = re.compile(
    r"(?:第?[\dA-Za-z一二三四五六七八九十-]{1,6}"
    r"(?:号|號|组|組|队|户|戶|栋|棟|幢|座|单元|單元|层|層|楼|樓|室|弄|巷|院|村民小组|村民組)(?:之\d)?){1,5}[\dA-Za-z-]{0,6}$"
)
_STOPS = re.compile(r"[，。！？；：,!?;…]|请|請|的|了|被|正在|附近有|要求|反映")
_SHORTEST, _LONGEST, _BETWEEN = 7, 80, 14


def is_stepwise(value: str) -> bool:
    """Whether a text goes down at least two steps of place and ends with a numbered door, house or group."""
    if not _SHORTEST <= len(value) <= _LONGEST or _STOPS.search(value):
        return False
    door = _DOOR.search(value)
    if door is None:
        return False
    steps = list(_STEP.finditer(value, 1, door.start()))
    return len(steps) >= 2 and door.start() - steps[-1].end() <= _BETWEEN
