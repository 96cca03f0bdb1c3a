"""Payloads as entities, fragments and patches of the model, with everything the specification asks checked.

Source: ETSI GS CIM 009 V1.8.1, clauses 4.5 (representations), 4.6 (names, URIs, times), 5.2.4 (Entity),
5.2.20 (EntityTemporal), 5.5.4 (null), 5.5.7 (expansion). Names become IRIs by the request's context.
``@context`` itself is left aside: who reads the request has compiled it.
"""

from __future__ import annotations

from typing import Any, Protocol, TypeVar

from chengshu.foundation.broker.errors import BadRequestData
from chengshu.foundation.broker.ld import checks
from chengshu.foundation.broker.ld.attributes import AttributeReader, attribute_name, types_of, within
from chengshu.foundation.broker.ld.contexts import LdContext
from chengshu.foundation.broker.ld.core import NGSI_LD
from chengshu.foundation.broker.ld.patches import PatchReader
from chengshu.foundation.broker.model import NULL, Attribute, AttributePatch, Entity, EntityPatch

Said = TypeVar("Said", Attribute, AttributePatch)
Said_co = TypeVar("Said_co", Attribute, AttributePatch, covariant=True)
_GEO = frozenset(NGSI_LD + name for name in ("location", "observationSpace", "operationSpace"))
_LEFT_ASIDE = frozenset({"@context", "createdAt", "modifiedAt", "deletedAt"})
_NAMES = {
    "id": "id",
    "@id": "id",
    "type": "type",
    "@type": "type",
    "scope": "scope",
    "expiresAt": "expiresAt",
}


class _Reader(Protocol[Said_co]):
    """What reads attributes: whole ones or patches."""

    context: LdContext

    def instances(self, said: Any) -> tuple[Said_co, ...]: ...

    def typed(self, types: Any) -> _Reader[Said_co]: ...

    def under(self, name: str) -> _Reader[Said_co]: ...


def read_entity(payload: Any, context: LdContext, *, simplified: bool = False) -> Entity:
    """A whole entity (clause 5.2.4); ``simplified`` (keyValues) takes any other object as a value.

    Raises :class:`BadRequestData` saying what is wrong, where, and how to mend it.
    """
    entity = _entity(payload, context, AttributeReader(context, simplified=simplified))
    return _whole(entity)


def read_fragment(payload: Any, context: LdContext, *, simplified: bool = False) -> Entity:
    """An entity fragment, to append or to update with: ``id`` and ``type`` may be missing, Null deletes."""
    return _entity(payload, context, AttributeReader(context, nulls=True, simplified=simplified))


def read_entity_patch(payload: Any, context: LdContext, *, simplified: bool = False) -> EntityPatch:
    """A fragment to merge (clause 5.5.12): what is not said of an attribute stays as it is, Null deletes."""
    reader = PatchReader(context, simplified=simplified)
    header, attributes = _members(payload, context, reader, nulls=True)
    return EntityPatch(attributes=attributes, **header)


def read_attribute(
    payload: Any, context: LdContext, *, name: str = "", simplified: bool = False
) -> tuple[Attribute, ...]:
    """The instances of one attribute, whole, as replacing it takes them (clause 5.6.19).

    ``name`` is the attribute as the request has it: what it holds may have a context of its own.
    """
    return AttributeReader(context, simplified=simplified).under(name).instances(_bare(payload))


def read_attribute_patch(payload: Any, context: LdContext, *, name: str = "") -> AttributePatch:
    """What a partial update says of one attribute instance (clause 5.6.4). It must say something.

    ``name`` is the attribute as the request has it: what it holds may have a context of its own.
    """
    said = _bare(payload)
    if isinstance(said, list) or said == {}:
        raise BadRequestData(
            "there is no attribute fragment here", remedy='write the members to change, as {"value": 7}'
        )
    return PatchReader(context).under(name).instance(said)


def read_temporal_entity(payload: Any, context: LdContext) -> Entity:
    """The temporal representation of an entity (clause 5.2.20): of each attribute any number of instances."""
    return _whole(_entity(payload, context, AttributeReader(context, temporal=True)))


def read_temporal_fragment(payload: Any, context: LdContext) -> Entity:
    """A temporal fragment, to add instances (clause 5.6.12): ``id`` and ``type`` may be missing."""
    return _entity(payload, context, AttributeReader(context, temporal=True))


def read_temporal_patch(payload: Any, context: LdContext, name: str) -> AttributePatch:
    """What a change of one instance of the attribute ``name`` (a term or IRI) says (clause 5.6.14).

    It may be said bare, or under the name of the attribute, alone or as a list of one.
    """
    said = _bare(payload)
    iri = context.name(name)
    if isinstance(said, dict):
        named = (item for key, item in said.items() if key not in _NAMES and context.expand(key) == iri)
        said = next(named, said)
    if isinstance(said, list) and len(said) == 1:
        said = said[0]
    if isinstance(said, list) or said == {}:
        raise BadRequestData(
            "there is not one attribute instance here",
            where=name,
            remedy='write what changes, as {"value": 7}',
        )
    return PatchReader(context).under(name).instance(said)


def _whole(entity: Entity) -> Entity:
    if entity.id and entity.types:
        return entity
    for name, said in (("id", entity.id), ("type", entity.types)):
        if not said:
            raise BadRequestData(f"the entity has no {name}", where=name, remedy=f"say its {name}")
    return entity


def _entity(payload: Any, context: LdContext, reader: AttributeReader) -> Entity:
    header, attributes = _members(payload, context, reader, nulls=reader.nulls)
    return Entity(attributes=attributes, **header)


def _members(
    payload: Any, context: LdContext, reader: _Reader[Said], *, nulls: bool
) -> tuple[dict[str, Any], dict[str, tuple[Said, ...]]]:
    """What the payload says of the entity itself, and its attributes by IRI."""
    if not isinstance(payload, dict):
        raise BadRequestData(
            f"{checks.shown(payload)} is not an entity", remedy='write an object, as {"id": …, "type": …}'
        )
    header: dict[str, Any] = {"id": "", "types": ()}
    attributes: dict[str, tuple[Said, ...]] = {}
    payload = context.lifted(payload)
    names, scoped, read = context, context.scoped, reader.instances
    if scoped:
        reader = reader.typed(payload.get("type", payload.get("@type")))
        names = reader.context
        payload = names.lifted(payload)
    for key, said in payload.items():
        if key == "scope" and isinstance(said, list) and said and isinstance(said[0], dict):
            history = attributes[NGSI_LD + key] = read(said)  # scopes through time, as an attribute is
            header["scopes"] = _scopes(history[-1].value, nulls)
        elif key in _NAMES:
            _header(header, _NAMES[key], said, context, nulls)
        elif key not in _LEFT_ASIDE:
            name = attribute_name(key, names)
            if name in attributes:
                raise BadRequestData(
                    f"'{key}' is said twice, under two names", where=key, remedy="say it once"
                )
            if scoped:
                read = reader.under(key).instances
            try:
                found = attributes[name] = read(said)
            except BadRequestData as error:
                raise within(error, key) from error
            if name in _GEO:
                _geographic(key, found)
    return header, attributes


def _header(header: dict[str, Any], key: str, said: Any, context: LdContext, nulls: bool) -> None:
    if key == "id":
        header["id"] = checks.uri(said, "id")
    elif key == "type":
        header["types"] = types_of(said, "type", context)
    elif key == "scope":
        header["scopes"] = _scopes(said, nulls)
    else:
        header["expires_at"] = NULL if nulls and said == NULL else checks.time(said, "expiresAt")


def _scopes(said: Any, nulls: bool) -> tuple[str, ...]:
    if isinstance(said, dict) and said.get("type") == "Property":
        said = said.get("value")  # as temporal representations and some clients write it
    if nulls and said == NULL:
        return (NULL,)
    return tuple(dict.fromkeys(checks.scope(item) for item in checks.strings(said, "scope", "a scope")))


def _geographic(key: str, found: tuple[Any, ...]) -> None:
    for item in found:
        if item.kind not in {"GeoProperty", None} and item.value != NULL:
            raise BadRequestData(
                f"'{key}' is a GeoProperty, not a {item.kind}", where=key, remedy="write a GeoJSON geometry"
            )


def _bare(payload: Any) -> Any:
    """The payload of one attribute without the ``@context`` that came with it."""
    if isinstance(payload, dict) and "@context" in payload:
        return {key: item for key, item in payload.items() if key != "@context"}
    return payload
