"""One group of writes inside its transaction: documents read once, edited in memory, written once.

Later commands of the group see what earlier ones did. The rows of the indexes follow from the documents
before and after, so only what differs is touched.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec
from sqlalchemy import Connection

from chengshu.foundation.broker import store
from chengshu.foundation.broker.dictionary import Dictionary
from chengshu.foundation.broker.indexing import (
    KIND_CODES,
    THERE,
    only_place,
    places_of,
    scalar,
    scopes_of,
    values_of,
)
from chengshu.foundation.broker.model import Attribute, Entity
from chengshu.foundation.broker.moments import millis_of

_PROPERTY, _GEO = KIND_CODES["Property"], KIND_CODES["GeoProperty"]
encode = msgspec.msgpack.Encoder().encode
decode = msgspec.msgpack.Decoder(Entity).decode


class Slot:
    """One entity in the group: what the store has of it and what it is by now."""

    __slots__ = ("before", "doc", "key", "now", "typeset")

    def __init__(self, key: int = 0, typeset: int = 0, before: Entity | None = None) -> None:
        self.key, self.typeset = key, typeset
        self.before = self.now = before
        self.doc = b""  # of ``now``


class Group:
    """The entities a group of commands is about."""

    def __init__(self, connection: Connection, dictionary: Dictionary) -> None:
        self._connection = connection
        self._dictionary = dictionary
        self._slots: dict[tuple[str, str], Slot] = {}

    def load(self, tenant: str, ids: Iterable[str]) -> None:
        """Read the documents of these entities of a tenant."""
        wanted = list(dict.fromkeys(ids))
        for key, entity, typeset, doc in store.kept(self._connection, tenant, wanted):
            self._slots[tenant, entity] = Slot(key, typeset, decode(doc))

    def slot(self, tenant: str, entity: str) -> Slot:
        """The entity as it is after the commands so far."""
        return self._slots.setdefault((tenant, entity), Slot())

    def write(self) -> None:
        """Write what differs from the store."""
        moves = _Moves(self._connection, self._dictionary)
        new = [(where, slot) for where, slot in self._slots.items() if slot.before is None and slot.now]
        if new:
            key = store.last_key(self._connection)
            for number, (_, slot) in enumerate(new, key + 1):
                slot.key = number
        inserts: list[store.EntityRow] = []
        updates: list[tuple[int, int | None, bytes, int]] = []
        deletes: list[int] = []
        for (tenant, id_), slot in self._slots.items():
            if slot.now is slot.before:
                continue
            old_typeset = slot.typeset
            if slot.now is None:
                deletes.append(slot.key)
            else:
                if slot.before is None or slot.now.types != slot.before.types:
                    slot.typeset = self._dictionary.typeset(self._connection, tenant, slot.now.types)
                expires = millis_of(slot.now.expires_at) if slot.now.expires_at else None
                if slot.before is None:
                    inserts.append((slot.key, tenant, id_, slot.typeset, expires, slot.doc))
                else:
                    updates.append((slot.typeset, expires, slot.doc, slot.key))
            moves.add(slot, old_typeset)
        store.insert_entities(self._connection, inserts)
        store.update_entities(self._connection, updates)
        store.delete_entities(self._connection, deletes)
        moves.write()
        for slot in self._slots.values():
            slot.before = slot.now


class _Moves:
    """Rows of the indexes that go and come."""

    def __init__(self, connection: Connection, dictionary: Dictionary) -> None:
        self._connection = connection
        self._dictionary = dictionary
        self._values: tuple[list[store.ValueRow], list[store.ValueRow]] = ([], [])
        self._places: tuple[list[store.PlaceRow], list[store.PlaceRow]] = ([], [])
        self._scopes: tuple[list[store.ScopeRow], list[store.ScopeRow]] = ([], [])
        self._counts: dict[tuple[int, int, int], int] = {}

    def add(self, slot: Slot, old_typeset: int) -> None:
        """Move one entity from what it was to what it is."""
        before, now = slot.before, slot.now
        only: Sequence[str] | None = None
        if before is not None and now is not None and old_typeset == slot.typeset:
            only = [name for name in {**before.attributes, **now.attributes} if _differs(before, now, name)]
        if before is not None:
            self._side(0, slot.key, old_typeset, before.attributes, only)
        if now is not None:
            self._side(1, slot.key, slot.typeset, now.attributes, only)
        if only is None:
            if before is not None:
                self._count(old_typeset, -1)
                self._scope(0, old_typeset, before, slot.key)
            if now is not None:
                self._count(slot.typeset, 1)
                self._scope(1, slot.typeset, now, slot.key)
        elif before is not None and now is not None and before.scopes != now.scopes:
            self._scope(0, old_typeset, before, slot.key)
            self._scope(1, slot.typeset, now, slot.key)

    def _scope(self, side: int, typeset: int, entity: Entity, key: int) -> None:
        if entity.scopes:
            self._scopes[side].extend((typeset, scope, key) for scope in scopes_of(entity))

    def _count(self, typeset: int, step: int) -> None:
        self._counts[typeset, 0, 0] = self._counts.get((typeset, 0, 0), 0) + step

    def _side(
        self,
        side: int,
        key: int,
        typeset: int,
        attributes: Mapping[str, tuple[Attribute, ...]],
        only: Sequence[str] | None,
    ) -> None:
        """The rows of some attributes of an entity: that go (0) or come (1)."""
        rows, counts, step = self._values[side], self._counts, 1 if side else -1
        name_of = self._dictionary.known_names
        for name in attributes if only is None else only:
            instances = attributes.get(name)
            if not instances:
                continue
            name_id = name_of.get(name) or self._dictionary.name(self._connection, name)
            first = instances[0]
            if len(instances) == 1 and first.kind == "Property" and (one := scalar(first.value)) is not None:
                rows.append((typeset, name_id, *one, key))  # nearly always
                counted = (typeset, name_id, _PROPERTY)
                counts[counted] = counts.get(counted, 0) + step
                continue
            if (place := only_place(instances)) is not None:  # and this nearly always of the others
                z, lon, lat = place
                rows.append((typeset, name_id, *THERE, key))
                self._places[side].append((typeset, name_id, 0, z, key, lon, lat, lon, lat))
                counted = (typeset, name_id, _GEO)
                counts[counted] = counts.get(counted, 0) + step
                continue
            values = values_of(instances)
            for rank, num, txt in values:
                rows.append((typeset, name_id, rank, num, txt, key))
            several = len(values) - 1
            kinds = {item.kind for item in instances} if len(instances) > 1 else (first.kind,)
            for kind in kinds:
                counted = (typeset, name_id, KIND_CODES[kind])
                counts[counted] = counts.get(counted, 0) + step
            if "GeoProperty" in kinds:
                places = places_of(instances)
                several += max(len(places) - 1, 0)
                for (size, z), box in places.items():
                    self._places[side].append((typeset, name_id, size, z, key, *box))
            if several:
                counted = (typeset, name_id, store.SEVERAL)
                counts[counted] = counts.get(counted, 0) + step * several

    def write(self) -> None:
        """Write all of them, in the order in which they lie."""
        gone, new = self._values
        if gone and new:
            same = set(gone) & set(new)
            gone = [row for row in gone if row not in same]
            new = [row for row in new if row not in same]
        store.change_values(self._connection, gone, sorted(new))
        store.change_places(self._connection, self._places[0], sorted(self._places[1]))
        store.change_scopes(self._connection, self._scopes[0], sorted(self._scopes[1]))
        store.change_counts(
            self._connection, [(*key, moved) for key, moved in sorted(self._counts.items()) if moved]
        )


def _differs(before: Entity, now: Entity, name: str) -> bool:
    old, new = before.attributes.get(name), now.attributes.get(name)
    return old is not new and old != new
