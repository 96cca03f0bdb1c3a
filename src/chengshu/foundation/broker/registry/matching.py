"""Which registrations a question concerns (clauses 5.10.2 and 4.3.6.5).

Two patterns that face each other count as matching: whether an id exists that both find cannot be said
cheaply, and asking a source in vain is better than missing it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Literal

import msgspec

from chengshu.foundation.broker.ld.core import NGSI_LD
from chengshu.foundation.broker.model import Attribute, Entity
from chengshu.foundation.broker.query.matching import compile_query
from chengshu.foundation.broker.query.model import (
    Compare,
    Condition,
    Every,
    Exists,
    GeoQuery,
    Groups,
    Like,
    Query,
    Selector,
    Some,
)
from chengshu.foundation.broker.query.patterns import finder
from chengshu.foundation.broker.registry.members import micros
from chengshu.foundation.broker.registry.model import EntityInfo, Information, Registration, TimeInterval

_SPACES = ("location", "observationSpace", "operationSpace")
_MANAGED = frozenset({"createdAt", "modifiedAt", "deletedAt"})


class TemporalWish(msgspec.Struct, frozen=True):
    """A temporal query as far as registrations are concerned (clauses 4.11, 5.10.2); microseconds."""

    relation: Literal["before", "after", "between"]
    at: int
    end: int = 0
    property: str = "observedAt"


class SourceQuery(msgspec.Struct, frozen=True):
    """What is asked of the registry; parts left empty ask nothing.

    ``filter`` (``csf``) is about the source's own properties, ``q`` about those of the entities it holds: see
    :func:`about_entities`.
    """

    selectors: tuple[Selector, ...] = ()
    attrs: tuple[str, ...] = ()
    filter: Condition | None = None
    q: Condition | None = None
    geo: GeoQuery | None = None
    scopes: Groups = ()
    temporal: TemporalWish | None = None


def about_entities(query: SourceQuery, registrations: Iterable[Registration]) -> SourceQuery:
    """``query`` with its ``q`` as registrations can meet it (clause 5.10.2.4): by the names of attributes.

    A registration has no values of them. Where some registration has all that is named as properties of its
    own, ``q`` is a condition on these, as in the conformance suite.
    """
    if query.q is None:
        return query
    names = frozenset(attributes_of(query.q))
    if any(names <= one.properties.keys() for one in registrations):
        both = query.q if query.filter is None else Every((query.q, query.filter))
        return msgspec.structs.replace(query, filter=both, q=None)
    return msgspec.structs.replace(
        query, attrs=tuple({**dict.fromkeys(query.attrs), **dict.fromkeys(names)}), q=None
    )


def attributes_of(condition: Condition) -> Iterator[str]:
    """The names of the attributes (expanded) that a condition of ``q`` is about."""
    if isinstance(condition, Every | Some):
        for part in condition.parts:
            yield from attributes_of(part)
    elif isinstance(condition, Exists | Compare | Like):
        yield condition.path.names[0]


Matcher = Callable[[Registration], tuple[Information, ...]]


def compile_source_query(query: SourceQuery) -> Matcher:
    """A function that gives the pieces of a registration which the query concerns; none: no match.

    Without a temporal part only sources of the latest information match, that is those without intervals;
    with one, only those with an interval that meets it (clause 5.10.2.4).
    Raises :class:`BadRequestData` for a pattern that cannot be used.
    """
    asks = query.filter is not None or query.geo is not None or bool(query.scopes)
    about = compile_query(Query(q=query.filter, geo=query.geo, scopes=query.scopes)) if asks else None

    def matching(registration: Registration) -> tuple[Information, ...]:
        if not in_time(registration, query.temporal):
            return ()
        if about is not None and not about(as_entity(registration)):
            return ()
        return tuple(
            piece
            for piece in registration.information
            if concerns(piece, query.selectors) and names_meet(piece, query.attrs)
        )

    return matching


def concerns(piece: Information, selectors: tuple[Selector, ...]) -> bool:
    """Whether the piece is about some entity that the selectors mean."""
    if not piece.entities or not selectors:
        return True
    return any(entity_meets(entity, selector) for entity in piece.entities for selector in selectors)


def names_meet(piece: Information, attrs: tuple[str, ...]) -> bool:
    """Whether the piece is about one of the attributes."""
    return not attrs or not piece.names or not set(attrs).isdisjoint(piece.names)


def entity_meets(entity: EntityInfo, selector: Selector) -> bool:
    """Whether an entity may exist that both the registration and the selector mean."""
    if selector.types and entity.types:
        types = set(entity.types)
        if all(types.isdisjoint(group) for group in selector.types):
            return False
    if selector.ids:
        return any(is_meant(entity, id_) for id_ in selector.ids)
    if selector.id_pattern and entity.id:
        return finder(selector.id_pattern)(entity.id)
    return True


def is_meant(entity: EntityInfo, id_: str) -> bool:
    """Whether the registration means this id, its types aside."""
    if entity.id:
        return entity.id == id_
    return not entity.id_pattern or finder(entity.id_pattern)(id_)


def in_time(registration: Registration, wish: TemporalWish | None) -> bool:
    """Whether the source holds what was observed, or managed, at the time asked for."""
    if wish is None:
        return registration.observation_interval is None and registration.management_interval is None
    managed = wish.property in _MANAGED
    interval = registration.management_interval if managed else registration.observation_interval
    return interval is not None and _overlaps(interval, wish)


def _overlaps(interval: TimeInterval, wish: TemporalWish) -> bool:
    start = micros(interval.start_at)
    end = micros(interval.end_at) if interval.end_at else None
    if wish.relation == "before":
        return start < wish.at
    later = end is None or end >= wish.at
    return later if wish.relation == "after" else later and start <= wish.end


def as_entity(registration: Registration) -> Entity:
    """The registration seen as an entity, so that filters are evaluated as they are everywhere."""
    attributes: dict[str, tuple[Attribute, ...]] = {
        name: (Attribute("Property", value),) for name, value in registration.properties.items()
    }
    geometries = (registration.location, registration.observation_space, registration.operation_space)
    for name, geometry in zip(_SPACES, geometries, strict=True):
        if geometry is not None:
            attributes[NGSI_LD + name] = (Attribute("GeoProperty", geometry),)
    return Entity(
        registration.id, (NGSI_LD + "ContextSourceRegistration",), registration.scopes, attributes=attributes
    )
