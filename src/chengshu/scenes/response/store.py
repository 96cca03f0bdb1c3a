"""Tables of the response scene and the SQL over them.

The present lies in one row per thing; every version of it is appended to ``response_versions``, so that any
past moment can be shown.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, TypeVar

import msgspec
from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    case,
    delete,
    func,
    insert,
    select,
)
from sqlalchemy.dialects.sqlite import insert as upsert

from chengshu.kernel.clock import from_millis, millis
from chengshu.kernel.errors import Missing
from chengshu.ports.rows import put
from chengshu.scenes.response.model import (
    ENDED,
    Closure,
    Event,
    EventState,
    Review,
    Unit,
    WorkOrder,
)

metadata = MetaData()
T = TypeVar("T", bound=msgspec.Struct)

events = Table(
    "response_events",
    metadata,
    Column("id", String, primary_key=True),
    Column("scenario", String, nullable=False),
    Column("state", String, nullable=False),
    Column("opened_at", BigInteger, nullable=False),
    Column("body", Text, nullable=False),
    Index("response_events_state", "scenario", "state"),
)
orders = Table(
    "response_orders",
    metadata,
    Column("id", String, primary_key=True),
    Column("event", String, nullable=False),
    Column("scenario", String, nullable=False),
    Column("state", String, nullable=False),
    Column("department", String, nullable=False),
    Column("slot", String, nullable=False),
    Column("task", String),
    Column("created_at", BigInteger, nullable=False),
    Column("body", Text, nullable=False),
    Index("response_orders_event", "event"),
    Index("response_orders_state", "state"),
    Index("response_orders_slot", "slot"),
    Index("response_orders_task", "task"),
)
units = Table(
    "response_units",
    metadata,
    Column("id", String, primary_key=True),
    Column("body", Text, nullable=False),
)
closures = Table(
    "response_closures",
    metadata,
    Column("id", String, primary_key=True),
    Column("closed_at", BigInteger, primary_key=True),
    Column("opened_at", BigInteger),
    Column("body", Text, nullable=False),
)
reviews = Table(
    "response_reviews",
    metadata,
    Column("event", String, primary_key=True),
    Column("body", Text, nullable=False),
)
services = Table(
    "response_services",
    metadata,
    Column("request", String, primary_key=True),
    Column("event", String, nullable=False),
    Column("handler", String, nullable=False),
)
wakeups = Table(
    "response_wakeups",
    metadata,
    Column("job", String, primary_key=True),
    Column("at", BigInteger, nullable=False),
)
dispatches = Table(
    "response_dispatches",
    metadata,
    Column("seq", Integer, primary_key=True),
    Column("scenario", String, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("body", Text, nullable=False),
)
versions = Table(
    "response_versions",
    metadata,
    Column("n", Integer, primary_key=True),
    Column("kind", String, nullable=False),
    Column("subject", String, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("body", Text, nullable=False),
    Index("response_versions_at", "kind", "at"),
)


def _dump(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def _load(kind: type[T], body: str) -> T:
    return msgspec.json.decode(body, type=kind)


def _keep(connection: Connection, kind: str, subject: str, at: datetime, body: str) -> None:
    connection.execute(insert(versions).values(kind=kind, subject=subject, at=millis(at), body=body))


def save_event(connection: Connection, event: Event) -> None:
    """Insert or replace an event, and keep this version of it."""
    body = _dump(event)
    row = {
        "id": event.id,
        "scenario": event.scenario,
        "state": event.state.value,
        "opened_at": millis(event.opened_at),
        "body": body,
    }
    put(connection, events, row)
    _keep(connection, "event", event.id, event.updated_at, body)


def save_order(connection: Connection, order: WorkOrder) -> None:
    """Insert or replace a work order, and keep this version of it."""
    body = _dump(order)
    row = {
        "id": order.id,
        "event": order.event,
        "scenario": order.scenario,
        "state": order.state.value,
        "department": order.department,
        "slot": order.slot,
        "task": order.task,
        "created_at": millis(order.created_at),
        "body": body,
    }
    put(connection, orders, row)
    _keep(connection, "order", order.id, order.updated_at, body)


def save_unit(connection: Connection, unit: Unit, at: datetime) -> None:
    """Insert or replace a unit, and keep this version of it."""
    body = _dump(unit)
    put(connection, units, {"id": unit.id, "body": body})
    _keep(connection, "unit", unit.id, at, body)


def save_closure(connection: Connection, closure: Closure) -> None:
    """Insert or replace a closure of a road."""
    opened = None if closure.opened_at is None else millis(closure.opened_at)
    row = {
        "id": closure.id,
        "closed_at": millis(closure.closed_at),
        "opened_at": opened,
        "body": _dump(closure),
    }
    put(connection, closures, row)


def save_review(connection: Connection, review: Review) -> None:
    """Keep the review of an event; a second one replaces nothing."""
    statement = upsert(reviews).values(event=review.event, body=_dump(review))
    connection.execute(statement.on_conflict_do_nothing(index_elements=["event"]))


def event(connection: Connection, event_id: str) -> Event:
    """The event. Raises :class:`Missing`."""
    body = connection.execute(select(events.c.body).where(events.c.id == event_id)).scalar()
    if body is None:
        raise Missing("event-missing", f"event {event_id} does not exist", remedy="check the id")
    return _load(Event, body)


def find_event(connection: Connection, event_id: str) -> Event | None:
    """The event, or None."""
    body = connection.execute(select(events.c.body).where(events.c.id == event_id)).scalar()
    return None if body is None else _load(Event, body)


def list_events(
    connection: Connection, *, scenario: str | None = None, states: Iterable[EventState] | None = None
) -> list[Event]:
    """Events in the order they were opened."""
    query = select(events.c.body).order_by(events.c.opened_at, events.c.id)
    if scenario is not None:
        query = query.where(events.c.scenario == scenario)
    if states is not None:
        query = query.where(events.c.state.in_([state.value for state in states]))
    return [_load(Event, body) for body in connection.execute(query).scalars()]


def order(connection: Connection, order_id: str) -> WorkOrder:
    """The work order. Raises :class:`Missing`."""
    body = connection.execute(select(orders.c.body).where(orders.c.id == order_id)).scalar()
    if body is None:
        raise Missing("order-missing", f"work order {order_id} does not exist", remedy="check the id")
    return _load(WorkOrder, body)


def list_orders(
    connection: Connection,
    *,
    event_id: str | None = None,
    scenario: str | None = None,
    department: str | None = None,
    task: str | None = None,
    slot: str | None = None,
    open_only: bool = False,
) -> list[WorkOrder]:
    """Work orders in the order they were created."""
    query = select(orders.c.body).order_by(orders.c.created_at, orders.c.id)
    wanted = (
        (orders.c.event, event_id),
        (orders.c.scenario, scenario),
        (orders.c.department, department),
        (orders.c.task, task),
        (orders.c.slot, slot),
    )
    for column, value in wanted:
        if value is not None:
            query = query.where(column == value)
    if open_only:
        query = query.where(orders.c.state.not_in(sorted(state.value for state in ENDED)))
    return [_load(WorkOrder, body) for body in connection.execute(query).scalars()]


def list_units(connection: Connection) -> list[Unit]:
    """All units, by id."""
    query = select(units.c.body).order_by(units.c.id)
    return [_load(Unit, body) for body in connection.execute(query).scalars()]


def unit(connection: Connection, unit_id: str) -> Unit:
    """The unit. Raises :class:`Missing`."""
    body = connection.execute(select(units.c.body).where(units.c.id == unit_id)).scalar()
    if body is None:
        raise Missing("unit-missing", f"unit {unit_id} does not exist", remedy="check the id")
    return _load(Unit, body)


def list_closures(connection: Connection, at: datetime | None = None) -> list[Closure]:
    """The closures that stand, now or at a past moment, by id."""
    query = select(closures.c.body).order_by(closures.c.id, closures.c.closed_at)
    if at is None:
        query = query.where(closures.c.opened_at.is_(None))
    else:
        moment = millis(at)
        later = func.coalesce(closures.c.opened_at, moment + 1)
        query = query.where(closures.c.closed_at <= moment, later > moment)
    return [_load(Closure, body) for body in connection.execute(query).scalars()]


def review(connection: Connection, event_id: str) -> Review | None:
    """The review of an event, or None while there is none."""
    body = connection.execute(select(reviews.c.body).where(reviews.c.event == event_id)).scalar()
    return None if body is None else _load(Review, body)


def add_service(connection: Connection, request: str, event_id: str, handler: str) -> None:
    """Remember a request of the plan until it is answered."""
    statement = upsert(services).values(request=request, event=event_id, handler=handler)
    connection.execute(statement.on_conflict_do_nothing(index_elements=["request"]))


def take_services(connection: Connection, event_id: str, handler: str) -> list[str]:
    """The open requests to ``handler`` for this event; they are forgotten with this."""
    query = select(services.c.request).where(services.c.event == event_id, services.c.handler == handler)
    found = list(connection.execute(query.order_by(services.c.request)).scalars())
    connection.execute(delete(services).where(services.c.request.in_(found)))
    return found


def drop_service(connection: Connection, request: str) -> None:
    """Forget a request the plan took back."""
    connection.execute(delete(services).where(services.c.request == request))


def wake(connection: Connection, job: str, at: datetime, *, sooner_only: bool = True) -> None:
    """Let ``job`` run at ``at``, or sooner when it is already set so."""
    moment = millis(at)
    statement = upsert(wakeups).values(job=job, at=moment)
    sooner = case((wakeups.c.at < moment, wakeups.c.at), else_=moment)
    new = sooner if sooner_only else moment
    connection.execute(statement.on_conflict_do_update(index_elements=["job"], set_={"at": new}))


def sleep(connection: Connection, job: str) -> None:
    """Let ``job`` run no more until it is woken."""
    connection.execute(delete(wakeups).where(wakeups.c.job == job))


def due_jobs(connection: Connection, now: datetime) -> list[str]:
    """The jobs due at ``now``, by time and name."""
    query = select(wakeups.c.job).where(wakeups.c.at <= millis(now)).order_by(wakeups.c.at, wakeups.c.job)
    return list(connection.execute(query).scalars())


def next_wakeup(connection: Connection) -> datetime | None:
    """When the next job is due, or None."""
    moment = connection.execute(_NEXT_WAKEUP).scalar()
    return None if moment is None else from_millis(moment)


_NEXT_WAKEUP = select(func.min(wakeups.c.at))  # asked after every write: built once


def add_dispatch(connection: Connection, scenario: str, at: datetime, body: dict[str, Any]) -> None:
    """Keep what a planning round decided."""
    connection.execute(insert(dispatches).values(scenario=scenario, at=millis(at), body=_dump(body)))


def last_dispatch(connection: Connection, scenario: str, at: datetime | None = None) -> dict[str, Any] | None:
    """The newest planning round, now or as of a past moment."""
    query = select(dispatches.c.body).where(dispatches.c.scenario == scenario)
    if at is not None:
        query = query.where(dispatches.c.at <= millis(at))
    body = connection.execute(query.order_by(dispatches.c.seq.desc()).limit(1)).scalar()
    return None if body is None else msgspec.json.decode(body, type=dict[str, Any])


def as_of(connection: Connection, kind: str, into: type[T], at: datetime) -> list[T]:
    """Everything of ``kind`` (event, order, unit) as it was at a past moment, by first appearance."""
    newest = (
        select(func.max(versions.c.n).label("n"), func.min(versions.c.n).label("first"))
        .where(versions.c.kind == kind, versions.c.at <= millis(at))
        .group_by(versions.c.subject)
        .subquery()
    )
    query = select(versions.c.body).join(newest, newest.c.n == versions.c.n).order_by(newest.c.first)
    return [_load(into, body) for body in connection.execute(query).scalars()]


def as_of_one(connection: Connection, kind: str, into: type[T], subject: str, at: datetime) -> T | None:
    """One thing as it was at a past moment; None when it was not yet there."""
    query = select(versions.c.body).where(
        versions.c.kind == kind, versions.c.subject == subject, versions.c.at <= millis(at)
    )
    body = connection.execute(query.order_by(versions.c.n.desc()).limit(1)).scalar()
    return None if body is None else _load(into, body)


def dispatches_between(
    connection: Connection, scenario: str, start: datetime, end: datetime
) -> list[dict[str, Any]]:
    """The planning rounds of a scenario between two moments, in order."""
    query = select(dispatches.c.body).where(
        dispatches.c.scenario == scenario, dispatches.c.at >= millis(start), dispatches.c.at <= millis(end)
    )
    found = connection.execute(query.order_by(dispatches.c.seq)).scalars()
    return [msgspec.json.decode(body, type=dict[str, Any]) for body in found]


def closures_between(connection: Connection, start: datetime, end: datetime) -> list[Closure]:
    """The closures that began between two moments, in order."""
    query = select(closures.c.body).where(
        closures.c.closed_at >= millis(start), closures.c.closed_at <= millis(end)
    )
    query = query.order_by(closures.c.closed_at, closures.c.id)
    return [_load(Closure, body) for body in connection.execute(query).scalars()]
