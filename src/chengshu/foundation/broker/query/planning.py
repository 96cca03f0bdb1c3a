"""What the indexes of the store can answer of a query (see :mod:`chengshu.foundation.broker.plan`).

A plan here is always necessary; where it is also sufficient it is marked exact:

==================================================  ======================================================
existence of an attribute; ``attrs``; types; ids    exact
``== > >= < <= a..b`` and lists with numbers        exact (below 2⁵³)
``==`` with booleans                                exact
``==`` with strings and URIs                        exact up to the indexed length, without a language tag
order of strings                                    necessary: Relationships have texts and no order
dates and times                                     necessary: the attribute is there
``!=``, ``~=``, ``!~=``                             necessary: the attribute is there
sub-attributes, trailing paths, linked entities     necessary: the top-level attribute is there
``createdAt`` and other members of the entity       necessary: nothing is excluded
geoqueries                                          necessary: the bounding boxes meet, or it is there
scopes                                              exact but for ``+`` and ``/#``
``idPattern``; negations but of existence           necessary: nothing is excluded
==================================================  ======================================================
"""

from __future__ import annotations

from collections.abc import Iterable

from chengshu.foundation.broker import plan as p
from chengshu.foundation.broker.query.computing import paths_of
from chengshu.foundation.broker.query.geo import boxes_of
from chengshu.foundation.broker.query.model import (
    Compare,
    Condition,
    Every,
    Exists,
    GeoQuery,
    Groups,
    Iri,
    Like,
    Not,
    Number,
    Path,
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
from chengshu.foundation.broker.query.targets import MEMBERS

_EXACT_INTEGER = 2**53
_ANYTHING = p.Planned(p.Every(), exact=False)


def plan_query(query: Query) -> p.Planned:
    """The plan of all parts of the query that concern the entity."""
    parts: list[p.Planned] = []
    if query.selectors:
        parts.append(_some(map(_selector, query.selectors)))
    if query.attrs:
        parts.append(_some(p.Planned(p.Has(name), exact=True) for name in query.attrs))
    if query.q is not None:
        parts.append(plan_condition(query.q))
    if query.geo is not None:
        parts.append(_geo(query.geo))
    if query.scopes:
        parts.append(_scopes(query.scopes))
    return _every(parts)


def plan_condition(condition: Condition) -> p.Planned:
    """The plan of a condition of ``q``."""
    match condition:
        case Every(parts):
            return _every(map(plan_condition, parts))
        case Some(parts):
            return _some(map(plan_condition, parts))
        case Not(Exists(path)) if _simple(path):
            return p.Planned(p.Lacks(path.names[0]), exact=True)
        case Not():
            return _ANYTHING
        case Place(geo):
            return _geo(geo)
        case Relate(left, _, right):
            paths = (*paths_of(left), *paths_of(right))
            return p.Planned(_every(_there(path) for path in paths).plan)
        case Exists(path) | Like(path):
            there = _there(path)
            return there if isinstance(condition, Exists) and _simple(path) else p.Planned(there.plan)
        case Compare(path, order, values):
            if order == "!=" or path.names[0] in MEMBERS or len(path.names) > 1 or path.link is not None:
                return p.Planned(_there(path).plan)
            planned = _some(_value(path.names[0], order, value) for value in values)
            if path.trail:  # only texts of languages are indexed below an attribute
                return p.Planned(_there(path).plan)
            return planned


def _simple(path: Path) -> bool:
    return len(path.names) == 1 and not path.trail and path.link is None and path.names[0] not in MEMBERS


def _there(path: Path) -> p.Planned:
    if path.names[0] in MEMBERS:
        return _ANYTHING
    return p.Planned(p.Has(path.names[0]), exact=True)


def _value(name: str, order: str, value: Value | Range) -> p.Planned:
    match value:
        case Number(number):
            return _number(name, order, float(number))
        case Range(Number(low), Number(high)):
            exact = abs(low) <= _EXACT_INTEGER and abs(high) <= _EXACT_INTEGER
            return p.Planned(p.Numbers(name, float(low), float(high)), exact)
        case Truth(truth):
            return p.Planned(p.Truths(name, truth), exact=True)
        case Text(text, iri):
            return _some(_text(name, order, word) for word in dict.fromkeys((text, iri or text)))
        case Iri(text):
            return _text(name, order, text)
        case Range(Text(low), Text(high)):
            return p.Planned(p.Texts(name, low, high), exact=max(len(low), len(high)) < p.TEXT_INDEXED)
    return p.Planned(p.Has(name))


def _number(name: str, order: str, number: float) -> p.Planned:
    low = number if order in {"==", ">", ">="} else None
    high = number if order in {"==", "<", "<="} else None
    return p.Planned(
        p.Numbers(name, low, high, low_open=order == ">", high_open=order == "<"),
        exact=abs(number) <= _EXACT_INTEGER,
    )


def _text(name: str, order: str, text: str) -> p.Planned:
    low = text if order in {"==", ">", ">="} else None
    high = text if order in {"==", "<", "<="} else None
    bounds = p.Texts(name, low, high, low_open=order == ">", high_open=order == "<")
    return p.Planned(bounds, exact=order == "==" and len(text) < p.TEXT_INDEXED)


def _selector(selector: Selector) -> p.Planned:
    parts: list[p.Planned] = []
    if selector.ids:
        parts.append(p.Planned(p.Ids(selector.ids), exact=True))
    if selector.types:
        parts.append(p.Planned(p.Typed(selector.types), exact=True))
    if selector.id_pattern:
        parts.append(_ANYTHING)
    return _every(parts)


def _geo(query: GeoQuery) -> p.Planned:
    name = query.geoproperty
    boxes = tuple(p.Places(name, *box) for box in boxes_of(query))
    if not boxes:
        return p.Planned(p.Has(name))
    return p.Planned(boxes[0] if len(boxes) == 1 else p.Some(boxes))


def _scopes(groups: Groups) -> p.Planned:
    return _some(_every(map(_scope, group)) for group in groups)


def _scope(pattern: str) -> p.Planned:
    below = pattern.endswith("/#")
    scope = pattern.removesuffix("/#")
    if not scope:
        return _ANYTHING
    if "+" not in scope.split("/"):
        return p.Planned(p.Scoped(scope, below), exact=True)
    known = scope[: scope.index("/+")]
    return p.Planned(p.Scoped(known, below=True)) if known else _ANYTHING


def _every(parts: Iterable[p.Planned]) -> p.Planned:
    ready = list(parts)
    if len(ready) == 1:
        return ready[0]
    useful = tuple(part.plan for part in ready if part.plan != p.Every())
    plan = useful[0] if len(useful) == 1 else p.Every(useful)
    return p.Planned(plan, exact=all(part.exact for part in ready))


def _some(parts: Iterable[p.Planned]) -> p.Planned:
    ready = list(parts)
    if len(ready) == 1:
        return ready[0]
    if any(part.plan == p.Every() for part in ready):
        return p.Planned(p.Every(), exact=any(part.plan == p.Every() and part.exact for part in ready))
    return p.Planned(p.Some(tuple(part.plan for part in ready)), exact=all(part.exact for part in ready))
