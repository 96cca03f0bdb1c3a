"""The distinct values of a column, made comparable, with what is masked set apart."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from chengshu.resources.grading.checksums import Flags
from chengshu.resources.grading.folding import folded, is_nothing, tight
from chengshu.resources.grading.model import ColumnSample

ENOUGH = 2000  # distinct values looked at: beyond, shares no longer change in the second digit
LONGEST = 2000  # characters of a value looked at
_LONGEST_CODE = 300  # nothing that a pattern stands for as a whole is longer
_MASK = re.compile(r"[*×＊●]{1,}|(?<![A-Za-z])[xX]{3,}(?![A-Za-z])", re.ASCII)


class Values:
    """Folded distinct values of a sample. ``plain`` are whole, ``masked`` have stars in them."""

    def __init__(self, sample: ColumnSample) -> None:
        self.rows = sample.rows
        self.kinds: NDArray[np.intp] | None = None  # of Chinese texts, once they were looked at
        seen = dict.fromkeys(_as_typed(folded(value[:LONGEST])) for value in sample.values[: ENOUGH * 2])
        known = [value for value in seen if not is_nothing(value)][:ENOUGH]
        stars = [bool(_MASK.search(value)) for value in known]
        self.masked = [value for value, star in zip(known, stars, strict=True) if star]
        self.plain = [value for value, star in zip(known, stars, strict=True) if not star]

    def __len__(self) -> int:
        return len(self.plain)

    @property
    def total(self) -> int:
        """Distinct values, masked ones among them."""
        return len(self.plain) + len(self.masked)

    @cached_property
    def tight(self) -> list[str]:
        """The plain values without spaces, hyphens and dots."""
        return [tight(value) for value in self.plain]

    @cached_property
    def numbers(self) -> NDArray[np.float64]:
        """The plain values as decimal numbers; NaN for what is none."""
        return np.array([float(v) if _NUMBER.fullmatch(v) else np.nan for v in self.plain], np.float64)

    @cached_property
    def counts_on(self) -> bool:
        """Whether the digits in most values lie so near to each other that they were given out one by one."""
        ends = [_TAIL.search(value) for value in self.tight]
        widths = [len(end[0]) for end in ends if end]
        if len(widths) < 0.6 * max(len(self), 1) or len(widths) < 5:
            return False
        width = max(set(widths), key=widths.count)
        numbers = np.sort([float(end[0]) for end in ends if end and len(end[0]) == width])
        low, high = np.quantile(numbers, [0.1, 0.9])
        return bool(high - low < min(200.0 * max(self.rows, len(self)), 0.04 * 10.0**width))

    def matching(self, pattern: re.Pattern[str], texts: Sequence[str] | None = None) -> Flags:
        """Which plain values (or the given forms of them) match a pattern as a whole."""
        match, given = pattern.fullmatch, self.plain if texts is None else texts
        return np.array([len(text) <= _LONGEST_CODE and match(text) is not None for text in given], bool)

    def checked(self, flags: Flags, check: Callable[[Sequence[str]], Flags], texts: Sequence[str]) -> Flags:
        """``flags`` narrowed to those whose text passes a check over many."""
        at = np.flatnonzero(flags)
        if at.size:
            flags = flags.copy()
            flags[at] = check([texts[int(index)] for index in at])
        return flags


def _as_typed(value: str) -> str:
    """A value without what spreadsheets do to numbers: 13800138000.0, '13800138000, ="13800138000"."""
    match = _SPREADSHEET.fullmatch(value)
    return next(filter(None, match.groups())) if match else value


_SPREADSHEET = re.compile(r"""(\d{6,19})\.0|'([0-9X]{6,20})|="([^"]{1,300})\"""", re.ASCII)
_NUMBER = re.compile(r"[+-]?\d{1,18}(?:\.\d{1,18})?", re.ASCII)
_TAIL = re.compile(r"\d{6,18}$", re.ASCII)
