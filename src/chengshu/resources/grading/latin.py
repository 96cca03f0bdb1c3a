"""Names and addresses in Latin letters: ``Mary O'Brien``, ``CHAN Tai Man``, ``12 Queen's Road, Central``."""

from __future__ import annotations

import re
from functools import cache

from chengshu.resources.grading.folding import list_file
from chengshu.resources.grading.pinyin import is_pinyin_name

_TITLE = re.compile(r"(?:mr|mrs|ms|miss|dr|prof|sir)\.? ", re.IGNORECASE)
_LETTERS = r"[^\W\d_]"
_PART = re.compile(rf"(?:{_LETTERS}{{1,3}}['’])?{_LETTERS}{{2,15}}(?:-{_LETTERS}{{2,15}})?|{_LETTERS}\.?")
_MOST_PARTS, _LONGEST = 5, 50
_WAY = re.compile(
    r"\b(?:road|rd|street|st|avenue|ave|lane|ln|drive|dr|boulevard|blvd|highway|hwy|crescent|terrace|way|close|path|lu|jie)\b",
    re.IGNORECASE,
)
_HOUSE = re.compile(
    r"\b(?:court|estate|mansions?|garden|gardens|house|building|bldg|tower|village|plaza|centre|center|district|block)\b",
    re.IGNORECASE,
)
_DOOR = re.compile(
    r"\b(?:no\.?|room|rm\.?|flat|unit|apt\.?|suite|floor|block|building|\d+/f|\d+f)\b", re.IGNORECASE
)
_SHORTEST_ADDRESS, _LONGEST_ADDRESS = 10, 200


@cache
def _things() -> frozenset[str]:
    return frozenset(" ".join(list_file("things.txt")).split())


@cache
def _given() -> frozenset[str]:
    return frozenset(" ".join(list_file("given_names.txt")).split())


@cache
def _cantonese() -> tuple[frozenset[str], frozenset[str]]:
    lines = [line.split() for line in list_file("cantonese.txt")]
    surnames, syllables = (
        frozenset(word for kind, *words in lines if kind == wanted for word in words)
        for wanted in ("surnames", "syllables")
    )
    return surnames, syllables


def is_latin_name(value: str) -> bool:
    """Whether a text is somebody's name by the lists of this room: English, of Hong Kong, or in pinyin."""
    parts = _parts(value)
    if parts is None:
        return False
    small = [part.lower().rstrip(".") for part in parts]
    if any(word in _things() for word in small):
        return False
    return (
        is_pinyin_name(value)
        or _is_cantonese(small)
        or small[0] in _given()
        or ("," in value and small[1] in _given())
    )


def looks_like_latin_name(value: str) -> bool:
    """Whether a text has the form of a name: for columns whose own name says that they hold some."""
    parts = _parts(value)
    return parts is not None and not any(part.lower() in _things() for part in parts)


def _parts(value: str) -> list[str] | None:
    """The two to five parts of what has the form of a name, each with a capital; None for anything else."""
    if len(value) > _LONGEST or not value[:1].isalpha() or value[:1] > "\u024f":
        return None
    parts = _TITLE.sub("", value).replace(", ", " ").replace(",", " ").split(" ")
    if not 2 <= len(parts) <= _MOST_PARTS:
        return None
    right = all(_PART.fullmatch(part) and (part[0].isupper() or part in _BETWEEN) for part in parts)
    return parts if right else None


_BETWEEN = frozenset(["de", "da", "van", "von", "der", "bin", "al", "la", "le", "di"])


def _is_cantonese(small: list[str]) -> bool:
    """Surname and one or two syllables, joined by a hyphen or not, and perhaps an English name at an end."""
    surnames, syllables = _cantonese()
    rest = list(small)
    if len(rest) > 2 and rest[-1] in _given():
        rest.pop()
    elif len(rest) > 2 and rest[0] in _given():
        rest.pop(0)
    spoken = [part for word in rest[1:] for part in word.split("-")]
    if rest[0] in surnames and 1 <= len(spoken) <= 3 and all(part in syllables for part in spoken):
        return True
    turned = [part for word in rest[:-1] for part in word.split("-")]
    return rest[-1] in surnames and 1 <= len(turned) <= 3 and all(part in syllables for part in turned)


def is_latin_address(value: str) -> bool:
    """Whether a text is an address in Latin letters: a number, and a way or a house with a door."""
    if not _SHORTEST_ADDRESS <= len(value) <= _LONGEST_ADDRESS or not any(sign.isdigit() for sign in value):
        return False
    if not value.isascii() and any("\u4e00" <= sign <= "\u9fff" for sign in value):
        return False
    if value.count(" ") < 2 or value.rstrip().endswith(("?", "!")):
        return False
    many = "," in value or value.count(" ") >= 4
    if _WAY.search(value):
        return many or value[0].isdigit()
    return _HOUSE.search(value) is not None and _DOOR.search(value) is not None and "," in value
