"""State on SQLite: WAL, one writer thread, group commit (one fsync for all works that wait together)."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, MetaData, create_engine, event, text
from sqlalchemy.pool import QueuePool

from chengshu.ports.database import Work

T = TypeVar("T")
_GROUP = 256  # works per commit: bounds the wait of the first one in the group


class SqliteDatabase:
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
        self._hooks: list[Callable[[], None]] = []
        self._writer = self._engine.connect().execution_options(chengshu_write=True)
        self._lock = threading.RLock()
        self._queue: queue.SimpleQueue[tuple[Work[Any], Future[Any]] | None] = queue.SimpleQueue()
        self._closed = False
        self._thread: threading.Thread | None = None
        if threaded:
            self._thread = threading.Thread(target=self._run, name="chengshu-writer", daemon=True)
            self._thread.start()

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

    def create(self, metadata: MetaData) -> None:
        self.write(metadata.create_all)

    def write(self, work: Work[T]) -> T:
        return self.submit(work).result()

    def submit(self, work: Work[T]) -> Future[T]:
        future: Future[T] = Future()
        if self._closed:
            raise RuntimeError("the database is closed")
        if threading.current_thread() is self._thread:
            raise RuntimeError("a write inside a write: hand the connection on instead")
        if self._thread is None:
            try:
                future.set_result(self._write_inline(work))
            except Exception as error:
                future.set_exception(error)
        else:
            self._queue.put((work, future))
        return future

    def _write_inline(self, work: Work[T]) -> T:
        with self._lock:
            if self._writer.in_transaction():
                raise RuntimeError("a write inside a write: hand the connection on instead")
            with self._writer.begin():
                result = work(self._writer)
        self._committed()
        return result

    def _committed(self) -> None:
        for hook in self._hooks:
            hook()

    def _run(self) -> None:
        while (first := self._queue.get()) is not None:
            group = [first]
            last = False
            while len(group) < _GROUP:
                try:
                    item = self._queue.get_nowait()
                except queue.Empty:
                    break
                if item is None:
                    last = True
                    break
                group.append(item)
            self._commit_group(group)
            if last:
                return

    def _commit_group(self, group: list[tuple[Work[Any], Future[Any]]]) -> None:
        """Commit the group at once; every future is settled whatever happens, and only after the commit."""
        outcomes: list[tuple[Future[Any], Any, BaseException | None]] = []
        try:
            with self._writer.begin():
                for work, future in group:
                    outcomes.append((future, *self._attempt(work)))
        except BaseException as error:  # the commit itself failed: nothing of the group is kept
            for _, future in group:
                future.set_exception(error)
            return
        for future, result, failure in outcomes:
            if failure is None:
                future.set_result(result)
            else:
                future.set_exception(failure)
        self._committed()

    def _attempt(self, work: Work[Any]) -> tuple[Any, BaseException | None]:
        """Run one work of a group; its failure undoes it alone."""
        savepoint = self._writer.begin_nested()
        try:
            result = work(self._writer)
        except BaseException as error:
            savepoint.rollback()
            return None, error
        savepoint.commit()
        return result, None

    @contextmanager
    def read(self) -> Iterator[Connection]:
        with self._engine.connect() as connection, connection.begin():
            connection.exec_driver_sql("PRAGMA query_only=ON")
            try:
                yield connection
            finally:
                connection.exec_driver_sql("PRAGMA query_only=OFF")

    def on_commit(self, hook: Callable[[], None]) -> None:
        self._hooks.append(hook)

    def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        if self._thread is not None:
            self._queue.put(None)
            self._thread.join()
        self._writer.close()
        with self._engine.connect() as connection:
            connection.execute(text("SELECT 1"))
        self._engine.dispose()
