"""What the indexes can answer of a query: a small tree of probes, which the store turns into SQL.

The query room translates a condition into a plan. A plan is *necessary*: an entity that meets the condition
meets the plan. When it is also *sufficient* the translator says so (:attr:`Planned.exact`) and the store
need not look at the entity itself to filter, count or page.

What lies in the index, of every instance of every top-level attribute:

* a number (Property): itself as a double; a boolean: its truth; a text: its first :data:`TEXT_INDEXED`
  characters (compared by code point);
* the elements of a list (Property, ListProperty) one by one, when they are numbers, booleans or texts;
* Relationship and ListRelationship: the target IRIs as texts; VocabProperty: the IRIs as texts;
* LanguageProperty: the texts of all languages; JsonProperty and compound values: only that they are there;
* GeoProperty: the bounding box of the geometry.
"""

from __future__ import annotations

from typing import TypeAlias

import msgspec

TEXT_INDEXED = 200


class Every(msgspec.Struct, frozen=True):
    """All parts hold; of no parts: always."""

    parts: tuple[Plan, ...] = ()


class Some(msgspec.Struct, frozen=True):
    """At least one part holds; of no parts: never."""

    parts: tuple[Plan, ...] = ()


class Has(msgspec.Struct, frozen=True):
    """The entity has the attribute (expanded IRI)."""

    name: str


class Lacks(msgspec.Struct, frozen=True):
    """The entity does not have the attribute."""

    name: str


class Numbers(msgspec.Struct, frozen=True):
    """Some value of the attribute is a number within the bounds; None is unbounded."""

    name: str
    low: float | None = None
    high: float | None = None
    low_open: bool = False
    high_open: bool = False


class Texts(msgspec.Struct, frozen=True):
    """Some value of the attribute is a text within the bounds; ``low == high`` is equality.

    Bounds longer than :data:`TEXT_INDEXED` are cut and widened by the store: such a plan is not exact.
    """

    name: str
    low: str | None = None
    high: str | None = None
    low_open: bool = False
    high_open: bool = False


class Truths(msgspec.Struct, frozen=True):
    """Some value of the attribute is this boolean."""

    name: str
    value: bool


class Places(msgspec.Struct, frozen=True):
    """The bounding box of some instance of the GeoProperty meets this box (WGS-84 degrees).

    A box over the date line is written as two, in :class:`Some`.
    """

    name: str
    west: float
    south: float
    east: float
    north: float


class Scoped(msgspec.Struct, frozen=True):
    """Some scope of the entity is ``scope``, or lies below it when ``below``."""

    scope: str
    below: bool = False


class Ids(msgspec.Struct, frozen=True):
    """The entity is one of these."""

    ids: tuple[str, ...]


class Typed(msgspec.Struct, frozen=True):
    """The types of the entity satisfy a selection in disjunctive form: some group is wholly among them."""

    groups: tuple[tuple[str, ...], ...]


Plan: TypeAlias = Every | Some | Has | Lacks | Numbers | Texts | Truths | Places | Scoped | Ids | Typed


class Planned(msgspec.Struct, frozen=True):
    """A plan, and whether meeting it already is meeting the whole condition."""

    plan: Plan
    exact: bool = False


EVERYTHING = Planned(Every(), exact=True)
