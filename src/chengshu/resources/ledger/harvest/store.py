"""Tables of harvesting: runs with their cursor, what each run saw, problems and drifts."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Index,
    Integer,
    MetaData,
    Row,
    String,
    Table,
    Text,
    select,
)
from sqlalchemy import insert as plain_insert

from chengshu.kernel.clock import from_millis, millis
from chengshu.ports.rows import put
from chengshu.resources.ledger.harvest.model import Drift, Problem, Run

metadata = MetaData()

_COUNTS = ("seen", "added", "changed", "unchanged", "vanished", "stale", "problems", "drifts")
runs = Table(
    "harvest_runs",
    metadata,
    Column("source", String, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("started_at", BigInteger, nullable=False),
    Column("finished_at", BigInteger),
    Column("state", String, nullable=False),
    Column("cursor", Text, nullable=False),
    Column("error", Text, nullable=False),
    *(Column(name, Integer, nullable=False) for name in _COUNTS),
)

seen = Table(  # the run in which a thing was last seen
    "harvest_seen",
    metadata,
    Column("source", String, primary_key=True),
    Column("native_id", String, primary_key=True),
    Column("run", Integer, nullable=False),
    sqlite_with_rowid=False,
)

problems = Table(
    "harvest_problems",
    metadata,
    Column("key", Integer, primary_key=True),
    Column("source", String, nullable=False),
    Column("run", Integer, nullable=False),
    Column("native_id", String, nullable=False),
    Column("code", String, nullable=False),
    Column("detail", Text, nullable=False),
    Column("remedy", Text, nullable=False),
    Index("harvest_problems_run", "source", "run"),
)

drifts = Table(
    "harvest_drifts",
    metadata,
    Column("key", Integer, primary_key=True),
    Column("source", String, nullable=False),
    Column("run", Integer, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("id", String, nullable=False),
    Column("body", Text, nullable=False),
    Index("harvest_drifts_id", "id"),
)


def put_run(connection: Connection, run: Run) -> None:
    """Keep a run as it stands."""
    row = {
        "source": run.source,
        "number": run.number,
        "started_at": millis(run.started_at),
        "finished_at": millis(run.finished_at) if run.finished_at else None,
        "state": run.state,
        "cursor": run.cursor,
        "error": run.error,
        **{name: getattr(run, name) for name in _COUNTS},
    }
    put(connection, runs, row)


def last_run(connection: Connection, source: str) -> Run | None:
    """The newest run of a source."""
    query = select(runs).where(runs.c.source == source).order_by(runs.c.number.desc()).limit(1)
    row = connection.execute(query).first()
    return None if row is None else _run(row)


def runs_of(connection: Connection, source: str | None, limit: int) -> list[Run]:
    """Runs, newest first."""
    query = select(runs).order_by(runs.c.started_at.desc(), runs.c.source).limit(limit)
    if source is not None:
        query = query.where(runs.c.source == source)
    return [_run(row) for row in connection.execute(query)]


def note_seen(connection: Connection, source: str, run: int, native_ids: Iterable[str]) -> None:
    """Note that these were seen in this run."""
    put(connection, seen, *({"source": source, "native_id": native, "run": run} for native in native_ids))


def unseen(connection: Connection, source: str, run: int) -> set[str]:
    """Native ids that an earlier run saw and this one did not."""
    query = select(seen.c.native_id).where(seen.c.source == source, seen.c.run < run)
    return set(connection.scalars(query))


def add_problems(connection: Connection, source: str, run: int, found: Iterable[Problem]) -> None:
    """Keep what could not be read."""
    rows = [
        {
            "source": source,
            "run": run,
            "native_id": item.native_id,
            "code": item.code,
            "detail": item.detail,
            "remedy": item.remedy,
        }
        for item in found
    ]
    if rows:
        connection.execute(plain_insert(problems), rows)


def problems_of(connection: Connection, source: str, run: int) -> list[Problem]:
    """What a run could not read, in its order."""
    query = select(problems).where(problems.c.source == source, problems.c.run == run)
    return [
        Problem(row.native_id, row.code, row.detail, row.remedy)
        for row in connection.execute(query.order_by(problems.c.key))
    ]


def add_drifts(connection: Connection, source: str, run: int, at: int, found: Iterable[Drift]) -> None:
    """Keep drifts."""
    rows = [
        {
            "source": source,
            "run": run,
            "at": at,
            "id": item.id,
            "body": json.dumps(
                {"dropped": item.dropped, "added": item.added, "retyped": item.retyped}, ensure_ascii=False
            ),
        }
        for item in found
    ]
    if rows:
        connection.execute(plain_insert(drifts), rows)


def drifts_of(connection: Connection, id_: str | None = None, limit: int = 200) -> list[Drift]:
    """Drifts of an entry, or of all, newest first."""
    query = select(drifts).order_by(drifts.c.key.desc()).limit(limit)
    if id_ is not None:
        query = query.where(drifts.c.id == id_)
    return [_drift(row) for row in connection.execute(query)]


def _drift(row: Row[Any]) -> Drift:
    body = json.loads(row.body)
    retyped = tuple((name, before, now) for name, before, now in body["retyped"])
    return Drift(row.id, tuple(body["dropped"]), tuple(body["added"]), retyped)


def _run(row: Row[Any]) -> Run:
    return Run(
        row.source,
        row.number,
        from_millis(row.started_at),
        None if row.finished_at is None else from_millis(row.finished_at),
        row.state,
        row.cursor,
        error=row.error,
        **{name: getattr(row, name) for name in _COUNTS},
    )
