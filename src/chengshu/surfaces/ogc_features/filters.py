"""Translates CQL2 JSON into a condition of the broker (OGC 21-065r2, OGC 19-079r2).

A comparison with a property that is not there is neither true nor false, so its negation does not hold
either: ``NOT`` is carried down to the comparisons, which then ask for the property.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, NoReturn, cast, get_args

from chengshu.foundation.broker.query.computing import paths_of
from chengshu.foundation.broker.query.geo import read_geo
from chengshu.foundation.broker.query.model import (
    Compare,
    Computed,
    Condition,
    Every,
    Exists,
    GeoQuery,
    Held,
    Like,
    Listed,
    Moment,
    Not,
    Number,
    Order,
    Path,
    Place,
    Range,
    Relate,
    Relation,
    Sets,
    Sign,
    Some,
    Term,
    Text,
    Truth,
    Value,
)
from chengshu.foundation.broker.query.moments import moment_of
from chengshu.surfaces.ogc_features import crs as systems
from chengshu.surfaces.ogc_features.errors import BadRequest

LANGUAGES: Final = ("cql2-text", "cql2-json")
_MOST_TERMS = 512
_MOST_DEPTH = 60
_ORDERS = {"=": "==", "<>": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
_OPPOSITE = {"==": "!=", "!=": "==", "<": ">=", "<=": ">", ">": "<=", ">=": "<"}
_TURNED = {"==": "==", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
_RELATIONS = {
    f"s_{name}": name for name in ("intersects", "within", "contains", "disjoint", "equals", "overlaps")
}
_CONVERSE = {"within": "contains", "contains": "within"}
_SETS: Mapping[str, Sets] = {
    "a_equals": "same",
    "a_contains": "holds",
    "a_containedBy": "within all",
    "a_overlaps": "shares",
}
_SIGNS = frozenset(get_args(Sign))
_TIMES = {"t_after", "t_before", "t_equals", "t_during", "t_intersects", "t_disjoint"}
_NEVER = Some(())
Property = Callable[[str], Path]


class Filter:
    """``find`` gives the path of a property (raising :class:`BadRequest` of an unknown one), ``place`` the
    GeoProperty of a geometry; ``crs`` is that of the coordinates in the filter."""

    def __init__(self, find: Property, place: Callable[[str], str], crs: str = systems.CRS84) -> None:
        self._find, self._place, self._crs, self._terms = find, place, crs, 0

    def condition(self, node: Any, negated: bool = False, depth: int = 0) -> Condition:
        """The condition of a boolean expression. Raises :class:`BadRequest`."""
        self._terms += 1
        if self._terms > _MOST_TERMS or depth > _MOST_DEPTH:
            _refuse("the filter is too complex", "ask in several smaller requests")
        if isinstance(node, bool):
            return Every(()) if node is not negated else _NEVER
        if isinstance(node, dict) and "property" in node and len(node) == 1:
            return Compare(self._path(node), "==", (Truth(not negated),))
        op, args = _call(node)
        if op in {"and", "or"}:
            parts = tuple(self.condition(part, negated, depth + 1) for part in args)
            return Every(parts) if (op == "and") is not negated else Some(parts)
        if op == "not" and len(args) == 1:
            return self.condition(args[0], not negated, depth + 1)
        if op == "isNull" and len(args) == 1:
            there = Exists(self._path(args[0]))
            return there if negated else Not(there)
        return self._predicate(op, args, negated)

    def _predicate(self, op: str, args: list[Any], negated: bool) -> Condition:  # noqa: RET503  _refuse raises
        if op in _ORDERS and len(args) == 2:
            return self._comparison(_ORDERS[op], args, negated)
        if op == "between" and len(args) == 3 and not _is_plain(args):
            least = self._related(args[0], ">=", args[1], negated)
            most = self._related(args[0], "<=", args[2], negated)
            return Some((least, most)) if negated else Every((least, most))
        if op == "between" and len(args) == 3:
            low, high = _value(args[1]), _value(args[2])
            if type(low) is not type(high) or isinstance(low, Truth):
                _refuse("the bounds of BETWEEN are of different kinds", "give two numbers, texts or times")
            bounds = Range(cast(Number, low), cast(Number, high))
            return Compare(self._path(args[0]), "!=" if negated else "==", (bounds,))
        if op == "in" and len(args) == 2 and isinstance(args[1], list) and args[1]:
            values = tuple(_value(item) for item in args[1])
            return Compare(self._path(args[0]), "!=" if negated else "==", values)
        if op == "like" and len(args) == 2 and isinstance(args[1], str | dict):
            return self._like(args, negated)
        if op in _RELATIONS and len(args) == 2:
            return self._spatial(_RELATIONS[op], args, negated)
        if op in _TIMES and len(args) == 2:
            return self._temporal(op, args, negated)
        if op in _SETS and len(args) == 2:
            return self._related(args[0], _SETS[op], args[1], negated)
        _refuse(f"'{op[:40]}' is not a predicate here, or has other arguments", "see the conformance page")

    def _comparison(self, order: str, args: list[Any], negated: bool) -> Condition:
        left, right = args
        if _is_property(right) and not _is_property(left):
            left, right, order = right, left, _TURNED[order]
        folded = isinstance(left, dict) and left.get("op") == "casei"
        if folded and order in {"==", "!="}:
            return self._folded(left, right, (order == "!=") is not negated)
        if not _is_plain((left, right)):
            return self._related(left, cast(Order, order), right, negated)
        path, value = self._path(left), _value(right)
        if isinstance(value, Truth) and order not in {"==", "!="}:
            _refuse("truth values have no order", "use = or <>")
        if negated and order in {"==", "!="}:
            return Compare(path, cast(Order, _OPPOSITE[order]), (value,))
        plain = Compare(path, cast(Order, order), (value,))
        return Every((Exists(path), Not(plain))) if negated else plain

    def _folded(self, left: Mapping[str, Any], right: Any, unequal: bool) -> Condition:
        """``CASEI(a) = CASEI('b')``, as a pattern."""
        wanted = right["args"][0] if isinstance(right, dict) and right.get("op") == "casei" else right
        if not isinstance(wanted, str) or not isinstance(left.get("args"), list) or len(left["args"]) != 1:
            _refuse("CASEI compares a property with a text", "write CASEI(name) = CASEI('text')")
        return Like(self._path(left["args"][0]), f"(?i)^{_literal(wanted)}$", unequal)

    def _like(self, args: list[Any], negated: bool) -> Condition:
        left, right = args
        folded = isinstance(left, dict) and left.get("op") == "casei"
        if folded:
            left = left["args"][0] if isinstance(left.get("args"), list) and left["args"] else None
            right = right["args"][0] if isinstance(right, dict) and right.get("op") == "casei" else right
        if not isinstance(right, str):
            _refuse("LIKE takes a text", "write name LIKE 'A%'")
        return Like(self._path(left), f"(?s{'i' if folded else ''})^{_wildcards(right)}$", negated)

    def _spatial(self, relation: str, args: list[Any], negated: bool) -> Condition:
        target, given = args
        if _is_property(given) and _is_property(target):
            one, other = (Path((self._place(str(item["property"])),)) for item in (target, given))
            return _stated(Relate(Held(one), cast(Relation, relation), Held(other)), (one, other), negated)
        if _is_property(given):
            target, given, relation = given, target, _CONVERSE.get(relation, relation)
        if not _is_property(target):
            _refuse("a spatial predicate needs a geometry property", "write S_INTERSECTS(geometry, …)")
        place = self._place(str(target["property"]))
        found: Condition = self._places(relation, given, place)
        return Every((Exists(Path((place,))), Not(found))) if negated else found

    def _places(self, relation: str, given: Any, place: str) -> Condition:
        if not isinstance(given, dict):
            _refuse("this is not a geometry", "give WKT, or GeoJSON in cql2-json")
        if "bbox" in given:
            boxes = boxes_of(given["bbox"], self._crs, "filter")
            parts = tuple(Place(box_query(box, place, relation)) for box in boxes)
            if len(parts) > 1 and relation not in {"intersects"}:
                _refuse("this box crosses the date line", "use S_INTERSECTS, or two boxes")
            return parts[0] if len(parts) == 1 else Some(parts)
        if not isinstance(given.get("type"), str) or "coordinates" not in given:
            _refuse("this is not a geometry", "give WKT, or GeoJSON in cql2-json")
        coordinates = systems.inward(given["coordinates"], self._crs)
        return Place(read_geo(relation, given["type"], coordinates, place))

    def _temporal(self, op: str, args: list[Any], negated: bool) -> Condition:
        left, right = args
        if not _is_property(left) or _is_property(right):
            _refuse(
                "a temporal predicate compares a property with a time",
                "write T_AFTER(property, TIMESTAMP('…'))",
            )
        path = self._path(left)
        low, high = span_of(right)
        after, before = _beyond(path, ">", high), _beyond(path, "<", low)
        if op == "t_after":
            found: Condition = after
        elif op == "t_before":
            found = before
        elif op == "t_disjoint":
            found = Some((before, after))
        elif op == "t_during":
            found = Every((_beyond(path, ">", low, otherwise=True), _beyond(path, "<", high, otherwise=True)))
        else:  # a property is an instant: it meets or equals what it lies in
            found = within(path, low, high)
        return Every((Exists(path), Not(found))) if negated else found

    def _related(self, left: Any, order: Order | Sets, right: Any, negated: bool) -> Condition:
        """Two terms of which more is asked than one property and one value."""
        relation = Relate(self._term(left), order, self._term(right))
        return _stated(relation, (*paths_of(relation.left), *paths_of(relation.right)), negated)

    def _term(self, node: Any, depth: int = 0) -> Term:
        self._terms += 1
        if self._terms > _MOST_TERMS or depth > _MOST_DEPTH:
            _refuse("the filter is too complex", "ask in several smaller requests")
        if _is_property(node):
            return Held(self._path(node))
        if isinstance(node, list):
            return Listed(tuple(map(_value, node[:_MOST_TERMS])))
        if _is_computed(node):
            _, args = _call(node)
            if len(args) != 2:
                _refuse(f"'{node['op']}' takes two terms", "write a + b")
            left, right = (self._term(item, depth + 1) for item in args)
            return Computed(cast(Sign, node["op"]), left, right)
        return _value(node)

    def _path(self, node: Any) -> Path:
        if not _is_property(node):
            _refuse("a property is expected here", "write a name of /queryables")
        return self._find(str(node["property"]))


def _stated(relation: Relate, paths: Iterable[Path], negated: bool) -> Condition:
    """The relation, or that it does not hold though all it looks at is there."""
    return Every((*map(Exists, paths), Not(relation))) if negated else relation


def _is_plain(args: Sequence[Any]) -> bool:
    """Whether a property comes first, and values after it."""
    return _is_property(args[0]) and not any(_is_property(item) or _is_computed(item) for item in args[1:])


def _is_computed(node: Any) -> bool:
    return isinstance(node, list) or (
        isinstance(node, dict) and isinstance(node.get("op"), str) and node["op"] in _SIGNS
    )


def within(path: Path, low: Moment | None, high: Moment | None) -> Condition:
    """The time at ``path`` lies between the two, included; None is open."""
    if low is not None and high is not None:
        return Compare(path, "==", (Range(low, high),))
    if low is not None:
        return Compare(path, ">=", (low,))
    return Compare(path, "<=", (high,)) if high is not None else Exists(path)


def _beyond(path: Path, order: Order, bound: Moment | None, *, otherwise: bool = False) -> Condition:
    if bound is None:
        return Exists(path) if otherwise else _NEVER
    return Compare(path, order, (bound,))


def span_of(node: Any, where: str = "filter") -> tuple[Moment | None, Moment | None]:
    """The bounds of a time literal: a timestamp, a date (its whole day) or an interval. Raises
    :class:`BadRequest`."""
    if isinstance(node, dict) and isinstance(node.get("interval"), list) and len(node["interval"]) == 2:
        low, high = (None if end in ("..", "") else span_of(end, where) for end in node["interval"])
        return (low[0] if low else None), (high[1] if high else None)
    text = (node.get("timestamp") or node.get("date")) if isinstance(node, dict) else node
    moment = moment_of(text) if isinstance(text, str) else None
    if not isinstance(text, str) or moment is None or moment[0]:
        raise BadRequest(
            "time-malformed",
            f"'{str(text)[:40]}' is not a time",
            where=where,
            remedy="write 2026-05-01T08:00:00Z or 2026-05-01",
        )
    start = Moment(text, *moment)
    if len(text) > 10:
        return start, start
    end = f"{text}T23:59:59.999999Z"
    return start, Moment(end, False, moment[1] + 86_400_000_000 - 1)


def boxes_of(numbers: Any, crs: str, where: str) -> list[tuple[float, float, float, float]]:
    """A box of four or six numbers as one or, over the date line, two. Raises :class:`BadRequest`."""
    usable = isinstance(numbers, list) and len(numbers) in {4, 6}
    if not usable or not all(type(item) in {int, float} and abs(item) < 1e12 for item in numbers):
        raise BadRequest(
            "bbox-malformed",
            "a box has four or six numbers",
            where=where,
            remedy="write west,south,east,north",
        )
    west, south, east, north = systems.box_inward([float(item) for item in numbers], crs)
    if not (abs(west) <= 180 and abs(east) <= 180 and -90 <= south <= north <= 90):
        raise BadRequest(
            "bbox-unusable",
            "the box does not lie on the earth, or its south is north of its north",
            where=where,
            remedy="write west,south,east,north in the axis order of its reference system",
        )
    if west <= east:
        return [(west, south, east, north)]
    return [(west, south, 180.0, north), (-180.0, south, east, north)]


def box_query(box: tuple[float, float, float, float], place: str, relation: str = "intersects") -> GeoQuery:
    """The relation of a GeoProperty to a box."""
    west, south, east, north = box
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return read_geo(relation, "Polygon", [ring], place)


def read_json(text: str) -> Any:
    """CQL2 JSON from text. Raises :class:`BadRequest`."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise BadRequest(
            "filter-malformed",
            "the filter is not JSON",
            where="filter",
            remedy="send cql2-json, or say filter-lang",
        ) from None


def _value(node: Any) -> Value:
    if isinstance(node, bool):
        return Truth(node)
    if isinstance(node, int | float):
        try:
            number = float(node)
        except OverflowError:
            number = float("inf")
        if abs(number) < 1e308:
            return Number(node)
    if isinstance(node, str):
        return Text(node)
    if isinstance(node, dict) and ("timestamp" in node or "date" in node):
        start, _ = span_of(node)
        if start is not None:
            return start
    return _refuse("this is not a value to compare with", "use a number, a text, a truth value or a time")


def _is_property(node: Any) -> bool:
    return isinstance(node, dict) and isinstance(node.get("property"), str)


def _call(node: Any) -> tuple[str, list[Any]]:
    if (
        not isinstance(node, dict)
        or not isinstance(node.get("op"), str)
        or not isinstance(node.get("args"), list)
    ):
        _refuse("this is not a predicate", 'write property = value, or {"op": …, "args": […]}')
    return node["op"], node["args"]


def _wildcards(pattern: str) -> str:
    """``%`` any signs, ``_`` one sign, a backslash before either: itself."""
    found = []
    for sign in re.findall(r"\\.|.", pattern, re.DOTALL):
        found.append({"%": ".*", "_": "."}.get(sign) or _literal(sign[-1]))
    return "".join(found)


def _literal(text: str) -> str:
    return re.sub(r"([\\.^$*+?()\[\]{}|])", r"\\\1", text)


def _refuse(detail: str, remedy: str) -> NoReturn:
    raise BadRequest("filter-unusable", detail, where="filter", remedy=remedy)
