"""Terms that are computed of an entity, and how two of them compare: what CQL2 asks beyond ``q``.

Source: OGC 21-065r2 (CQL2), the classes Arithmetic, Array Functions and Property-Property. A term has as many
values as its paths lead to; a comparison holds when it does for some of them. What is not there, is of
another kind or is divided by zero has no value, and no comparison holds of it.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterator, Mapping
from itertools import islice, product
from typing import Any, Final

from chengshu.foundation.broker.model import Entity
from chengshu.foundation.broker.query.geo import geometry_of
from chengshu.foundation.broker.query.model import (
    Computed,
    Held,
    Iri,
    Listed,
    Moment,
    Number,
    Path,
    Relate,
    Sign,
    Term,
    Text,
    Truth,
    Value,
)
from chengshu.foundation.broker.query.moments import moment_of
from chengshu.foundation.broker.query.targets import Resolve, Stamp, finder_of, scalars

_MOST_PAIRS = 10_000
Values = Callable[[Entity], list[Any]]
_ORDERS: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_SIGNS: Final[Mapping[Sign, Callable[[float, float], float]]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "%": math.fmod,
    "^": math.pow,
    "div": lambda one, other: math.trunc(one / other),
}
_SETS: Final[Mapping[str, Callable[[set[Any], set[Any]], bool]]] = {
    "same": operator.eq,
    "holds": operator.ge,
    "within all": operator.le,
    "shares": lambda one, other: not one.isdisjoint(other),
}


class Instant(int):
    """A time, in microseconds UTC, as against a number."""


def compile_relation(condition: Relate, resolve: Resolve | None = None) -> Callable[[Entity], bool]:
    """The comparison as a predicate over entities."""
    order = condition.order
    if order in _ORDERS:
        left, right = _scalars(condition.left, resolve), _scalars(condition.right, resolve)
        return lambda entity: any(_holds(order, *pair) for pair in _pairs(left(entity), right(entity)))
    if order in _SETS:
        one, other, compare = _all(condition.left, resolve), _all(condition.right, resolve), _SETS[order]
        return lambda entity: _are(compare, one(entity), other(entity))
    here, there = _places(condition.left, resolve), _places(condition.right, resolve)
    return lambda entity: any(
        bool(getattr(place, order)(beside)) for place, beside in _pairs(here(entity), there(entity))
    )


def paths_of(term: Term) -> Iterator[Path]:
    """The paths that a term looks at."""
    if isinstance(term, Held):
        yield term.path
    elif isinstance(term, Computed):
        yield from paths_of(term.left)
        yield from paths_of(term.right)


def _pairs(left: list[Any], right: list[Any]) -> Iterator[tuple[Any, Any]]:
    return islice(product(left, right), _MOST_PAIRS)


def _scalars(term: Term, resolve: Resolve | None) -> Values:
    """The values of a term, one by one."""
    if isinstance(term, Computed):
        return _computed(term, resolve)
    return _all(term, resolve)


def _all(term: Term, resolve: Resolve | None) -> Values:
    """All that a path leads to, or all items of an array."""
    if isinstance(term, Held):
        find = finder_of(term.path, resolve)
        return lambda entity: [one for kind, value in find(entity) for one in scalars(kind, value)]
    if isinstance(term, Computed):
        return _computed(term, resolve)
    items = [_plain(item) for item in (term.items if isinstance(term, Listed) else (term,))]
    return lambda _entity: items


def _plain(value: Value) -> Any:
    match value:
        case Number(plain) | Text(plain) | Iri(plain) | Truth(plain):
            return plain
        case Moment(_, _, at):
            return Instant(at)


def _computed(term: Computed, resolve: Resolve | None) -> Values:
    left, right, compute = _scalars(term.left, resolve), _scalars(term.right, resolve), _SIGNS[term.sign]

    def values(entity: Entity) -> list[Any]:
        found = []
        for one, other in _pairs(left(entity), right(entity)):
            if _is_number(one) and _is_number(other) and (result := _result(compute, one, other)) is not None:
                found.append(result)
        return found

    return values


def _result(compute: Callable[[float, float], float], one: float, other: float) -> float | None:
    try:
        result = compute(float(one), float(other))
    except (ArithmeticError, ValueError):
        return None
    return result if isinstance(result, int | float) and math.isfinite(result) else None


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool | Stamp | Instant)


def _holds(order: str, left: Any, right: Any) -> bool:
    compare = _ORDERS[order]
    if _is_number(left) and _is_number(right):
        return compare(left, right)
    if isinstance(left, bool) and isinstance(right, bool):
        return order in ("==", "!=") and compare(left, right)
    if isinstance(left, str) and isinstance(right, str):
        return compare(left, right)
    one, other = _instant(left), _instant(right)
    return one is not None and other is not None and compare(one, other)


def _instant(value: Any) -> int | None:
    if isinstance(value, Stamp):
        return int(value) * 1000
    if isinstance(value, Instant):
        return int(value)
    said = value.get("@value") if isinstance(value, dict) else value
    moment = moment_of(said) if isinstance(said, str) else None
    return moment[1] if moment is not None and not moment[0] else None


def _are(compare: Callable[[set[Any], set[Any]], bool], one: list[Any], other: list[Any]) -> bool:
    if not one:
        return False
    return compare(set(map(_alike, one)), set(map(_alike, other)))


def _alike(value: Any) -> Any:
    """What equals the same in a set: numbers by their value, times as instants, all else as it is said."""
    if isinstance(value, bool):
        return ("truth", value)
    if isinstance(value, str | int | float):
        return value
    return repr(value)


def _places(term: Term, resolve: Resolve | None) -> Values:
    if not isinstance(term, Held):
        return lambda _entity: []
    find = finder_of(term.path, resolve)

    def values(entity: Entity) -> list[Any]:
        said = (value for kind, value in find(entity) if kind == "GeoProperty")
        return [place for value in said if (place := geometry_of(value)) is not None]

    return values
