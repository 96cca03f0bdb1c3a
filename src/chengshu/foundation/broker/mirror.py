"""The hub's own entities as NGSI-LD entities, and what NGSI-LD clients write as the hub's observations.

:class:`Mirror` follows the change stream of the context and keeps, in the default tenant, what is declared
of each entity and the newest value of each of its series. :class:`Echo` follows the writes of the broker
and records numbers, booleans and texts as observations, so that indicators and twins see them. Neither
answers the other.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from msgspec.structs import replace
from sqlalchemy import Connection

from chengshu.foundation.broker import store
from chengshu.foundation.broker.dictionary import Dictionary
from chengshu.foundation.broker.edit import AppendAttributes, Command, CreateEntity, DeleteEntity
from chengshu.foundation.broker.grouping import Job, Writing
from chengshu.foundation.broker.ld.core import DEFAULT_VOCAB, NGSI_LD
from chengshu.foundation.broker.model import DEFAULT_TENANT, Attribute, Entity, EntityChange
from chengshu.foundation.broker.moments import millis_of
from chengshu.foundation.broker.store import portions
from chengshu.foundation.broker.stream import KIND, changes_of, settled
from chengshu.foundation.broker.temporal_feed import TemporalFeed
from chengshu.foundation.broker.temporal_writing import EvolutionWriter
from chengshu.foundation.broker.units import to_cefact, to_ucum
from chengshu.foundation.context import Columns, Context, SeriesKey, decode_batch
from chengshu.foundation.context.commands import in_unit
from chengshu.foundation.context.model import Scalar, Series
from chengshu.foundation.context.registry import kind_of
from chengshu.foundation.journal import Actor
from chengshu.foundation.journal.store import put_offset, read_offset
from chengshu.kernel.clock import Clock, from_millis, iso, millis
from chengshu.kernel.errors import Invalid
from chengshu.ports.database import Database
from chengshu.ports.runtime import Change, Effect

SOURCE = "ngsi-ld"
LOCATION = NGSI_LD + "location"
_POSITION = "broker-mirrored"  # among the offsets
_PORTION = 200  # entities of one transaction
_LONGEST_TEXT = 1000
_PRESENT = Entity("", ())
_ME = Actor.hub("broker")


def expanded(name: str) -> str:
    """The IRI of a type or attribute of the hub: as every context has it that says nothing of the name."""
    return name if ":" in name else DEFAULT_VOCAB + name


def shortened(iri: str) -> str:
    """The hub's name of a type or attribute: the last part of its IRI."""
    return iri.rsplit("/", 1)[-1].rsplit("#", 1)[-1].rsplit(":", 1)[-1] or iri


class Mirror:
    """Consumer and ticker ``broker-mirror``.

    What comes is gathered, of every series the newest value, and written every few seconds in small
    transactions, so that taking in observations is never held up. Its durable position is its own and moves
    when all is written; what is written twice after a kill is the same. These writes add nothing to
    evolutions: the past of the hub's series is in its history.
    """

    name = "broker-mirror"
    kinds: tuple[str, ...] = ("entity.", "observations")

    def __init__(
        self,
        database: Database,
        context: Context,
        clock: Clock,
        evolutions: TemporalFeed,
        *,
        every: timedelta = timedelta(seconds=2),
    ) -> None:
        self._database = database
        self._series = context.series
        self._clock = clock
        self._evolutions = evolutions
        self._every = every
        self._due: datetime | None = None
        self._seen = 0
        self._told: dict[str, Entity | None] = {}  # declared entities; None: deleted
        self._newest: dict[int, tuple[int, Scalar]] = {}

    def offset(self) -> int:
        """The last position that is written."""
        with self._database.read() as connection:
            return read_offset(connection, _POSITION)

    def prepare(self, changes: Sequence[Change]) -> Effect | None:
        """Gather what the entities are after these changes."""
        for change in changes:
            if change.kind == "observations":
                if change.subject != SOURCE:
                    self._take(change.payload["batch"])
            elif change.kind == "entity.deleted":
                self._told[change.subject] = None
            elif change.kind == "entity.upserted":
                self._told[change.subject] = declared(change.payload["entity"])
        self._seen = changes[-1].seq
        if self._due is None:
            self._due = self._clock.now() + self._every
        return None

    def next_due(self) -> datetime | None:
        """When what was gathered must be written."""
        return self._due

    def tick(self, now: datetime) -> None:
        """Write what was gathered."""
        readings = self._readings()
        for part in portions(list(dict.fromkeys([*self._told, *readings])), _PORTION):
            self._database.write(lambda connection, part=part: self._write(connection, part, readings))  # type: ignore[misc]
        self._database.write(lambda connection: put_offset(connection, _POSITION, self._seen))
        self._told, self._newest, self._due = {}, {}, None

    def _write(self, connection: Connection, part: Sequence[str], readings: Mapping[str, Entity]) -> None:
        """Some entities; one that is there keeps its types, whoever gave them."""
        present = {row[1] for row in store.kept(connection, DEFAULT_TENANT, part)}
        commands: list[Command] = []
        for name in part:
            told = self._told.get(name)
            if name in self._told and told is None:
                if name in present:
                    commands.append(DeleteEntity(name))
                continue
            for entity in (told, readings.get(name)):
                if entity is None or not (entity.attributes or name in readings):
                    continue
                if name in present:
                    commands.append(AppendAttributes(name, replace(entity, types=())))
                else:
                    commands.append(CreateEntity(entity))
                    present.add(name)
        now, dictionary = self._clock.now(), Dictionary()
        writing = Writing(connection, dictionary, now, self._evolutions)
        writing.run([Job(DEFAULT_TENANT, commands, _ME)], settled=True)
        evolutions = EvolutionWriter(connection, dictionary, forget=self._evolutions.forget)
        evolutions.load((DEFAULT_TENANT, name) for name in part)
        for command in commands:
            if isinstance(command, CreateEntity):
                evolutions.ensure(DEFAULT_TENANT, command.entity, millis(now))
            elif isinstance(command, DeleteEntity):
                evolutions.end(DEFAULT_TENANT, command.id, millis(now))
        evolutions.write()

    def _take(self, batch: bytes) -> None:
        """The newest value of each series, the later one of equals."""
        found, newest = decode_batch(batch), self._newest
        order = np.lexsort((np.arange(len(found)), found.observed_at, found.series))
        series = found.series[order]
        last = order[np.append(series[1:] != series[:-1], True)] if len(order) else order
        for index in last.tolist():
            number, at = int(found.series[index]), int(found.observed_at[index])
            if number not in newest or newest[number][0] <= at:
                newest[number] = (at, found.texts.get(index, float(found.values[index])))

    def _readings(self) -> dict[str, Entity]:
        """The newest values by entity; an entity that was deleted after them has none."""
        found: dict[str, dict[str, tuple[Attribute, ...]]] = {}
        types: dict[str, str] = {}
        for number, (at, value) in sorted(self._newest.items()):
            series = self._series[number]
            if self._told.get(series.entity, _PRESENT) is None:
                continue
            types[series.entity] = series.type
            found.setdefault(series.entity, {})[expanded(series.attribute)] = (reading(series, at, value),)
        return {
            name: Entity(name, (expanded(types[name]),), attributes=attributes)
            for name, attributes in found.items()
        }


def reading(series: Series, at: int, value: Scalar) -> Attribute:
    """A value of a series as a Property."""
    shown: Any = bool(value) if series.kind == "boolean" and not isinstance(value, str) else value
    if isinstance(shown, float) and shown.is_integer() and abs(shown) < 2**53:
        shown = int(shown)
    return Attribute("Property", shown, observed_at=iso(from_millis(at)), unit_code=to_cefact(series.unit))


def declared(entity: Mapping[str, Any]) -> Entity:
    """A declared entity of the hub as NGSI-LD has it."""
    attributes: dict[str, tuple[Attribute, ...]] = {}
    names = {language: text for language, text in (entity.get("name") or {}).items() if text}
    if names:
        attributes[expanded("name")] = (Attribute("LanguageProperty", names),)
    if entity.get("area"):
        attributes[expanded("area")] = (Attribute("Property", entity["area"]),)
    if entity.get("lon") is not None and entity.get("lat") is not None:
        point = {"type": "Point", "coordinates": [entity["lon"], entity["lat"]]}
        attributes[LOCATION] = (Attribute("GeoProperty", point),)
    for name, value in (entity.get("attributes") or {}).items():
        if value is not None:
            linked = isinstance(value, str) and value.startswith("urn:")
            attributes[expanded(name)] = (Attribute("Relationship" if linked else "Property", value),)
    return Entity(str(entity["id"]), (expanded(str(entity["type"])),), attributes=attributes)


class Echo:
    """Consumer ``broker-echo``: Properties written by clients to the default tenant become observations.

    A unit that the hub does not know, or that does not fit the series, cannot be an observation and is left
    out, as is a value of another kind than the series has.
    """

    name = "broker-echo"
    kinds: tuple[str, ...] = (KIND,)

    def __init__(self, context: Context) -> None:
        self._context = context

    def prepare(self, changes: Sequence[Change]) -> Effect | None:
        """The observations in these changes."""
        found: list[tuple[SeriesKey, int, Scalar]] = []
        for change in changes:
            done = settled(change)
            for index, item in enumerate(changes_of(change).items):
                if index not in done and item.tenant == DEFAULT_TENANT and item.what != "deleted":
                    found += observations(item)
        columns = self._columns(found)
        if not columns:
            return None

        def effect(connection: Connection) -> None:
            self._context.keep(connection, SOURCE, columns)  # with the position: exactly once

        return effect

    def _columns(self, found: Sequence[tuple[SeriesKey, int, Scalar]]) -> Columns:
        columns = Columns()
        opened = self._context.open_series(key for key, _, _ in found)
        for (key, at, value), series in zip(found, opened, strict=True):
            if series.kind != key.kind:
                continue
            try:
                columns.add(series.id, at, in_unit(value, key.unit, series))
            except Invalid:
                continue
        return columns


def observations(change: EntityChange) -> Iterator[tuple[SeriesKey, int, Scalar]]:
    """The scalar Properties that a write touched, with their times in milliseconds."""
    entity = change.entity
    for touched in change.touched:
        if touched.what == "deleted" or touched.dataset:
            continue
        item = next((one for one in entity.attributes.get(touched.name, ()) if not one.dataset), None)
        if item is None or item.kind != "Property" or not isinstance(item.value, float | int | bool | str):
            continue
        unit = to_ucum(item.unit_code)
        if unit is None or (isinstance(item.value, str) and len(item.value) > _LONGEST_TEXT):
            continue
        at = millis_of(item.observed_at) if item.observed_at else item.modified_at
        key = SeriesKey(
            entity.id, shortened(entity.types[0]), shortened(touched.name), unit, kind_of(item.value)
        )
        yield key, at, item.value
