"""Value density of an entry: uses on record × quality ÷ megabytes stored. Pure.

A measure of our own: the mission asks for use per stored unit, weighted with quality, and no standard that we
know defines one. Where a part is not known there is no density, and what is missing is said; it is never 0
for want of knowledge.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from chengshu.resources.ledger import Resource

UNIT = 1_000_000
"""Bytes of a stored unit: one megabyte."""
SMALLEST = 100_000
"""Bytes that an entry counts for at least: else a list of five lines would lead every ranking."""
Part = Literal["size", "quality"]


@dataclass(frozen=True, slots=True)
class Basis:
    """What is known of an entry over a period.

    ``uses`` are answered uses on the record of sharing, and ``rows`` what they gave; ``size`` is in bytes,
    0 where nobody said it; ``quality`` is 0 to 1, None where it was never measured.
    """

    uses: int
    rows: int
    size: int
    quality: float | None
    measured_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Density:
    """Quality-weighted uses per megabyte over the period, and the three numbers it was made of."""

    value: float
    uses: int
    quality: float
    megabytes: float


def lacking(basis: Basis) -> tuple[Part, ...]:
    """What is not known, without which there is no density."""
    found: list[Part] = []
    if basis.size <= 0:
        found.append("size")
    if basis.quality is None:
        found.append("quality")
    return tuple(found)


def density_of(basis: Basis) -> Density | None:
    """The density; None where something is :func:`lacking`."""
    if lacking(basis) or basis.quality is None:
        return None
    megabytes = max(basis.size, SMALLEST) / UNIT
    return Density(basis.uses * basis.quality / megabytes, basis.uses, basis.quality, megabytes)


def size_of(entry: Resource) -> int:
    """Bytes that an entry's distributions say they have; 0 where none does.

    Those the hub can reach itself count; only where there are none, the largest of the others: the same data
    in two formats are stored once.
    """
    local = [way.size for way in entry.distributions if way.local]
    return sum(local) or max(_sizes(entry), default=0)


def _sizes(entry: Resource) -> Sequence[int]:
    return [way.size for way in entry.distributions]
