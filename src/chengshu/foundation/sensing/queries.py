"""Readers of the quarantine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row

from chengshu.foundation.sensing import store
from chengshu.foundation.sensing.model import Complaint, Quarantined
from chengshu.kernel.clock import from_millis
from chengshu.ports.database import Database


@dataclass(frozen=True, slots=True)
class QuarantineCount:
    """What waits of one source for one reason: different ``records``, and how often they came."""

    source: str
    code: str
    records: int
    times: int


def quarantined(
    database: Database,
    *,
    source: str | None = None,
    state: str | None = "waiting",
    code: str | None = None,
    after: int = 0,
    limit: int = 200,
) -> list[Quarantined]:
    """Rejected records by id; page on with ``after`` = the last id."""
    with database.read() as connection:
        rows = store.quarantined_rows(
            connection, source=source, state=state, code=code, after=after, limit=limit
        )
    return [_quarantined(row) for row in rows]


def quarantine_counts(database: Database) -> list[QuarantineCount]:
    """How much waits, by source and reason."""
    with database.read() as connection:
        return [QuarantineCount(*row) for row in store.quarantine_counts(connection)]


def complaints(database: Database, limit: int = 50) -> tuple[list[Complaint], int]:
    """What waits, a line for each device and reason, the newest first; and how many lines there are."""
    with database.read() as connection:
        found, total = store.complaints(connection, limit)
    return [
        Complaint(records, times, from_millis(since), _quarantined(row))
        for records, times, since, row in found
    ], total


def _quarantined(row: Row[Any]) -> Quarantined:
    return Quarantined(
        row.id,
        row.source,
        row.code,
        row.detail,
        row.raw,
        row.cut,
        row.topic,
        row.times,
        from_millis(row.first_at),
        from_millis(row.last_at),
        row.state,
        row.entity or "",
    )
