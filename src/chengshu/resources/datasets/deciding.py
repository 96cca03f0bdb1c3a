"""From what annotators say to the label of a unit: the adjudicator's word, else the majority. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from chengshu.resources.datasets.agreement import by_unit
from chengshu.resources.datasets.model import Judgement


@dataclass(frozen=True, slots=True)
class Decided:
    """The label of a unit, or none (""): then ``tied`` has the values that are level.

    ``how``: adjudicated, agreed, majority, single or tied. ``share``: of judgements for it, 0 to 1.
    """

    unit: str
    value: str
    how: str
    share: float
    tied: tuple[str, ...] = ()


def decide(judgements: Iterable[Judgement], adjudicators: Collection[str] = ()) -> tuple[Decided, ...]:
    """The label of every unit, by its name. Adjudicators who differ leave it undecided."""
    return tuple(_decide(unit, given, adjudicators) for unit, given in by_unit(judgements).items())


def _decide(unit: str, given: dict[str, str], adjudicators: Collection[str]) -> Decided:
    final = {name: value for name, value in given.items() if name in adjudicators}
    counts = Counter((final or given).values())
    most = max(counts.values())
    best = sorted(value for value, count in counts.items() if count == most)
    share = most / sum(counts.values())
    if len(best) > 1:
        return Decided(unit, "", "tied", share, tuple(best))
    if final:
        return Decided(unit, best[0], "adjudicated", share)
    if len(counts) > 1:
        return Decided(unit, best[0], "majority", share)
    return Decided(unit, best[0], "agreed" if most > 1 else "single", share)
