"""The only writer of entity maps and snapshots, and their reader. What is over is forgotten by the next one
that is kept; until then nobody sees it."""

from __future__ import annotations

from msgspec.structs import replace
from sqlalchemy import Connection

from chengshu.foundation.broker.errors import AlreadyExists, ResourceNotFound, TooManyResults
from chengshu.foundation.broker.keeping import store
from chengshu.foundation.broker.keeping.model import Copied, EntityMap, Snapshot
from chengshu.foundation.broker.keeping.store import Kept, Shelf
from chengshu.foundation.journal import Act, Actor, record
from chengshu.kernel.clock import Clock, millis
from chengshu.ports.database import Database

MOST = 1_000
"""Of one kind kept for a tenant at once."""


class Keeping:
    """Entity maps and snapshots of all tenants."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock
        database.create(store.metadata)

    def now(self) -> int:
        """Milliseconds UTC."""
        return millis(self._clock.now())

    def keep_map(self, one: EntityMap, actor: Actor) -> None:
        """Keep a new entity map. Raises :class:`TooManyResults` beyond :data:`MOST`."""
        self._database.write(lambda connection: self._keep(connection, store.MAPS, one, None, actor))

    def keep_snapshot(self, one: Snapshot, copied: Copied, actor: Actor) -> None:
        """Keep a new snapshot. Raises :class:`AlreadyExists`, :class:`TooManyResults` beyond :data:`MOST`."""
        self._database.write(lambda connection: self._keep(connection, store.SNAPSHOTS, one, copied, actor))

    def map(self, tenant: str, id_: str) -> EntityMap:
        """One entity map. Raises :class:`ResourceNotFound`, also when its time is over."""
        with self._database.read() as connection:
            return self._found(connection, store.MAPS, tenant, id_)

    def snapshot(self, tenant: str, id_: str) -> Snapshot:
        """One snapshot. Raises :class:`ResourceNotFound`, also when its time is over."""
        with self._database.read() as connection:
            return self._found(connection, store.SNAPSHOTS, tenant, id_)

    def snapshots(self, tenant: str) -> list[Snapshot]:
        """All of a tenant that are not over."""
        with self._database.read() as connection:
            return store.SNAPSHOTS.all(connection, tenant, self.now())

    def held(self, tenant: str, id_: str) -> Copied:
        """What a snapshot holds. Raises :class:`ResourceNotFound`."""
        with self._database.read() as connection:
            self._found(connection, store.SNAPSHOTS, tenant, id_)
            return store.copied(connection, tenant, id_)

    def extend_map(self, tenant: str, id_: str, expires_at: int, actor: Actor) -> None:
        """Let an entity map live until then. Raises :class:`ResourceNotFound`."""
        self._database.write(lambda c: self._extend(c, store.MAPS, tenant, id_, expires_at, actor))

    def change_snapshot(self, one: Snapshot, actor: Actor) -> None:
        """Keep what has changed of a snapshot: its end, its priority. Raises :class:`ResourceNotFound`."""

        def work(connection: Connection) -> None:
            self._found(connection, store.SNAPSHOTS, one.tenant, one.id)
            store.SNAPSHOTS.put(connection, one)
            self._record(connection, one, "changed", actor)

        self._database.write(work)

    def delete_map(self, tenant: str, id_: str, actor: Actor) -> None:
        """Forget an entity map. Raises :class:`ResourceNotFound`."""
        self._database.write(lambda c: self._delete(c, store.MAPS, tenant, id_, actor))

    def delete_snapshot(self, tenant: str, id_: str, actor: Actor) -> None:
        """Forget a snapshot. Raises :class:`ResourceNotFound`."""
        self._database.write(lambda c: self._delete(c, store.SNAPSHOTS, tenant, id_, actor))

    def _keep(
        self, connection: Connection, shelf: Shelf[Kept], one: Kept, copied: Copied | None, actor: Actor
    ) -> None:
        shelf.drop_over(connection, self.now())
        if shelf.find(connection, one.tenant, one.id) is not None:
            raise AlreadyExists(f"{one.id} exists already", where="id", remedy="choose another id")
        if shelf.count(connection, one.tenant) >= MOST:
            raise TooManyResults(
                f"{MOST} of them are kept already", remedy="delete some, or let them live shorter"
            )
        shelf.add(connection, one, copied)
        self._record(connection, one, "kept", actor)

    def _extend(
        self, connection: Connection, shelf: Shelf[Kept], tenant: str, id_: str, until: int, actor: Actor
    ) -> None:
        one = replace(self._found(connection, shelf, tenant, id_), expires_at=until)
        shelf.put(connection, one)
        self._record(connection, one, "extended", actor)

    def _delete(
        self, connection: Connection, shelf: Shelf[Kept], tenant: str, id_: str, actor: Actor
    ) -> None:
        one = self._found(connection, shelf, tenant, id_)
        shelf.drop(connection, tenant, id_)
        self._record(connection, one, "deleted", actor)

    def _found(self, connection: Connection, shelf: Shelf[Kept], tenant: str, id_: str) -> Kept:
        found = shelf.find(connection, tenant, id_)
        if found is None or found.expires_at <= self.now():
            raise ResourceNotFound(
                f"{id_[:200]} does not exist, or its time is over", where="id", remedy="make a new one"
            )
        return found

    def _record(self, connection: Connection, one: EntityMap | Snapshot, what: str, actor: Actor) -> None:
        kind = "entity_map" if isinstance(one, EntityMap) else "snapshot"
        body = {"tenant": one.tenant, "expires_at": one.expires_at}
        record(connection, Act(actor, f"broker.{kind}.{what}", one.id, self._clock.now(), body))
