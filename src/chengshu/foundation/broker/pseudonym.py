"""The name by which a broker knows itself in ``Via`` headers: made once, kept, and unlike any other's.

Source: ETSI GS CIM 009 V1.8.1, clause 6.3.18. Two hubs of one city, say one for a drill, are two brokers: did
they share a name, a request that passed both would be taken for one that goes round.
"""

from __future__ import annotations

from sqlalchemy import Connection

from chengshu.foundation.broker import store
from chengshu.foundation.journal import Act, Actor, record
from chengshu.kernel.clock import Clock
from chengshu.kernel.ids import Ids
from chengshu.ports.database import Database

_KIND = "broker.named"


def pseudonym(database: Database, clock: Clock, ids: Ids, beginning: str) -> str:
    """The name that is kept in the database; the first time one that begins so is made and kept."""
    with database.read() as connection:
        kept = store.own_name(connection)
    if kept:
        return kept

    def name(connection: Connection) -> str:
        if again := store.own_name(connection):  # somebody else was first
            return again
        made = f"{beginning}-{ids.new('broker').removeprefix('broker-')}"
        store.keep_own_name(connection, made)
        record(connection, Act(Actor.hub("broker"), _KIND, made, clock.now(), {}))
        return made

    return database.write(name)
