"""How many values pass which check, and what follows from that for one column on its own."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from math import comb, sqrt

from chengshu.resources.grading.checks import CHECKS, GIVEN_OUT, MASKED, has_both_forms, own_axis, width_of
from chengshu.resources.grading.checksums import identity_checks
from chengshu.resources.grading.declared import Category, catalogue
from chengshu.resources.grading.hints import Hint
from chengshu.resources.grading.said import checked_as
from chengshu.resources.grading.values import Values

_LONGEST_MASKED = 100  # characters
_MASKED_ALONE = 0.8  # share of masked values that speaks for a category when nothing whole is left
_MOSTLY_MASKED = 9  # masked values of unknown form for each plain one from which the plain ones tell little
_ENOUGH_TO_REFUTE, _SLIPS = 5, 0.05  # plain values, and the share that may pass what the name says by chance
_AXES = {"longitude": "lon", "latitude": "lat"}
_SAYS_ITSELF = 0.8  # share of values with a letter or word of their axis that makes a name unnecessary
_BY_CHANCE = 0.025  # that so many look-alikes would pass: above, nothing is said unless the name says it
_MIXED = 0.95  # share of values that must have one of a document's forms where only forms speak
_SHAPE_ONLY = 0.65  # confidence that these may reach: a steward is asked
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
    chance: float  # that a look-alike passes

    @property
    def share(self) -> float:
        """Between 0 and 1."""
        return self.passed / self.looked if self.looked else 0.0

    @property
    def enough(self) -> bool:
        """Whether the category may be said."""
        if self.share < self.needed:
            return False
        return self.hint == 1 or by_chance(self.passed, self.looked, self.chance) <= _BY_CHANCE

    @property
    def confidence(self) -> float:
        """Between 0 and 1: the lower bound of the share (Wilson, 95 %), less what a look-alike may pass by
        chance.

        A twentieth of slips and strangers is forgiven: tables of offices have them.
        """
        doubt = {1.0: 0.1, 0.5: 0.5, 0.0: 0.6, -1.0: 0.9}[self.hint]
        bound = min(
            1.0, (lower_bound(self.passed, self.looked) + 0.05) / max(0.6, min(0.95, self.needed + 0.25))
        )
        most = _SHAPE_ONLY if self.hint <= 0 and self.needed == _MIXED else 1.0
        return round(min(bound * (1 - self.chance * doubt), most), 4)


def by_chance(passed: int, looked: int, chance: float) -> float:
    """The probability that of so many look-alikes at least ``passed`` pass, each with ``chance``."""
    if looked > _MANY:
        return 0.0 if passed > looked * chance else 1.0
    return sum(
        comb(looked, at) * chance**at * (1 - chance) ** (looked - at) for at in range(passed, looked + 1)
    )


_MANY = 200  # values from which the share alone decides


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
    found, lines, refuted = [], _telephones(values), _refuted(values, hint)
    for category in CHECKS:
        strength = strength_of(hint, category)
        flags = checked_as(values, category, strength)
        if category in GIVEN_OUT and strength < 1 and values.counts_on:
            continue
        masked = _masked(values, category, strength)
        passed = int(flags.sum())
        if category in lines and passed >= 0.5 * lines[category]:  # one column for both kinds of telephone
            passed = max(passed, lines[category])
        if passed + masked:
            looked = _looked(values, len(flags), masked)
            bar = _bar(category, values, 0.0 if refuted and strength < 0 else strength)
            found.append(Evidence(category, passed + masked, looked, masked, bar[0], strength, bar[1]))
    return sorted(found, key=lambda one: (-one.enough, -one.hint * one.enough, -one.confidence, one.category))


def _looked(values: Values, plain: int, masked: int) -> int:
    """How many values could have passed: what is masked in another form is unknown, unless nearly all is."""
    unknown = len(values.masked) - masked
    return plain + masked + (unknown if unknown > _MOSTLY_MASKED * plain else 0)


def _refuted(values: Values, hint: Hint) -> bool:
    """Whether no value is what the name says: then the name is wrong, and speaks against nothing."""
    if hint.silent or hint.other or hint.learned or len(values) < _ENOUGH_TO_REFUTE:
        return False
    return all(checked_as(values, name, 1.0).mean() < _SLIPS for name in hint.strengths)


def _telephones(values: Values) -> Mapping[str, int]:
    """How many values are telephones of either kind, for each kind."""
    both = CHECKS["mobile"](values) | CHECKS["landline"](values)
    return dict.fromkeys(("mobile", "landline"), int(both.sum()))


def strength_of(hint: Hint, category: str) -> float:
    """What the name says of one category: 1, 0.5, 0 or -1."""
    if category in hint.strengths:
        return hint.strengths[category]
    return 0.0 if hint.silent else -1.0


def _bar(category: str, values: Values, strength: float) -> tuple[float, float]:
    """The share of values that is needed, and the chance that a look-alike passes."""
    entry = _entry(category)
    if category in _AXES and own_axis(values, _AXES[category]) >= _SAYS_ITSELF:
        return min(entry.hinted, _SAYS_ITSELF), _SLIPS
    if strength == 0 and entry.alone > 1 and has_both_forms(values, category):
        return _MIXED, entry.chance
    needed = {1.0: entry.hinted, 0.5: (entry.hinted + entry.alone) / 2, 0.0: entry.alone, -1.0: entry.against}
    masked_only = len(values) == 0 and strength <= 0
    return max(needed[strength], _MASKED_ALONE if masked_only else 0.0), entry.chance


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
