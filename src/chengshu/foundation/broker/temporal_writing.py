"""Adding to evolutions: what the change stream says happened, and what clients tell of the past."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection

from chengshu.foundation.broker import store_temporal as st
from chengshu.foundation.broker.dictionary import Dictionary
from chengshu.foundation.broker.indexing import cut
from chengshu.foundation.broker.model import Attribute, Entity, EntityChange
from chengshu.foundation.broker.moments import millis_of
from chengshu.foundation.broker.store_temporal import EvolutionRow, InstanceRow, SeriesRow
from chengshu.foundation.broker.temporal import SCOPE
from chengshu.foundation.broker.temporal_rows import code_of, gone, to_row
from chengshu.foundation.journal.store import put_offset, read_offset

Where = tuple[str, str]  # tenant, id of the entity
_NUMBERS = "broker-instances"  # the counter of instances, among the offsets


class EvolutionWriter:
    """Collects what is to be added in one transaction and writes it at once."""

    def __init__(self, connection: Connection, dictionary: Dictionary, *, forget: bool) -> None:
        self._connection = connection
        self._dictionary = dictionary
        self._forget = forget  # an entity's evolution goes with it
        self._known: dict[Where, EvolutionRow] = {}
        self._series: dict[tuple[int, int, str], SeriesRow] = {}
        self._touched: dict[int, EvolutionRow] = {}
        self._new: dict[int, EvolutionRow] = {}
        self._new_series: list[SeriesRow] = []
        self._rows: list[InstanceRow] = []
        self._next_key = st.last_key(connection) + 1
        self._next_series = st.last_series(connection) + 1
        self._number = read_offset(connection, _NUMBERS)

    def load(self, wanted: Iterable[Where]) -> None:
        """Read the evolutions of these entities, with their series."""
        by_tenant: dict[str, dict[str, None]] = {}
        for tenant, entity in wanted:
            if (tenant, entity) not in self._known:
                by_tenant.setdefault(tenant, {})[entity] = None
        found = [
            row
            for tenant, ids in by_tenant.items()
            for row in st.find_evolutions(self._connection, tenant, list(ids))
        ]
        self._known |= {(row.tenant, row.id): row for row in found}
        for item in st.series_of(self._connection, [row.key for row in found]):
            self._series[item.evolution, item.name, item.dataset] = item

    def get(self, tenant: str, entity: str) -> EvolutionRow | None:
        """The evolution of an entity, after what was added so far."""
        return self._known.get((tenant, entity))

    def series(self, evolution: EvolutionRow) -> list[SeriesRow]:
        """The series of an evolution, after what was added so far."""
        return [item for (key, _, _), item in self._series.items() if key == evolution.key]

    def follow(self, change: EntityChange) -> None:
        """Take in one write to an entity."""
        entity = change.entity
        if change.what == "deleted":
            self._deleted(change)
            return
        evolution = self.ensure(change.tenant, entity, entity.modified_at)
        for touched in change.touched:
            if touched.what == "deleted":
                kind = touched.before.kind if touched.before else "Property"
                item = gone(kind, touched.dataset, entity.modified_at)
            else:
                item = _instance(entity, touched.name, touched.dataset)
            self.add(evolution, touched.name, item, entity.modified_at)
        if change.scopes:
            self.add_scopes(evolution, entity.scopes, entity.modified_at)

    def _deleted(self, change: EntityChange) -> None:
        at = change.entity.deleted_at
        evolution = self._known.get((change.tenant, change.entity.id))
        if evolution is not None and not self._forget:
            for name, items in change.entity.attributes.items():
                for item in items:
                    self.add(evolution, name, gone(item.kind, item.dataset, at), at)
        self.end(change.tenant, change.entity.id, at)

    def end(self, tenant: str, entity: str, at: int) -> None:
        """The entity is deleted: its evolution ends, or goes with it."""
        evolution = self._known.get((tenant, entity))
        if evolution is None:
            return
        if self._forget:
            self.drop(evolution)
            return
        ended = evolution._replace(modified_at=at, deleted_at=at)
        self._known[tenant, entity] = ended
        if ended.key in self._new:
            self._new[ended.key] = ended
        else:
            self._touched[ended.key] = ended

    def drop(self, evolution: EvolutionRow) -> None:
        """Forget an evolution, also what was just added to it."""
        mine = {item.id for item in self.series(evolution)}
        self._rows = [row for row in self._rows if row.series not in mine]
        self._new_series = [item for item in self._new_series if item.id not in mine]
        self._series = {key: item for key, item in self._series.items() if key[0] != evolution.key}
        self._touched.pop(evolution.key, None)
        if self._new.pop(evolution.key, None) is None:
            st.delete_evolutions(self._connection, [evolution.key])
        self._known.pop((evolution.tenant, evolution.id), None)

    def drop_series(self, chosen: Sequence[SeriesRow]) -> None:
        """Forget some series of evolutions, with their instances."""
        st.delete_series(self._connection, [item.id for item in chosen])
        gone_ = {item.id for item in chosen}
        self._series = {key: item for key, item in self._series.items() if item.id not in gone_}

    def ensure(self, tenant: str, entity: Entity, at: int, *, born_here: bool = False) -> EvolutionRow:
        """The evolution of an entity; it comes into being, or its types and time of change move."""
        typeset = self._dictionary.typeset(self._connection, tenant, entity.types) if entity.types else 0
        found = self._known.get((tenant, entity.id))
        if found is None:
            found = EvolutionRow(self._next_key, tenant, entity.id, typeset, at, at, None, int(born_here))
            self._next_key += 1
            self._new[found.key] = found
        else:
            found = found._replace(typeset=typeset or found.typeset, modified_at=at, deleted_at=None)
            if found.key in self._new:
                self._new[found.key] = found
            else:
                self._touched[found.key] = found
        self._known[tenant, entity.id] = found
        return found

    def tell(self, evolution: EvolutionRow, name: str, item: Attribute, now: int) -> None:
        """Add one instance, in place of the one observed at the same moment if there is one."""
        number = self._dictionary.name(self._connection, name)
        series = self._series.get((evolution.key, number, item.dataset))
        old = None
        if series is not None and item.observed_at:
            old = st.observed_at(self._connection, series.id, millis_of(item.observed_at))
        if series is None or old is None:
            self.add(evolution, name, item, now)
            return
        st.delete_instance(self._connection, old)
        self._rows.append(to_row(item, series, old.number, now)._replace(created_at=old.created_at))

    def add(self, evolution: EvolutionRow, name: str, item: Attribute, now: int) -> None:
        """Add one instance."""
        key = (evolution.key, self._dictionary.name(self._connection, name), item.dataset)
        series = self._series.get(key)
        if series is None:
            series = SeriesRow(self._next_series, *key, code_of(item.kind), cut(item.unit_code))
            self._next_series += 1
            self._series[key] = series
            self._new_series.append(series)
        self._number += 1
        self._rows.append(to_row(item, series, self._number, now))

    def add_scopes(self, evolution: EvolutionRow, scopes: Sequence[str], now: int) -> None:
        """The scopes as they are from now on; none of them: they are deleted."""
        item = Attribute(
            "Property", list(scopes), created_at=now, modified_at=now, deleted_at=0 if scopes else now
        )
        self.add(evolution, SCOPE, item, now)

    def write(self) -> None:
        """Write what was collected."""
        st.insert_evolutions(self._connection, list(self._new.values()))
        st.touch_evolutions(
            self._connection,
            [(row.typeset, row.modified_at, row.deleted_at, row.key) for row in self._touched.values()],
        )
        st.insert_series(self._connection, self._new_series)
        st.insert_instances(self._connection, self._rows)
        if self._rows:
            put_offset(self._connection, _NUMBERS, self._number)
        self._new, self._touched, self._new_series, self._rows = {}, {}, [], []


def _instance(entity: Entity, name: str, dataset: str) -> Attribute:
    return next(item for item in entity.attributes[name] if item.dataset == dataset)
