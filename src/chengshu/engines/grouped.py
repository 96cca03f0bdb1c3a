"""One writer for a database: works that wait together share one durable commit, and none hurts another."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

from sqlalchemy import Connection, MetaData

from chengshu.engines.shaping import bring_up
from chengshu.ports.database import Work

T = TypeVar("T")
_GROUP = 256  # works per commit: bounds the wait of the first one in the group
Waiting = tuple[Work[Any], "Future[Any]"]


class GroupedWriter:
    """The writing half of a :class:`~chengshu.ports.database.Database`. With ``threaded`` a thread commits;
    without, whoever writes does (drills, where the order must be the same each time).
    """

    def __init__(self, writer: Connection, *, threaded: bool) -> None:
        self._writer = writer
        self._hooks: list[Callable[[], None]] = []
        self._lock = threading.RLock()
        self._queue: queue.SimpleQueue[Waiting | None] = queue.SimpleQueue()
        self._closed = False
        self._thread: threading.Thread | None = None
        if threaded:
            self._thread = threading.Thread(target=self._run, name="chengshu-writer", daemon=True)
            self._thread.start()

    def create(self, *metadata: MetaData) -> None:
        """Create the tables that do not exist yet, all at once; bring up those of an earlier version."""
        self.write(lambda connection: bring_up(connection, metadata))

    def write(self, work: Work[T]) -> T:
        """Run ``work`` in a write transaction; return its value after the commit."""
        return self.submit(work).result()

    def submit(self, work: Work[T]) -> Future[T]:
        """As :meth:`write` without waiting."""
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

    def on_commit(self, hook: Callable[[], None]) -> None:
        """Call ``hook`` after each commit."""
        self._hooks.append(hook)

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

    def _commit_group(self, group: list[Waiting]) -> None:
        """Commit the group at once; every future is settled whatever happens, and only after the commit."""
        outcomes: list[tuple[Future[Any], Any, BaseException | None]] = []
        try:
            with self._writer.begin():
                self._begun()
                if len(group) == 1:  # nobody else to be kept from harm
                    work, future = group[0]
                    outcomes.append((future, work(self._writer), None))
                else:
                    for work, future in group:
                        outcomes.append((future, *self._attempt(work)))
        except BaseException as error:  # nothing of the group is kept
            self._failed()
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

    def _begun(self) -> None:
        """A transaction has begun: an engine may take what makes its writer the only one."""

    def _failed(self) -> None:
        """A transaction was undone: an engine may look after its connection."""

    def _finish(self) -> bool:
        """Let what was submitted end; False when that happened already."""
        if self._closed:
            return False
        self._closed = True
        if self._thread is not None:
            self._queue.put(None)
            self._thread.join()
        return True
