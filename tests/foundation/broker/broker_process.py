"""A broker that writes as fast as it can and says what was acknowledged, for a test that kills it."""

from __future__ import annotations

import sys
import threading
from pathlib import Path

from chengshu.engines.embedded.database import SqliteDatabase
from chengshu.foundation.broker import store
from chengshu.foundation.broker.commands import Broker
from chengshu.foundation.broker.edit import DeleteEntity, Outcome, Upsert
from chengshu.foundation.broker.model import Attribute, Entity
from chengshu.foundation.broker.temporal import UpsertEvolution
from chengshu.foundation.broker.temporal_feed import TemporalFeed
from chengshu.foundation.journal import Actor, Pump
from chengshu.foundation.journal import store as journal_store
from chengshu.kernel.clock import SystemClock


def command(number: int, name: str) -> object:
    """The ``number``-th write to an entity: mostly a value, sometimes its past or its end."""
    entity = Entity(f"urn:e:{name}", ("urn:t:T",), attributes={"urn:a:n": (Attribute("Property", number),)})
    if number % 17 == 0:
        return DeleteEntity(entity.id)
    return UpsertEvolution(entity) if number % 11 == 0 else Upsert(entity)


def main(folder: Path) -> None:
    """Write until killed; each line of the output is an acknowledged write: entity and number."""
    database, clock = SqliteDatabase(folder / "hub.db"), SystemClock()
    for metadata in (journal_store.metadata, store.metadata):
        database.create(metadata)
    feed = TemporalFeed(database)
    broker = Broker(database, clock, feed)
    pump = Pump(database, clock, [feed], strict=True)
    threading.Thread(target=pump.run, args=(threading.Event(),), daemon=True).start()
    saying = threading.Lock()

    def write(name: str) -> None:
        number = 0
        while True:
            number += 1
            done = broker.submit("", [command(number, name)], Actor("test")).result()[0]  # type: ignore[list-item]
            if isinstance(done, Outcome):
                with saying:
                    sys.stdout.write(f"{name} {number}\n")
                    sys.stdout.flush()

    for thread in [threading.Thread(target=write, args=(f"{sys.argv[2]}{n}",)) for n in range(6)]:
        thread.start()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
