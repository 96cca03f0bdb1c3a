"""The consumer that lets evolutions follow the change stream.

Writers do not wait for it; whoever reads or writes evolutions first has it catch up, so that nobody sees
one that lags behind the entities.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from chengshu.foundation.broker.dictionary import Dictionary
from chengshu.foundation.broker.stream import KIND, changes_of, settled
from chengshu.foundation.broker.temporal_writing import EvolutionWriter
from chengshu.foundation.journal.queries import changes_after, last_seq
from chengshu.foundation.journal.store import put_offset, read_offset
from chengshu.ports.database import Database
from chengshu.ports.runtime import Change, Effect

_BITE = 200
_POSITION = "broker-evolutions"


class TemporalFeed:
    """Consumer ``broker-temporal``. ``forget``: the evolution of an entity is deleted with it.

    Its position is its own (``broker-evolutions`` among the offsets), moved in the transaction that adds the
    instances, because readers move it too.
    """

    name = "broker-temporal"
    kinds: tuple[str, ...] = (KIND,)

    def __init__(self, database: Database, *, forget: bool = False) -> None:
        self._database = database
        self.forget = forget
        self._clean = 0  # up to here there is nothing to take in that is not taken in

    def offset(self) -> int:
        """The last position whose instances are durable."""
        with self._database.read() as connection:
            return read_offset(connection, _POSITION)

    def prepare(self, changes: Sequence[Change]) -> Effect | None:
        """Add the instances of all groups of writes."""

        def effect(connection: Connection) -> None:
            position = read_offset(connection, _POSITION)
            self._take(connection, [change for change in changes if change.seq > position])

        return effect

    def catch_up(self) -> None:
        """Take in whatever is committed but not yet in the evolutions."""
        while True:
            with self._database.read() as connection:
                if not self._behind(connection):
                    return
            self._database.write(lambda connection: self._take(connection, self._behind(connection)))

    def catch_up_in(self, connection: Connection) -> None:
        """As :meth:`catch_up`, in the caller's write transaction."""
        while changes := self._behind(connection):
            self._take(connection, changes)

    def _behind(self, connection: Connection) -> list[Change]:
        end = last_seq(connection)
        start = max(read_offset(connection, _POSITION), self._clean)
        if start >= end:
            return []
        changes = list(changes_after(connection, start, self.kinds, _BITE))
        if not changes:
            self._clean = end
        return changes

    def _take(self, connection: Connection, changes: Sequence[Change]) -> None:
        if not changes:
            return
        writer = EvolutionWriter(connection, Dictionary(), forget=self.forget)
        groups = [(changes_of(change).items, settled(change)) for change in changes]
        writer.load((item.tenant, item.entity.id) for items, _ in groups for item in items)
        for items, done in groups:
            for index, item in enumerate(items):
                if index not in done:
                    writer.follow(item)
        writer.write()
        put_offset(connection, _POSITION, changes[-1].seq)
