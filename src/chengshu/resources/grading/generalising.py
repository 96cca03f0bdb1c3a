"""Coarser values that still count: years and decades, cities, bands of numbers and ages, cells of places."""

from __future__ import annotations

import re
from math import floor

from chengshu.resources.grading.places import point_of
from chengshu.resources.grading.regions import regions

_DAY = re.compile(r"((?:18|19|20)\d{2})[-/.年]?(\d{1,2})?", re.ASCII)
_NUMBER = re.compile(r"[+-]?\d{1,15}(?:\.\d{1,15})?", re.ASCII)


def to_month(value: str) -> str:
    """A day as its month, ``2026-07``; "" for what is no day."""
    match = _DAY.match(value.strip())
    return f"{match[1]}-{int(match[2]):02d}" if match and match[2] else ""


def to_decade(value: str) -> str:
    """A day or year as its decade, ``1980s``; "" for what is none."""
    match = _DAY.match(value.strip())
    return f"{match[1][:3]}0s" if match else ""


def to_band(value: str, width: float) -> str:
    """A number as the band it lies in, ``[30, 40)`` for width 10; "" for what is no number."""
    if not _NUMBER.fullmatch(value.strip()):
        return ""
    low = floor(float(value) / width) * width
    return f"[{low:g}, {low + width:g})"


def to_city(value: str) -> str:
    """A region code as that of its city, ``310101`` as ``310100``; "" for what is no known code."""
    code = value.strip()[:6]
    return code[:4] + "00" if code in regions().all_codes else ""


def to_cell(value: str, places: int = 2) -> str:
    """Coordinates rounded, 2 places are about a kilometre; one number or both in a cell; "" for anything
    else.
    """
    text = value.strip()
    if _NUMBER.fullmatch(text):
        return f"{float(text):.{places}f}"
    point = point_of(text)
    return f"{point[0]:.{places}f},{point[1]:.{places}f}" if point else ""


def generalise(value: str, category: str) -> str:
    """The coarser form of a category's value; numbers of no category in bands of ten; "" where there is
    none.
    """
    if category == "birth_date":
        return to_decade(value)
    if category in ("date", "timestamp"):
        return to_month(value)
    if category in ("longitude", "latitude", "coordinates"):
        return to_cell(value)
    return to_city(value) if category == "region_code" else to_band(value, 10)
