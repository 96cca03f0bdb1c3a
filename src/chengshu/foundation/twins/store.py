"""Tables of the twins and the SQL over them: what was measured, what was done, where the nowcast stands."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec
from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Row,
    String,
    Table,
    Text,
    delete,
    insert,
    select,
)

from chengshu.foundation.twins.model import ForecastRecord, NodeForecast, Nowcast, Taken
from chengshu.kernel.clock import from_millis, millis
from chengshu.ports.rows import put

metadata = MetaData()

readings = Table(
    "twin_readings",
    metadata,
    Column("scenario", String, primary_key=True),
    Column("kind", String, primary_key=True),  # rain, level, feed, report
    Column("entity", String, primary_key=True),
    Column("at", BigInteger, primary_key=True),
    Column("value", Float, nullable=False),
    sqlite_with_rowid=False,
)

actions = Table(
    "twin_actions",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("scenario", String, nullable=False),
    Column("element", String, nullable=False),
    Column("by", String, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("value", Float),
    Index("twin_actions_scenario", "scenario", "at"),
)

nowcasts = Table(
    "twin_nowcasts",
    metadata,
    Column("scenario", String, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("data", LargeBinary, nullable=False),
)

course = Table(
    "twin_course",
    metadata,
    Column("scenario", String, primary_key=True),
    Column("at", BigInteger, primary_key=True),
    Column("flooded_m3", Float, nullable=False),
    Column("shadow_m3", Float, nullable=False),
    sqlite_with_rowid=False,
)

forecasts = Table(
    "twin_forecasts",
    metadata,
    Column("id", String, primary_key=True),
    Column("scenario", String, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("horizon_s", Integer, nullable=False),
    Column("members", Integer, nullable=False),
    Column("nodes", LargeBinary, nullable=False),
    Column("provenance", Text, nullable=False),
    Index("twin_forecasts_scenario", "scenario", "at"),
)

ReadingRow = tuple[str, str, int, float]  # kind, entity, at, value


def keep_readings(connection: Connection, scenario: str, rows: Iterable[ReadingRow]) -> None:
    """Keep measured values; a later word on the same moment counts."""
    values = (
        {"scenario": scenario, "kind": kind, "entity": entity, "at": at, "value": value}
        for kind, entity, at, value in rows
    )
    put(connection, readings, *values)


def read_readings(connection: Connection, scenario: str, start: int, end: int) -> list[ReadingRow]:
    """Values with ``start < at <= end``, by time."""
    found = connection.execute(
        select(readings.c.kind, readings.c.entity, readings.c.at, readings.c.value)
        .where(readings.c.scenario == scenario, readings.c.at > start, readings.c.at <= end)
        .order_by(readings.c.at, readings.c.kind, readings.c.entity)
    )
    return [(kind, entity, at, value) for kind, entity, at, value in found]


def forget_readings(connection: Connection, scenario: str, before: int) -> None:
    """Drop values no forecast looks back to any more."""
    connection.execute(delete(readings).where(readings.c.scenario == scenario, readings.c.at < before))


def keep_actions(connection: Connection, scenario: str, taken: Sequence[Taken]) -> None:
    """Note what was done."""
    if taken:
        connection.execute(
            insert(actions),
            [
                {
                    "scenario": scenario,
                    "element": one.element,
                    "by": one.by,
                    "at": millis(one.at),
                    "value": one.value,
                }
                for one in taken
            ],
        )


def read_actions(connection: Connection, scenario: str) -> list[Taken]:
    """Everything done, by time."""
    found = connection.execute(
        select(actions).where(actions.c.scenario == scenario).order_by(actions.c.at, actions.c.id)
    )
    return [Taken(row.element, row.value, row.by, from_millis(row.at)) for row in found]


def keep_nowcast(connection: Connection, scenario: str, nowcast: Nowcast) -> None:
    """Where the nowcast stands, and a point of its course."""
    _put_nowcast(connection, scenario, nowcast)
    point = {
        "scenario": scenario,
        "at": millis(nowcast.at),
        "flooded_m3": nowcast.flooded_m3,
        "shadow_m3": nowcast.shadow_m3,
    }
    put(connection, course, point)


def keep_start(connection: Connection, scenario: str, nowcast: Nowcast) -> None:
    """The nowcast the newest forecast began from, so that its futures can be computed again."""
    _put_nowcast(connection, f"{scenario}@forecast", nowcast)


def _put_nowcast(connection: Connection, name: str, nowcast: Nowcast) -> None:
    row = {"scenario": name, "at": millis(nowcast.at), "data": msgspec.msgpack.encode(nowcast)}
    put(connection, nowcasts, row)


def read_start(connection: Connection, scenario: str) -> Nowcast | None:
    """What :func:`keep_start` kept."""
    return read_nowcast(connection, f"{scenario}@forecast")


def read_nowcast(connection: Connection, scenario: str) -> Nowcast | None:
    """Where the nowcast stands, or None before its first step."""
    row = connection.execute(select(nowcasts.c.data).where(nowcasts.c.scenario == scenario)).first()
    return msgspec.msgpack.decode(row.data, type=Nowcast) if row else None


def course_at(connection: Connection, scenario: str, at: datetime) -> tuple[float, float] | None:
    """Flooded volume since the nowcast began, as it was and without actions, at or before ``at``."""
    row = connection.execute(
        select(course.c.flooded_m3, course.c.shadow_m3)
        .where(course.c.scenario == scenario, course.c.at <= millis(at))
        .order_by(course.c.at.desc())
        .limit(1)
    ).first()
    return (row.flooded_m3, row.shadow_m3) if row else None


def course_between(
    connection: Connection, scenario: str, start: datetime, end: datetime
) -> list[tuple[datetime, float, float]]:
    """The course of the flooded volume (as it was, without actions) for a chart."""
    found = connection.execute(
        select(course)
        .where(course.c.scenario == scenario, course.c.at >= millis(start), course.c.at <= millis(end))
        .order_by(course.c.at)
    )
    return [(from_millis(row.at), row.flooded_m3, row.shadow_m3) for row in found]


def keep_forecast(connection: Connection, record: ForecastRecord) -> None:
    """Keep a forecast with everything it was made of."""
    connection.execute(
        insert(forecasts).values(
            id=record.id,
            scenario=record.scenario,
            at=millis(record.at),
            horizon_s=record.horizon_s,
            members=record.members,
            nodes=msgspec.msgpack.encode([tuple(_values(node)) for node in record.nodes]),
            provenance=json.dumps(record.provenance, sort_keys=True, ensure_ascii=False),
        )
    )


def _values(node: NodeForecast) -> list[object]:
    return [getattr(node, name) for name in NodeForecast.__slots__]


def read_forecast(
    connection: Connection,
    scenario: str,
    *,
    at: datetime | None = None,
    id_: str | None = None,
) -> ForecastRecord | None:
    """A forecast by id, else the newest one made for a moment not after ``at`` (None: the newest)."""
    query = select(forecasts).where(forecasts.c.scenario == scenario)
    if id_ is not None:
        query = query.where(forecasts.c.id == id_)
    if at is not None:
        query = query.where(forecasts.c.at <= millis(at))
    row = connection.execute(query.order_by(forecasts.c.at.desc(), forecasts.c.id.desc()).limit(1)).first()
    return _record(row) if row else None


def read_forecasts(
    connection: Connection, scenario: str, start: datetime, end: datetime
) -> list[ForecastRecord]:
    """Forecasts made for moments of ``start <= at <= end``, oldest first."""
    found = connection.execute(
        select(forecasts)
        .where(
            forecasts.c.scenario == scenario, forecasts.c.at >= millis(start), forecasts.c.at <= millis(end)
        )
        .order_by(forecasts.c.at, forecasts.c.id)
    )
    return [_record(row) for row in found]


def _record(row: Row[tuple[object, ...]]) -> ForecastRecord:
    nodes = [NodeForecast(*values) for values in msgspec.msgpack.decode(row.nodes)]
    return ForecastRecord(
        row.id,
        row.scenario,
        from_millis(row.at),
        row.horizon_s,
        row.members,
        nodes,
        json.loads(row.provenance),
    )
