"""What an attribute path leads to in an entity: instances, sub-attributes, members, linked entities.

Source: ETSI GS CIM 009 V1.8.1, clause 4.9 (target element, target value, trailing path).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from chengshu.foundation.broker.model import Attribute, Entity
from chengshu.foundation.broker.query.model import Path

_NGSI_LD = "https://uri.etsi.org/ngsi-ld/"
Target = tuple[str, Any]
"""The kind of the target element and its value; of a time member the kind is ``stamp`` or ``moment``."""
Resolve = Callable[[str], Entity | None]
Find = Callable[[Entity], Iterator[Target]]


class Stamp(int):
    """A time of ours, in milliseconds UTC, as against a number that somebody measured."""


_ENTITY_MEMBERS: Mapping[str, tuple[str, str]] = {
    "@id": ("Relationship", "id"),
    "@type": ("VocabProperty", "types"),
    _NGSI_LD + "scope": ("Property", "scopes"),
    _NGSI_LD + "createdAt": ("stamp", "created_at"),
    _NGSI_LD + "modifiedAt": ("stamp", "modified_at"),
    _NGSI_LD + "deletedAt": ("stamp", "deleted_at"),
    _NGSI_LD + "expiresAt": ("moment", "expires_at"),
}
_MEMBERS: Mapping[str, tuple[str, str]] = {
    _NGSI_LD + "createdAt": ("stamp", "created_at"),
    _NGSI_LD + "modifiedAt": ("stamp", "modified_at"),
    _NGSI_LD + "deletedAt": ("stamp", "deleted_at"),
    _NGSI_LD + "expiresAt": ("moment", "expires_at"),
    _NGSI_LD + "observedAt": ("moment", "observed_at"),
    _NGSI_LD + "unitCode": ("Property", "unit_code"),
    _NGSI_LD + "datasetId": ("Property", "dataset"),
    _NGSI_LD + "instanceId": ("Property", "instance"),
    _NGSI_LD + "hasObjectType": ("VocabProperty", "object_types"),
    _NGSI_LD + "hasValueType": ("VocabProperty", "value_type"),
}
MEMBERS = frozenset(_ENTITY_MEMBERS)
"""Names that lead to a member of the entity itself, unless it has an attribute of the name."""


def scalars(kind: str, value: Any) -> Iterator[Any]:
    """What stands for the value in a comparison: itself, its elements, its texts; of some kinds nothing."""
    if kind == "LanguageProperty":
        for said in value.values():
            if isinstance(said, str):
                yield said
            else:
                yield from said
    elif kind != "JsonProperty":
        if isinstance(value, list | tuple):
            yield from value
        else:
            yield value


def finder_of(path: Path, resolve: Resolve | None) -> Find:
    """A function from an entity to all targets of ``path`` in it; ``resolve`` finds linked entities by id,
    without it (or beyond what it finds) a linked path leads nowhere."""
    if path.link is not None:
        return _through(path.names[0], path.link.types, finder_of(path.link.path, resolve), resolve)
    if len(path.names) > 1:
        return _trailed(_below(path.names), path.trail)
    if path.names[0] in MEMBERS:
        return _member(path.names[0])
    name = path.names[0]

    def instances(entity: Entity) -> Iterator[Target]:
        for attribute in entity.attributes.get(name, ()):
            yield attribute.kind, attribute.value

    return _trailed(instances, path.trail)


def _member(name: str) -> Find:
    kind, field = _ENTITY_MEMBERS[name]

    def members(entity: Entity) -> Iterator[Target]:
        if attributes := entity.attributes.get(name):
            yield from ((attribute.kind, attribute.value) for attribute in attributes)
        elif value := getattr(entity, field):
            yield kind, Stamp(value) if kind == "stamp" else value

    return members


def _below(names: tuple[str, ...]) -> Find:
    first, *inner, last = names
    member = _MEMBERS.get(last)

    def targets(entity: Entity) -> Iterator[Target]:
        level: list[Attribute] = list(entity.attributes.get(first, ()))
        for name in inner:
            level = [deeper for attribute in level for deeper in attribute.attributes.get(name, ())]
        for attribute in level:
            if found := attribute.attributes.get(last):
                yield from ((deeper.kind, deeper.value) for deeper in found)
            elif member and (value := getattr(attribute, member[1])):
                yield member[0], Stamp(value) if member[0] == "stamp" else value

    return targets


def _through(name: str, types: tuple[str, ...], inner: Find, resolve: Resolve | None) -> Find:
    wanted = frozenset(types)

    def targets(entity: Entity) -> Iterator[Target]:
        if resolve is None:
            return
        for attribute in entity.attributes.get(name, ()):
            if attribute.kind in {"Relationship", "ListRelationship"}:
                for iri in [attribute.value] if isinstance(attribute.value, str) else attribute.value:
                    linked = resolve(iri)
                    if linked is not None and (not wanted or not wanted.isdisjoint(linked.types)):
                        yield from inner(linked)

    return targets


def _trailed(find: Find, trail: tuple[str, ...]) -> Find:
    if not trail:
        return find

    def targets(entity: Entity) -> Iterator[Target]:
        for kind, value in find(entity):
            if kind == "LanguageProperty":
                if said := _said(value, trail):
                    yield kind, said
            elif kind in {"Property", "JsonProperty", "GeoProperty"}:
                yield from _walk(value, trail)

    return targets


def _said(languages: Mapping[str, Any], trail: tuple[str, ...]) -> Mapping[str, Any]:
    """The part of the map in one language (tags are alike in any case, RFC 5646); all of it for ``*``."""
    if trail == ("*",):
        return languages
    tag = ".".join(trail).casefold()
    return {language: said for language, said in languages.items() if language.casefold() == tag}


def _walk(value: Any, trail: tuple[str, ...]) -> Iterator[Target]:
    """A member expression of ECMA-262 in dot notation; what is not defined does not exist."""
    for name in trail:
        if not isinstance(value, Mapping) or name not in value:
            return
        value = value[name]
    yield "Property", value
