"""Tables of the knowledge base: editions, and their passages (whose texts, together, are the edition)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

import msgspec
from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Integer,
    LargeBinary,
    MetaData,
    Row,
    String,
    Table,
    UnicodeText,
    delete,
    func,
    insert,
    select,
    update,
)

from chengshu.resources.knowledge.model import Edition, Passage, Step

metadata = MetaData()

editions = Table(
    "knowledge_editions",
    metadata,
    Column("document", String, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("label", String, nullable=False),
    Column("valid_from", String(10), nullable=False),
    Column("valid_until", String(10)),
    Column("sha256", String(64), nullable=False),
    Column("media_type", String, nullable=False),
    Column("signs", Integer, nullable=False),
    Column("passages", Integer, nullable=False),
    Column("added_at", BigInteger, nullable=False),
    Column("actor", String, nullable=False),
    Column("pages", LargeBinary),  # empty of a file without pages
    Column("destroyed_at", BigInteger),
)

passages = Table(
    "knowledge_passages",
    metadata,
    Column("document", String, primary_key=True),
    Column("edition", Integer, primary_key=True, autoincrement=False),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("start", Integer, nullable=False),
    Column("body", Integer, nullable=False),
    Column("paragraph", Integer, nullable=False),
    Column("path", LargeBinary, nullable=False),
    Column("items", LargeBinary, nullable=False),
    Column("text", UnicodeText, nullable=False),
    sqlite_with_rowid=False,
)

_path = msgspec.json.Decoder(tuple[Step, ...])
_pages = msgspec.json.Decoder(tuple[int, ...])
_items = msgspec.json.Decoder(tuple[tuple[str, int], ...])
_BITE = 400  # parameters of one statement: engines bound them


def add_edition(connection: Connection, edition: Edition, parts: Sequence[Passage]) -> None:
    """Keep an edition with its passages; neither is ever changed."""
    connection.execute(
        insert(editions),
        {
            "document": edition.document,
            "number": edition.number,
            "label": edition.label,
            "valid_from": edition.valid_from.isoformat(),
            "valid_until": edition.valid_until.isoformat() if edition.valid_until else None,
            "sha256": edition.sha256,
            "media_type": edition.media_type,
            "signs": edition.signs,
            "passages": edition.passages,
            "added_at": edition.added_at,
            "actor": edition.actor,
            "pages": msgspec.json.encode(edition.pages) if edition.pages else None,
        },
    )
    rows = [
        {
            "document": edition.document,
            "edition": edition.number,
            "number": part.number,
            "start": part.start,
            "body": part.body,
            "paragraph": part.paragraph,
            "path": msgspec.json.encode(part.path),
            "items": msgspec.json.encode(part.items),
            "text": part.text,
        }
        for part in parts
    ]
    connection.execute(insert(passages), rows)


def destroy_passages(connection: Connection, document: str, edition: int, at: int) -> None:
    """The words of an edition are gone; what is said of it stays."""
    key = (passages.c.document == document) & (passages.c.edition == edition)
    connection.execute(delete(passages).where(key))
    named = (editions.c.document == document) & (editions.c.number == edition)
    connection.execute(update(editions).where(named).values(destroyed_at=at))


def editions_of(connection: Connection, document: str) -> list[Edition]:
    """The editions of a document, in the order they were added."""
    query = select(editions).where(editions.c.document == document).order_by(editions.c.number)
    return [_edition(row) for row in connection.execute(query)]


def all_editions(connection: Connection) -> Iterator[Edition]:
    """Every edition, by document and number."""
    query = select(editions).order_by(editions.c.document, editions.c.number)
    return (_edition(row) for row in connection.execute(query))


def edition_count(connection: Connection) -> int:
    """How many editions there are: none is ever taken away, so it tells whether something is new."""
    return int(connection.execute(select(func.count()).select_from(editions)).scalar_one())


def passages_of(
    connection: Connection, document: str, edition: int, after: int = -1, limit: int | None = None
) -> list[Passage]:
    """The passages of an edition, in order, those after a number."""
    query = select(passages).where(
        passages.c.document == document, passages.c.edition == edition, passages.c.number > after
    )
    query = query.order_by(passages.c.number)
    return [_passage(row) for row in connection.execute(query if limit is None else query.limit(limit))]


def find_passages(
    connection: Connection, document: str, edition: int, numbers: Sequence[int]
) -> dict[int, Passage]:
    """Those of the numbered passages of an edition that exist."""
    found: dict[int, Passage] = {}
    for start in range(0, len(numbers), _BITE):
        query = select(passages).where(
            passages.c.document == document,
            passages.c.edition == edition,
            passages.c.number.in_(numbers[start : start + _BITE]),
        )
        found |= {row.number: _passage(row) for row in connection.execute(query)}
    return found


def _edition(row: Row[Any]) -> Edition:
    return Edition(
        row.document,
        row.number,
        row.label,
        date.fromisoformat(row.valid_from),
        date.fromisoformat(row.valid_until) if row.valid_until else None,
        row.sha256,
        row.media_type,
        row.signs,
        row.passages,
        row.added_at,
        row.actor,
        _pages.decode(row.pages) if row.pages else (),
        row.destroyed_at or 0,
    )


def _passage(row: Row[Any]) -> Passage:
    return Passage(
        row.number,
        row.start,
        row.body,
        row.text,
        _path.decode(row.path),
        row.paragraph,
        _items.decode(row.items),
    )
