"""What runs beside the desk: clocks run out, grants expire, uses are sealed and at last destroyed."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection

from chengshu.kernel.clock import from_millis, millis
from chengshu.ports.database import Database
from chengshu.resources.sharing import clocks, store, uses
from chengshu.resources.sharing.commands import Sharing

_RUNNING = ("supplied", "in_use", "suspended")


class SharingClocks:
    """A ticker. The gate does not wait for it: an expired grant is refused whether it ran or not."""

    name = "sharing.clocks"
    follows_stream = True

    def __init__(self, database: Database, sharing: Sharing) -> None:
        self._database, self._sharing = database, sharing

    def next_due(self) -> datetime | None:
        """The next clock, end of a grant, seal, or end of keeping."""
        terms = self._sharing.terms
        with self._database.read() as connection:
            moments = [store.next_due(connection), store.next_end(connection, _RUNNING)]
            oldest = store.oldest_unsealed(connection)
            if oldest is not None:
                moments.append(oldest + terms.seal_minutes * 60_000)
            kept = next((seal for seal in store.all_seals(connection) if not seal.pruned_at), None)
            if kept is not None:
                until = uses.use_kept_until(uses.newest_of(connection, kept), terms.keep_years)
                moments.append(millis(until))
        due = [moment for moment in moments if moment is not None]
        return from_millis(min(due)) if due else None

    def tick(self, now: datetime) -> None:
        """Do what is due at ``now``, in one transaction."""
        terms = self._sharing.terms

        def work(connection: Connection) -> None:
            self._sharing.expire_in(connection, now)
            clocks.escalate(connection, now, terms.bureau)
            clocks.warn(connection, now)
            oldest = store.oldest_unsealed(connection)
            if oldest is not None and from_millis(oldest) + timedelta(minutes=terms.seal_minutes) <= now:
                uses.seal_in(connection, now)
            uses.prune_in(connection, now, terms.keep_years)

        self._database.write(work)
