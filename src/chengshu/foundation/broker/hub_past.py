"""The past of the hub's own series: instances of attributes (clause 4.5.6), and columns for aggregates.

Numbers and booleans come from the history, texts from where the context keeps them.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from msgspec.structs import replace

from chengshu.foundation.broker.columns import NOTHING, Columns
from chengshu.foundation.broker.mirror import expanded, reading
from chengshu.foundation.broker.model import Attribute
from chengshu.foundation.broker.temporal import Ask
from chengshu.foundation.context.model import Series
from chengshu.foundation.context.registry import SeriesRegistry
from chengshu.foundation.context.store import texts_between
from chengshu.kernel.clock import from_millis
from chengshu.ports.database import Database
from chengshu.ports.history import History

_FIRST = datetime(1, 1, 2, tzinfo=UTC)
_LAST = datetime(9999, 12, 30, tzinfo=UTC)


class Past(Protocol):
    """Attributes of entities of the default tenant whose instances are kept elsewhere."""

    def attributes(self, entity: str) -> dict[str, int]:
        """Attributes (expanded) of an entity, each under a number for the other questions."""
        ...

    def instances(self, number: int, ask: Ask, most: int) -> list[tuple[int, Attribute]]:
        """The first instances that ``ask`` means, in order; with ``last`` the newest, newest first."""
        ...

    def columns(self, number: int, ask: Ask) -> Columns | None:
        """The numbers that ``ask`` means; None where instances are texts."""
        ...


class HubPast:
    """The values of the hub's series. When a value was written they do not tell: every time that is asked for
    is the time of observation; ends of attributes (deletedAt) there are none."""

    def __init__(self, series: SeriesRegistry, history: History, database: Database) -> None:
        self._series = series
        self._history = history
        self._database = database
        self._version = -1
        self._by_entity: dict[str, list[Series]] = {}

    def attributes(self, entity: str) -> dict[str, int]:
        """The series of an entity, by the IRI of their attribute."""
        if self._version != self._series.version:
            version, found = self._series.version, dict[str, list[Series]]()
            for item in self._series:
                found.setdefault(item.entity, []).append(item)
            self._by_entity, self._version = found, version
        return {expanded(item.attribute): item.id for item in self._by_entity.get(entity, ())}

    def instances(self, number: int, ask: Ask, most: int) -> list[tuple[int, Attribute]]:
        """Instances with an id that says series and moment."""
        series, columns = self._series[number], self.columns(number, ask)
        if columns is None:
            return [(at, self._instance(series, at, text)) for at, text in self._texts(number, ask, most)]
        times, values = columns
        chosen = slice(-1, -most - 1, -1) if ask.last else slice(0, most)
        return [
            (at, self._instance(series, at, value))
            for at, value in zip(times[chosen].tolist(), values[chosen].tolist(), strict=True)
        ]

    @staticmethod
    def _instance(series: Series, at: int, value: float | str) -> Attribute:
        item = reading(series, at, value)
        instance = f"urn:ngsi-ld:Instance:{series.id:x}:{at:x}"
        return replace(item, created_at=at, modified_at=at, instance=instance)

    def _texts(self, number: int, ask: Ask, most: int) -> list[tuple[int, str]]:
        if ask.property == "deletedAt":
            return []
        with self._database.read() as connection:
            return texts_between(connection, number, *ask.span(), most, newest=bool(ask.last))

    def columns(self, number: int, ask: Ask) -> Columns | None:
        """One read of the history."""
        if self._series[number].kind == "text":
            return None
        if ask.property == "deletedAt":
            return NOTHING
        start, end = ask.span()
        first = _FIRST if start is None else from_millis(start) + timedelta(milliseconds=1)
        table: pa.Table = self._history.rows([number], first, _LAST if end is None else from_millis(end))
        times = pc.cast(table["observed_at"], pa.int64()).to_numpy()
        return Columns(times, np.asarray(table["value"].to_numpy(), np.float64))
