"""Built-in functions on ranges and points (DMN 1.5, 10.3.4.11, table 78) and ``range`` (10.3.4.1)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from chengshu.rules.feel.builtins.signature import Library
from chengshu.rules.feel.compare import in_range, order
from chengshu.rules.feel.errors import FeelError
from chengshu.rules.feel.range_text import parse_range
from chengshu.rules.feel.runtime import Run
from chengshu.rules.feel.values import Range, kind_of

LIBRARY = Library()
POINT = "number|string|date|time|datetime|duration|months"

Relation = Callable[[Any, Any], bool]


def _order(left: Any, right: Any) -> int:
    sign = order(left, right)
    if sign is None:
        raise FeelError("not-comparable", left=kind_of(left), right=kind_of(right))
    return sign


def _inside(value: Any, within: Range) -> bool:
    found = in_range(value, within)
    if found is None:
        raise FeelError("not-comparable", left=kind_of(value), right="range")
    return found


def _relation(name: str, form: str, holds: Relation) -> None:
    @LIBRARY.add(name, form)
    def apply(_run: Run, left: Any, right: Any) -> bool:
        return holds(left, right)


def _one_kind(left: Any, right: Any) -> None:
    """Raises FeelError unless two ranges (or a point and a range) can be compared at all."""
    points = [value.low if value.high is None else value.high for value in (left, right)]
    _order(*points)


def _ends(left: Any, right: Any, unbounded: int) -> int:
    """Order of two ends; one that is not there lies beyond all others (-1: before them, 1: after)."""
    if left is None or right is None:
        return 0 if left is right else unbounded if left is None else -unbounded
    return _order(left, right)


def _as_range(value: Any) -> Range:
    """A range; a point is the range of itself. Raises FeelError for ``(!= x)``, which is two stretches."""
    if not isinstance(value, Range):
        return Range(value, value, True, True)
    if value.op == "!=":
        raise FeelError("bad-value", name="(!= …)", value="a range in two parts")
    return value


def before(left: Any, right: Any) -> bool:
    """All of left lies before all of right."""
    left, right = _as_range(left), _as_range(right)
    _one_kind(left, right)
    if left.high is None or right.low is None:
        return False
    sign = _order(left.high, right.low)
    return sign < 0 or (sign == 0 and not (left.high_included and right.low_included))


def _after(left: Any, right: Any) -> bool:
    return before(right, left)


def _meets(left: Range, right: Range) -> bool:
    left, right = _as_range(left), _as_range(right)
    _one_kind(left, right)
    return left.high_included and right.low_included and _order(left.high, right.low) == 0


def _starts_at(left: Range, right: Range) -> int:
    """Order of the starts: an included start lies before an excluded one at the same point."""
    left, right = _as_range(left), _as_range(right)
    _one_kind(left, right)
    return _ends(left.low, right.low, -1) or int(right.low_included) - int(left.low_included)


def _ends_at(left: Range, right: Range) -> int:
    left, right = _as_range(left), _as_range(right)
    _one_kind(left, right)
    return _ends(left.high, right.high, 1) or int(left.high_included) - int(right.high_included)


def _overlaps(left: Range, right: Range) -> bool:
    return not before(left, right) and not before(right, left)


def _overlaps_before(left: Range, right: Range) -> bool:
    return _starts_at(left, right) < 0 and _ends_at(left, right) <= 0 and _overlaps(left, right)


def _includes(left: Range, right: Any) -> bool:
    if not isinstance(right, Range):
        return _inside(right, left)
    return _starts_at(left, right) <= 0 and _ends_at(left, right) >= 0


def _finishes(left: Any, right: Range) -> bool:
    if not isinstance(left, Range):
        return _ends_at(_as_range(left), right) == 0
    return _ends_at(left, right) == 0 and _starts_at(left, right) >= 0


def _starts(left: Any, right: Range) -> bool:
    if not isinstance(left, Range):
        return _starts_at(_as_range(left), right) == 0
    return _starts_at(left, right) == 0 and _ends_at(left, right) <= 0


def _coincides(left: Any, right: Any) -> bool:
    if not isinstance(left, Range):
        return _order(left, right) == 0
    return _starts_at(left, right) == 0 and _ends_at(left, right) == 0


for _name, _holds in (("before", before), ("after", _after)):
    _relation(_name, f"point1: {POINT}; point2: {POINT}", _holds)
    _relation(_name, f"point: {POINT}; range: range", _holds)
    _relation(_name, f"range: range; point: {POINT}", _holds)
    _relation(_name, "range1: range; range2: range", _holds)

_relation("meets", "range1: range; range2: range", _meets)
_relation("met by", "range1: range; range2: range", lambda a, b: _meets(b, a))
_relation("overlaps", "range1: range; range2: range", _overlaps)
_relation("overlaps before", "range1: range; range2: range", _overlaps_before)
_relation("overlaps after", "range1: range; range2: range", lambda a, b: _overlaps_before(b, a))
_relation("finishes", f"point: {POINT}; range: range", _finishes)
_relation("finishes", "range1: range; range2: range", _finishes)
_relation("finished by", f"range: range; point: {POINT}", lambda a, b: _finishes(b, a))
_relation("finished by", "range1: range; range2: range", lambda a, b: _finishes(b, a))
_relation("includes", f"range: range; point: {POINT}", _includes)
_relation("includes", "range1: range; range2: range", _includes)
_relation("during", f"point: {POINT}; range: range", lambda a, b: _includes(b, a))
_relation("during", "range1: range; range2: range", lambda a, b: _includes(b, a))
_relation("starts", f"point: {POINT}; range: range", _starts)
_relation("starts", "range1: range; range2: range", _starts)
_relation("started by", f"range: range; point: {POINT}", lambda a, b: _starts(b, a))
_relation("started by", "range1: range; range2: range", lambda a, b: _starts(b, a))
_relation("coincides", f"point1: {POINT}; point2: {POINT}", _coincides)
_relation("coincides", "range1: range; range2: range", _coincides)


@LIBRARY.add("range", "from: string")
def range_from(_run: Run, text: str) -> Range:
    """The range that a text with literal ends denotes."""
    try:
        return parse_range(text)
    except ValueError:
        raise FeelError("bad-value", name="range", value=f"«{text[:60]}»") from None
