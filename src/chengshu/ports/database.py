"""The state of the hub: one writer, one transaction at a time, many readers.

SQLAlchemy Core is the language; an engine says where the tables lie and how writes are grouped.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from contextlib import AbstractContextManager
from typing import Protocol, TypeVar

from sqlalchemy import Connection, MetaData

T = TypeVar("T")
Work = Callable[[Connection], T]


class Database(Protocol):
    """A transactional store. Everything a ``work`` does commits together or not at all."""

    def create(self, *metadata: MetaData) -> None:
        """Create the tables of ``metadata`` that do not exist yet, and bring up those of an earlier version:
        of all that are given, in one transaction.

        Columns that may be empty and indexes are added; stored values are never touched. Raises
        :class:`~chengshu.kernel.errors.Conflict` naming the differences that would need that.
        """
        ...

    def write(self, work: Work[T]) -> T:
        """Run ``work`` in a write transaction; return its value only after the commit is durable.

        An exception raised by ``work`` undoes that work alone and is raised here. A work may be called
        inside another one's transaction group, so it must not commit by itself.
        """
        ...

    def submit(self, work: Work[T]) -> Future[T]:
        """As :meth:`write` without waiting; works submitted together share one durable commit."""
        ...

    def read(self) -> AbstractContextManager[Connection]:
        """A connection that sees one consistent, committed state and cannot write."""
        ...

    def on_commit(self, hook: Callable[[], None]) -> None:
        """Call ``hook`` after each commit (from the writer's thread; it must be short)."""
        ...

    def close(self) -> None:
        """Finish what was submitted, then close."""
        ...
