"""The only writer of the broker: commands of many callers, merged into one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future

from sqlalchemy import Connection

from chengshu.foundation.broker.dictionary import Dictionary
from chengshu.foundation.broker.edit import Outcome
from chengshu.foundation.broker.grouping import AnyCommand, Job, Result, Writing, unknown_tenant
from chengshu.foundation.broker.temporal_feed import TemporalFeed
from chengshu.foundation.journal import Actor, Gathering
from chengshu.kernel.clock import Clock
from chengshu.kernel.errors import ChengshuError
from chengshu.ports.database import Database

__all__ = ["AnyCommand", "Broker", "Result", "unknown_tenant"]


class Broker:
    """Writes NGSI-LD entities and their evolutions. One object per hub.

    ``evolutions`` is the feed that :class:`BrokerQueries` and the pump share; without one, the evolution of
    an entity outlives it.
    """

    def __init__(self, database: Database, clock: Clock, evolutions: TemporalFeed | None = None) -> None:
        self.evolutions = evolutions or TemporalFeed(database)
        self._clock = clock
        self._dictionary = Dictionary()
        self._gathering = Gathering(database, self._run, self._ended)

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
        return self._gathering.submit(Job(tenant, commands, actor))

    def _run(self, connection: Connection, jobs: Sequence[Job]) -> list[list[Result]]:
        try:
            return Writing(connection, self._dictionary, self._clock.now(), self.evolutions).run(jobs)
        except BaseException:
            self._dictionary.forget()  # before the next work of the same commit
            raise

    def _ended(self, kept: bool) -> None:
        if kept:
            self._dictionary.keep()
        else:
            self._dictionary.forget()
