"""The order of texts: the root collation of Unicode, as far as no tables of it are needed (clause 4.23.1).

Punctuation before digits before letters; letters by their base first, then by accents, then small before
capital. Han characters are in the order of their code points, which is that of the root collation.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Any

_LEVEL = re.compile(r"-ks-(level[1-3]|identic)(?:-|$)")


def level_of(collation: str) -> int:
    """How much tells texts apart, of a collation such as ``und-u-ks-level2`` (RFC 6067): 1 bases alone, 2
    accents too, 3 case too. ``identic`` makes case equal, as the example of clause 4.23.3 has it."""
    found = _LEVEL.search(collation)
    if found is None:
        return 3
    return 2 if found[1] == "identic" else int(found[1][-1])


@lru_cache(maxsize=65_536)
def collated(text: str, level: int = 3) -> tuple[Any, ...]:
    """A key by which texts sort in that order."""
    whole = unicodedata.normalize("NFD", text)
    marks = [unicodedata.combining(sign) for sign in whole]
    bases = "".join(sign for sign, mark in zip(whole, marks, strict=True) if not mark)
    first = tuple((_kind(sign), sign.casefold()) for sign in bases)
    accents = tuple(sign for sign, mark in zip(whole, marks, strict=True) if mark)
    return (first, accents, bases.swapcase())[:level]


def _kind(sign: str) -> int:
    """Spaces and punctuation, symbols, digits, letters."""
    category = unicodedata.category(sign)[0]
    return {"Z": 0, "P": 1, "S": 2, "N": 3}.get(category, 4)
