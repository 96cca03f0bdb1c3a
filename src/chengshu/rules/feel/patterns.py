"""Regular expressions of ``matches``, ``replace`` and ``split`` (XPath 3.1 Functions and Operators, 5.6).

Python's ``re`` does the work where a bound on its time is known from the pattern and the length of the text;
elsewhere the bounded matcher of :mod:`pattern_machine` does.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache

from chengshu.rules.feel.errors import FeelError, LimitExceeded
from chengshu.rules.feel.pattern_machine import Machine, Saves
from chengshu.rules.feel.pattern_syntax import (
    Anchor,
    Back,
    Char,
    Choice,
    Group,
    Piece,
    Repeat,
    Sequence,
    bad,
    escaped,
    read_pattern,
    strip_space,
)

_FLAGS = {"i": re.IGNORECASE, "m": re.MULTILINE, "s": re.NOFLAG, "x": re.NOFLAG, "q": re.NOFLAG}
_AFFORDABLE = 5_000_000
"""Character comparisons for which Python's ``re`` may be asked without counting steps."""

Spend = Callable[[int], None]


def _source(piece: Piece) -> str:
    """The pattern in Python's notation."""
    if isinstance(piece, Char):
        return piece.source
    if isinstance(piece, Anchor):
        return "^" if piece.start else "$"
    if isinstance(piece, Sequence):
        return "".join(_source(part) for part in piece.parts)
    if isinstance(piece, Choice):
        return "(?:" + "|".join(_source(branch) for branch in piece.branches) + ")"
    if isinstance(piece, Group):
        return ("(" if piece.index else "(?:") + _source(piece.body) + ")"
    if isinstance(piece, Repeat):
        high = "" if piece.high is None else str(piece.high)
        body = piece.body if isinstance(piece.body, Char | Group) else Group(0, piece.body)
        return f"{_source(body)}{{{piece.low},{high}}}{'?' if piece.lazy else ''}"
    raise ValueError("back-references are for the machine")


def _is_fixed(piece: Piece) -> bool:
    """Whether a piece can match in one way only."""
    if isinstance(piece, Sequence):
        return all(_is_fixed(part) for part in piece.parts)
    if isinstance(piece, Group):
        return _is_fixed(piece.body)
    return isinstance(piece, Char)


def _effort(piece: Piece) -> tuple[int, int]:
    """How often the work may multiply: by the length of the text (an exponent), and by a fixed factor.

    The exponent is large where no bound is known.
    """
    if isinstance(piece, Back):
        return 99, 1
    if isinstance(piece, Repeat):
        if not _is_fixed(piece.body):
            return 99, 1
        return (1, 1) if piece.high is None else (0, piece.high - piece.low + 1)
    parts: tuple[Piece, ...] = ()
    own = 1
    if isinstance(piece, Sequence):
        parts = piece.parts
    elif isinstance(piece, Choice):
        parts, own = piece.branches, len(piece.branches)
    elif isinstance(piece, Group):
        parts = (piece.body,)
    power = 0
    for part in parts:
        more, factor = _effort(part)
        power, own = power + more, min(own * factor, 10**9)
    return power, own


class Pattern:
    """A regular expression ready for use."""

    def __init__(self, text: str, flags: str) -> None:
        unknown = set(flags) - set(_FLAGS)
        if unknown:
            raise bad(text, f"there is no flag «{min(unknown)}»")
        self.text = text
        self.literal = "q" in flags
        if self.literal:  # every sign stands for itself; m, s and x have no effect (5.6.2)
            text, flags = escaped(text), flags.replace("m", "")
        elif "x" in flags:
            text = strip_space(text)
        reader = read_pattern(text, "s" in flags)
        self.tree = reader.tree
        self.groups = reader.groups
        self.flags = re.NOFLAG
        for flag in flags:
            self.flags |= _FLAGS[flag]
        self.power, self.factor = _effort(self.tree)
        self._fast: re.Pattern[str] | None = None
        self._machine: Machine | None = None

    def search(self, text: str, spend: Spend, begin: int = 0) -> Saves | None:
        """Starts and ends of the first match (index 0, 1) and of its groups, or None."""
        size = len(text) - begin + 1
        if self.power < 8 and size ** (self.power + 1) * self.factor <= _AFFORDABLE:
            found = self.fast_search(text, begin)
            spend(1 + ((found[1] - begin if found else size) >> 4))
            return found
        if self._machine is None:
            self._machine = Machine(self.tree, self.groups, self.flags)
        return self._machine.search(text, begin, spend)

    def fast_search(self, text: str, begin: int) -> Saves | None:
        if self._fast is None:
            source = _source(self.tree)
            if not self.flags & re.MULTILINE:
                source = source.replace("$", r"\Z")  # a dollar sign in a class is written \u0024
            self._fast = re.compile(source, self.flags)
        match = self._fast.search(text, begin)
        return None if match is None else tuple(place for span in match.regs for place in span)

    def matches(self, text: str, spend: Spend) -> Iterator[Saves]:
        """All matches that do not overlap. Raises FeelError for a pattern that matches nothing at all."""
        if self.search("", spend) is not None:
            raise bad(self.text, "it matches the empty text")
        begin = 0
        while (found := self.search(text, spend, begin)) is not None:
            yield found
            begin = found[1] if found[1] > found[0] else found[1] + 1
            if begin > len(text):
                return

    def replace(self, text: str, replacement: str, spend: Spend, limit: int) -> str:
        """The text with every match replaced."""
        parts = [replacement] if self.literal else _replacement(replacement, self.groups)
        pieces: list[str] = []
        done = size = 0
        for found in self.matches(text, spend):
            pieces.append(text[done : found[0]])
            for part in parts:
                piece = (
                    part
                    if isinstance(part, str)
                    else text[max(found[2 * part], 0) : max(found[2 * part + 1], 0)]
                )
                pieces.append(piece)
                size += len(piece)
            if size > limit:
                raise LimitExceeded("characters in a string", limit)
            done = found[1]
        return "".join(pieces) + text[done:]

    def split(self, text: str, spend: Spend) -> list[str]:
        """The pieces between the matches."""
        pieces: list[str] = []
        done = 0
        for found in self.matches(text, spend):
            pieces.append(text[done : found[0]])
            done = found[1]
        return [*pieces, text[done:]]


def _replacement(text: str, groups: int) -> list[str | int]:
    """Literal pieces and group numbers. Raises FeelError for a stray ``$`` or backslash."""
    parts: list[str | int] = []
    at = 0
    while at < len(text):
        char = text[at]
        following = text[at + 1 : at + 2]
        if char == "\\":
            if following not in ("\\", "$") or not following:
                raise FeelError("bad-value", name="replace", value=f"«{text}»")
            parts.append(following)
            at += 2
        elif char == "$":
            if not following.isdecimal() or not following.isascii():
                raise FeelError("bad-value", name="replace", value=f"«{text}»")
            number = int(following)
            at += 2
            while (
                text[at : at + 1].isdecimal() and text[at].isascii() and number * 10 + int(text[at]) <= groups
            ):
                number = number * 10 + int(text[at])
                at += 1
            parts.append(number if number <= groups else "")
        else:
            parts.append(char)
            at += 1
    return parts


@lru_cache(maxsize=1024)
def compile_pattern(text: str, flags: str) -> Pattern:
    """A regular expression with flags out of ``smixq``. Raises FeelError."""
    return Pattern(text, flags)
