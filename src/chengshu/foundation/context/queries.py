"""What others read of the context: the present, the silent, the past."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import pyarrow as pa

from chengshu.foundation.context import store
from chengshu.foundation.context.model import Entity, EntityState, Reading, Scalar, Series
from chengshu.foundation.context.registry import SeriesRegistry
from chengshu.kernel.areas import AreaTree
from chengshu.kernel.clock import Clock, from_millis, millis
from chengshu.kernel.errors import Missing
from chengshu.ports.database import Database
from chengshu.ports.history import History


@dataclass(frozen=True, slots=True)
class Silence:
    """A series, or an attribute that never reported, older than it may be. ``last`` is None for never."""

    entity: str
    attribute: str
    last: datetime | None
    allowed: timedelta


class ContextQueries:
    """Reads entities with their values, now or at any past moment."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        series: SeriesRegistry,
        history: History,
        areas: AreaTree | None = None,
    ) -> None:
        self._database = database
        self._clock = clock
        self._series = series
        self._history = history
        self._areas = areas

    def entity(self, entity_id: str, *, at: datetime | None = None) -> EntityState:
        """One entity with its readings, now or at a past moment. Raises :class:`Missing`."""
        found = self._states(ids=[entity_id], at=at)
        if not found:
            raise Missing(
                "entity-missing",
                f"entity {entity_id} does not exist",
                remedy="check the id; ids look like urn:ngsi-ld:RainGauge:7",
            )
        return found[0]

    def states(
        self, *, type_: str | None = None, area: str | None = None, at: datetime | None = None
    ) -> list[EntityState]:
        """Entities with their readings, by type and by area (with all areas below it), ordered by id."""
        return self._states(type_=type_, areas=None if area is None else self._below(area), at=at)

    def entities(self, *, type_: str | None = None, area: str | None = None) -> list[Entity]:
        """Entities without readings."""
        areas = None if area is None else self._below(area)
        with self._database.read() as connection:
            return store.find_entities(connection, type_=type_, areas=areas)

    def latest(
        self, *, area: str | None = None, type_: str | None = None, attribute: str | None = None
    ) -> list[Reading]:
        """The newest reading of every series of the area, type and attribute, ordered by series."""
        areas = None if area is None else set(self._below(area))
        wanted = [
            item.id
            for item in self._series
            if (areas is None or item.area in areas)
            and (type_ is None or item.type == type_)
            and (attribute is None or item.attribute == attribute)
        ]
        return self._current(wanted)

    def silent(self, type_: str, attribute: str, allowed: timedelta) -> list[Silence]:
        """Entities of the type whose attribute is older than ``allowed``, or never came."""
        now = self._clock.now()
        last = {
            item.series.entity: item.observed_at for item in self.latest(type_=type_, attribute=attribute)
        }
        result: list[Silence] = []
        for entity in self.entities(type_=type_):
            seen = last.get(entity.id)
            if seen is None or now - seen > allowed:
                result.append(Silence(entity.id, attribute, seen, allowed))
        return result

    def series_history(self, entity: str, attribute: str, start: datetime, end: datetime) -> pa.Table:
        """Values of one series with ``start <= observed_at < end``. Raises :class:`Missing`."""
        found = self._series.find(entity, attribute)
        if found is None:
            raise Missing("series-missing", f"{entity} has no values of {attribute}")
        return self._history.rows([found.id], start, end)

    def _below(self, area: str) -> list[str]:
        if self._areas is None:
            return [area]
        tree = self._areas
        return [item.id for item in tree if area in tree.ancestors(item.id)]

    def _states(
        self,
        *,
        ids: Sequence[str] | None = None,
        type_: str | None = None,
        areas: Sequence[str] | None = None,
        at: datetime | None,
    ) -> list[EntityState]:
        with self._database.read() as connection:
            found = store.find_entities(
                connection, ids=ids, type_=type_, areas=areas, at=None if at is None else millis(at)
            )
        by_entity: dict[str, dict[str, Reading]] = {item.id: {} for item in found}
        wanted = [item for item in self._series if item.entity in by_entity]
        readings = self._current([item.id for item in wanted]) if at is None else self._past(wanted, at)
        for reading in readings:
            by_entity[reading.series.entity][reading.series.attribute] = reading
        return [EntityState(item, by_entity[item.id]) for item in found]

    def _current(self, ids: Sequence[int]) -> list[Reading]:
        now = self._clock.now()
        with self._database.read() as connection:
            rows = store.current_rows(connection, ids)
        return [
            _reading(self._series[row.series], row.observed_at, row.value, row.text, now, row.source)
            for row in rows
        ]

    def _past(self, wanted: Sequence[Series], at: datetime) -> list[Reading]:
        """The last value of each series not after ``at``: numbers from history, texts from the store."""
        newest: dict[int, tuple[int, float | None, str | None]] = {}
        for row in self._history.last_before(at).to_pylist():
            newest[row["series"]] = (millis(row["observed_at"]), row["value"], None)
        with self._database.read() as connection:
            for series_id, observed_at, text in store.texts_at(connection, millis(at)):
                if series_id not in newest or newest[series_id][0] <= observed_at:
                    newest[series_id] = (observed_at, None, text)
        return [_reading(item, *newest[item.id], at) for item in wanted if item.id in newest]


def _reading(
    series: Series, observed_at: int, value: float | None, text: str | None, now: datetime, source: str = ""
) -> Reading:
    moment = from_millis(observed_at)
    shown: Scalar = text if text is not None else (value or 0.0)
    if series.kind == "boolean" and text is None:
        shown = bool(value)
    return Reading(series, shown, moment, (now - moment).total_seconds(), source)


def readings_by_entity(readings: Sequence[Reading]) -> Mapping[str, Mapping[str, Reading]]:
    """Readings as entity id → attribute → reading."""
    grouped: dict[str, dict[str, Reading]] = {}
    for reading in readings:
        grouped.setdefault(reading.series.entity, {})[reading.series.attribute] = reading
    return grouped
