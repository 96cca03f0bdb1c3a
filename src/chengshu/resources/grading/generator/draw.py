"""Chance with a seed: the same seed draws the same."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import numpy as np

T = TypeVar("T")


class Draw:
    """Draws numbers, digits and members."""

    def __init__(self, seed: int) -> None:
        self.numbers = np.random.default_rng(seed)

    def below(self, limit: int) -> int:
        """A whole number from 0 to ``limit`` - 1."""
        return int(self.numbers.integers(limit))

    def between(self, low: int, high: int) -> int:
        """A whole number from ``low`` to ``high``, both included."""
        return int(self.numbers.integers(low, high + 1))

    def real(self, low: float, high: float) -> float:
        """A number between two."""
        return float(self.numbers.uniform(low, high))

    def chance(self, share: float) -> bool:
        """True in ``share`` of all cases."""
        return bool(self.numbers.random() < share)

    def pick(self, members: Sequence[T]) -> T:
        """A member, all alike."""
        return members[self.below(len(members))]

    def front(self, members: Sequence[T], steep: float = 3.0) -> T:
        """A member, those in front more often, as surnames are."""
        return members[int(len(members) * float(self.numbers.random()) ** steep)]

    def digits(self, count: int) -> str:
        """``count`` digits, a zero in front possible."""
        return "".join(map(str, self.numbers.integers(0, 10, count).tolist()))

    def signs(self, alphabet: str, count: int) -> str:
        """``count`` signs of an alphabet."""
        return "".join(alphabet[at] for at in self.numbers.integers(0, len(alphabet), count).tolist())
