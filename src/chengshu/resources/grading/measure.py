"""How well the classifiers do on generated columns: precision, recall, F1, and false alarms on hard
negatives.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from chengshu.resources.grading.classify import classify
from chengshu.resources.grading.declared import catalogue
from chengshu.resources.grading.generator import Made
from chengshu.resources.grading.model import ColumnSample


@dataclass(frozen=True, slots=True)
class Score:
    """``mistakes`` counts (truth, found, kind of column)."""

    columns: int
    negatives: int
    right: int
    wrong: int
    missed: int
    false_alarms: int
    unsure: int
    mistakes: Counter[tuple[str, str, str]]

    @property
    def f1(self) -> float:
        """Micro F1 over the sensitive categories."""
        return 2 * self.right / max(2 * self.right + self.wrong + self.missed, 1)

    @property
    def false_alarm_rate(self) -> float:
        """Share of columns that hold nothing sensitive and are said to."""
        return self.false_alarms / max(self.negatives, 1)


def sample_of(made: Made) -> ColumnSample:
    """A made column as a sample."""
    counts = Counter(value for value in made.values if value is not None)
    return ColumnSample(
        made.name, tuple(counts), tuple(counts.values()), len(made.values), made.values.count(None)
    )


def measure(columns: Iterable[Made]) -> Score:
    """Classify every column on its own, and count."""
    sensitive = {name for name, entry in catalogue().categories.items() if entry.sensitive}
    right = wrong = missed = false_alarms = unsure = total = negatives = 0
    mistakes: Counter[tuple[str, str, str]] = Counter()
    for made in columns:
        (found,) = classify([sample_of(made)])
        total += 1
        unsure += found.unsure
        truth = made.truth if made.truth in sensitive else ""
        said = found.category if found.category in sensitive else ""
        negatives += not truth
        right += bool(truth) and said == truth
        wrong += bool(said) and said != truth
        missed += bool(truth) and said != truth
        false_alarms += bool(said) and not truth
        if said != truth or (made.truth and found.category != made.truth):
            mistakes[made.truth, found.category, made.kind] += 1
    return Score(total, negatives, right, wrong, missed, false_alarms, unsure, mistakes)
