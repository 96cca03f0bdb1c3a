"""The registry of series: from names to small integers and back, answered from memory."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence

import pyarrow as pa

from chengshu.foundation.context import store
from chengshu.foundation.context.model import Kind, Series
from chengshu.kernel.errors import Missing
from chengshu.ports.database import Database

Key = tuple[str, str]  # entity, attribute


class SeriesRegistry:
    """All series of the hub. New ones are made by :class:`Context` alone; others read."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._by_id: dict[int, Series] = {}
        self._by_key: dict[Key, Series] = {}
        self.version = 0
        self.reload()

    def reload(self) -> None:
        """Read everything again (after entities changed type or area)."""
        with self._database.read() as connection:
            found = store.all_series(connection)
        with self._lock:
            self._by_id = {item.id: item for item in found}
            self._by_key = {(item.entity, item.attribute): item for item in found}
            self.version += 1

    def __getitem__(self, series_id: int) -> Series:
        try:
            return self._by_id[series_id]
        except KeyError:
            raise Missing("series-missing", f"series {series_id} does not exist") from None

    def __iter__(self) -> Iterator[Series]:
        return iter(list(self._by_id.values()))

    def __len__(self) -> int:
        return len(self._by_id)

    def find(self, entity: str, attribute: str) -> Series | None:
        """The series of this attribute of this entity, or None."""
        return self._by_key.get((entity, attribute))

    def of(self, type_: str, attribute: str) -> list[Series]:
        """All series of one attribute of one entity type, by id."""
        return [item for item in self if item.type == type_ and item.attribute == attribute]

    def table(self) -> pa.Table:
        """The registry as Arrow (series, entity, type, attribute, unit, area), to join with history."""
        rows = list(self)
        return pa.table(
            {
                "series": pa.array([item.id for item in rows], pa.int64()),
                "entity": pa.array([item.entity for item in rows], pa.string()),
                "type": pa.array([item.type for item in rows], pa.string()),
                "attribute": pa.array([item.attribute for item in rows], pa.string()),
                "unit": pa.array([item.unit for item in rows], pa.string()),
                "area": pa.array([item.area for item in rows], pa.string()),
            }
        )

    def add(self, items: Sequence[Series]) -> None:
        """Take in series that have just been committed."""
        with self._lock:
            for item in items:
                self._by_id[item.id] = item
                self._by_key[(item.entity, item.attribute)] = item
            self.version += 1


def kind_of(value: object) -> Kind:
    """Which kind of series a value opens."""
    if isinstance(value, bool):
        return "boolean"
    return "text" if isinstance(value, str) else "number"
