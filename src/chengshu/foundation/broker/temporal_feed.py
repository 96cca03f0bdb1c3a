"""The consumer that lets evolutions follow the change stream.

Writers do not wait for it; whoever reads or writes evolutions first has it catch up, so that nobody sees
one that lags behind the entities.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import Connection

from chengshu.foundation.broker.dictionary import Dictionary
from chengshu.foundation.broker.model import EntityChange
from chengshu.foundation.broker.stream import KIND, changes_of, settled
from chengshu.foundation.broker.temporal_writing import EvolutionWriter
from chengshu.foundation.journal.queries import changes_after, last_seq
from chengshu.foundation.journal.store import put_offset, read_offset
from chengshu.kernel.clock import Clock
from chengshu.ports.database import Database
from chengshu.ports.runtime import Change, Effect

_BITE = 200  # changes read together
_ENOUGH = 500  # writes of one transaction
_RESTS = 2  # times as long as it worked
_GIVES_WAY = 8  # the same while others write, and it is not far behind
_FAR = 200  # records behind: more than a reader should have to wait for
_AT_ONCE = datetime(1970, 1, 1, tzinfo=UTC)
_POSITION = "broker-evolutions"


class TemporalFeed:
    """Consumer and ticker ``broker-temporal``. ``forget``: the evolution of an entity is deleted with it.

    It works in small transactions and rests between them longer than it worked (by ``clock``; without one
    it does not rest), and much longer while the stream grows, unless it is far behind: so writers are hardly
    held up however much there is to take in. Its position is its own (``broker-evolutions`` among the
    offsets), moved in the transaction that adds the instances, because readers move it too.
    """

    name = "broker-temporal"
    kinds: tuple[str, ...] = (KIND,)
    follows_stream = True

    def __init__(self, database: Database, *, forget: bool = False, clock: Clock | None = None) -> None:
        self._database = database
        self._clock = clock
        self.forget = forget
        self._clean = 0  # up to here there is nothing to take in that is not taken in
        self._end = 0  # of the stream, when it was last looked at
        self._rest: datetime | None = None

    def offset(self) -> int:
        """The last position whose instances are durable."""
        with self._database.read() as connection:
            return read_offset(connection, _POSITION)

    def prepare(self, changes: Sequence[Change]) -> Effect | None:
        """Take in a portion; what is left is for :meth:`tick`, or for a reader. With a clock :meth:`tick`
        takes in all of it, at its own pace."""
        return self._portion if self._clock is None else None

    def next_due(self) -> datetime | None:
        """At once when something is left, but not before the rest is over."""
        with self._database.read() as connection:
            return (self._rest or _AT_ONCE) if self._behind(connection) else None

    def tick(self, now: datetime) -> None:
        """Take in a portion, then rest."""
        self._database.write(self._portion)
        if self._clock is not None:
            ended = self._clock.now()
            self._rest = ended + (_GIVES_WAY if self._may_wait() else _RESTS) * (ended - now)

    def _may_wait(self) -> bool:
        """Whether the stream has grown since this was asked last, so that somebody else writes, and what is
        left can wait."""
        with self._database.read() as connection:
            before, self._end = self._end, last_seq(connection)
            left = self._end - read_offset(connection, _POSITION)
        return self._end > before and left <= _FAR

    def catch_up(self) -> None:
        """Take in whatever is committed but not yet in the evolutions."""
        while True:
            with self._database.read() as connection:
                if not self._behind(connection):
                    return
            self._database.write(self._portion)

    def catch_up_in(self, connection: Connection) -> None:
        """As :meth:`catch_up`, in the caller's write transaction."""
        while self._behind(connection):
            self._portion(connection)

    def _behind(self, connection: Connection, most: int = 1) -> list[Change]:
        """The next changes to be taken in."""
        end = last_seq(connection)
        start = max(read_offset(connection, _POSITION), self._clean)
        if start >= end:
            return []
        changes = list(changes_after(connection, start, self.kinds, most))
        if not changes:
            self._clean = end
        return changes

    def _portion(self, connection: Connection) -> None:
        """Take in some changes: as many as bring about :data:`_ENOUGH` writes, one at least."""
        groups: list[tuple[tuple[EntityChange, ...], frozenset[int]]] = []
        size, position = 0, 0
        for change in self._behind(connection, _BITE):
            items = changes_of(change).items
            groups.append((items, settled(change)))
            size, position = size + len(items), change.seq
            if size >= _ENOUGH:
                break
        if not groups:
            return
        writer = EvolutionWriter(connection, Dictionary(), forget=self.forget)
        writer.load((item.tenant, item.entity.id) for items, _ in groups for item in items)
        for items, done in groups:
            for index, item in enumerate(items):
                if index not in done:
                    writer.follow(item)
        writer.write()
        put_offset(connection, _POSITION, position)
