"""Tables of vitals and warnings: what stands now, every change of a value, every step of a warning."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Float,
    Index,
    Integer,
    MetaData,
    Row,
    String,
    Table,
    Text,
    and_,
    delete,
    func,
    insert,
    select,
    update,
)

from chengshu.kernel.clock import from_millis, millis
from chengshu.kernel.levels import Level
from chengshu.kernel.texts import Text as Words
from chengshu.ports.rows import put
from chengshu.scenes.vitals.judge import Standing
from chengshu.scenes.vitals.levels import LevelState
from chengshu.scenes.vitals.model import Bulletin, Status, Vital, Warning, WarningStep

metadata = MetaData()


def _vital_columns() -> list[Column[Any]]:
    return [
        Column("indicator", String, primary_key=True),
        Column("area", String, primary_key=True),
        Column("value", Float),
        Column("level", Integer, nullable=False),
        Column("status", String, nullable=False),
        Column("coverage", Float, nullable=False),
        Column("fresh", Integer, nullable=False),
        Column("expected", Integer, nullable=False),
        Column("since", BigInteger, nullable=False),
        Column("top", String),
        Column("cause", String),
        Column("waiting", String, nullable=False),  # dwell timers: [[level, ms]…] beyond, quiet; held
    ]


#: Each row holds from ``at`` until the next row of the same indicator and area.
rows = Table(
    "vital_rows",
    metadata,
    *_vital_columns(),
    Column("at", BigInteger, primary_key=True),
    Index("vital_rows_at", "at"),
    sqlite_with_rowid=False,
)

current = Table(
    "vital_now",
    metadata,
    *_vital_columns(),
    Column("at", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

#: One row: up to where everything is evaluated, and from where late values ask for it again.
progress = Table(
    "vital_progress",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("evaluated", BigInteger, nullable=False),
    Column("late_from", BigInteger),
    Column("late_series", Text, nullable=False, server_default="[]"),
)

warnings = Table(
    "warnings",
    metadata,
    Column("id", String, primary_key=True),
    Column("indicator", String, nullable=False),
    Column("area", String, nullable=False),
    Column("open", Integer, nullable=False),
    Column("raised_at", BigInteger, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
    Column("escalate_at", BigInteger),
    Column("body", Text, nullable=False),
    Index("warnings_open", "open", "indicator", "area"),
    Index("warnings_pair", "indicator", "area", "changed_at"),
)

steps = Table(
    "warning_steps",
    metadata,
    Column("warning", String, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("kind", String, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("actor", String, nullable=False),
    Column("note", Text, nullable=False),
    Column("body", Text, nullable=False),
    Index("warning_steps_at", "at"),
)

messages = Table(
    "warning_messages",
    metadata,
    Column("identifier", String, primary_key=True),
    Column("warning", String, nullable=False),
    Column("number", Integer, nullable=False),  # of the step it tells
    Column("sender", String, nullable=False),
    Column("sent", String, nullable=False),  # as in the message
    Column("at", BigInteger, nullable=False),
    Column("kind", String, nullable=False),  # Alert, Update, Cancel
    Column("title", Text, nullable=False),  # by language, JSON
    Column("xml", Text, nullable=False),
    Index("warning_messages_warning", "warning", "number"),
    Index("warning_messages_at", "at"),
)


# -- vitals --------------------------------------------------------------------------------------------


def put_standings(
    connection: Connection, standings: Sequence[Standing], *, keep_history: bool = True
) -> None:
    """Write standings as the present, and each as a row of the past."""
    if not standings:
        return
    values = [_values(item) for item in standings]
    put(connection, current, *values)
    if keep_history:
        put(connection, rows, *values)


def forget_rows(connection: Connection, indicators: Iterable[str], after: int) -> None:
    """Remove rows after a moment (ms), because they are computed again."""
    connection.execute(delete(rows).where(rows.c.indicator.in_(sorted(indicators)), rows.c.at > after))


def all_current(connection: Connection) -> list[Standing]:
    """What stands now, of every indicator and area."""
    query = select(current).order_by(current.c.indicator, current.c.area)
    return [_standing(row) for row in connection.execute(query)]


def standings_at(
    connection: Connection, at: int, *, indicator: str | None = None, area: str | None = None
) -> list[Standing]:
    """What stood at a moment (ms)."""
    newest = select(rows.c.indicator, rows.c.area, func.max(rows.c.at).label("at")).where(rows.c.at <= at)
    if indicator is not None:
        newest = newest.where(rows.c.indicator == indicator)
    if area is not None:
        newest = newest.where(rows.c.area == area)
    last = newest.group_by(rows.c.indicator, rows.c.area).subquery()
    query = (
        select(rows)
        .join(
            last,
            and_(rows.c.indicator == last.c.indicator, rows.c.area == last.c.area, rows.c.at == last.c.at),
        )
        .order_by(rows.c.indicator, rows.c.area)
    )
    return [_standing(row) for row in connection.execute(query)]


def rows_between(connection: Connection, indicator: str, area: str, start: int, end: int) -> list[Standing]:
    """The rows of one vital that hold anywhere in ``start <= time <= end`` (ms), oldest first."""
    mine = and_(rows.c.indicator == indicator, rows.c.area == area)
    first = connection.execute(select(func.max(rows.c.at)).where(mine, rows.c.at <= start)).scalar()
    query = select(rows).where(mine, rows.c.at >= (first if first is not None else start), rows.c.at <= end)
    return [_standing(row) for row in connection.execute(query.order_by(rows.c.at))]


def levels_between(
    connection: Connection, indicators: Iterable[str], start: int, end: int
) -> dict[tuple[str, str], list[tuple[int, int]]]:
    """By pair the (time, level) rows in ``start < time <= end``."""
    query = select(rows.c.indicator, rows.c.area, rows.c.at, rows.c.level).where(
        rows.c.indicator.in_(sorted(indicators)), rows.c.at > start, rows.c.at <= end
    )
    found: dict[tuple[str, str], list[tuple[int, int]]] = {}
    for row in connection.execute(query.order_by(rows.c.indicator, rows.c.area, rows.c.at)):
        found.setdefault((row.indicator, row.area), []).append((row.at, row.level))
    return found


def _values(item: Standing) -> dict[str, Any]:
    vital, state = item.vital, item.state
    waiting = [
        [[int(level), millis(since)] for level, since in state.beyond],
        [[int(level), millis(since)] for level, since in state.quiet],
        millis(state.held) if state.held else None,
    ]
    return {
        "indicator": vital.indicator,
        "area": vital.area,
        "at": millis(vital.at),
        "value": vital.value,
        "level": int(vital.level),
        "status": vital.status.value,
        "coverage": vital.coverage,
        "fresh": vital.fresh,
        "expected": vital.expected,
        "since": millis(vital.since),
        "top": vital.top,
        "cause": item.cause,
        "waiting": json.dumps(waiting, separators=(",", ":")),
    }


def _standing(row: Row[Any]) -> Standing:
    beyond, quiet, held = json.loads(row.waiting)
    level, since = Level(row.level), from_millis(row.since)
    vital = Vital(
        row.indicator,
        row.area,
        from_millis(row.at),
        row.value,
        level,
        Status(row.status),
        row.coverage,
        row.fresh,
        row.expected,
        since,
        row.top,
    )
    state = LevelState(
        level,
        since,
        tuple((Level(a), from_millis(b)) for a, b in beyond),
        tuple((Level(a), from_millis(b)) for a, b in quiet),
        from_millis(held) if held else None,
    )
    return Standing(vital, state, row.cause)


# -- progress ------------------------------------------------------------------------------------------


def read_progress(connection: Connection) -> tuple[int | None, int | None, frozenset[int]]:
    """(evaluated up to, late from, late series); None and None at the very beginning."""
    row = connection.execute(select(progress)).first()
    if row is None:
        return None, None, frozenset()
    return row.evaluated, row.late_from, frozenset(json.loads(row.late_series))


def set_progress(
    connection: Connection, evaluated: int, late_from: int | None, late: Iterable[int] = ()
) -> None:
    """Say how far the evaluation has come and what it owes."""
    values = {
        "id": 1,
        "evaluated": evaluated,
        "late_from": late_from,
        "late_series": json.dumps(sorted(late)),
    }
    put(connection, progress, values)


# -- warnings ------------------------------------------------------------------------------------------


def put_step(connection: Connection, step: WarningStep) -> None:
    """Write a warning's new state and the step that led to it."""
    state = step.state
    body = msgspec.json.encode(state).decode()
    values = {
        "id": state.id,
        "indicator": state.indicator,
        "area": state.area,
        "open": int(state.open),
        "raised_at": millis(state.raised_at),
        "changed_at": millis(state.changed_at),
        "escalate_at": millis(state.escalate_at) if state.escalate_at else None,
        "body": body,
    }
    put(connection, warnings, values)
    connection.execute(
        insert(steps).values(
            warning=state.id,
            number=step.number,
            kind=step.kind,
            at=millis(step.at),
            actor=step.by,
            note=step.note,
            body=body,
        )
    )


def touch_warning(connection: Connection, warning: str, escalate_at: int | None) -> None:
    """Change when a warning is escalated next."""
    connection.execute(update(warnings).where(warnings.c.id == warning).values(escalate_at=escalate_at))


def get_warning(connection: Connection, warning: str) -> Warning | None:
    """A warning as it is now."""
    body = connection.execute(select(warnings.c.body).where(warnings.c.id == warning)).scalar()
    return _warning(body) if body else None


def open_warnings(connection: Connection) -> list[Warning]:
    """Every warning that still stands, in order of birth."""
    return [_warning(body) for body in connection.execute(_OPEN).scalars()]


_OPEN = select(warnings.c.body).where(warnings.c.open == 1).order_by(warnings.c.raised_at, warnings.c.id)


def last_warning(connection: Connection, indicator: str, area: str) -> Warning | None:
    """The newest warning of a pair, open or cleared."""
    query = (
        select(warnings.c.body)
        .where(warnings.c.indicator == indicator, warnings.c.area == area)
        .order_by(warnings.c.raised_at.desc(), warnings.c.id.desc())
        .limit(1)
    )
    body = connection.execute(query).scalar()
    return _warning(body) if body else None


def all_warnings(connection: Connection, limit: int) -> list[Warning]:
    """The newest warnings, newest first."""
    query = select(warnings.c.body).order_by(warnings.c.raised_at.desc(), warnings.c.id.desc()).limit(limit)
    return [_warning(body) for body in connection.execute(query).scalars()]


def warnings_at(connection: Connection, at: int) -> list[Warning]:
    """Every warning as it was at a moment (ms), oldest first; those not yet born are left out."""
    newest = (
        select(steps.c.warning, func.max(steps.c.number).label("number"))
        .where(steps.c.at <= at)
        .group_by(steps.c.warning)
        .subquery()
    )
    query = select(steps.c.body).join(
        newest, and_(steps.c.warning == newest.c.warning, steps.c.number == newest.c.number)
    )
    return sorted(
        (_warning(body) for body in connection.execute(query).scalars()),
        key=lambda item: (item.raised_at, item.id),
    )


def steps_of(connection: Connection, warning: str) -> list[WarningStep]:
    """The steps of a warning, oldest first."""
    found = connection.execute(select(steps).where(steps.c.warning == warning).order_by(steps.c.number))
    return [
        WarningStep(
            row.warning, row.number, row.kind, from_millis(row.at), row.actor, _warning(row.body), row.note
        )
        for row in found
    ]


def next_escalation(connection: Connection) -> int | None:
    """When the next warning must be escalated (ms)."""
    query = select(func.min(warnings.c.escalate_at)).where(warnings.c.open == 1)
    found: int | None = connection.execute(query).scalar()
    return found


def _warning(body: str) -> Warning:
    return msgspec.json.decode(body, type=Warning)


# -- CAP messages --------------------------------------------------------------------------------------


def put_message(connection: Connection, bulletin: Bulletin, number: int) -> None:
    """Keep a CAP message, which tells step ``number`` of its warning."""
    connection.execute(
        insert(messages).values(
            identifier=bulletin.identifier,
            warning=bulletin.warning,
            number=number,
            sender=bulletin.sender,
            sent=bulletin.sent,
            at=millis(bulletin.at),
            kind=bulletin.kind,
            xml=bulletin.xml,
            title=json.dumps(bulletin.title.as_dict(), ensure_ascii=False),
        )
    )


def messages_of(connection: Connection, warning: str) -> list[Bulletin]:
    """The messages of a warning, oldest first."""
    query = select(messages).where(messages.c.warning == warning).order_by(messages.c.number)
    return [_bulletin(row) for row in connection.execute(query)]


def message(connection: Connection, identifier: str) -> Bulletin | None:
    """One message by its identifier."""
    row = connection.execute(select(messages).where(messages.c.identifier == identifier)).first()
    return _bulletin(row) if row else None


def latest_messages(connection: Connection, limit: int) -> list[Bulletin]:
    """The newest messages, newest first."""
    query = select(messages).order_by(
        messages.c.at.desc(), messages.c.warning.desc(), messages.c.number.desc()
    )
    return [_bulletin(row) for row in connection.execute(query.limit(limit))]


def _bulletin(row: Row[Any]) -> Bulletin:
    return Bulletin(
        row.identifier,
        row.warning,
        row.sender,
        row.sent,
        from_millis(row.at),
        row.kind,
        Words.of(json.loads(row.title)),
        row.xml,
    )
