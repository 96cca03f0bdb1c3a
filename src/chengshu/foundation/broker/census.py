"""What kinds of entities and attributes there are, from the counts that every write keeps (clauses
5.7.5-5.7.10).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

import msgspec

from chengshu.foundation.broker.indexing import KINDS


class AttributeInfo(msgspec.Struct, frozen=True):
    """An attribute: how many entities have it, as what kinds, and of what types these entities are."""

    name: str
    count: int
    kinds: tuple[str, ...]
    types: tuple[str, ...]


class TypeInfo(msgspec.Struct, frozen=True):
    """A type: how many entities are of it, and their attributes, counted within the type."""

    name: str
    count: int
    attributes: tuple[AttributeInfo, ...]


class Census:
    """The counts of one tenant."""

    def __init__(
        self, typesets: Iterable[tuple[int, tuple[str, ...]]], counts: Iterable[tuple[int, str, int, int]]
    ) -> None:
        self._types = dict(typesets)
        self._entities: dict[int, int] = {}
        self._attributes: dict[str, list[tuple[int, int, int]]] = defaultdict(list)
        for typeset, name, kind, entities in counts:
            if not name:
                self._entities[typeset] = entities
            elif kind < len(KINDS):
                self._attributes[name].append((typeset, kind, entities))

    def type_names(self) -> list[str]:
        """Types of which there is an entity, in order."""
        return sorted({type_ for typeset in self._entities for type_ in self._types[typeset]})

    def attribute_names(self) -> list[str]:
        """Attributes that some entity has, in order."""
        return sorted(self._attributes)

    def type_info(self, type_: str) -> TypeInfo:
        """All about a type."""
        sets = {typeset for typeset in self._entities if type_ in self._types[typeset]}
        attributes = [self._info(name, sets) for name in self.attribute_names()]
        return TypeInfo(
            type_,
            sum(self._entities[typeset] for typeset in sets),
            tuple(item for item in attributes if item.count),
        )

    def attribute_info(self, name: str) -> AttributeInfo:
        """All about an attribute."""
        return self._info(name, set(self._entities))

    def _info(self, name: str, sets: set[int]) -> AttributeInfo:
        rows = [row for row in self._attributes[name] if row[0] in sets]
        return AttributeInfo(
            name,
            sum(entities for _, _, entities in rows),
            tuple(sorted({KINDS[kind] for _, kind, _ in rows})),
            tuple(sorted({type_ for typeset, _, _ in rows for type_ in self._types[typeset]})),
        )
