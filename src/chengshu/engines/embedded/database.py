"""State on SQLite: WAL, one writer thread, group commit (one fsync for all works that wait together)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, create_engine, event, text
from sqlalchemy.pool import QueuePool

from chengshu.engines.grouped import GroupedWriter


class SqliteDatabase(GroupedWriter):
    """One file, one writer. ``durable=False`` (drills, tests) skips fsync: kill -9 stays safe."""

    def __init__(self, path: Path, *, durable: bool = True, threaded: bool = True) -> None:
        self._sync = "FULL" if durable else "OFF"
        self._engine = create_engine(
            f"sqlite:///{path}",
            poolclass=QueuePool,
            pool_size=8,
            max_overflow=24,
            connect_args={"check_same_thread": False, "timeout": 30},
        )
        event.listen(self._engine, "connect", self._prepare)
        event.listen(self._engine, "begin", self._begin)
        super().__init__(self._engine.connect().execution_options(chengshu_write=True), threaded=threaded)

    def _prepare(self, connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # the BEGIN is ours, see _begin
        cursor = connection.cursor()
        for pragma in (
            "journal_mode=WAL",
            f"synchronous={self._sync}",
            "foreign_keys=ON",
            "cache_size=-65536",
            "temp_store=MEMORY",
            "wal_autocheckpoint=4000",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @staticmethod
    def _begin(connection: Connection) -> None:
        write = connection.get_execution_options().get("chengshu_write", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")

    @contextmanager
    def read(self) -> Iterator[Connection]:
        with self._engine.connect() as connection, connection.begin():
            connection.exec_driver_sql("PRAGMA query_only=ON")
            try:
                yield connection
            finally:
                connection.exec_driver_sql("PRAGMA query_only=OFF")

    def close(self) -> None:
        """Finish what was submitted, then close."""
        if self._finish():
            self._writer.close()
            with self._engine.connect() as connection:
                connection.execute(text("SELECT 1"))
            self._engine.dispose()
