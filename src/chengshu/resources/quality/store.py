"""Tables of quality: every measure of a resource with its scores; the newest ones with all they found."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

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
    func,
    insert,
    select,
    update,
)

from chengshu.kernel.clock import from_millis, millis

metadata = MetaData()
_WHOLE = 20  # measures of a resource that keep what they found; of older ones the scores stay

measures = Table(
    "quality_measures",
    metadata,
    Column("key", Integer, primary_key=True),
    Column("resource", String, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("rows", BigInteger, nullable=False),
    Column("score", Float),
    Column("scores", Text, nullable=False),
    Column("body", Text, nullable=False),
    Index("quality_measures_resource", "resource", "at"),
)


@dataclass(frozen=True, slots=True)
class Kept:
    """One measure as it was kept. ``body`` is empty where it is too old for that."""

    resource: str
    at: datetime
    rows: int
    score: float | None
    scores: Mapping[str, float]
    body: Mapping[str, Any]


def add_measure(connection: Connection, kept: Kept) -> None:
    """Keep a measure, and of those that are old the scores alone."""
    connection.execute(
        insert(measures).values(
            resource=kept.resource,
            at=millis(kept.at),
            rows=kept.rows,
            score=kept.score,
            scores=json.dumps(dict(kept.scores)),
            body=json.dumps(dict(kept.body), ensure_ascii=False, default=str),
        )
    )
    newest = select(measures.c.key).where(measures.c.resource == kept.resource)
    bound = connection.scalar(newest.order_by(measures.c.key.desc()).offset(_WHOLE).limit(1))
    if bound is not None:
        old = (measures.c.resource == kept.resource) & (measures.c.key <= bound) & (measures.c.body != "{}")
        connection.execute(update(measures).where(old).values(body="{}"))


def measures_of(
    connection: Connection, resource: str, until: datetime | None = None, limit: int = 200
) -> list[Kept]:
    """The newest measures of a resource until a moment, newest first."""
    query = select(measures).where(measures.c.resource == resource)
    if until is not None:
        query = query.where(measures.c.at <= millis(until))
    found = connection.execute(query.order_by(measures.c.at.desc(), measures.c.key.desc()).limit(limit))
    return [_kept(row) for row in found]


def newest_scores(
    connection: Connection, until: datetime, of: Collection[str] | None = None
) -> dict[str, tuple[float, datetime]]:
    """The newest score of each resource (of these alone, where they are given) until a moment, and when it
    was measured; none where a measure had no rule to go by.
    """
    known = (measures.c.at <= millis(until)) & measures.c.score.is_not(None)
    if of is not None:
        known &= measures.c.resource.in_(of)
    newest = select(func.max(measures.c.key)).where(known).group_by(measures.c.resource)
    query = select(measures.c.resource, measures.c.score, measures.c.at).where(measures.c.key.in_(newest))
    return {row.resource: (row.score, from_millis(row.at)) for row in connection.execute(query)}


def _kept(row: Row[Any]) -> Kept:
    return Kept(
        row.resource,
        from_millis(row.at),
        row.rows,
        row.score,
        json.loads(row.scores),
        json.loads(row.body),
    )
