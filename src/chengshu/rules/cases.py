"""Cases beside a table: given these inputs, this is decided. And what a new version decides otherwise."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from chengshu.kernel.texts import Text
from chengshu.rules.dmn.decide import Outcome
from chengshu.rules.dmn.explain import shown
from chengshu.rules.feel.compare import equal
from chengshu.rules.feel.errors import FeelSyntaxError
from chengshu.rules.feel.expression import compile_expression
from chengshu.rules.feel.values import from_python, kind_of

UNSET: Any = object()
"""Stands for an expectation that is not given, where null is one."""


@dataclass(frozen=True, slots=True)
class Case:
    """A past or thought-of case: the inputs, what is expected of it, and the day whose rules apply."""

    name: str
    given: Mapping[str, Any]
    then: Any = UNSET
    day: date | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a case came out; ``value`` is the part of the decision that the case speaks about."""

    case: Case
    value: Any
    outcome: Outcome
    passed: bool

    @property
    def text(self) -> Text:
        """One sentence: what was expected, what came."""
        if self.passed:
            return _AS_EXPECTED.fill(name=self.case.name, value=shown(self.value))
        return _OTHERWISE.fill(
            name=self.case.name, expected=shown(literals(self.case.then)), value=shown(self.value)
        )


@dataclass(frozen=True, slots=True)
class Change:
    """A case that two versions decide differently."""

    case: Case
    before: Verdict
    after: Verdict

    @property
    def text(self) -> Text:
        """One sentence: from what to what."""
        return _CHANGED.fill(
            name=self.case.name, before=shown(self.before.value), after=shown(self.after.value)
        )


_AS_EXPECTED = Text("{name}: {value}", "{name}：{value}", "{name}：{value}")
_OTHERWISE = Text(
    "{name}: expected {expected}, decided {value}",
    "{name}：应为 {expected}，实为 {value}",
    "{name}：應為 {expected}，實為 {value}",
)
_CHANGED = Text(
    "{name}: was {before}, becomes {after}",
    "{name}：原为 {before}，将为 {after}",
    "{name}：原為 {before}，將為 {after}",
)

Decide = Callable[[Case], Outcome]
"""Decides a case with the rules of its day."""


def judge(cases: Iterable[Case], decide: Decide, part: str = "") -> Iterator[Verdict]:
    """Each case decided and held against its expectation.

    ``part`` is the entry of the result that the cases speak about; empty: all of it.
    A case without an expectation passes.
    """
    for case in cases:
        outcome = decide(case)
        value = part_of(outcome.value, part)
        passed = case.then is UNSET or same(literals(case.then), value)
        yield Verdict(case, value, outcome, passed)


def compare(cases: Iterable[Case], old: Decide, new: Decide, part: str = "") -> Iterator[Change]:
    """The cases that come out otherwise, whatever was expected of them."""
    for case in cases:
        (before,), (after,) = judge([case], old, part), judge([case], new, part)
        if not same(before.value, after.value):
            yield Change(case, before, after)


def part_of(value: Any, part: str) -> Any:
    """An entry of a result, or all of it; null where the result has no such entry."""
    if not part:
        return value
    return value.get(part) if isinstance(value, Mapping) else None


def same(one: Any, other: Any) -> bool:
    """Whether two Python values are the same to FEEL: 1 and 1.0 are, 1 and "1" are not, null is null.

    A text equals a date, time or duration that is written so, since files have no kind for most of them.
    """
    left, right = from_python(one), from_python(other)
    return _same(left, right)


def _same(left: Any, right: Any) -> bool:
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(_same, left, right))
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(_same(value, right[key]) for key, value in left.items())
    if type(left) is str and right is not None and kind_of(right) in _WRITTEN:
        return left == str(right)
    if type(right) is str and left is not None and kind_of(left) in _WRITTEN:
        return right == str(left)
    return equal(left, right) is True


_WRITTEN = frozenset({"date", "time", "date and time", "days and time duration", "years and months duration"})


def literals(value: Any) -> Any:
    """Values of a file with FEEL's ``@"…"`` read: ``'@"PT2H"'`` is a duration, all else as it stands.

    Raises FeelSyntaxError for one that does not parse.
    """
    if isinstance(value, Mapping):
        return {str(key): literals(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [literals(item) for item in value]
    if isinstance(value, str) and _LITERAL.fullmatch(value):
        found = compile_expression(value)()
        if found is None:
            raise FeelSyntaxError(value, 2, "this is no date, time, date and time or duration")
        return found
    return value


_LITERAL = re.compile(r'@"[^"\\]*"')
