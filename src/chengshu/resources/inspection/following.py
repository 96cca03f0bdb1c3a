"""Lineage of what a source makes itself: the SQL of its views, followed from column to column."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace

import structlog

from chengshu.foundation.journal import Actor
from chengshu.kernel.clock import Clock
from chengshu.kernel.errors import ChengshuError
from chengshu.ports.database import Database
from chengshu.resources.grading.lineage import Step
from chengshu.resources.inspection import store
from chengshu.resources.inspection.store import Look
from chengshu.resources.ledger import Resource
from chengshu.resources.ledger import store as ledger_store
from chengshu.resources.ledger.harvest import RowSource
from chengshu.resources.lineage import Job, Lineage, steps_of_sql
from chengshu.resources.lineage.naming import column_key
from chengshu.resources.lineage.sql import tables_in

ACTOR = Actor.hub("inspection")
_log = structlog.get_logger("chengshu.inspection")


class Follower:
    """Keeps the lineage of a source's views, each read anew only when its SQL or its tables changed."""

    def __init__(self, database: Database, clock: Clock, lineage: Lineage) -> None:
        self._database, self._clock, self._lineage = database, clock, lineage

    def follow(self, source: str, rows: RowSource) -> int:
        """How many views were followed anew. One that cannot be read says so in its look; others go on."""
        try:
            made = rows.made()
        except ChengshuError as error:
            _log.warning("views cannot be read", source=source, error=str(error))
            return 0
        if not made:
            return 0
        with self._database.read() as connection:
            ids = ledger_store.origin_ids(connection, source)
            entries = {
                pair[0].id: pair[0]
                for pair in ledger_store.find_entries(connection, list(ids.values())).values()
            }
        known = {native: entries[id_] for native, id_ in ids.items() if id_ in entries}
        return sum(
            self._view(source, known[native], text, rows.dialect, known)
            for native, text in made.items()
            if native in known
        )

    def _view(
        self, source: str, view: Resource, text: str, dialect: str, known: Mapping[str, Resource]
    ) -> bool:
        with self._database.read() as connection:
            before = store.find_look(connection, view.id)
        look = before or Look(view.id, 0, self._clock.now())
        mark = _mark(text, known)
        if look.made == mark:
            return False
        problem, remedy = "", ""
        try:
            name = view.origin.native_id if view.origin else view.id
            jobs = self._jobs(text, dialect, name, known)
            self._lineage.put(f"{source}/{name}", [as_entries(job, view, known) for job in jobs], ACTOR)
        except ChengshuError as error:
            problem, remedy = error.fault.detail, error.fault.remedy
        kept = replace(look, made=mark, error=look.error or problem, remedy=look.remedy or remedy)
        self._database.write(lambda connection: store.put_look(connection, kept))
        return not problem

    def _jobs(self, text: str, dialect: str, name: str, known: Mapping[str, Resource]) -> list[Job]:
        read = {table: entry for table in tables_in(text, dialect) if (entry := _named(table, known))}
        schema = {
            table: {part.name.lower(): part.type or "unknown" for part in entry.fields}
            for table, entry in read.items()
        }
        return steps_of_sql(text, dialect=dialect, schema=schema, target=name.lower())


def _mark(text: str, known: Mapping[str, Resource]) -> str:
    """A digest of the SQL and of the columns that it may read."""
    columns = [(native, [part.name for part in entry.fields]) for native, entry in sorted(known.items())]
    return hashlib.sha256(repr((text, columns)).encode()).hexdigest()


def _named(table: str, known: Mapping[str, Resource]) -> Resource | None:
    """The entry a table of the SQL is: by its whole name, else by the last part of it."""
    by_name = {native.lower(): entry for native, entry in known.items()}
    if (found := by_name.get(table)) is not None:
        return found
    last = table.rsplit(".", 1)[-1]
    near = [entry for native, entry in by_name.items() if native.rsplit(".", 1)[-1] == last]
    return near[0] if len(near) == 1 else None


def as_entries(job: Job, view: Resource, known: Mapping[str, Resource]) -> Job:
    """A job with the names of the ledger's entries and their columns in place of those of the SQL."""
    tables: dict[str, Resource] = {}
    for table in job.sources:
        if (entry := _named(table, known)) is not None:
            tables[table] = entry
    steps = tuple(
        Step(_column(step.source, tables), _column(step.target, {job.target: view}), step.transform)
        for step in job.steps
    )
    return Job(view.id, _ids(job.sources, tables), steps)


def _ids(names: Sequence[str], tables: Mapping[str, Resource]) -> tuple[str, ...]:
    return tuple(tables[name].id if name in tables else name for name in names)


def _column(key: str, tables: Mapping[str, Resource]) -> str:
    for table, entry in tables.items():
        if key.startswith(f"{table}."):
            low = key[len(table) + 1 :]
            name = next((part.name for part in entry.fields if part.name.lower() == low), low)
            return column_key(entry.id, name)
    return key
