"""The only writer of the broker: commands of many callers, merged into one transaction."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import Future
from typing import NamedTuple

from sqlalchemy import Connection

from chengshu.foundation.broker.dictionary import Dictionary
from chengshu.foundation.broker.edit import Outcome
from chengshu.foundation.broker.grouping import AnyCommand, Job, Result, Writing, unknown_tenant
from chengshu.foundation.broker.temporal_feed import TemporalFeed
from chengshu.foundation.journal import Actor
from chengshu.kernel.clock import Clock
from chengshu.kernel.errors import ChengshuError
from chengshu.ports.database import Database

__all__ = ["AnyCommand", "Broker", "Result", "unknown_tenant"]


class _Waiting(NamedTuple):
    job: Job
    future: Future[list[Result]]


class Broker:
    """Writes NGSI-LD entities and their evolutions. One object per hub.

    ``evolutions`` is the feed that :class:`BrokerQueries` and the pump share; without one, the evolution of
    an entity outlives it.
    """

    def __init__(self, database: Database, clock: Clock, evolutions: TemporalFeed | None = None) -> None:
        self._database = database
        self.evolutions = evolutions or TemporalFeed(database)
        self._clock = clock
        self._dictionary = Dictionary()
        self._waiting: list[_Waiting] = []
        self._lock = threading.Lock()

    def write(self, tenant: str, command: AnyCommand, actor: Actor) -> Outcome:
        """One command; returns after the durable commit. Raises the command's error."""
        (result,) = self.submit(tenant, [command], actor).result()
        if isinstance(result, ChengshuError):
            raise result
        return result

    def submit(self, tenant: str, commands: Sequence[AnyCommand], actor: Actor) -> Future[list[Result]]:
        """Run commands in order; one result each, an outcome or the error of that command alone.

        The future is done only after the commit is durable. What is submitted while an earlier commit is
        under way commits together, with one record in the change stream and one entry in the journal.
        """
        future: Future[list[Result]] = Future()
        with self._lock:
            self._waiting.append(_Waiting(Job(tenant, commands, actor), future))
            first = len(self._waiting) == 1
        if first:
            taken: list[_Waiting] = []
            try:
                done = self._database.submit(lambda connection: self._commit(connection, taken))
            except RuntimeError as error:  # the database is closed
                self._take(taken)
                _fail(taken, error)
                return future
            done.add_done_callback(lambda result: self._settle(result, taken))
        return future

    def _take(self, taken: list[_Waiting]) -> None:
        with self._lock:
            taken += self._waiting
            self._waiting = []

    def _settle(self, done: Future[list[list[Result]]], taken: list[_Waiting]) -> None:
        if (error := done.exception()) is not None:
            self._dictionary.forget()
            if not taken:  # the work was refused before it ran: those who wait for it must hear of it
                self._take(taken)
            _fail(taken, error)
            return
        self._dictionary.keep()
        for item, results in zip(taken, done.result(), strict=True):
            item.future.set_result(results)

    def _commit(self, connection: Connection, taken: list[_Waiting]) -> list[list[Result]]:
        self._take(taken)
        try:
            writing = Writing(connection, self._dictionary, self._clock.now(), self.evolutions)
            return writing.run([item.job for item in taken])
        except BaseException:
            self._dictionary.forget()
            raise


def _fail(taken: Sequence[_Waiting], error: BaseException) -> None:
    for item in taken:
        item.future.set_exception(error)
