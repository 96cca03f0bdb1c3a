"""Tables of datasets: versions, splits, labels, exports. The files themselves lie in the vault."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec
from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
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
from sqlalchemy import delete as drop

from chengshu.resources.datasets.model import DatasetVersion, Exported, LabelSet, Split

metadata = MetaData()

versions = Table(
    "dataset_versions",
    metadata,
    Column("entry", String, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("at", BigInteger, nullable=False),
    Column("body", LargeBinary, nullable=False),
)
splits = Table(
    "dataset_splits",
    metadata,
    Column("entry", String, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("name", String, primary_key=True),
    Column("body", LargeBinary, nullable=False),
)
labels = Table(
    "dataset_labels",
    metadata,
    Column("entry", String, primary_key=True),
    Column("name", String, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("sha256", String(64), nullable=False),  # "" once destroyed
    Column("at", BigInteger, nullable=False),
    Column("body", LargeBinary, nullable=False),
)
exports = Table(
    "dataset_exports",
    metadata,
    Column("entry", String, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("at", BigInteger, nullable=False),
    Column("destroyed_at", BigInteger, nullable=False),
    Column("body", LargeBinary, nullable=False),
)
files = Table(
    "dataset_files",
    metadata,
    Column("entry", String, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("name", String, primary_key=True),
    Column("sha256", String(64), nullable=False, index=True),
)
T = TypeVar("T", bound=msgspec.Struct)


def _encode(value: msgspec.Struct) -> bytes:
    return msgspec.json.encode(value, order="deterministic")


def _bodies(connection: Connection, query: Any, kind: type[T]) -> list[T]:
    return [msgspec.json.decode(body, type=kind) for body in connection.scalars(query)]


def add_version(connection: Connection, version: DatasetVersion) -> None:
    """Keep a version and which files it refers to."""
    row = {"entry": version.entry, "number": version.number, "at": version.at, "body": _encode(version)}
    connection.execute(insert(versions).values(**row))
    rows = [
        {"entry": version.entry, "version": version.number, "name": item.name, "sha256": item.sha256}
        for item in version.files
    ]
    connection.execute(insert(files), rows)


def versions_of(connection: Connection, entry: str) -> list[DatasetVersion]:
    """Every version of an entry, oldest first."""
    query = select(versions.c.body).where(versions.c.entry == entry).order_by(versions.c.number)
    return _bodies(connection, query, DatasetVersion)


def entries(connection: Connection) -> list[str]:
    """Entries that have versions, by id."""
    return list(connection.scalars(select(versions.c.entry).distinct().order_by(versions.c.entry)))


def put_split(connection: Connection, entry: str, version: int, split: Split) -> None:
    """Insert or replace a split."""
    key = (splits.c.entry == entry) & (splits.c.version == version) & (splits.c.name == split.name)
    connection.execute(drop(splits).where(key))
    row = {"entry": entry, "version": version, "name": split.name, "body": _encode(split)}
    connection.execute(insert(splits).values(**row))


def splits_of(connection: Connection, entry: str, version: int) -> list[Split]:
    """The splits of a version, by name."""
    query = select(splits.c.body).where(splits.c.entry == entry, splits.c.version == version)
    return _bodies(connection, query.order_by(splits.c.name), Split)


def add_labels(connection: Connection, entry: str, found: LabelSet) -> None:
    """Keep a version of labels; none is ever changed."""
    row = {"entry": entry, "name": found.name, "number": found.number, "at": found.at, "sha256": found.sha256}
    connection.execute(insert(labels).values(**row, body=_encode(found)))


def labels_of(connection: Connection, entry: str, name: str = "") -> list[LabelSet]:
    """The versions of labels that are there, by name and number."""
    query = select(labels.c.body).where(labels.c.entry == entry, labels.c.sha256 != "")
    if name:
        query = query.where(labels.c.name == name)
    return _bodies(connection, query.order_by(labels.c.name, labels.c.number), LabelSet)


def last_label_number(connection: Connection, entry: str, name: str) -> int:
    """The number of the newest version of labels ever, also of those destroyed."""
    query = select(func.coalesce(func.max(labels.c.number), 0))
    return int(connection.execute(query.where(labels.c.entry == entry, labels.c.name == name)).scalar_one())


def add_export(connection: Connection, export: Exported) -> None:
    """Note an export."""
    row = {"entry": export.entry, "number": export.number, "at": export.at, "destroyed_at": 0}
    connection.execute(insert(exports).values(**row, body=_encode(export)))


def exports_of(connection: Connection, entry: str, *, standing: bool = False) -> list[Exported]:
    """Exports of an entry, oldest first; ``standing``: only those not destroyed."""
    query = select(exports.c.body).where(exports.c.entry == entry).order_by(exports.c.number)
    if standing:
        query = query.where(exports.c.destroyed_at == 0)
    return _bodies(connection, query, Exported)


def referred(connection: Connection) -> frozenset[str]:
    """Every SHA-256 that a version or labels refer to."""
    found = {*connection.scalars(select(files.c.sha256)), *connection.scalars(select(labels.c.sha256))}
    return frozenset(found - {""})


def drop_file(connection: Connection, entry: str, version: int, name: str) -> bool:
    """A version refers to a file no more; whether it did."""
    key = (files.c.entry == entry) & (files.c.version == version) & (files.c.name == name)
    return connection.execute(drop(files).where(key)).rowcount > 0


def refers(connection: Connection, entry: str, version: int, name: str) -> bool:
    """Whether a version still refers to a file."""
    key = (files.c.entry == entry) & (files.c.version == version) & (files.c.name == name)
    return connection.execute(select(files.c.sha256).where(key)).first() is not None


def mark_destroyed(connection: Connection, version: DatasetVersion) -> None:
    """Say in a version's record that its files are destroyed."""
    key = (versions.c.entry == version.entry) & (versions.c.number == version.number)
    connection.execute(update(versions).where(key).values(body=_encode(version)))


def drop_labels(connection: Connection, entry: str, name: str, number: int) -> bool:
    """A version of labels refers to its file no more; whether it did."""
    key = (labels.c.entry == entry) & (labels.c.name == name) & (labels.c.number == number)
    query = update(labels).where(key, labels.c.sha256 != "").values(sha256="")
    return connection.execute(query).rowcount > 0


def end_export(connection: Connection, entry: str, number: int, at: int) -> None:
    """Say that what is left of an export is destroyed."""
    key = (exports.c.entry == entry) & (exports.c.number == number)
    connection.execute(update(exports).where(key).values(destroyed_at=at))
