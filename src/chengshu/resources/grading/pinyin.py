"""Personal names in pinyin: ``Zhang Wei``, ``ZHANG Xiaoming``, ``Xiaoming Zhang``, ``Ouyang, Na``."""

from __future__ import annotations

import re
from functools import cache

from chengshu.resources.grading.folding import list_file

_SYLLABLE = (
    r"(?:(?:zh|ch|sh|[bpmfdtnlgkhjqxrzcsyw])?"
    r"(?:iang|iong|uang|ang|eng|ing|ong|iao|ian|uai|uan|ai|ei|ao|ou|an|en|er|ia|ie|iu|in|ua|uo|ui|un|ue|ve"
    r"|[aoeiuv]))"
)
_GIVEN = re.compile(rf"{_SYLLABLE}(?:[-' ]?{_SYLLABLE}){{0,1}}")
_PARTS = re.compile(r"([A-Za-z]+)(?:, ?| )([A-Za-z]+(?:[-' ][A-Za-z]+)?)")


@cache
def _surnames() -> frozenset[str]:
    return frozenset(" ".join(list_file("pinyin_surnames.txt")).split())


def is_pinyin_name(value: str) -> bool:
    """Whether a text is a surname in pinyin with a given name of one or two syllables, in either order."""
    match = _PARTS.fullmatch(value)
    if match is None or not value[0].isupper():
        return False
    one, other = match[1].lower(), match[2].lower()
    if one in _surnames() and _GIVEN.fullmatch(other):
        return True
    return other in _surnames() and _GIVEN.fullmatch(one) is not None
