"""Tables of the ledger: entries as they are, and every version there ever was."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec
from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Row,
    Select,
    String,
    Table,
    delete,
    func,
    insert,
    select,
)
from sqlalchemy.dialects.sqlite import insert as upsert

from chengshu.resources.ledger.model import Resource, Version, encode

metadata = MetaData()
_MOST = 500  # parameters of one statement: engines bound them

entries = Table(
    "ledger_entries",
    metadata,
    Column("id", String, primary_key=True),
    Column("kind", String, nullable=False),
    Column("state", String, nullable=False),
    Column("provider", String, nullable=False),
    Column("sharing", String, nullable=False),
    Column("source_class", String, nullable=False),
    Column("base_library", String, nullable=False),
    Column("grade", String, nullable=False),
    Column("origin", String, nullable=False),  # the harvest source it came from, "" for entries made by hand
    Column("native_id", String, nullable=False),
    Column("version", Integer, nullable=False),
    Column("fingerprint", String(64), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("modified_at", BigInteger, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Index("ledger_entries_kind", "kind", "state"),
    Index("ledger_entries_origin", "origin", "native_id"),
    Index("ledger_entries_provider", "provider"),
)

versions = Table(
    "ledger_versions",
    metadata,
    Column("id", String, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("at", BigInteger, nullable=False),
    Column("actor", String, nullable=False),
    Column("what", String, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Index("ledger_versions_at", "at"),
)

relations = Table(
    "ledger_relations",
    metadata,
    Column("related", String, primary_key=True),
    Column("id", String, primary_key=True),
    Index("ledger_relations_id", "id"),
    sqlite_with_rowid=False,
)

_decoder = msgspec.json.Decoder(Resource)
_PUT = upsert(entries)
_CHANGING = [column.name for column in entries.columns if column.name not in ("id", "created_at")]
_PUT_ENTRY = _PUT.on_conflict_do_update(
    index_elements=["id"], set_={name: _PUT.excluded[name] for name in _CHANGING}
)


def put_entries(connection: Connection, rows: Sequence[tuple[Resource, str]], at: int) -> None:
    """Insert or replace entries, each with its fingerprint."""
    connection.execute(
        _PUT_ENTRY,
        [
            {
                "id": item.id,
                "kind": item.kind,
                "state": item.state,
                "provider": item.provider,
                "sharing": item.sharing,
                "source_class": item.source_class,
                "base_library": item.base_library,
                "grade": item.grade,
                "origin": item.origin.source if item.origin else "",
                "native_id": item.origin.native_id if item.origin else "",
                "version": item.version,
                "fingerprint": print_,
                "created_at": at,
                "modified_at": at,
                "body": encode(item),
            }
            for item, print_ in rows
        ],
    )


def put_relations(connection: Connection, resources: Sequence[Resource]) -> None:
    """Keep which entries an entry names, in place of what it named before."""
    ids = [item.id for item in resources]
    for start in range(0, len(ids), _MOST):
        connection.execute(delete(relations).where(relations.c.id.in_(ids[start : start + _MOST])))
    rows = [{"id": item.id, "related": other} for item in resources for other in dict.fromkeys(item.related)]
    if rows:
        connection.execute(insert(relations), rows)


def add_versions(connection: Connection, rows: Iterable[Version]) -> None:
    """Keep versions; none is ever changed."""
    connection.execute(
        insert(versions),
        [
            {
                "id": item.id,
                "version": item.version,
                "at": item.at,
                "actor": item.actor,
                "what": item.what,
                "body": encode(item.body),
            }
            for item in rows
        ],
    )


def find_entries(connection: Connection, ids: Sequence[str]) -> dict[str, tuple[Resource, str]]:
    """The entries of the ids that exist, each with its fingerprint."""
    found: dict[str, tuple[Resource, str]] = {}
    for start in range(0, len(ids), _MOST):
        query = select(entries.c.id, entries.c.body, entries.c.fingerprint)
        for row in connection.execute(query.where(entries.c.id.in_(ids[start : start + _MOST]))):
            found[row.id] = (_decoder.decode(row.body), row.fingerprint)
    return found


def select_entries(
    connection: Connection, conditions: dict[str, str], after: str, limit: int
) -> list[Resource]:
    """Entries by equal columns, ordered by id, those after ``after``."""
    query = _where(select(entries.c.body), conditions).where(entries.c.id > after)
    return [_decoder.decode(body) for body in connection.scalars(query.order_by(entries.c.id).limit(limit))]


def naming(connection: Connection, id_: str, limit: int) -> list[Resource]:
    """Standing entries whose ``related`` has an id."""
    query = select(entries.c.body).join(relations, relations.c.id == entries.c.id)
    query = query.where(relations.c.related == id_, entries.c.state != "retired")
    return [_decoder.decode(body) for body in connection.scalars(query.order_by(entries.c.id).limit(limit))]


def count_by(connection: Connection, column: str, conditions: dict[str, str]) -> dict[str, int]:
    """How many entries there are per value of ``column``."""
    key = entries.c[column]
    query = _where(select(key, func.count()), conditions).group_by(key).order_by(func.count().desc(), key)
    return {row[0]: row[1] for row in connection.execute(query)}


class _Fields(msgspec.Struct):
    """Of an entry only how many fields it has."""

    fields: tuple[msgspec.Raw, ...] = ()


_fields = msgspec.json.Decoder(_Fields)


def totals(connection: Connection) -> tuple[int, int, int]:
    """Sources they come from, entries, and fields, of all entries that stand."""
    stands = entries.c.state != "retired"
    systems = connection.scalar(select(func.count(func.distinct(entries.c.origin))).where(stands))
    count = fields = 0
    for body in connection.scalars(select(entries.c.body).where(stands)):
        count += 1
        fields += len(_fields.decode(body).fields)
    return int(systems or 0), count, fields


def _where(query: Select[Any], conditions: dict[str, str]) -> Select[Any]:
    for name, value in conditions.items():
        query = query.where(entries.c[name] == value)
    return query


def origin_ids(connection: Connection, source: str) -> dict[str, str]:
    """Entry ids by native id, of one harvest source."""
    query = select(entries.c.native_id, entries.c.id).where(entries.c.origin == source)
    return {row.native_id: row.id for row in connection.execute(query)}


def origin_checksums(connection: Connection, source: str) -> dict[str, str]:
    """Checksums by native id, of one harvest source: what each record said when it was last booked."""
    query = select(entries.c.body).where(entries.c.origin == source)
    found = (_decoder.decode(body).origin for body in connection.scalars(query))
    return {origin.native_id: origin.checksum for origin in found if origin is not None}


def versions_of(connection: Connection, id_: str) -> list[Version]:
    """Every version of an entry, oldest first."""
    query = select(versions).where(versions.c.id == id_).order_by(versions.c.version)
    return [_version(row) for row in connection.execute(query)]


def version_at(connection: Connection, id_: str, at: int) -> Version | None:
    """The version that stood at a moment (ms)."""
    query = select(versions).where(versions.c.id == id_, versions.c.at <= at)
    row = connection.execute(query.order_by(versions.c.version.desc()).limit(1)).first()
    return None if row is None else _version(row)


def versions_between(connection: Connection, start: int, end: int) -> Iterator[Version]:
    """Versions with ``start < at <= end`` (ms), by id and version."""
    query = select(versions).where(versions.c.at > start, versions.c.at <= end)
    for row in connection.execute(query.order_by(versions.c.id, versions.c.version)):
        yield _version(row)


def moves_between(connection: Connection, start: int, end: int) -> dict[str, int]:
    """How many versions of each sort there are with ``start < at <= end`` (ms)."""
    query = select(versions.c.what, func.count()).where(versions.c.at > start, versions.c.at <= end)
    return {row[0]: row[1] for row in connection.execute(query.group_by(versions.c.what))}


def standing_at(connection: Connection, at: int) -> int:
    """How many entries stood (were there and not retired) at a moment (ms), counted from the versions."""
    newest = (
        select(versions.c.id, func.max(versions.c.version).label("version"))
        .where(versions.c.at <= at)
        .group_by(versions.c.id)
        .subquery()
    )
    query = (
        select(func.count())
        .select_from(versions)
        .join(newest, (newest.c.id == versions.c.id) & (newest.c.version == versions.c.version))
        .where(versions.c.what != "retired")
    )
    return int(connection.execute(query).scalar_one())


def _version(row: Row[Any]) -> Version:
    return Version(row.id, row.version, row.at, row.actor, row.what, _decoder.decode(row.body))
