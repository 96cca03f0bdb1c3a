"""Regular expressions that no expression and no text can make slow: RE2, in linear time.

Source: IEEE 1003.2 as NGSI-LD asks (clauses 4.9, 5.2.8); RE2 (in Arrow's compute library) knows its bracket
classes and refuses what cannot be done in linear time: back-references and look-around.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from chengshu.foundation.broker.errors import BadRequestData

LONGEST = 256
_MOST_COPIES = 1_000  # what counted repetitions may multiply a pattern by, as RE2 itself bounds one
_MOST_SUBJECT = 65_536
_PLAIN = re.compile(
    r"(?P<start>\^?)(?P<any>(?:\.\*)?)(?P<text>(?:[^\\.^$*+?()[\]{}|]|\\[^\w\s])*)(?P<rest>(?:\.\*)?)(?P<end>\$?)"
)
Found = Callable[[str], bool]


@lru_cache(maxsize=2_048)
def finder(pattern: str, where: str = "pattern") -> Found:
    """A predicate: is the pattern found anywhere in a text (anchor with ``^`` and ``$``)?

    Raises :class:`BadRequestData` when the pattern is too long, malformed, or not of the safe kind.
    """
    _check(pattern, where)
    plain = _PLAIN.fullmatch(pattern)
    if plain is None:
        return _re2(pattern)
    return _literal(plain, _re2(pattern))


def which(pattern: str, texts: Sequence[str]) -> list[bool]:
    """For each text whether the pattern is found in it, in one sweep."""
    _check(pattern, "pattern")
    options = pc.MatchSubstringOptions(pattern)
    found: list[bool] = pc.match_substring_regex(
        pa.array(texts, pa.large_string()), options=options
    ).to_pylist()
    return found


def _check(pattern: str, where: str) -> None:
    if len(pattern) > LONGEST:
        raise BadRequestData(
            f"the regular expression has {len(pattern)} characters",
            where=where,
            remedy=f"use at most {LONGEST}",
        )
    copies = 1
    for low, high in re.findall(r"\{(\d+)(?:,(\d*))?\}", pattern):
        copies *= max(int(low[:5]), int((high or "0")[:5]), 1)
    if copies > _MOST_COPIES:
        raise BadRequestData(
            "the counted repetitions of the regular expression multiply beyond what is reasonable",
            where=where,
            remedy=f"keep their product at {_MOST_COPIES} or less",
        )
    try:
        pc.match_substring_regex(pa.scalar(""), options=pc.MatchSubstringOptions(pattern))
    except (pa.ArrowInvalid, UnicodeEncodeError) as fault:
        reason = str(fault).removeprefix("Invalid regular expression: ")
        raise BadRequestData(
            f"the regular expression is not accepted: {reason}",
            where=where,
            remedy="write a POSIX expression without back-references and look-around",
        ) from None


def _re2(pattern: str) -> Found:
    options = pc.MatchSubstringOptions(pattern)
    compute: Any = pc.match_substring_regex

    def found(text: str) -> bool:
        return bool(compute(pa.scalar(text[:_MOST_SUBJECT]), options=options).as_py())

    return found


def _literal(plain: re.Match[str], otherwise: Found) -> Found:
    """``^abc.*`` and its like need no engine; a text of several lines still goes to it (``.`` ends there)."""
    text = re.sub(r"\\(.)", r"\1", plain["text"])
    test: Found
    if plain["start"] and not plain["any"]:
        whole = plain["end"] and not plain["rest"]
        test = text.__eq__ if whole else (lambda subject: subject.startswith(text))
    elif plain["end"] and not plain["rest"]:
        test = lambda subject: subject.endswith(text)  # noqa: E731
    else:
        test = lambda subject: text in subject  # noqa: E731
    return lambda subject: test(subject) if "\n" not in subject else otherwise(subject)
