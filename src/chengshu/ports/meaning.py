"""Texts as vectors: what means the same is found whatever its words. Optional, search works without."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]


class Meaning(Protocol):
    """A model on this machine. Equal texts give equal vectors of length 1, alone or among others."""

    name: str  # model and version: vectors of two names are not compared

    def questions(self, texts: Sequence[str]) -> Vectors:
        """A row for each question."""
        ...

    def passages(self, texts: Sequence[str]) -> Vectors:
        """A row for each text that may answer; of long ones the beginning counts."""
        ...


@dataclass(frozen=True, slots=True)
class Embedded:
    """A text's vector. ``group`` is what searches are narrowed to, ``family`` the script it is written in."""

    id: str
    group: str
    family: str
    vector: NDArray[Any]


class VectorIndex(Protocol):
    """Vectors that can be thrown away and made again from the change stream.

    Models put texts of one language close together whatever they say. Scores are therefore cosines after the
    mean of a family is taken off its vectors, and that of the question's family off the question.
    """

    def position(self) -> int:
        """The stream position up to which everything is durably in the index; 0 when it is new."""
        ...

    def count(self) -> int:
        """How many vectors there are."""
        ...

    def put(self, items: Iterable[Embedded]) -> None:
        """Add or replace vectors by id; found after :meth:`commit` at a later position, or sooner."""
        ...

    def remove(self, ids: Iterable[str]) -> None:
        """Take vectors out for good, those there are; gone after :meth:`commit` at a later position."""
        ...

    def commit(self, position: int) -> None:
        """Make what was put durable and findable, as of a stream position."""
        ...

    def nearest(
        self, question: NDArray[Any], family: str, limit: int, groups: Collection[str] | None = None
    ) -> list[tuple[str, float]]:
        """(id, score) of the nearest of the groups (None: all), best first, ids breaking ties.

        Families of fewer than eight vectors are too small to have a mean, and are left out.
        """
        ...

    def close(self) -> None:
        """Give the file back; what was not committed is gone."""
        ...
