"""How many values pass which check, and what follows from that for one column on its own."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from math import sqrt

from chengshu.resources.grading.checks import CHECKS, GIVEN_OUT, MASKED, local_line, width_of
from chengshu.resources.grading.checksums import identity_checks
from chengshu.resources.grading.declared import Category, catalogue
from chengshu.resources.grading.hints import Hint
from chengshu.resources.grading.values import Values

_LONGEST_MASKED = 100  # characters
_FEWEST = 3  # distinct values without which nothing is said unless the name says it
_MASKED_ALONE = 0.8  # share of masked values that speaks for a category when nothing whole is left
_EMBEDDED: Mapping[str, re.Pattern[str]] = {
    "identity_number": re.compile(r"(?<![0-9A-Za-z])[1-9]\d{16}[\dXx](?![0-9A-Za-z])", re.ASCII),
    "mobile": re.compile(r"(?<![0-9A-Za-z.])1[3-9]\d{9}(?![0-9A-Za-z])", re.ASCII),
    "email": re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){0,4}\.[A-Za-z]{2,24}", re.ASCII),
}


@dataclass(frozen=True, slots=True)
class Evidence:
    """For one category: ``passed`` of ``looked`` distinct values, of them ``masked`` only in form."""

    category: str
    passed: int
    looked: int
    masked: int
    needed: float
    hint: float  # 1 the name says it, 0.5 allows it, 0 silent, -1 says something else

    @property
    def share(self) -> float:
        """Between 0 and 1."""
        return self.passed / self.looked if self.looked else 0.0

    @property
    def enough(self) -> bool:
        """Whether the category may be said."""
        return self.share >= self.needed and (self.looked >= _FEWEST or self.hint == 1)

    @property
    def confidence(self) -> float:
        """Between 0 and 1: the lower bound of the share (Wilson, 95 %), less what a look-alike may pass by
        chance.

        A twentieth of slips and strangers is forgiven: tables of offices have them.
        """
        chance = _entry(self.category).chance
        doubt = {1.0: 0.1, 0.5: 0.5, 0.0: 0.6, -1.0: 0.9}[self.hint]
        bound = min(
            1.0, (lower_bound(self.passed, self.looked) + 0.05) / max(0.6, min(0.95, self.needed + 0.25))
        )
        return round(bound * (1 - chance * doubt), 4)


def lower_bound(passed: int, looked: int) -> float:
    """The lower end of the 95 % interval of a share (Wilson 1927)."""
    if looked == 0:
        return 0.0
    z, share = 1.96, passed / looked
    centre = share + z * z / (2 * looked)
    spread = z * sqrt(share * (1 - share) / looked + z * z / (4 * looked * looked))
    return (centre - spread) / (1 + z * z / looked)


def _entry(category: str) -> Category:
    return catalogue().categories[category]


def evidence_of(values: Values, hint: Hint) -> list[Evidence]:
    """The evidence for every category that at least one value speaks for, the most convincing first."""
    found, lines = [], _telephones(values)
    for category, check in CHECKS.items():
        strength = strength_of(hint, category)
        entry = _entry(category)
        flags = (local_line if category == "landline" and strength > 0 else check)(values)
        if category in GIVEN_OUT and strength < 1 and values.counts_on:
            continue
        masked = _masked(values, category, strength)
        passed, looked = int(flags.sum()), len(flags) + len(values.masked)
        if category in lines and passed >= 0.5 * lines[category]:  # one column for both kinds of telephone
            passed = max(passed, lines[category])
        if passed + masked:
            needed = _needed(entry, strength, whole=len(values) > 0)
            found.append(Evidence(category, passed + masked, looked, masked, needed, strength))
    return sorted(found, key=lambda one: (-one.enough, -one.hint * one.enough, -one.confidence, one.category))


def _telephones(values: Values) -> Mapping[str, int]:
    """How many values are telephones of either kind, for each kind."""
    both = CHECKS["mobile"](values) | CHECKS["landline"](values)
    return dict.fromkeys(("mobile", "landline"), int(both.sum()))


def strength_of(hint: Hint, category: str) -> float:
    """What the name says of one category: 1, 0.5, 0 or -1."""
    if category in hint.strengths:
        return hint.strengths[category]
    return 0.0 if hint.silent else -1.0


def _needed(entry: Category, strength: float, *, whole: bool) -> float:
    needed = {1.0: entry.hinted, 0.5: (entry.hinted + entry.alone) / 2, 0.0: entry.alone, -1.0: entry.against}
    return needed[strength] if whole or strength > 0 else max(needed[strength], _MASKED_ALONE)


def _masked(values: Values, category: str, strength: float) -> int:
    """Masked values of a category's form; where the name says it, every masked value is taken for one."""
    if not values.masked:
        return 0
    pattern, fits = MASKED.get(category), width_of(category)
    if pattern is None:
        return len(values.masked) if strength == 1 and len(values) else 0
    short = (value for value in values.masked if len(value) <= _LONGEST_MASKED)
    return sum(1 for value in short if pattern.fullmatch(value) and fits(value))


def embedded(values: Values) -> list[tuple[str, float]]:
    """Personal numbers within longer texts: the share of values that have one, by category."""
    long = [value for value in values.plain if len(value) > 20]
    found = []
    for category, pattern in _EMBEDDED.items():
        hits = [match[0].upper() for value in long if (match := pattern.search(value))]
        if category == "identity_number" and hits:
            hits = [hit for hit, right in zip(hits, identity_checks(hits), strict=True) if right]
        if hits:
            found.append((category, len(hits) / max(values.total, 1)))
    return found
