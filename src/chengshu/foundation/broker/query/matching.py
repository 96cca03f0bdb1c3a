"""Compiles a query into a predicate over entities (ETSI GS CIM 009 V1.8.1, clauses 4.9, 4.10, 4.17, 4.19).

An attribute matches when any of its instances does. Where the clause leaves a choice:

* an element of an array stands for the array in every comparison, not only in ``==`` and ``!=``; ``!=`` needs
  that no element equals;
* text is compared by code point; a pattern is found anywhere in the text unless it is anchored;
* a number never compares with a text, nor a date with a time of day; a JsonProperty has no value to compare
  without a trailing path, a compound value none but ``@value`` of a typed date;
* a date or date-time in quotes is plain text, except against ``createdAt``, ``observedAt`` and their like.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any

from chengshu.foundation.broker.model import Entity
from chengshu.foundation.broker.query.computing import compile_relation
from chengshu.foundation.broker.query.geo import compile_geo
from chengshu.foundation.broker.query.model import (
    Compare,
    Condition,
    Every,
    Exists,
    GeoQuery,
    Groups,
    Iri,
    Like,
    Moment,
    Not,
    Number,
    Place,
    Query,
    Range,
    Relate,
    Selector,
    Some,
    Text,
    Truth,
    Value,
)
from chengshu.foundation.broker.query.moments import moment_of
from chengshu.foundation.broker.query.patterns import finder
from chengshu.foundation.broker.query.targets import Resolve, Stamp, Target, finder_of, scalars

Predicate = Callable[[Entity], bool]
Test = Callable[[Any], bool]
_ORDERS: Mapping[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}
_NO_ORDER = frozenset({"Relationship", "ListRelationship"})
_TIMES = frozenset({"stamp", "moment"})


def compile_query(query: Query, resolve: Resolve | None = None) -> Predicate:
    """The whole query as one predicate; ``resolve`` finds linked entities by id.

    Raises :class:`BadRequestData` of a pattern that cannot be used.
    """
    parts: list[Predicate] = []
    if query.selectors:
        parts.append(_any([compile_selector(selector) for selector in query.selectors]))
    if query.attrs:
        parts.append(_attributes(query.attrs))
    if query.scopes:
        parts.append(compile_scopes(query.scopes))
    if query.q is not None:
        parts.append(compile_condition(query.q, resolve))
    if query.geo is not None:
        parts.append(_geo(query.geo))
    return _all(parts)


def matches(entity: Entity, query: Query, resolve: Resolve | None = None) -> bool:
    """Whether one entity meets the query; compile when there are many."""
    return compile_query(query, resolve)(entity)


def compile_selector(selector: Selector) -> Predicate:
    """Ids, id pattern and types of one EntityInfo (clause 5.2.8). Raises as :func:`compile_query`."""
    parts: list[Predicate] = []
    if selector.ids:
        ids = frozenset(selector.ids)
        parts.append(lambda entity: entity.id in ids)
    if selector.types:
        parts.append(_types(selector.types))
    if selector.id_pattern:
        found = finder(selector.id_pattern, "idPattern")
        parts.append(lambda entity: found(entity.id))
    return _all(parts)


def compile_condition(condition: Condition, resolve: Resolve | None = None) -> Predicate:
    """A condition of ``q`` or ``csf`` as a predicate. Raises as :func:`compile_query`."""
    match condition:
        case Every(parts):
            return _all([compile_condition(part, resolve) for part in parts])
        case Some(parts):
            return _any([compile_condition(part, resolve) for part in parts])
        case Not(part):
            inner = compile_condition(part, resolve)
            return lambda entity: not inner(entity)
        case Place(geo):
            return _geo(geo)
        case Relate():
            return compile_relation(condition, resolve)
        case Exists(path):
            find = finder_of(path, resolve)
            return lambda entity: next(find(entity), None) is not None
        case Like(path, pattern, negated):
            test = _like(pattern, negated)
        case Compare(path, order, values):
            test = _compare(order, values)
    find = finder_of(path, resolve)

    def holds(entity: Entity) -> bool:
        for target in find(entity):  # noqa: SIM110 - a plain loop: the innermost of thousands
            if test(target):
                return True
        return False

    return holds


def compile_scopes(groups: Groups) -> Predicate:
    """A scope query as a predicate: some group, of which each pattern fits some scope (clause 4.19)."""
    ready = [[_scope(pattern) for pattern in group] for group in groups]

    def holds(entity: Entity) -> bool:
        levels = [scope.strip("/").split("/") for scope in entity.scopes]
        return any(all(any(map(fits, levels)) for fits in group) for group in ready)

    return holds


def _scope(pattern: str) -> Callable[[list[str]], bool]:
    below = pattern.endswith("/#")
    wanted = [level for level in pattern.removesuffix("/#").split("/") if level]

    def fits(levels: list[str]) -> bool:
        if len(levels) < len(wanted) or (len(levels) > len(wanted) and not below):
            return False
        return all(want in ("+", level) for want, level in zip(wanted, levels, strict=False))

    return fits


def _types(groups: Groups) -> Predicate:
    sets = [frozenset(group) for group in groups]
    single = frozenset().union(*sets) if all(len(group) == 1 for group in sets) else None
    if single is not None:
        return lambda entity: not single.isdisjoint(entity.types)
    return lambda entity: any(group.issubset(entity.types) for group in sets)


def _attributes(names: tuple[str, ...]) -> Predicate:
    wanted = frozenset(names)
    return lambda entity: not wanted.isdisjoint(entity.attributes)


def _geo(query: GeoQuery) -> Predicate:
    test, name = compile_geo(query), query.geoproperty

    def holds(entity: Entity) -> bool:
        for attribute in entity.attributes.get(name, ()):
            if attribute.kind == "GeoProperty" and test(attribute.value):
                return True
        return False

    return holds


def _all(parts: list[Predicate]) -> Predicate:
    if len(parts) == 1:
        return parts[0]

    def holds(entity: Entity) -> bool:
        for part in parts:  # noqa: SIM110 - as above
            if not part(entity):
                return False
        return True

    return holds


def _any(parts: list[Predicate]) -> Predicate:
    if len(parts) == 1:
        return parts[0]
    return lambda entity: any(part(entity) for part in parts)


def _like(pattern: str, negated: bool) -> Callable[[Target], bool]:
    found = finder(pattern, "q")

    def test(target: Target) -> bool:
        kind, value = target
        if kind == "stamp" or kind in _NO_ORDER:  # no operator but == and != is of Relationships
            return False
        texts = [one for one in scalars(kind, value) if isinstance(one, str)]
        return bool(texts) and any(map(found, texts)) is not negated

    return test


def _compare(order: str, values: tuple[Value | Range, ...]) -> Callable[[Target], bool]:
    plain: list[Test] = [_test(order if order != "!=" else "==", value) for value in values]
    timed: list[Test] = [_test(order if order != "!=" else "==", _as_moment(value)) for value in values]
    equality, wanted = order in {"==", "!="}, order != "!="

    def test(target: Target) -> bool:
        kind, value = target
        tests = plain
        if kind in _TIMES:
            tests = timed
        elif not equality and kind in _NO_ORDER:
            return False
        for one in scalars(kind, value):
            for passes in tests:
                if passes(one):
                    return wanted
        return not wanted

    return test


def _as_moment(value: Value | Range) -> Value | Range:
    """Against a member that is a time, a quoted time counts as one."""
    if isinstance(value, Range):
        low, high = _as_moment(value.low), _as_moment(value.high)
        both = isinstance(low, Moment) and isinstance(high, Moment) and low.clock == high.clock
        return Range(low, high) if both else value  # type: ignore[arg-type]
    if isinstance(value, Text) and (moment := moment_of(value.value)) is not None:
        return Moment(value.value, *moment)
    return value


def _test(order: str, value: Value | Range) -> Test:
    match value:
        case Range(low, high):
            above, under = _test(">=", low), _test("<=", high)
            return lambda one: above(one) and under(one)
        case Number(number):
            return _number(order, number)
        case Truth(truth):
            return lambda one: one is truth
        case Moment(_, clock, at):
            return _moment(order, clock, at)
        case Text(text, iri) if order == "==":
            return lambda one: one == text or (iri != "" and one == iri)
        case Iri(text) if order == "==":
            return lambda one: one == text
        case Text(text) | Iri(text):
            compare = _ORDERS[order]
            return lambda one: isinstance(one, str) and compare(one, text)


def _number(order: str, number: float) -> Test:
    compare, wanted = _ORDERS[order], float(number)

    def test(one: Any) -> bool:
        kind = type(one)  # a boolean is no number here
        if kind is float:
            return compare(one, wanted)
        return kind is int and compare(_double(one), wanted)

    return test


def _double(number: int) -> float:
    try:
        return float(number)
    except OverflowError:
        return float("inf") if number > 0 else float("-inf")


def _moment(order: str, clock: bool, at: int) -> Test:
    compare = _ORDERS[order]

    def test(one: Any) -> bool:
        if isinstance(one, Stamp):
            return not clock and compare(one * 1000, at)
        if isinstance(one, Mapping):
            one = one.get("@value")
        moment = moment_of(one) if isinstance(one, str) else None
        return moment is not None and moment[0] == clock and compare(moment[1], at)

    return test
