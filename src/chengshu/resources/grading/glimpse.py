"""What a steward sees of a column: masked samples and the shapes of its values, never the values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from chengshu.resources.grading.masking import mask
from chengshu.resources.grading.model import ColumnSample
from chengshu.resources.tables import shape_of

_SAMPLES = 6
_SHAPES = 5
_LOOKED = 2_000  # distinct values from which shapes are told
_LONGEST = 60  # signs of a sample


@dataclass(frozen=True, slots=True)
class Glimpse:
    """``samples``: masked values with how often each occurs in the sample; ``shapes``: with how many distinct
    values have it; ``distinct`` and ``missing`` are of the sample.
    """

    samples: tuple[tuple[str, int], ...] = ()
    shapes: tuple[tuple[str, int], ...] = ()
    distinct: int = 0
    missing: int = 0

    def as_dict(self) -> dict[str, Any]:
        """For APIs and keeping."""
        return {
            "samples": [list(pair) for pair in self.samples],
            "shapes": [list(pair) for pair in self.shapes],
            "distinct": self.distinct,
            "missing": self.missing,
        }

    @classmethod
    def from_dict(cls, told: Mapping[str, Any]) -> Glimpse:
        """The inverse of :meth:`as_dict`; nothing for what an earlier version kept."""
        return cls(
            tuple((text, count) for text, count in told.get("samples", ())),
            tuple((text, count) for text, count in told.get("shapes", ())),
            told.get("distinct", 0),
            told.get("missing", 0),
        )


UNSEEN = Glimpse()
"""Of a column that nobody looked at."""


def glimpse(sample: ColumnSample, category: str) -> Glimpse:
    """A glimpse of a column that is taken to hold ``category`` ("" for nothing known)."""
    ranked = sorted(zip(sample.values, sample.counts, strict=True), key=lambda pair: (-pair[1], pair[0]))
    spread = ranked[:: max(len(ranked) // _SAMPLES, 1)][:_SAMPLES]
    shapes = Counter(shape_of(value) for value in sample.values[:_LOOKED])
    common = sorted(shapes.items(), key=lambda pair: (-pair[1], pair[0]))[:_SHAPES]
    return Glimpse(
        tuple((_shown(value, category), count) for value, count in spread),
        tuple(common),
        len(sample.values),
        sample.nulls,
    )


def _shown(value: str, category: str) -> str:
    text = mask(value, category)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
