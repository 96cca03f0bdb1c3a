"""Readers of lineage: where a column came from, where it goes, and what would stop without it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from chengshu.ports.database import Database
from chengshu.resources.grading.lineage import Step
from chengshu.resources.ledger import LedgerQueries, Resource
from chengshu.resources.lineage import store
from chengshu.resources.lineage.naming import splits
from chengshu.resources.lineage.sql import Job


@dataclass(frozen=True, slots=True)
class Impact:
    """What hangs on a column or table: columns with the shortest way to each, jobs, and entries of the ledger
    down to the scenario that would stop.
    """

    columns: tuple[tuple[str, tuple[Step, ...]], ...]
    jobs: tuple[str, ...]
    entries: tuple[Resource, ...]


class LineageQueries:
    """What is known of where data come from and go."""

    def __init__(self, database: Database, ledger: LedgerQueries) -> None:
        self._database, self._ledger = database, ledger

    def steps(self) -> list[Step]:
        """Every step, as the propagation of grades wants them."""
        with self._database.read() as connection:
            return store.all_steps(connection)

    def jobs(self) -> list[tuple[str, Job]]:
        """What each job makes, by its name."""
        with self._database.read() as connection:
            return store.all_jobs(connection)

    def upstream(self, column: str) -> dict[str, tuple[Step, ...]]:
        """Columns it came from, however far back, each with the shortest way."""
        with self._database.read() as connection:
            return _walk(connection, _as_written(column), back=True)[0]

    def downstream(self, column: str) -> dict[str, tuple[Step, ...]]:
        """Columns that came from it, each with the shortest way."""
        with self._database.read() as connection:
            return _walk(connection, _as_written(column), back=False)[0]

    def known_columns(self, entry: str) -> list[str]:
        """Names in lineage of the columns of an entry that some step leaves or comes to."""
        with self._database.read() as connection:
            return store.columns_of(connection, entry)

    def impact(self, name: str, entry: str = "") -> Impact:
        """What retiring a column (``table.column``) or table would touch. ``entry``: its id in the ledger.
        Users of every entry that is reached, and users of users, are followed to indicators and scenarios;
        where lineage knows no column of the entry, the users of the entry itself.
        """
        with self._database.read() as connection:
            names = _as_written(name)
            starts = [*names, *(key for one in names for key in store.columns_of(connection, one))]
            ways, jobs = _walk(connection, starts, back=False)
            known = bool(entry and store.columns_of(connection, entry))
        reached = {key: way for key, way in ways.items() if key not in starts}
        hit = {found.id: found for found, _ in self.entries_of(reached).values()}
        return Impact(
            tuple(sorted(reached.items())), tuple(sorted(jobs)), tuple(self._users(entry, hit, known))
        )

    def entries_of(self, keys: Iterable[str]) -> dict[str, tuple[Resource, str]]:
        """Entry and column of every name in lineage that is one of the ledger's."""
        ways = {key: list(splits(key)) for key in keys}
        known = self._ledger.many(list(dict.fromkeys(table for pairs in ways.values() for table, _ in pairs)))
        found: dict[str, tuple[Resource, str]] = {}
        for key, pairs in ways.items():
            for table, column in pairs:
                if table in known:
                    found[key] = (known[table], column)
                    break
        return found

    def _users(self, entry: str, hit: dict[str, Resource], known: bool) -> Iterable[Resource]:
        """Entries that a column reaches, and whatever is made from them."""
        seen = {id_: item for id_, item in hit.items() if id_ != entry}
        todo = [*([] if known or not entry else [entry]), *seen]
        while todo:
            for item in self._ledger.related_to(todo.pop()):
                if item.id not in seen:
                    seen[item.id] = item
                    todo.append(item.id)
        seen.pop(entry, None)
        return sorted(seen.values(), key=lambda item: (item.kind, item.id))


def _as_written(name: str) -> list[str]:
    """A name as it is written, and as SQL without quotes means it."""
    return list(dict.fromkeys((name, name.lower())))


def _walk(
    connection: Connection, starts: Sequence[str], *, back: bool
) -> tuple[dict[str, tuple[Step, ...]], set[str]]:
    """Breadth first: every reached column with the shortest way, and the jobs passed. Cycles end."""
    ways: dict[str, tuple[Step, ...]] = dict.fromkeys(starts, ())
    jobs: set[str] = set()
    edge = set(starts)
    while edge:
        found = store.onward(connection, edge, back=back)
        edge = set()
        for job, step in found:
            jobs.add(job)
            here, there = (step.target, step.source) if back else (step.source, step.target)
            if there not in ways:
                ways[there] = (step, *ways[here]) if back else (*ways[here], step)
                edge.add(there)
    for start in starts:
        ways.pop(start, None)
    return ways, jobs
