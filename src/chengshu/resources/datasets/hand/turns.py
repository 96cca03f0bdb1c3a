"""Whose turn is which unit: who labels what next, what they differ on, who may settle it. Pure.

Nobody both labels and settles in one set: the third person's word is final because it is a third person's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from chengshu.resources.datasets.model import Judgement

Part = Literal["", "labeller", "third"]


@dataclass(frozen=True)
class Board:
    """All that was said of the units of a task, in the order of the units."""

    units: Sequence[str]
    said: Mapping[str, Mapping[str, str]]  # unit → person → label
    thirds: frozenset[str]
    per_unit: int

    def labelled(self, unit: str) -> dict[str, str]:
        """Who of the labellers says what of a unit."""
        return {who: value for who, value in self.said.get(unit, {}).items() if who not in self.thirds}

    def settled(self, unit: str) -> dict[str, str]:
        """What third persons say of it."""
        return {who: value for who, value in self.said.get(unit, {}).items() if who in self.thirds}

    def part_of(self, person: str) -> Part:
        """What the person has been in this set so far."""
        if person in self.thirds:
            return "third"
        return "labeller" if any(person in given for given in self.said.values()) else ""

    def waits_for(self, person: str) -> list[int]:
        """The places of the units that the person may still label."""
        return [
            at
            for at, unit in enumerate(self.units)
            if len(given := self.labelled(unit)) < self.per_unit and person not in given
        ]

    @cached_property
    def differing(self) -> list[int]:
        """The places of units on which labellers differ, settled or not."""
        return [at for at, unit in enumerate(self.units) if len(set(self.labelled(unit).values())) > 1]

    @cached_property
    def disputed(self) -> list[int]:
        """Those of them that wait for a third person."""
        return [at for at in self.differing if not self.settled(self.units[at])]

    @property
    def whole(self) -> int:
        """How many units have all the judgements they need."""
        return sum(len(self.labelled(unit)) >= self.per_unit for unit in self.units)

    @property
    def begun(self) -> int:
        """How many units anybody has judged."""
        return sum(bool(self.labelled(unit)) for unit in self.units)

    def counts(self) -> dict[str, int]:
        """How many units each labeller judged."""
        found: dict[str, int] = {}
        for unit in self.units:
            for who in self.labelled(unit):
                found[who] = found.get(who, 0) + 1
        return dict(sorted(found.items()))


def board(
    units: Sequence[str], judgements: Iterable[Judgement], thirds: Iterable[str], per_unit: int
) -> Board:
    """The board; of two judgements of one person on a unit the later stands."""
    said: dict[str, dict[str, str]] = {}
    for item in judgements:
        said.setdefault(item.unit, {})[item.annotator] = item.value
    return Board(units, said, frozenset(thirds), per_unit)


def following(places: Sequence[int], after: int | None) -> int | None:
    """The first of ``places`` after one, from the beginning again at the end; None where there is none."""
    if not places:
        return None
    return next((at for at in places if after is None or at > after), places[0])
