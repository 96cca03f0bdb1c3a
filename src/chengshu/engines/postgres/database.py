"""State on PostgreSQL 15 and later: one writer thread with group commit, readers on snapshots."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, create_engine, make_url
from sqlalchemy.exc import OperationalError

from chengshu.engines.grouped import GroupedWriter
from chengshu.engines.postgres import upserts
from chengshu.kernel.errors import Unavailable

__all__ = ["PostgresDatabase", "upserts"]
_WRITER = 0x6368656E  # the advisory lock that makes the writer one, also among processes ("chen")


class PostgresDatabase(GroupedWriter):
    """One database, one writer. ``url`` as ``postgresql://user@host/name``.

    ``durable=False`` does not wait for the disk: a crash of the server may lose the last moment, never half
    a write. Raises :class:`Unavailable` when the server does not answer.
    """

    def __init__(self, url: str, *, durable: bool = True, threaded: bool = True) -> None:
        settings = f"-c synchronous_commit={'on' if durable else 'off'} -c timezone=UTC"
        self._engine = create_engine(
            make_url(url).set(drivername="postgresql+psycopg"),
            pool_size=8,
            max_overflow=24,
            pool_pre_ping=False,
            connect_args={"options": settings, "prepare_threshold": 3},
        )
        self._readers = self._engine.execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True
        )
        super().__init__(self._connect(), threaded=threaded)

    def _connect(self) -> Connection:
        try:
            return self._engine.connect()
        except OperationalError as error:
            raise Unavailable(
                "database-unreachable",
                f"PostgreSQL does not answer: {error.orig}",
                where=self._engine.url.render_as_string(hide_password=True),
                remedy="start the server, or check address, user and password",
            ) from None

    def _begun(self) -> None:
        self._writer.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_WRITER})")

    def _failed(self) -> None:
        """A connection that broke is replaced: the next group may find the server again."""
        dead = self._writer.invalidated or self._writer.connection.driver_connection is None
        if dead or getattr(self._writer.connection.driver_connection, "broken", False):
            self._writer.invalidate()
            self._writer.close()
            self._engine.dispose()
            self._writer = self._engine.connect()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        with self._readers.connect() as connection, connection.begin():
            yield connection

    def close(self) -> None:
        """Finish what was submitted, then close."""
        if self._finish():
            self._writer.close()
            self._engine.dispose()
