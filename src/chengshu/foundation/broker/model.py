"""What the broker keeps: NGSI-LD entities with expanded names, apart from any @context.

Source: ETSI GS CIM 009 V1.8.1, clause 4.5 (NGSI-LD information model). Names of types, attributes and
vocabulary values are absolute IRIs here; they are shortened only when something is rendered.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

Kind = Literal[
    "Property",
    "Relationship",
    "GeoProperty",
    "LanguageProperty",
    "VocabProperty",
    "ListProperty",
    "ListRelationship",
    "JsonProperty",
]
Attributes = Mapping[str, tuple["Attribute", ...]]
DEFAULT_TENANT = ""
NULL = "urn:ngsi-ld:null"  # in a fragment: delete this (clause 5.5.4); never in what is kept


class Attribute(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """One instance of an attribute (clauses 4.5.2-4.5.8); instances of one name differ by ``dataset``.

    ``value`` by kind: Property any JSON value; Relationship an IRI or a list of them; GeoProperty a GeoJSON
    geometry; LanguageProperty language → text (or texts); VocabProperty one IRI or several; ListProperty a
    list; ListRelationship a list of IRIs; JsonProperty any JSON, never expanded. Times: ``created_at`` and
    ``modified_at`` are milliseconds UTC; ``observed_at`` stays as it was said (RFC 3339 with ``Z``).
    """

    kind: Kind
    value: Any = None
    created_at: int = 0
    modified_at: int = 0
    observed_at: str = ""
    unit_code: str = ""
    dataset: str = ""
    object_types: tuple[str, ...] = ()
    value_type: str = ""
    expires_at: str = ""
    instance: str = ""  # instanceId, only of temporal instances
    deleted_at: int = 0  # milliseconds, only of temporal instances and notifications
    attributes: dict[str, tuple[Attribute, ...]] = {}


class Entity(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """An entity (clause 4.5.1): its types, scopes (clause 4.18) and attributes by expanded name.

    ``created_at``, ``modified_at`` and ``deleted_at`` are milliseconds UTC; ``expires_at`` as it was said.
    """

    id: str
    types: tuple[str, ...]
    scopes: tuple[str, ...] = ()
    created_at: int = 0
    modified_at: int = 0
    deleted_at: int = 0
    expires_at: str = ""
    attributes: dict[str, tuple[Attribute, ...]] = {}


class AttributePatch(msgspec.Struct, frozen=True, omit_defaults=True):
    """A part of one attribute instance: what is not said (None or empty) stays as it is (clause 5.5.8).

    :data:`NULL` as a value, a time or a unit deletes that member. Without ``kind`` the value is meant as the
    attribute's own kind has it; ``iri`` then is the value as a vocabulary would have it.
    """

    kind: Kind | None = None
    value: Any = None
    iri: Any = None
    observed_at: str = ""
    unit_code: str = ""
    dataset: str = ""
    object_types: tuple[str, ...] = ()
    value_type: str = ""
    expires_at: str = ""
    attributes: dict[str, tuple[AttributePatch, ...]] = {}


class EntityPatch(msgspec.Struct, frozen=True, omit_defaults=True):
    """A part of an entity, to be merged into it (clause 5.6.17); ``id`` is empty when it was not said."""

    id: str = ""
    types: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ()
    expires_at: str = ""
    attributes: dict[str, tuple[AttributePatch, ...]] = {}


class Touched(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """What happened to one attribute instance; ``before`` is what it was, for notifications of changes."""

    name: str
    what: Literal["created", "updated", "deleted"]
    dataset: str = ""
    before: Attribute | None = None


class EntityChange(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """One write to one entity, as the change stream carries it: all a subscriber needs, now or on replay.

    ``entity`` is the state after the write; of a deleted entity, the state before it with ``deleted_at``.
    ``scopes`` says whether the scopes were touched.
    """

    tenant: str
    what: Literal["created", "updated", "deleted"]
    entity: Entity
    touched: tuple[Touched, ...] = ()
    scopes: bool = False


class Changes(msgspec.Struct, frozen=True):
    """The payload of one record ``linked.changed`` in the change stream: a group of writes, in order."""

    items: tuple[EntityChange, ...]
