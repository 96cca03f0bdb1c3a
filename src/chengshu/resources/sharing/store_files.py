"""Table of the files that were written for uses: where they lie, until they are destroyed."""

from __future__ import annotations

import msgspec
from sqlalchemy import BigInteger, Column, Connection, Index, Integer, String, Table, insert, select, update

from chengshu.resources.sharing.store import metadata

files = Table(
    "sharing_files",
    metadata,
    Column("use", Integer, primary_key=True, autoincrement=False),
    Column("resource", String, nullable=False),
    Column("place", String, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("destroyed_at", BigInteger, nullable=False),
    Index("sharing_files_resource", "resource", "destroyed_at"),
)


class SharedFile(msgspec.Struct, frozen=True):
    """A file written for a use; ``at`` in milliseconds UTC."""

    use: int
    resource: str
    place: str
    sha256: str
    size: int
    at: int


def add_file(connection: Connection, file: SharedFile) -> None:
    """Keep where a file is written."""
    connection.execute(insert(files).values(destroyed_at=0, **msgspec.to_builtins(file)))


def resources_with_files(connection: Connection) -> list[str]:
    """Entries of which files stand."""
    query = select(files.c.resource).where(files.c.destroyed_at == 0).distinct()
    return list(connection.scalars(query.order_by(files.c.resource)))


def files_of(connection: Connection, resource: str, *, standing: bool = True) -> list[SharedFile]:
    """The files of an entry, by use; ``standing``: only those not destroyed."""
    columns = [files.c[name] for name in SharedFile.__struct_fields__]
    query = select(*columns).where(files.c.resource == resource).order_by(files.c.use)
    if standing:
        query = query.where(files.c.destroyed_at == 0)
    return [SharedFile(*row) for row in connection.execute(query)]


def end_file(connection: Connection, use: int, at: int) -> None:
    """Say that a file is destroyed."""
    connection.execute(update(files).where(files.c.use == use).values(destroyed_at=at))
