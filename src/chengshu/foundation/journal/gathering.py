"""Writes that wait together are done together: one change and one entry instead of many."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Generic, TypeVar

from sqlalchemy import Connection

from chengshu.ports.database import Database

Item = TypeVar("Item")
Out = TypeVar("Out")


def _nothing(kept: bool) -> None:
    """Nobody asks how it ended."""


class Gathering(Generic[Item, Out]):
    """What is submitted while an earlier commit is under way goes to ``work`` at once, in order.

    ``work`` gives one result per item; what it raises is raised to everybody who waits. ``ended`` hears
    whether a commit was kept, before those who wait do.
    """

    def __init__(
        self,
        database: Database,
        work: Callable[[Connection, Sequence[Item]], Sequence[Out]],
        ended: Callable[[bool], None] = _nothing,
    ) -> None:
        self._database = database
        self._work = work
        self._ended = ended
        self._lock = threading.Lock()
        self._waiting: list[tuple[Item, Future[Out]]] = []

    def submit(self, item: Item) -> Future[Out]:
        """Hand an item over; the future is done only after the commit is durable."""
        future: Future[Out] = Future()
        with self._lock:
            self._waiting.append((item, future))
            first = len(self._waiting) == 1
        if first:
            taken: list[tuple[Item, Future[Out]]] = []
            try:
                done = self._database.submit(lambda connection: self._commit(connection, taken))
            except RuntimeError as error:  # the database is closed
                self._take(taken)
                _fail(taken, error)
                return future
            done.add_done_callback(lambda result: self._settle(result, taken))
        return future

    def _take(self, taken: list[tuple[Item, Future[Out]]]) -> None:
        with self._lock:
            taken += self._waiting
            self._waiting = []

    def _commit(self, connection: Connection, taken: list[tuple[Item, Future[Out]]]) -> Sequence[Out]:
        self._take(taken)
        return self._work(connection, [item for item, _ in taken])

    def _settle(self, done: Future[Sequence[Out]], taken: list[tuple[Item, Future[Out]]]) -> None:
        error = done.exception()
        self._ended(error is None)
        if error is not None:
            if not taken:  # the work was refused before it ran: those who wait for it must hear of it
                self._take(taken)
            _fail(taken, error)
            return
        for (_, future), result in zip(taken, done.result(), strict=True):
            future.set_result(result)


def _fail(taken: Sequence[tuple[object, Future[Out]]], error: BaseException) -> None:
    for _, future in taken:
        future.set_exception(error)
