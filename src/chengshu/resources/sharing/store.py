"""Tables of sharing: requests with grants, steps, clocks, uses with whom they are about, corrections."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    delete,
    func,
    insert,
    select,
    update,
)

from chengshu.kernel.errors import Missing
from chengshu.resources.sharing.model import Correction, Request, StatutoryClock, Step, Use

metadata = MetaData()

requests = Table(
    "sharing_requests",
    metadata,
    Column("id", String, primary_key=True),
    Column("grant", String, nullable=False),  # "" while there is none
    Column("state", String, nullable=False),
    Column("resource", String, nullable=False),
    Column("department", String, nullable=False),
    Column("provider", String, nullable=False),
    Column("ends_at", BigInteger, nullable=False),  # 0 while the grant does not run
    Column("body", LargeBinary, nullable=False),
    Index("sharing_requests_grant", "grant"),
    Index("sharing_requests_resource", "resource", "department"),
    Index("sharing_requests_state", "state", "ends_at"),
)
steps = Table(
    "sharing_steps",
    metadata,
    Column("request", String, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("body", LargeBinary, nullable=False),
)
clocks = Table(
    "sharing_clocks",
    metadata,
    Column("subject", String, primary_key=True),
    Column("kind", String, primary_key=True),
    Column("owner", String, nullable=False),
    Column("days", Integer, nullable=False),
    Column("used", Integer, nullable=False),
    Column("started_at", BigInteger, nullable=False),
    Column("due_at", BigInteger, nullable=False),
    Column("extended", Boolean, nullable=False),
    Column("escalated_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger, nullable=False),
    Column("warn_at", BigInteger, nullable=False, server_default="0"),
    Index("sharing_clocks_due", "ended_at", "due_at"),
)
uses = Table(
    "sharing_uses",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("grant", String, nullable=False),
    Column("resource", String, nullable=False),
    Column("person", String, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("outcome", String, nullable=False),
    Column("rows", Integer, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Index("sharing_uses_grant", "grant", "at"),
    Index("sharing_uses_person", "person", "at"),
    Index("sharing_uses_at", "at"),
)
subjects = Table(
    "sharing_use_subjects",
    metadata,
    Column("token", String, primary_key=True),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Index("sharing_use_subjects_seq", "seq"),
    sqlite_with_rowid=False,
)
seals = Table(
    "sharing_seals",
    metadata,
    Column("last", Integer, primary_key=True, autoincrement=False),
    Column("first", Integer, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("pruned_at", BigInteger, nullable=False),
)
corrections = Table(
    "sharing_corrections",
    metadata,
    Column("id", String, primary_key=True),
    Column("resource", String, nullable=False),
    Column("state", String, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Index("sharing_corrections_resource", "resource", "state"),
)

_request = msgspec.json.Decoder(Request)
_step = msgspec.json.Decoder(Step)
_use = msgspec.json.Decoder(Use)
_correction = msgspec.json.Decoder(Correction)


def encode(value: msgspec.Struct) -> bytes:
    """Equal values give equal bytes."""
    return msgspec.json.encode(value, order="deterministic")


def _request_row(request: Request) -> dict[str, Any]:
    return {
        "grant": request.grant_id,
        "state": request.state,
        "resource": request.ask.resource,
        "department": request.by.department,
        "provider": request.provider,
        "ends_at": request.grant.ends_at if request.grant else 0,
        "body": encode(request),
    }


def add_request(connection: Connection, request: Request) -> None:
    """Keep a new request."""
    connection.execute(insert(requests).values(id=request.id, **_request_row(request)))


def save_request(connection: Connection, request: Request) -> None:
    """Keep what became of it."""
    connection.execute(update(requests).where(requests.c.id == request.id).values(**_request_row(request)))


def find_request(connection: Connection, id_: str) -> Request:
    """A request by its id or its grant's. Raises :class:`Missing`."""
    if id_:
        query = select(requests.c.body).where((requests.c.id == id_) | (requests.c.grant == id_))
        body = connection.scalars(query).first()
        if body is not None:
            return _request.decode(body)
    raise Missing(
        "request-missing", f"there is no request or grant {id_!r}", remedy="see: chengshu sharing list"
    )


def find_requests(connection: Connection, ids: Sequence[str]) -> dict[str, Request]:
    """Those of the ids that exist."""
    query = select(requests.c.id, requests.c.body).where(requests.c.id.in_(ids))
    return {row.id: _request.decode(row.body) for row in connection.execute(query)}


def select_requests(
    connection: Connection, after: str, limit: int, newest: bool = False, **conditions: str | Sequence[str]
) -> list[Request]:
    """Requests by columns, in the order of ids, those after ``after``; ``newest``: backwards from there."""
    id_ = requests.c.id
    query = select(requests.c.body).where(id_ < after if newest and after else id_ > after).limit(limit)
    query = query.order_by(id_.desc() if newest else id_)
    for name, value in conditions.items():
        query = query.where(requests.c[name].in_([value] if isinstance(value, str) else value))
    return [_request.decode(body) for body in connection.scalars(query)]


def standing(connection: Connection, resource: str, department: str, states: Sequence[str]) -> list[Request]:
    """A department's requests for a resource that are in one of ``states``."""
    query = select(requests.c.body).where(
        requests.c.resource == resource,
        requests.c.department == department,
        requests.c.state.in_(states),
    )
    return [_request.decode(body) for body in connection.scalars(query.order_by(requests.c.id))]


def in_states(connection: Connection, states: Sequence[str]) -> list[Request]:
    """Every request in one of ``states``."""
    query = select(requests.c.body).where(requests.c.state.in_(states)).order_by(requests.c.id)
    return [_request.decode(body) for body in connection.scalars(query)]


def ended_by(connection: Connection, now: int, states: Sequence[str]) -> list[Request]:
    """Grants in one of ``states`` whose time is up."""
    query = select(requests.c.body).where(
        requests.c.state.in_(states), requests.c.ends_at > 0, requests.c.ends_at <= now
    )
    return [_request.decode(body) for body in connection.scalars(query.order_by(requests.c.id))]


def next_end(connection: Connection, states: Sequence[str]) -> int | None:
    """When the next grant ends."""
    query = select(func.min(requests.c.ends_at)).where(requests.c.state.in_(states), requests.c.ends_at > 0)
    value = connection.scalar(query)
    return None if value is None else int(value)


def count_states(connection: Connection) -> dict[str, int]:
    """How many requests there are in each state."""
    query = select(requests.c.state, func.count()).group_by(requests.c.state).order_by(requests.c.state)
    return {row[0]: row[1] for row in connection.execute(query)}


def add_step(connection: Connection, step: Step) -> None:
    """Keep a step; none is ever changed."""
    connection.execute(insert(steps).values(request=step.request, number=step.number, body=encode(step)))


def steps_of(connection: Connection, request: str) -> list[Step]:
    """The life of a request, from its beginning."""
    query = select(steps.c.body).where(steps.c.request == request).order_by(steps.c.number)
    return [_step.decode(body) for body in connection.scalars(query)]


def save_clock(connection: Connection, clock: StatutoryClock) -> None:
    """Insert or replace a clock."""
    key = (clocks.c.subject == clock.subject) & (clocks.c.kind == clock.kind)
    connection.execute(delete(clocks).where(key))
    connection.execute(insert(clocks).values(**msgspec.structs.asdict(clock)))


def find_clock(connection: Connection, subject: str, kind: str) -> StatutoryClock | None:
    """The clock of that kind, or None."""
    row = connection.execute(select(clocks).where(clocks.c.subject == subject, clocks.c.kind == kind)).first()
    return None if row is None else StatutoryClock(**row._mapping)


def clocks_of(connection: Connection, subject: str) -> list[StatutoryClock]:
    """Every clock of a subject, by kind."""
    query = select(clocks).where(clocks.c.subject == subject).order_by(clocks.c.kind)
    return [StatutoryClock(**row._mapping) for row in connection.execute(query)]


def open_clocks(connection: Connection) -> list[StatutoryClock]:
    """Clocks that run, the most urgent first."""
    query = select(clocks).where(clocks.c.ended_at == 0, clocks.c.due_at > 0)
    rows = connection.execute(query.order_by(clocks.c.due_at, clocks.c.subject, clocks.c.kind))
    return [StatutoryClock(**row._mapping) for row in rows]


def overdue_clocks(connection: Connection, now: int) -> list[StatutoryClock]:
    """Clocks that ran out and were not escalated yet."""
    return [clock for clock in open_clocks(connection) if clock.due_at <= now and not clock.escalated_at]


def clocks_to_warn(connection: Connection, now: int) -> list[StatutoryClock]:
    """Clocks whose owners are to be told now that they end soon."""
    return [clock for clock in open_clocks(connection) if 0 < clock.warn_at <= now < clock.due_at]


def next_due(connection: Connection) -> int | None:
    """When the next clock that was not escalated runs out, or is to be told of before it does."""
    running = (clocks.c.ended_at == 0, clocks.c.due_at > 0)
    out = select(func.min(clocks.c.due_at)).where(*running, clocks.c.escalated_at == 0)
    soon = select(func.min(clocks.c.warn_at)).where(
        *running, clocks.c.warn_at > 0, clocks.c.escalated_at == 0
    )
    moments = [int(value) for query in (out, soon) if (value := connection.scalar(query)) is not None]
    return min(moments, default=None)


def last_seq(connection: Connection) -> int:
    """The number of the newest use ever, also of those whose time of keeping is over."""
    newest = connection.execute(select(func.coalesce(func.max(uses.c.seq), 0))).scalar_one()
    sealed = connection.execute(select(func.coalesce(func.max(seals.c.last), 0))).scalar_one()
    return max(int(newest), int(sealed))


def add_use(connection: Connection, use: Use, tokens: Iterable[str] = ()) -> None:
    """Keep a use and the tokens of those it was about."""
    row = {
        "seq": use.seq,
        "grant": use.grant,
        "resource": use.resource,
        "person": use.person,
        "at": use.at,
        "outcome": use.outcome,
        "rows": use.rows,
        "body": encode(use),
    }
    connection.execute(insert(uses).values(**row))
    about = [{"token": token, "seq": use.seq} for token in sorted(set(tokens))]
    if about:
        connection.execute(insert(subjects), about)


def uses_where(
    connection: Connection,
    *,
    grant: str = "",
    resource: str = "",
    person: str = "",
    since: int = 0,
    until: int | None = None,
    limit: int = 10_000,
) -> list[Use]:
    """The newest uses that fit, oldest first; ``since <= at``, ``at < until`` (ms)."""
    query = select(uses.c.body).where(uses.c.at >= since)
    for column, value in ((uses.c.grant, grant), (uses.c.resource, resource), (uses.c.person, person)):
        if value:
            query = query.where(column == value)
    if until is not None:
        query = query.where(uses.c.at < until)
    found = [_use.decode(body) for body in connection.scalars(query.order_by(uses.c.seq.desc()).limit(limit))]
    return found[::-1]


def rows_since(connection: Connection, grant: str, since: int) -> int:
    """How many rows a grant gave since a moment."""
    query = select(func.coalesce(func.sum(uses.c.rows), 0)).where(
        uses.c.grant == grant, uses.c.at >= since, uses.c.outcome == "answered"
    )
    return int(connection.execute(query).scalar_one())


def count_uses(connection: Connection, grant: str, since: int, outcome: str) -> int:
    """How many uses of a grant ended that way since a moment."""
    query = select(func.count()).where(uses.c.grant == grant, uses.c.at >= since, uses.c.outcome == outcome)
    return int(connection.execute(query).scalar_one())


def tally(connection: Connection, since: int, until: int) -> tuple[dict[str, int], dict[str, int]]:
    """How many uses ended how, and how many rows left by each grant; ``since <= at < until`` (ms)."""
    span = (uses.c.at >= since) & (uses.c.at < until)
    outcomes = select(uses.c.outcome, func.count()).where(span).group_by(uses.c.outcome)
    by_grant = (
        select(uses.c.grant, func.sum(uses.c.rows))
        .where(span, uses.c.outcome == "answered")
        .group_by(uses.c.grant)
    )
    return (
        {row[0]: int(row[1]) for row in connection.execute(outcomes.order_by(uses.c.outcome))},
        {row[0]: int(row[1]) for row in connection.execute(by_grant.order_by(uses.c.grant))},
    )


def answered_by_resource(connection: Connection, since: int, until: int) -> dict[str, tuple[int, int]]:
    """Answered uses of each resource and the rows they gave; ``since <= at < until`` (ms)."""
    span = (uses.c.at >= since) & (uses.c.at < until) & (uses.c.outcome == "answered")
    query = select(uses.c.resource, func.count(), func.sum(uses.c.rows)).where(span)
    found = connection.execute(query.group_by(uses.c.resource).order_by(uses.c.resource))
    return {row[0]: (int(row[1]), int(row[2])) for row in found}


def uses_about(connection: Connection, token: str, limit: int) -> list[Use]:
    """The uses that gave rows about a person, newest first."""
    query = select(uses.c.body).join(subjects, subjects.c.seq == uses.c.seq).where(subjects.c.token == token)
    return [_use.decode(body) for body in connection.scalars(query.order_by(uses.c.seq.desc()).limit(limit))]


def bodies_between(connection: Connection, first: int, last: int) -> list[tuple[int, int, bytes]]:
    """Number, moment and bytes of uses ``first`` to ``last``."""
    query = select(uses.c.seq, uses.c.at, uses.c.body).where(uses.c.seq >= first, uses.c.seq <= last)
    return [(row.seq, row.at, row.body) for row in connection.execute(query.order_by(uses.c.seq))]


def last_sealed(connection: Connection) -> int:
    """The newest use that is sealed."""
    return int(connection.execute(select(func.coalesce(func.max(seals.c.last), 0))).scalar_one())


def oldest_unsealed(connection: Connection) -> int | None:
    """When the oldest use happened that is not sealed."""
    query = select(func.min(uses.c.at)).where(uses.c.seq > last_sealed(connection))
    value = connection.scalar(query)
    return None if value is None else int(value)


def add_seal(connection: Connection, first: int, last: int, at: int, digest: str) -> None:
    """Keep the digest of uses ``first`` to ``last``."""
    connection.execute(insert(seals).values(first=first, last=last, at=at, digest=digest, pruned_at=0))


def all_seals(connection: Connection) -> list[Any]:
    """Every seal: ``first``, ``last``, ``at``, ``digest``, ``pruned_at``."""
    return list(connection.execute(select(seals).order_by(seals.c.last)))


def seal_over(connection: Connection, seq: int) -> Any:
    """The seal that a use is under: ``first``, ``last``, ``at``, ``digest``; None while there is none."""
    query = select(seals).where(seals.c.last >= seq, seals.c.first <= seq).order_by(seals.c.last).limit(1)
    return connection.execute(query).first()


def prune_seal(connection: Connection, first: int, last: int, at: int) -> None:
    """Delete the uses under a seal; the seal stays."""
    connection.execute(delete(subjects).where(subjects.c.seq >= first, subjects.c.seq <= last))
    connection.execute(delete(uses).where(uses.c.seq >= first, uses.c.seq <= last))
    connection.execute(update(seals).where(seals.c.last == last).values(pruned_at=at))


def save_correction(connection: Connection, correction: Correction) -> None:
    """Insert or replace a correction."""
    connection.execute(delete(corrections).where(corrections.c.id == correction.id))
    connection.execute(
        insert(corrections).values(
            id=correction.id,
            resource=correction.resource,
            state=correction.state,
            body=encode(correction),
        )
    )


def find_correction(connection: Connection, id_: str) -> Correction:
    """Raises :class:`Missing`."""
    body = connection.scalars(select(corrections.c.body).where(corrections.c.id == id_)).first()
    if body is None:
        raise Missing("correction-missing", f"there is no correction {id_!r}")
    return _correction.decode(body)


def select_corrections(connection: Connection, resource: str = "", state: str = "") -> list[Correction]:
    """Corrections by resource and state, by id."""
    query = select(corrections.c.body).order_by(corrections.c.id)
    if resource:
        query = query.where(corrections.c.resource == resource)
    if state:
        query = query.where(corrections.c.state == state)
    return [_correction.decode(body) for body in connection.scalars(query)]
