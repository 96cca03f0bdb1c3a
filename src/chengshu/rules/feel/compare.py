"""Equality, order and membership of FEEL values (DMN 1.5, 10.3.2.13, tables 42, 43, 54, 55)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from chengshu.rules.feel.errors import LimitExceeded
from chengshu.rules.feel.temporal import Date, DateTime, Duration, Months, Time
from chengshu.rules.feel.values import Range

MAX_PARTS = 1_000_000
"""Members and entries looked at in one comparison."""

_BY_VALUE = frozenset({Decimal, str, bool})
_BY_KEY = frozenset({Date, Time, DateTime, Duration, Months})
ORDERED = frozenset({Decimal, str}) | _BY_KEY


def mixes_local(left: Any, right: Any) -> bool:
    """Whether one of two times (or dates and times) has a zone and the other has none."""
    if type(left) is Time:
        return left.local is not right.local
    if type(left) is DateTime:
        return left.time.local is not right.time.local
    return False


def equal(left: Any, right: Any) -> bool | None:
    """FEEL's ``=``: null when the kinds differ."""
    if left is None or right is None:
        return left is right
    kind = type(left)
    if kind is not type(right):
        return None
    if kind in _BY_VALUE:
        return bool(left == right)
    if kind in _BY_KEY:
        if mixes_local(left, right):
            return None
        return bool(left.key == right.key)
    if kind in (list, dict, Range):
        return _deep_equal(left, right)
    return left is right


def _deep_equal(left: Any, right: Any) -> bool | None:
    """Equality of composed values, part by part, within a limit: parts may be shared, and shared again."""
    waiting: list[tuple[Any, Any]] = [(left, right)]
    unknown = False
    seen = 0
    while waiting:
        one, other = waiting.pop()
        seen += 1
        if seen > MAX_PARTS:
            raise LimitExceeded("parts compared", MAX_PARTS)
        kind = type(one)
        if one is None or kind is not type(other) or kind not in (list, dict, Range):
            same = equal(one, other)
            if same is False:
                return False
            unknown = unknown or same is None
        elif kind is list:
            if len(one) != len(other):
                return False
            waiting.extend(zip(one, other, strict=True))
        elif kind is dict:
            if one.keys() != other.keys():
                return False
            waiting.extend((one[key], other[key]) for key in one)
        else:
            if (one.op, one.low_included, one.high_included) != (
                other.op,
                other.low_included,
                other.high_included,
            ):
                return False
            waiting.extend(((one.low, other.low), (one.high, other.high)))
    return None if unknown else True


def order(left: Any, right: Any) -> int | None:
    """-1, 0 or 1; null (None) when the two cannot be ordered."""
    kind = type(left)
    if kind is not type(right) or kind not in ORDERED:
        return None
    if kind in _BY_KEY:
        if mixes_local(left, right):
            return None
        left, right = left.key, right.key
    return int(left > right) - int(left < right)


def compare(op: str, left: Any, right: Any) -> bool | None:
    """``left op right`` for the six comparison operators."""
    if op in ("=", "!="):
        same = equal(left, right)
        return same if op == "=" or same is None else not same
    if left is None or right is None:
        return None
    sign = order(left, right)
    if sign is None:
        return None
    if op == "<":
        return sign < 0
    if op == "<=":
        return sign <= 0
    return sign > 0 if op == ">" else sign >= 0


def in_range(value: Any, within: Range) -> bool | None:
    """Whether a value lies in a range."""
    if within.op:
        end = within.low if within.op in (">", ">=", "=", "!=") else within.high
        return compare(within.op, value, end)
    above = order(value, within.low)
    below = order(value, within.high)
    if above is None or below is None:
        return None
    reaches = above > 0 or (above == 0 and within.low_included)
    return reaches and (below < 0 or (below == 0 and within.high_included))


def is_member(value: Any, test: Any) -> bool | None:
    """Whether ``value in test``: in a range, among the members of a list (or their ranges), or equal."""
    kind = type(test)
    if kind is Range and type(value) is not Range:
        return in_range(value, test)
    if kind is list:
        if type(value) is list and equal(value, test) is True:
            return True
        return any(
            (
                in_range(value, member)
                if type(member) is Range and type(value) is not Range
                else equal(value, member)
            )
            is True
            for member in test
        )
    return equal(value, test)
