"""Sets of characters by Unicode category and block, as the inside of a class of Python's ``re``."""

from __future__ import annotations

import re
import sys
import unicodedata
from functools import lru_cache

Ranges = list[tuple[int, int]]

_BLOCKS: dict[str, Ranges] = {
    "BasicLatin": [(0, 0x7F)],
    "Latin-1Supplement": [(0x80, 0xFF)],
    "LatinExtended-A": [(0x100, 0x17F)],
    "LatinExtended-B": [(0x180, 0x24F)],
    "IPAExtensions": [(0x250, 0x2AF)],
    "CombiningDiacriticalMarks": [(0x300, 0x36F)],
    "Greek": [(0x370, 0x3FF)],
    "GreekandCoptic": [(0x370, 0x3FF)],
    "Cyrillic": [(0x400, 0x4FF)],
    "Armenian": [(0x530, 0x58F)],
    "Hebrew": [(0x590, 0x5FF)],
    "Arabic": [(0x600, 0x6FF)],
    "Devanagari": [(0x900, 0x97F)],
    "Thai": [(0xE00, 0xE7F)],
    "Tibetan": [(0xF00, 0xFFF)],
    "HangulJamo": [(0x1100, 0x11FF)],
    "Mongolian": [(0x1800, 0x18AF)],
    "LatinExtendedAdditional": [(0x1E00, 0x1EFF)],
    "GreekExtended": [(0x1F00, 0x1FFF)],
    "GeneralPunctuation": [(0x2000, 0x206F)],
    "CurrencySymbols": [(0x20A0, 0x20CF)],
    "LetterlikeSymbols": [(0x2100, 0x214F)],
    "NumberForms": [(0x2150, 0x218F)],
    "Arrows": [(0x2190, 0x21FF)],
    "MathematicalOperators": [(0x2200, 0x22FF)],
    "EnclosedAlphanumerics": [(0x2460, 0x24FF)],
    "BoxDrawing": [(0x2500, 0x257F)],
    "GeometricShapes": [(0x25A0, 0x25FF)],
    "MiscellaneousSymbols": [(0x2600, 0x26FF)],
    "CJKRadicalsSupplement": [(0x2E80, 0x2EFF)],
    "KangxiRadicals": [(0x2F00, 0x2FDF)],
    "CJKSymbolsandPunctuation": [(0x3000, 0x303F)],
    "Hiragana": [(0x3040, 0x309F)],
    "Katakana": [(0x30A0, 0x30FF)],
    "Bopomofo": [(0x3100, 0x312F)],
    "HangulCompatibilityJamo": [(0x3130, 0x318F)],
    "EnclosedCJKLettersandMonths": [(0x3200, 0x32FF)],
    "CJKCompatibility": [(0x3300, 0x33FF)],
    "CJKUnifiedIdeographsExtensionA": [(0x3400, 0x4DBF)],
    "CJKUnifiedIdeographs": [(0x4E00, 0x9FFF)],
    "HangulSyllables": [(0xAC00, 0xD7AF)],
    "PrivateUse": [(0xE000, 0xF8FF)],
    "CJKCompatibilityIdeographs": [(0xF900, 0xFAFF)],
    "HalfwidthandFullwidthForms": [(0xFF00, 0xFFEF)],
    "CJKUnifiedIdeographsExtensionB": [(0x20000, 0x2A6DF)],
}


def _code(point: int) -> str:
    return f"\\u{point:04x}" if point < 0x10000 else f"\\U{point:08x}"


def ranges_source(ranges: Ranges) -> str:
    """Ranges of code points as the inside of a class."""
    return "".join(_code(low) if low == high else f"{_code(low)}-{_code(high)}" for low, high in ranges)


@lru_cache(maxsize=1)
def _categories() -> dict[str, Ranges]:
    found: dict[str, Ranges] = {}
    last, start = "", 0
    for point in range(sys.maxunicode + 2):
        now = unicodedata.category(chr(point)) if point <= sys.maxunicode else ""
        if now != last:
            if last:
                found.setdefault(last, []).append((start, point - 1))
            last, start = now, point
    return found


def category(name: str) -> str:
    """The characters of a general category (``Lu``) or group of them (``L``); empty when there is none."""
    if not re.fullmatch("[A-Z][a-z]?", name):
        return ""
    return ranges_source(
        sorted(span for key, spans in _categories().items() if key.startswith(name) for span in spans)
    )


def block(name: str) -> str:
    """The characters of a Unicode block; empty when there is none of that name."""
    return ranges_source(_BLOCKS.get(name, []))


_SPAN = re.compile(
    r"(?P<low>\\u[0-9a-f]{4}|\\U[0-9a-f]{8}|\\.|[^\\])(?:-(?P<high>\\u[0-9a-f]{4}|\\U[0-9a-f]{8}|\\.|[^\\]))?",
    re.DOTALL,
)
_SHORT = {"t": 9, "n": 10, "r": 13}


def _point(source: str) -> int:
    if source[0] != "\\" or len(source) == 1:
        return ord(source)
    return int(source[2:], 16) if len(source) > 2 else _SHORT.get(source[1], ord(source[1]))


@lru_cache(maxsize=256)
def invert(inside: str) -> str:
    """All characters but those of the inside of a class (without ``\\d`` and the like)."""
    spans = sorted((_point(m["low"]), _point(m["high"] or m["low"])) for m in _SPAN.finditer(inside))
    gaps: Ranges = []
    following = 0
    for low, high in spans:
        if low > following:
            gaps.append((following, low - 1))
        following = max(following, high + 1)
    if following <= sys.maxunicode:
        gaps.append((following, sys.maxunicode))
    return ranges_source(gaps)
