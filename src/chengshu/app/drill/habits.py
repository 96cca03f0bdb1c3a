"""How long people take in a drill: drawn once per deed from its own seed, so that order does not matter."""

from __future__ import annotations

import hashlib
from datetime import timedelta

import numpy as np

from chengshu.app.drill.declared import Habit, People


class Habits:
    """Delays and whims of the people of a drill."""

    def __init__(self, people: People) -> None:
        self._people = people

    def delay(self, what: str, subject: str) -> timedelta:
        """How long ``what`` (notice, accept, task, control, setup, inspect) takes for ``subject``."""
        habit: Habit = getattr(self._people, what)
        factor = float(np.exp(self._rng(what, subject).normal(0.0, habit.spread)))
        return timedelta(seconds=max(1, round(habit.median.total_seconds() * factor)))

    def refuses(self, order: str, unit: str) -> bool:
        """Whether the unit gives this order back."""
        return bool(self._rng("refuse", f"{order}/{unit}").uniform() < self._people.refuse)

    def _rng(self, what: str, subject: str) -> np.random.Generator:
        digest = hashlib.sha256(f"{self._people.seed}|{what}|{subject}".encode()).digest()
        return np.random.default_rng(int.from_bytes(digest[:8], "big"))
