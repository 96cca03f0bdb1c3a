"""What retention finds of documents: editions that hold no more. One that holds is never due."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time

from sqlalchemy import Connection

from chengshu.foundation.journal import Act, Actor, record
from chengshu.foundation.journal.commands import overwriting
from chengshu.kernel.clock import Clock, millis
from chengshu.ports.database import Database
from chengshu.resources.knowledge import store
from chengshu.resources.knowledge.model import Edition
from chengshu.resources.retention.model import Item, Outcome

_HUB = Actor.hub("retention")


class KnowledgeHolding:
    """Editions by number: ``edition/2``. Time runs from the day on which an edition held no more."""

    name = "documents"

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock

    def entries(self) -> Sequence[str]:
        with self._database.read() as connection:
            return list(dict.fromkeys(one.document for one in store.all_editions(connection)))

    def items(self, entry: str, before: int) -> Sequence[Item]:
        with self._database.read() as connection:
            editions = store.editions_of(connection, entry)
        found = []
        for one in editions:
            end = ended(one, editions)
            if end is not None and not one.destroyed_at and (at := _moment(end)) < before:
                found.append(Item(self.name, f"edition/{one.number}", one.sha256, one.signs, at))
        return found

    def destroy(self, entry: str, item: Item) -> Outcome:
        """Its passages go from the database now; index and vectors follow by the stream."""
        number = int(item.name.split("/")[1])

        def work(connection: Connection) -> Outcome:
            found = _edition(connection, entry, number)
            if found is None or found.destroyed_at:
                return "absent"
            now = self._clock.now()
            with overwriting(connection):
                store.destroy_passages(connection, entry, number, millis(now))
            body = {"edition": number, "passages": found.passages, "sha256": found.sha256}
            record(connection, Act(_HUB, "knowledge.ended", entry, now, body))
            return "destroyed"

        return self._database.write(work)

    def holds(self, entry: str, item: Item) -> bool:
        number = int(item.name.split("/")[1])
        with self._database.read() as connection:
            return bool(store.passages_of(connection, entry, number, limit=1))


def ended(edition: Edition, editions: Sequence[Edition]) -> date | None:
    """The first day on which an edition holds no more: by its own dates, or since another holds; None."""
    later = [
        other.valid_from
        for other in editions
        if (other.valid_from, other.number) > (edition.valid_from, edition.number)
        and (other.valid_until is None or (edition.valid_until and other.valid_until >= edition.valid_until))
    ]
    ends = [*later, *([edition.valid_until] if edition.valid_until else [])]
    return min(ends, default=None)


def _edition(connection: Connection, document: str, number: int) -> Edition | None:
    return next((one for one in store.editions_of(connection, document) if one.number == number), None)


def _moment(day: date) -> int:
    return millis(datetime.combine(day, time(), UTC))
