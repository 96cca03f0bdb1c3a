"""What holds from when to when: parameters and whole models with periods of validity, and one day's view.

The form of parameters is that of OpenFisca (values by the day from which they hold), which lawyers can read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Any, Generic, TypeVar

from chengshu.kernel.errors import Invalid, Missing

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Period:
    """Days from ``start`` to ``end``, both included; without an end it goes on until another begins."""

    start: date
    end: date | None = None

    def __str__(self) -> str:
        return f"{self.start} to {self.end}" if self.end else f"from {self.start}"


class Timeline(Generic[T]):
    """Things of which one holds at a time, by the day.

    Raises Invalid for two that begin on the same day, for a period that ends before it begins or after the
    next one has begun.
    """

    def __init__(self, what: str, entries: Iterable[tuple[Period, T]]) -> None:
        self.what = what
        self.entries = sorted(entries, key=lambda entry: entry[0].start)
        for period, _ in self.entries:
            if period.end is not None and period.end < period.start:
                raise _wrong(what, f"a period ends before it begins: {period}", "exchange the two days")
        for (one, _), (other, _) in pairwise(self.entries):
            if other.start == one.start or (one.end is not None and one.end >= other.start):
                raise _wrong(what, f"two hold on {other.start}: {one}, {other}", "end one before the other")

    def on(self, day: date) -> T:
        """What holds on a day. Raises Missing, naming the periods there are."""
        for period, thing in reversed(self.entries):
            if period.start <= day:
                if period.end is not None and day > period.end:
                    break
                return thing
        known = ", ".join(str(period) for period, _ in self.entries) or "none"
        raise Missing(
            "not-in-force",
            f"nothing holds on {day}",
            where=self.what,
            remedy=f"periods: {known}; choose another day or add one",
        )

    def changes(self, first: date, last: date) -> list[date]:
        """The days after ``first``, up to ``last``, on which something else begins to hold, or nothing."""
        starts = {period.start for period, _ in self.entries}
        ends = {period.end + timedelta(days=1) for period, _ in self.entries if period.end is not None}
        return sorted(day for day in starts | ends if first < day <= last)


def _wrong(what: str, detail: str, remedy: str) -> Invalid:
    return Invalid("periods-wrong", detail, where=what, remedy=remedy)


class Parameters:
    """Named numbers, texts and lists that change by law: a timeline for each dotted key."""

    def __init__(self, timelines: Mapping[str, Timeline[Any]]) -> None:
        self.timelines = dict(timelines)
        for key in sorted(self.timelines):
            for at, sign in enumerate(key):
                if sign == "." and key[:at] in self.timelines:
                    detail = f"«{key[:at]}» is a value and the beginning of «{key}»"
                    raise _wrong(key[:at], detail, "rename one")

    def as_of(self, day: date) -> dict[str, Any]:
        """All values of a day as contexts in contexts; null for what is not in force on it."""
        tree: dict[str, Any] = {}
        for key, timeline in self.timelines.items():
            *path, last = key.split(".")
            at = tree
            for step in path:
                at = at.setdefault(step, {})
            try:
                at[last] = timeline.on(day)
            except Missing:
                at[last] = None
        return tree

    def not_in_force(self, day: date) -> list[str]:
        """The keys that have no value on a day."""
        found = []
        for key, timeline in self.timelines.items():
            try:
                timeline.on(day)
            except Missing:
                found.append(key)
        return sorted(found)
