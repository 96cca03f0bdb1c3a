"""What a query asks, with names expanded: frozen, comparable, apart from text and from any store.

Source: ETSI GS CIM 009 V1.8.1, clauses 4.9 (q), 4.10 (geoQ), 4.17 (types), 4.19 (scopeQ), 5.2.8 (EntityInfo),
5.7.2 (query entities).
"""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

LOCATION = "https://uri.etsi.org/ngsi-ld/location"

Order = Literal["==", "!=", ">", ">=", "<", "<="]
Relation = Literal["near", "within", "contains", "intersects", "equals", "disjoint", "overlaps"]
Sets = Literal["same", "holds", "within all", "shares"]  # of arrays, as sets: which they are to each other
Sign = Literal["+", "-", "*", "/", "%", "^", "div"]
Shape = Literal["Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon"]


class Number(msgspec.Struct, frozen=True, tag=True):
    """A JSON number; compared as a double."""

    value: float


class Text(msgspec.Struct, frozen=True, tag=True):
    """A quoted string; ``iri`` is its expansion when the attribute is named in ``expandValues``."""

    value: str
    iri: str = ""


class Iri(msgspec.Struct, frozen=True, tag=True):
    """An unquoted URI."""

    value: str


class Truth(msgspec.Struct, frozen=True, tag=True):
    """``true`` or ``false``."""

    value: bool


class Moment(msgspec.Struct, frozen=True, tag=True):
    """An unquoted date, time or date-time as it was said; ``at`` orders it (see ``moments``)."""

    text: str
    clock: bool  # a time of day, comparable with nothing but times of day
    at: int


Value: TypeAlias = Number | Text | Iri | Truth | Moment


class Range(msgspec.Struct, frozen=True, tag=True):
    """``low..high``, both included."""

    low: Number | Text | Moment
    high: Number | Text | Moment


class Path(msgspec.Struct, frozen=True):
    """An attribute path: expanded ``names`` (attribute, sub-attribute …), then perhaps a bracketed ``trail``.

    The trail holds JSON member names, a language tag, or ``*``. A ``link`` goes on in the entities that the
    Relationship of the single name points to.
    """

    names: tuple[str, ...]
    trail: tuple[str, ...] = ()
    link: Link | None = None


class Link(msgspec.Struct, frozen=True):
    """The path inside linked entities, of some ``types`` when these are said."""

    path: Path
    types: tuple[str, ...] = ()


class Exists(msgspec.Struct, frozen=True, tag=True):
    """The target element is there."""

    path: Path


class Compare(msgspec.Struct, frozen=True, tag=True):
    """The target compares with the value; of several values (``==`` and ``!=`` only): with any, with none."""

    path: Path
    order: Order
    values: tuple[Value | Range, ...]


class Like(msgspec.Struct, frozen=True, tag=True):
    """The target is a text in which the regular expression is found (``~=``), or is not (``!~=``)."""

    path: Path
    pattern: str
    negated: bool = False


class Every(msgspec.Struct, frozen=True, tag=True):
    """All parts hold (``;``)."""

    parts: tuple[Condition, ...]


class Some(msgspec.Struct, frozen=True, tag=True):
    """At least one part holds (``|``)."""

    parts: tuple[Condition, ...]


class Not(msgspec.Struct, frozen=True, tag=True):
    """The part does not hold. Other surfaces (CQL2) have it; ``q`` cannot say it."""

    part: Condition


class Place(msgspec.Struct, frozen=True, tag=True):
    """A spatial relation as one condition among others; of other surfaces (CQL2), not of ``q``."""

    geo: GeoQuery


class Held(msgspec.Struct, frozen=True, tag=True):
    """What a path leads to."""

    path: Path


class Computed(msgspec.Struct, frozen=True, tag=True):
    """Arithmetic over two terms; ``div`` is division without remainder."""

    sign: Sign
    left: Term
    right: Term


class Listed(msgspec.Struct, frozen=True, tag=True):
    """An array, as it was written."""

    items: tuple[Value, ...]


Term: TypeAlias = Held | Value | Computed | Listed


class Relate(msgspec.Struct, frozen=True, tag=True):
    """Two terms compare, or two arrays, or two places; of other surfaces (CQL2), not of ``q``."""

    left: Term
    order: Order | Relation | Sets
    right: Term


Condition: TypeAlias = Exists | Compare | Like | Every | Some | Not | Place | Relate
Groups: TypeAlias = tuple[tuple[str, ...], ...]
"""A disjunction of conjunctions: of types, or of scope patterns. Of no groups: anything."""


class Selector(msgspec.Struct, frozen=True):
    """Which entities (EntityInfo, clause 5.2.8): each part that is said must hold; ``types`` are expanded."""

    ids: tuple[str, ...] = ()
    id_pattern: str = ""
    types: Groups = ()


class GeoQuery(msgspec.Struct, frozen=True):
    """A spatial relation of an entity's GeoProperty to a reference geometry (clause 4.10).

    ``coordinates`` is the canonical JSON text of the GeoJSON coordinates; ``distance`` is in metres and only
    of ``near``, with ``farther`` for ``minDistance``.
    """

    relation: Relation
    shape: Shape
    coordinates: str
    geoproperty: str = LOCATION
    distance: float = 0.0
    farther: bool = False


class Query(msgspec.Struct, frozen=True):
    """All that can be asked of entities; parts left empty ask nothing. Matching: every part holds.

    Of ``selectors`` one must hold, of ``attrs`` (expanded) the entity must have one (clause 5.7.2.4).
    ``expand_values`` and ``json_keys`` (expanded) are kept for forwarding to other brokers.
    """

    selectors: tuple[Selector, ...] = ()
    attrs: tuple[str, ...] = ()
    q: Condition | None = None
    geo: GeoQuery | None = None
    scopes: Groups = ()
    csf: Condition | None = None
    expand_values: tuple[str, ...] = ()
    json_keys: tuple[str, ...] = ()
