"""Tables of retention: legal holds, deletions, and what became of each item. No data, only digests."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    func,
    insert,
    select,
    update,
)

from chengshu.kernel.errors import Missing
from chengshu.resources.retention.model import Destruction, Hold, Item, Proposal

metadata = MetaData()

holds = Table(
    "retention_holds",
    metadata,
    Column("id", String, primary_key=True),
    Column("entry", String, nullable=False),
    Column("released_at", BigInteger, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Index("retention_holds_entry", "entry", "released_at"),
)
destructions = Table(
    "retention_destructions",
    metadata,
    Column("id", String, primary_key=True),
    Column("entry", String, nullable=False),
    Column("state", String, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Index("retention_destructions_state", "state"),
    Index("retention_destructions_entry", "entry"),
)
items = Table(
    "retention_items",
    metadata,
    Column("destruction", String, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("digest", String(64), nullable=False, index=True),
    Column("outcome", String, nullable=False),
    Column("body", LargeBinary, nullable=False),
)
proposals = Table(
    "retention_proposals",
    metadata,
    Column("id", String, primary_key=True),
    Column("entry", String, nullable=False),
    Column("state", String, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Index("retention_proposals_state", "state", "entry"),
)
_proposal = msgspec.json.Decoder(Proposal)
_hold = msgspec.json.Decoder(Hold)
_destruction = msgspec.json.Decoder(Destruction)
_item = msgspec.json.Decoder(Item)


def _encode(value: msgspec.Struct) -> bytes:
    return msgspec.json.encode(value, order="deterministic")


def put_hold(connection: Connection, hold: Hold, *, new: bool) -> None:
    """Keep a hold, or what became of it."""
    row = {"entry": hold.entry, "released_at": hold.released_at, "body": _encode(hold)}
    if new:
        connection.execute(insert(holds).values(id=hold.id, **row))
    else:
        connection.execute(update(holds).where(holds.c.id == hold.id).values(**row))


def find_hold(connection: Connection, id_: str) -> Hold:
    """Raises :class:`Missing`."""
    body = connection.scalars(select(holds.c.body).where(holds.c.id == id_)).first()
    if body is None:
        raise Missing("hold-missing", f"there is no hold {id_!r}", remedy="see: chengshu retention due")
    return _hold.decode(body)


def standing_holds(connection: Connection, entry: str = "") -> list[Hold]:
    """Holds that stand, of an entry or of all, by id."""
    query = select(holds.c.body).where(holds.c.released_at == 0).order_by(holds.c.id)
    if entry:
        query = query.where(holds.c.entry == entry)
    return [_hold.decode(body) for body in connection.scalars(query)]


def add_destruction(connection: Connection, found: Destruction, marked: Sequence[Item]) -> None:
    """Keep a deletion that is to be carried out, with its items."""
    row = {"id": found.id, "entry": found.entry, "state": found.state, "body": _encode(found)}
    connection.execute(insert(destructions).values(**row))
    connection.execute(
        insert(items),
        [
            {
                "destruction": found.id,
                "number": number,
                "digest": item.digest,
                "outcome": item.outcome,
                "body": _encode(item),
            }
            for number, item in enumerate(marked)
        ],
    )


def save_destruction(connection: Connection, found: Destruction) -> None:
    """Keep what became of a deletion."""
    query = update(destructions).where(destructions.c.id == found.id)
    connection.execute(query.values(state=found.state, body=_encode(found)))


def save_item(connection: Connection, destruction: str, number: int, item: Item) -> None:
    """Keep what became of an item."""
    query = update(items).where(items.c.destruction == destruction, items.c.number == number)
    connection.execute(query.values(outcome=item.outcome, body=_encode(item)))


def find_destruction(connection: Connection, id_: str) -> Destruction:
    """Raises :class:`Missing`."""
    body = connection.scalars(select(destructions.c.body).where(destructions.c.id == id_)).first()
    if body is None:
        raise Missing(
            "destruction-missing", f"there is no deletion {id_!r}", remedy="see: chengshu retention proof"
        )
    return _destruction.decode(body)


def select_destructions(connection: Connection, entry: str = "", state: str = "") -> list[Destruction]:
    """Deletions by entry and state, by id."""
    query = select(destructions.c.body).order_by(destructions.c.id)
    if entry:
        query = query.where(destructions.c.entry == entry)
    if state:
        query = query.where(destructions.c.state == state)
    return [_destruction.decode(body) for body in connection.scalars(query)]


def items_of(connection: Connection, destruction: str) -> list[Item]:
    """The items of a deletion, in their order."""
    query = select(items.c.body).where(items.c.destruction == destruction).order_by(items.c.number)
    return [_item.decode(body) for body in connection.scalars(query)]


def destructions_of(connection: Connection, digest: str) -> list[str]:
    """The deletions in which something with a digest was destroyed."""
    query = select(items.c.destruction).where(items.c.digest == digest, items.c.outcome == "destroyed")
    return list(connection.scalars(query.distinct().order_by(items.c.destruction)))


def count_destructions(connection: Connection) -> dict[str, int]:
    """How many deletions there are in each state."""
    query = select(destructions.c.state, func.count()).group_by(destructions.c.state)
    return {row[0]: int(row[1]) for row in connection.execute(query.order_by(destructions.c.state))}


def put_proposal(connection: Connection, proposal: Proposal, *, new: bool) -> None:
    """Keep a proposal, or what became of it."""
    row = {"entry": proposal.entry, "state": proposal.state, "body": _encode(proposal)}
    if new:
        connection.execute(insert(proposals).values(id=proposal.id, **row))
    else:
        connection.execute(update(proposals).where(proposals.c.id == proposal.id).values(**row))


def find_proposal(connection: Connection, id_: str) -> Proposal:
    """Raises :class:`Missing`."""
    body = connection.scalars(select(proposals.c.body).where(proposals.c.id == id_)).first()
    if body is None:
        raise Missing("proposal-missing", f"there is no proposal {id_!r}", remedy="look at the page again")
    return _proposal.decode(body)


def open_proposals(connection: Connection, entry: str = "") -> list[Proposal]:
    """Proposals that wait for a second person, of an entry or of all, by id."""
    query = select(proposals.c.body).where(proposals.c.state == "open").order_by(proposals.c.id)
    if entry:
        query = query.where(proposals.c.entry == entry)
    return [_proposal.decode(body) for body in connection.scalars(query)]
