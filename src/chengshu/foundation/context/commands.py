"""The only writer of the context: observations and entities, each with its change and journal entry."""

from __future__ import annotations

import hashlib
import math
import threading
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future
from typing import Any, NamedTuple

from sqlalchemy import Connection

from chengshu.foundation import journal
from chengshu.foundation.city.model import City
from chengshu.foundation.context import store
from chengshu.foundation.context.batch import encode_batch
from chengshu.foundation.context.model import Columns, Entity, Kind, Observation, Scalar, Series
from chengshu.foundation.context.registry import SeriesRegistry, kind_of
from chengshu.foundation.journal import Act, Actor, Gathering
from chengshu.kernel.clock import Clock, from_millis, iso, millis
from chengshu.kernel.errors import Invalid, Missing
from chengshu.kernel.texts import Text
from chengshu.kernel.units import convert, unit
from chengshu.ports.database import Database

_RESERVED = {"id", "type", "name", "area", "lon", "lat"}


class SeriesKey(NamedTuple):
    """What names a series before it has an id."""

    entity: str
    type: str
    attribute: str
    unit: str
    kind: Kind = "number"


class Context:
    """What the city is and what is measured in it, now. One object per hub."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self.series = SeriesRegistry(database)
        self.entities_version = 0  # grows whenever entities come, change or go
        self._gathering = Gathering(database, self._keep_all)
        self._opening = threading.Lock()

    def record(self, observations: Sequence[Observation], *, source: str = "") -> int:
        """Keep observations; returns the change's seq only after the commit is durable.

        An entity nobody declared comes into being with the type of its observation. Raises
        :class:`Invalid` (and keeps nothing) for a value that is no finite
        number, or a unit that does not fit.
        """
        if not observations:
            return 0
        for item in observations:
            _check_finite(item)
        opened = self.open_series(
            SeriesKey(item.entity, item.type, item.attribute, item.unit, kind_of(item.value))
            for item in observations
        )
        columns = Columns()
        for item, series in zip(observations, opened, strict=True):
            columns.add(series.id, millis(item.observed_at), in_unit(item.value, item.unit, series))
        return self.submit(columns, source or observations[0].source).result()

    def submit(self, columns: Columns, source: str) -> Future[int]:
        """As :meth:`record` for columns of opened series, without waiting.

        What is submitted while an earlier commit is under way is merged per source and commits together,
        so that many small messages cost as little as one large one.
        """
        return self._gathering.submit((source, columns))

    def _keep_all(self, connection: Connection, batches: Sequence[tuple[str, Columns]]) -> list[int]:
        if len(batches) == 1:
            ((source, columns),) = batches
            return [self.keep(connection, source, columns)]
        merged: dict[str, Columns] = {}
        for source, columns in batches:
            merged.setdefault(source, Columns()).extend(columns)
        seqs = {source: self.keep(connection, source, columns) for source, columns in merged.items()}
        return [seqs[source] for source, _ in batches]

    def keep(self, connection: Connection, source: str, columns: Columns) -> int:
        """Current state, change and journal entry of one batch, in the caller's transaction."""
        now = self._clock.now()
        store.move_current(connection, _newest(columns, source))
        if columns.texts:
            store.keep_texts(
                connection,
                [(columns.series[i], columns.observed_at[i], text) for i, text in columns.texts.items()],
            )
        packed = encode_batch(columns)
        seq = journal.append_change(connection, "observations", source, now, packed)
        body = {
            "change": seq,
            "count": len(columns),
            "sha256": hashlib.sha256(packed).hexdigest(),
            "from": iso(from_millis(min(columns.observed_at))),
            "to": iso(from_millis(max(columns.observed_at))),
        }
        journal.enter(connection, Act(Actor(f"source:{source}"), "observations.recorded", source, now, body))
        return seq

    def open_series(self, keys: Iterable[SeriesKey]) -> list[Series]:
        """The series of the keys, in order; new ones are made (with their entities) and committed.

        Raises :class:`Invalid` for an unknown unit.
        """
        wanted = list(keys)
        new = [key for key in dict.fromkeys(wanted) if self.series.find(key.entity, key.attribute) is None]
        if new:
            self._create(new)
        found = [self.series.find(key.entity, key.attribute) for key in wanted]
        return [series for series in found if series is not None]

    def _create(self, keys: Sequence[SeriesKey]) -> None:
        for key in keys:
            if key.unit:
                unit(key.unit)
        with self._opening:
            self.series.add(self._database.write(lambda connection: self._create_in(connection, keys)))

    def present(self, entities: Iterable[str]) -> set[str]:
        """Those of the entities that exist."""
        with self._database.read() as connection:
            return {item.id for item in store.find_entities(connection, ids=entities)}

    def _changed(self) -> None:
        self.series.reload()
        self.entities_version += 1

    def _create_in(self, connection: Connection, keys: Sequence[SeriesKey]) -> list[Series]:
        known = {item.id: item for item in store.find_entities(connection, ids={key.entity for key in keys})}
        made: list[Series] = []
        for key in keys:
            if (entity := known.get(key.entity)) is None:
                entity = known[key.entity] = Entity(key.entity, key.type)
                self._put(connection, entity, Actor.hub("context"), declared=False)
            series_id = store.add_series(connection, key.entity, key.attribute, key.unit, key.kind)
            made.append(
                Series(series_id, key.entity, entity.type, key.attribute, key.unit, entity.area, key.kind)
            )
        return made

    def upsert(self, entity: Entity, *, actor: Actor | None = None) -> None:
        """Create or replace an entity."""
        who = actor or Actor.hub("context")
        self._database.write(lambda connection: self._put(connection, entity, who, declared=False))
        self._changed()

    def delete(self, entity: str, *, actor: Actor | None = None) -> None:
        """Take an entity out of the present; its past stays. Raises :class:`Missing` when it is not there."""
        who = actor or Actor.hub("context")
        self._database.write(lambda connection: self._remove(connection, entity, who))
        self._changed()

    def load(self, city: City) -> int:
        """Bring the declared entities of ``city`` in; returns how many were new, changed or taken away.

        Loading the same city again changes nothing. A declared entity that is declared no longer is deleted.
        """
        wanted = [declared_entity(item, city) for item in city.entities]
        changed = self._database.write(lambda connection: self._load(connection, wanted))
        self._changed()
        return changed

    def _load(self, connection: Connection, wanted: Sequence[Entity]) -> int:
        present = {item.id: item for item in store.find_entities(connection)}
        gone = store.declared_ids(connection) - {item.id for item in wanted}
        who, changed = Actor.hub("city"), 0
        for entity in wanted:
            if present.get(entity.id) != entity:
                self._put(connection, entity, who, declared=True)
                changed += 1
        for entity_id in sorted(gone):
            self._remove(connection, entity_id, who)
        return changed + len(gone)

    def _put(self, connection: Connection, entity: Entity, actor: Actor, *, declared: bool) -> None:
        now = self._clock.now()
        store.put_entity(connection, entity, declared, millis(now))
        journal.record(
            connection, Act(actor, "entity.upserted", entity.id, now, {"entity": entity.as_dict()})
        )

    def _remove(self, connection: Connection, entity: str, actor: Actor) -> None:
        now = self._clock.now()
        if not store.mark_deleted(connection, entity, millis(now)):
            raise Missing("entity-missing", f"entity {entity} does not exist")
        journal.record(connection, Act(actor, "entity.deleted", entity, now, {"entity": {"id": entity}}))


def declared_entity(item: Mapping[str, Any], city: City) -> Entity:
    """An entity as a city folder declares it; without an area it gets the one its point lies in."""
    lon, lat = item.get("lon"), item.get("lat")
    area = item.get("area") or ""
    if not area and lon is not None and lat is not None:
        located = city.areas.locate(lon, lat)
        area = located.id if located else ""
    attributes = {key: value for key, value in item.items() if key not in _RESERVED}
    return Entity(item["id"], item["type"], Text.of(item.get("name") or ""), area, lon, lat, attributes)


def in_unit(value: Scalar, unit_: str, series: Series) -> Scalar:
    """``value`` in the unit of ``series``. Raises :class:`Invalid` when the units do not fit."""
    if unit_ == series.unit or not unit_ or isinstance(value, (str, bool)):
        return value
    return convert(float(value), unit_, series.unit) if series.unit else value


def _check_finite(item: Observation) -> None:
    if isinstance(item.value, float) and not math.isfinite(item.value):
        raise Invalid(
            "value-not-finite",
            f"the value of {item.attribute} is {item.value}",
            where=item.entity,
            remedy="leave the observation out when there is no value",
        )


def _newest(columns: Columns, source: str) -> list[store.CurrentRow]:
    """One row per series: its newest observation, the later one of equals."""
    best: dict[int, int] = {}
    times = columns.observed_at
    for index, series in enumerate(columns.series):
        other = best.get(series)
        if other is None or times[index] >= times[other]:
            best[series] = index
    values, texts = columns.values, columns.texts
    if not texts:
        return [(series, times[i], values[i], None, source) for series, i in best.items()]
    return [
        (series, times[i], None if i in texts else values[i], texts.get(i), source)
        for series, i in best.items()
    ]
