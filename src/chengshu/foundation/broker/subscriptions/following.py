"""Reads the change stream for the notifier: records of writes, and what happened to subscriptions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection

from chengshu.foundation import journal
from chengshu.foundation.broker import stream
from chengshu.foundation.broker.subscriptions import commands
from chengshu.foundation.broker.subscriptions.desk import Record
from chengshu.foundation.broker.subscriptions.shelf import Shelf
from chengshu.kernel.clock import millis
from chengshu.ports.database import Database
from chengshu.ports.runtime import Change

BITE = 200  # records read at once
MEMORY = 64 * 1024 * 1024  # bytes of records kept for those who need them soon
_KINDS = (stream.KIND, commands.STREAM)
_OPEN = 6  # a record in memory takes about so many times its packed size


class Reader:
    """Reads forward, and gives single records again to those who notify them later."""

    def __init__(self, database: Database, memory: int = MEMORY) -> None:
        self._database = database
        self._shelf: Shelf[int, Record] = Shelf(memory)

    def end(self) -> int:
        """The newest record of the stream."""
        with self._database.read() as connection:
            return journal.last_seq(connection)

    def news(
        self, after: int, limit: int = BITE, *, nobody: bool = False
    ) -> tuple[list[Record | Change], int]:
        """The next records above ``after``, changes of subscriptions as they are, and up to which record
        these are all. While ``nobody`` listens, writes are passed over up to the first subscription."""
        if nobody:
            return self._first_subscription(after)
        with self._database.read() as connection:
            end = journal.last_seq(connection)
            found = list(journal.changes_after(connection, after, _KINDS, limit)) if end > after else []
        news = [self._record(item) if item.kind == stream.KIND else item for item in found]
        return news, found[-1].seq if found else max(end, after)

    def _first_subscription(self, after: int) -> tuple[list[Record | Change], int]:
        with self._database.read() as connection:
            end = journal.last_seq(connection)
            first = journal.changes_after(connection, after, (commands.STREAM,), 1)
            found: list[Record | Change] = list(first) if end > after else []
        return found, found[0].seq if found else max(end, after)

    def writes(self, after: int, through: int, limit: int = BITE) -> tuple[list[Record], int]:
        """Writes above record ``after`` up to ``through``, and up to which record these are all."""
        with self._database.read() as connection:
            found = list(journal.changes_after(connection, after, (stream.KIND,), limit))
        records = [self._record(item) for item in found if item.seq <= through]
        whole = len(records) < len(found) or not found
        reached = through if whole else records[-1].seq
        return records, reached

    def at(self, seqs: Iterable[int]) -> dict[int, Record]:
        """These records, from memory or read again."""
        wanted = sorted(set(seqs))
        found = {seq: record for seq in wanted if (record := self._shelf.get(seq)) is not None}
        missing = [seq for seq in wanted if seq not in found]
        if missing:
            with self._database.read() as connection:
                for seq in missing:
                    found.update((item.seq, item) for item in self._one(connection, seq))
        return found

    def _one(self, connection: Connection, seq: int) -> Sequence[Record]:
        found = journal.changes_after(connection, seq - 1, (stream.KIND,), 1)
        return [self._record(item) for item in found if item.seq == seq]

    def _record(self, change: Change) -> Record:
        size = len(change.payload["changes"])
        known = self._shelf.get(change.seq)
        if known is not None:
            return known
        record = Record(change.seq, millis(change.at), stream.changes_of(change).items, size)
        self._shelf.put(change.seq, record, size * _OPEN)
        return record
