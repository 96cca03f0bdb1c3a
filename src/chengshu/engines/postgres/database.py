"""State on PostgreSQL 15 and later: one writer thread with group commit, readers on snapshots."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any, TypeVar

from sqlalchemy import Connection, MetaData, create_engine, make_url
from sqlalchemy.exc import OperationalError

from chengshu.engines.postgres import upserts
from chengshu.kernel.errors import Unavailable
from chengshu.ports.database import Work

__all__ = ["PostgresDatabase", "upserts"]
T = TypeVar("T")
_GROUP = 256  # works per commit: bounds the wait of the first one in the group
_WRITER = 0x6368656E  # the advisory lock that makes the writer one, also among processes ("chen")


class PostgresDatabase:
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
        self._hooks: list[Callable[[], None]] = []
        self._writer = self._connect()
        self._lock = threading.RLock()
        self._queue: queue.SimpleQueue[tuple[Work[Any], Future[Any]] | None] = queue.SimpleQueue()
        self._closed = False
        self._thread: threading.Thread | None = None
        if threaded:
            self._thread = threading.Thread(target=self._run, name="chengshu-writer", daemon=True)
            self._thread.start()

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
            with self._lock:
                if self._writer.in_transaction():
                    raise RuntimeError("a write inside a write: hand the connection on instead")
                self._commit_group([(work, future)])
        else:
            self._queue.put((work, future))
        return future

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
                self._writer.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_WRITER})")
                for work, future in group:
                    outcomes.append((future, *self._attempt(work)))
        except BaseException as error:  # the commit itself failed: nothing of the group is kept
            self._revive()
            for _, future in group:
                future.set_exception(error)
            return
        for future, result, failure in outcomes:
            if failure is None:
                future.set_result(result)
            else:
                future.set_exception(failure)
        for hook in self._hooks:
            hook()

    def _attempt(self, work: Work[Any]) -> tuple[Any, BaseException | None]:
        """Run one work of a group; its failure undoes it alone. A lost connection undoes the group."""
        savepoint = self._writer.begin_nested()
        try:
            result = work(self._writer)
        except BaseException as error:
            if self._writer.invalidated:
                raise
            savepoint.rollback()
            return None, error
        savepoint.commit()
        return result, None

    def _revive(self) -> None:
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
        self._engine.dispose()
