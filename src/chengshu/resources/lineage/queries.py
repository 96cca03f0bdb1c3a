"""Readers of lineage: where a column came from, where it goes, and what would stop without it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from chengshu.ports.database import Database
from chengshu.resources.grading.lineage import Step
from chengshu.resources.ledger import LedgerQueries, Resource
from chengshu.resources.lineage import store


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

    def upstream(self, column: str) -> dict[str, tuple[Step, ...]]:
        """Columns it came from, however far back, each with the shortest way."""
        with self._database.read() as connection:
            return _walk(connection, [column.lower()], back=True)[0]

    def downstream(self, column: str) -> dict[str, tuple[Step, ...]]:
        """Columns that came from it, each with the shortest way."""
        with self._database.read() as connection:
            return _walk(connection, [column.lower()], back=False)[0]

    def impact(self, name: str, entry: str = "") -> Impact:
        """What retiring a column (``table.column``) or table would touch. ``entry``: its id in the ledger,
        whose users, and users of users, are followed to the indicators and scenarios.
        """
        with self._database.read() as connection:
            starts = [name.lower(), *store.columns_of(connection, name.lower())]
            ways, jobs = _walk(connection, starts, back=False)
        reached = {key: way for key, way in ways.items() if key not in starts}
        return Impact(tuple(sorted(reached.items())), tuple(sorted(jobs)), tuple(self._users(entry)))

    def _users(self, entry: str) -> Iterable[Resource]:
        seen: dict[str, Resource] = {}
        todo = [entry] if entry else []
        while todo:
            for item in self._ledger.related_to(todo.pop()):
                if item.id not in seen:
                    seen[item.id] = item
                    todo.append(item.id)
        return sorted(seen.values(), key=lambda item: (item.kind, item.id))


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
