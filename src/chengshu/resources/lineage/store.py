"""Tables of lineage: steps between columns, and between tables; each job replaces what it said before."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import Column, Connection, Index, Integer, MetaData, String, Table, delete, insert, select

from chengshu.resources.grading.lineage import Step
from chengshu.resources.lineage.sql import Job

metadata = MetaData()

steps = Table(
    "lineage_steps",
    metadata,
    Column("job", String, primary_key=True),
    Column("source", String, primary_key=True),
    Column("target", String, primary_key=True),
    Column("transform", String, nullable=False),
    Column("smallest_group", Integer, nullable=False),
    Index("lineage_steps_source", "source"),
    Index("lineage_steps_target", "target"),
)

tables = Table(
    "lineage_tables",
    metadata,
    Column("job", String, primary_key=True),
    Column("source", String, primary_key=True),
    Column("target", String, primary_key=True),
    Index("lineage_tables_source", "source"),
)


def replace_job(connection: Connection, name: str, jobs: Sequence[Job]) -> None:
    """Keep what a job says now, in place of what it said before."""
    for table in (steps, tables):
        connection.execute(delete(table).where(table.c.job == name))
    rows = {(step.source, step.target): step for job in jobs for step in job.steps}
    if rows:
        connection.execute(
            insert(steps),
            [
                {
                    "job": name,
                    "source": step.source,
                    "target": step.target,
                    "transform": step.transform,
                    "smallest_group": step.smallest_group,
                }
                for step in rows.values()
            ],
        )
    pairs = {(source, job.target) for job in jobs for source in job.sources}
    if pairs:
        connection.execute(
            insert(tables), [{"job": name, "source": one, "target": other} for one, other in sorted(pairs)]
        )


def steps_of(connection: Connection, name: str) -> tuple[set[Step], set[tuple[str, str]]]:
    """What a job said last: its steps, and the pairs of tables."""
    kept = connection.execute(select(steps).where(steps.c.job == name))
    pairs = connection.execute(select(tables).where(tables.c.job == name))
    return (
        {Step(row.source, row.target, row.transform, row.smallest_group) for row in kept},
        {(row.source, row.target) for row in pairs},
    )


def said(jobs: Sequence[Job]) -> tuple[set[Step], set[tuple[str, str]]]:
    """What jobs say, in the form of :func:`steps_of`."""
    found = {(step.source, step.target): step for job in jobs for step in job.steps}
    return (
        {Step(one.source, one.target, one.transform, one.smallest_group) for one in found.values()},
        {(source, job.target) for job in jobs for source in job.sources},
    )


def onward(connection: Connection, names: Iterable[str], *, back: bool = False) -> list[tuple[str, Step]]:
    """Steps that leave the columns (or come to them), with their jobs."""
    key = steps.c.target if back else steps.c.source
    wanted = sorted(names)
    found: list[tuple[str, Step]] = []
    for start in range(0, len(wanted), 500):
        query = select(steps).where(key.in_(wanted[start : start + 500]))
        for row in connection.execute(query.order_by(steps.c.source, steps.c.target)):
            found.append((row.job, Step(row.source, row.target, row.transform, row.smallest_group)))
    return found


def columns_of(connection: Connection, table: str) -> list[str]:
    """Columns of a table that lineage knows."""
    start = f"{table}."
    found: set[str] = set()
    for key in (steps.c.source, steps.c.target):
        found |= set(connection.scalars(select(key).where(key >= start, key < f"{table}/")))
    return sorted(found)


def table_pairs(connection: Connection) -> list[tuple[str, str, str]]:
    """Every (job, source table, target table)."""
    return [(row.job, row.source, row.target) for row in connection.execute(select(tables))]


def all_jobs(connection: Connection) -> list[tuple[str, Job]]:
    """What each job makes, by its name and the table made, in order."""
    sources: dict[tuple[str, str], list[str]] = {}
    for job, source, target in table_pairs(connection):
        sources.setdefault((job, target), []).append(source)
    made: dict[tuple[str, str], list[Step]] = {}
    for row in connection.execute(select(steps).order_by(steps.c.source, steps.c.target)):
        table = row.target.rpartition(".")[0]
        made.setdefault((row.job, table), []).append(
            Step(row.source, row.target, row.transform, row.smallest_group)
        )
    return [
        (job, Job(target, tuple(sorted(sources.get((job, target), ()))), tuple(made.get((job, target), ()))))
        for job, target in sorted({*sources, *made})
    ]


def all_steps(connection: Connection) -> list[Step]:
    """Every step, for the propagation of grades."""
    return [
        Step(row.source, row.target, row.transform, row.smallest_group)
        for row in connection.execute(select(steps).order_by(steps.c.source, steps.c.target))
    ]
