"""State on SQLite: WAL, one writer thread, group commit (one fsync for all works that wait together)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.pool import QueuePool

from chengshu.engines.grouped import GroupedWriter


class SqliteDatabase(GroupedWriter):
    """One file, one writer. ``durable=False`` (drills, tests) skips fsync: kill -9 stays safe."""

    def __init__(self, path: Path, *, durable: bool = True, threaded: bool = True) -> None:
        self._sync = "FULL" if durable else "OFF"
        self._writing = self._connected(path, "BEGIN IMMEDIATE")
        self._reading = self._connected(path, "BEGIN", "query_only=ON")
        super().__init__(self._writing.connect(), threaded=threaded)

    def _connected(self, path: Path, begin: str, *more: str) -> Engine:
        """Connections to the file that begin their transactions with ``begin`` and have these pragmas too."""
        engine = create_engine(
            f"sqlite:///{path}",
            poolclass=QueuePool,
            pool_size=8,
            max_overflow=24,
            connect_args={"check_same_thread": False, "timeout": 30},
        )
        pragmas = (
            "journal_mode=WAL",
            f"synchronous={self._sync}",
            "foreign_keys=ON",
            "cache_size=-65536",
            "temp_store=MEMORY",
            "wal_autocheckpoint=4000",
            *more,
        )

        def prepare(connection: Any, _record: Any) -> None:
            connection.isolation_level = None  # the BEGIN is ours
            for pragma in pragmas:
                connection.execute(f"PRAGMA {pragma}").close()

        event.listen(engine, "connect", prepare)
        event.listen(engine, "begin", lambda connection: connection.exec_driver_sql(begin))
        return engine

    @contextmanager
    def read(self) -> Iterator[Connection]:
        with self._reading.connect() as connection, connection.begin():
            yield connection

    def close(self) -> None:
        """Finish what was submitted, then close."""
        if self._finish():
            self._reading.dispose()
            self._writer.close()
            self._writing.dispose()  # the last one out brings the log into the file
