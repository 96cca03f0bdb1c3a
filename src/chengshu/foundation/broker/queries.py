"""What others read of the broker: entities by id and by query, and what kinds of them there are."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import msgspec
from sqlalchemy import Connection

from chengshu.foundation.broker import store, store_find, store_temporal
from chengshu.foundation.broker.census import AttributeInfo, Census, TypeInfo
from chengshu.foundation.broker.commands import unknown_tenant
from chengshu.foundation.broker.errors import ResourceNotFound
from chengshu.foundation.broker.hub_past import Past
from chengshu.foundation.broker.model import Entity
from chengshu.foundation.broker.moments import millis_of
from chengshu.foundation.broker.query.matching import compile_query
from chengshu.foundation.broker.query.model import Query
from chengshu.foundation.broker.query.planning import plan_query
from chengshu.foundation.broker.store_find import Search
from chengshu.foundation.broker.temporal import Ask, Evolution, Evolutions
from chengshu.foundation.broker.temporal_feed import TemporalFeed
from chengshu.foundation.broker.temporal_queries import Reader, edge_of
from chengshu.foundation.broker.temporal_queries import Search as TemporalSearch
from chengshu.kernel.clock import Clock, millis
from chengshu.ports.database import Database

_CHUNK = 128  # documents looked at together
_PATIENCE = 1024  # documents read in order before the index is asked after all
_decode = msgspec.msgpack.Decoder(Entity).decode
Predicate = Callable[[Entity], bool]
__all__ = ["AttributeInfo", "BrokerQueries", "Found", "TypeInfo"]


class Found(msgspec.Struct, frozen=True):
    """A page of entities in order of their creation; ``total`` only when it was asked for."""

    entities: tuple[Entity, ...]
    total: int | None = None


class BrokerQueries:
    """Reads NGSI-LD entities as of the last commit, and their evolutions.

    ``evolutions`` is the feed of the :class:`Broker`; ``past`` tells the instances that are kept in the
    hub's history.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        evolutions: TemporalFeed | None = None,
        past: Past | None = None,
    ) -> None:
        self._database = database
        self._past = past
        self._clock = clock
        self._evolutions = evolutions or TemporalFeed(database)

    def get(self, tenant: str, entity: str) -> Entity:
        """One entity. Raises :class:`ResourceNotFound`, or :class:`NonexistentTenant`."""
        if (found := self.peek(tenant, entity)) is None:
            raise ResourceNotFound(
                f"entity {entity} does not exist", where=entity, remedy="check the id and the tenant"
            )
        return found

    def peek(self, tenant: str, entity: str) -> Entity | None:
        """One entity, or None. Raises :class:`NonexistentTenant`."""
        with self._database.read() as connection:
            doc = store.document(connection, tenant, entity)
            if doc is None:
                _check_tenant(connection, tenant)
                return None
        return self._alive(_decode(doc))

    def many(self, tenant: str, ids: Sequence[str]) -> list[Entity]:
        """Those of the entities that exist, in the order of ``ids``. Raises :class:`NonexistentTenant`."""
        with self._database.read() as connection:
            _check_tenant(connection, tenant)
            docs = {row[1]: row[3] for row in store.kept(connection, tenant, list(dict.fromkeys(ids)))}
        found = [_decode(docs[entity]) for entity in dict.fromkeys(ids) if entity in docs]
        return [entity for entity in found if self._alive(entity)]

    def find(
        self, tenant: str, query: Query, *, limit: int = 20, offset: int = 0, count: bool = False
    ) -> Found:
        """Entities that meet the query (clause 5.7.2), in order of their creation.

        Raises :class:`NonexistentTenant`, and :class:`BadRequestData` for a pattern that cannot be used.
        """
        planned = plan_query(query)
        with self._database.read() as connection:
            _check_tenant(connection, tenant)
            search = store_find.prepare(
                connection, tenant, planned.plan, planned.exact, self._ms(), whole=count
            )
            if search is None:
                return Found((), 0 if count else None)
            if search.exact:
                return self._indexed(connection, tenant, query, search, limit, offset, count)
            return self._looked_at(connection, tenant, query, search, limit, offset, count)

    def each(self, tenant: str, query: Query) -> Iterator[Entity]:
        """All entities that meet the query, read in portions, each portion as of its own moment."""
        planned, after = plan_query(query), 0
        while True:
            with self._database.read() as connection:
                _check_tenant(connection, tenant)
                search = store_find.prepare(connection, tenant, planned.plan, planned.exact, self._ms())
                if search is None:
                    return
                keys = [key for key in store_find.all_keys(connection, search) if key > after][:_PATIENCE]
                fits = self._predicate(connection, tenant, query)
                found = [_decode(doc) for _, doc in store.documents(connection, keys)]
                chosen = found if search.exact else [entity for entity in found if fits(entity)]
            if not keys:
                return
            yield from chosen
            after = keys[-1]

    def evolution(self, tenant: str, entity: str, ask: Ask) -> Evolution:
        """How one entity evolved (clause 5.7.3). Raises :class:`ResourceNotFound`,
        :class:`NonexistentTenant`.
        """
        self._evolutions.catch_up()
        with self._database.read() as connection:
            _check_tenant(connection, tenant)
            found = store_temporal.find_evolutions(connection, tenant, [entity])
            if not found:
                raise ResourceNotFound(
                    f"the entity {entity} has no evolution",
                    where=entity,
                    remedy="check the id and the tenant",
                )
            reader = Reader(connection, self._past)
            if ask.methods:
                return reader.aggregated(found[0], ask)
            runs = reader.runs(found[0], ask, ask.most)
            return reader.evolution(found[0], runs, ask, edge_of(runs, ask))

    def evolutions(
        self, tenant: str, query: Query, ask: Ask, *, limit: int = 20, offset: int = 0, count: bool = False
    ) -> Evolutions:
        """How the entities that meet a query in the time asked for evolved (clause 5.7.4), oldest entity
        first.

        Entities without an instance in that time are not among them. Raises as :meth:`find`.
        """
        self._evolutions.catch_up()
        with self._database.read() as connection:
            _check_tenant(connection, tenant)
            return TemporalSearch(connection, tenant, query, ask, self._past).page(limit, offset, count)

    def types(self, tenant: str) -> list[str]:
        """The types of the tenant's entities (clause 5.7.5). Raises :class:`NonexistentTenant`."""
        return self._census(tenant).type_names()

    def type_details(self, tenant: str) -> list[TypeInfo]:
        """All types with their attributes (clause 5.7.6)."""
        census = self._census(tenant)
        return [census.type_info(name) for name in census.type_names()]

    def type_info(self, tenant: str, type_: str) -> TypeInfo:
        """One type (clause 5.7.7). Raises :class:`ResourceNotFound` when no entity is of it."""
        census = self._census(tenant)
        if type_ not in census.type_names():
            raise ResourceNotFound(
                f"no entity is of type {type_}", where=type_, remedy="GET types lists them"
            )
        return census.type_info(type_)

    def attributes(self, tenant: str) -> list[str]:
        """The names of the attributes of the tenant's entities (clause 5.7.8)."""
        return self._census(tenant).attribute_names()

    def attribute_details(self, tenant: str) -> list[AttributeInfo]:
        """All attributes with the types that have them (clause 5.7.9)."""
        census = self._census(tenant)
        return [census.attribute_info(name) for name in census.attribute_names()]

    def attribute_info(self, tenant: str, name: str) -> AttributeInfo:
        """One attribute (clause 5.7.10). Raises :class:`ResourceNotFound` when no entity has it."""
        census = self._census(tenant)
        if name not in census.attribute_names():
            raise ResourceNotFound(
                f"no entity has the attribute {name}", where=name, remedy="GET attributes lists them"
            )
        return census.attribute_info(name)

    def _census(self, tenant: str) -> Census:
        with self._database.read() as connection:
            _check_tenant(connection, tenant)
            return Census(store.typesets_of(connection, tenant), store.counts_of(connection, tenant))

    def tenants(self) -> list[str]:
        """The names of all tenants but the default one."""
        with self._database.read() as connection:
            return [name for name, _ in store.all_tenants(connection)]

    def check_tenant(self, tenant: str) -> None:
        """Raises :class:`NonexistentTenant`."""
        with self._database.read() as connection:
            _check_tenant(connection, tenant)

    def _indexed(
        self,
        connection: Connection,
        tenant: str,
        query: Query,
        search: Search,
        limit: int,
        offset: int,
        count: bool,
    ) -> Found:
        """The index knows the matches. Of many, the first ones are found sooner by reading in order."""
        total = store_find.total(connection, search) if count else None
        if limit <= 0:
            return Found((), total)
        if not search.plain and search.common and offset + limit < _CHUNK:
            fits = self._predicate(connection, tenant, query)
            found: list[Entity] = []
            for entity in self._first(connection, search):
                if fits(entity):
                    found.append(entity)
                    if len(found) == offset + limit:
                        return Found(tuple(found[offset:]), total)
        rows = store_find.page(connection, search, limit, offset)
        return Found(tuple(_decode(doc) for _, doc in rows), total)

    def _looked_at(
        self,
        connection: Connection,
        tenant: str,
        query: Query,
        search: Search,
        limit: int,
        offset: int,
        count: bool,
    ) -> Found:
        """The index knows candidates; each is looked at until the page is full, all of them to count."""
        fits = self._predicate(connection, tenant, query)
        found: list[Entity] = []
        end = offset + limit
        if not count and not search.plain and search.common:
            for entity in self._first(connection, search):
                if fits(entity):
                    found.append(entity)
                    if len(found) >= end:
                        return Found(tuple(found[offset:end]))
            found = []
        matched = 0
        for part in store.portions(store_find.all_keys(connection, search), _CHUNK):
            for _, doc in store.documents(connection, part):
                if fits(entity := _decode(doc)):
                    matched += 1
                    if offset < matched <= end:
                        found.append(entity)
            if matched >= end and not count:
                break
        return Found(tuple(found), matched if count else None)

    def _first(self, connection: Connection, search: Search) -> Iterator[Entity]:
        """The first documents of the types in order, as many as patience has."""
        after, now = 0, self._ms()
        for _ in range(_PATIENCE // _CHUNK):
            keys = store_find.in_order(connection, search.typesets, after, _CHUNK)
            for _, doc in store.documents(connection, keys):
                entity = _decode(doc)
                if not _over(entity, now):
                    yield entity
            if len(keys) < _CHUNK:
                return
            after = keys[-1]

    def _predicate(self, connection: Connection, tenant: str, query: Query) -> Predicate:
        seen: dict[str, Entity | None] = {}

        def resolve(entity: str) -> Entity | None:
            if entity not in seen:
                doc = store.document(connection, tenant, entity)
                seen[entity] = self._alive(_decode(doc)) if doc is not None else None
            return seen[entity]

        return compile_query(query, resolve)

    def _alive(self, entity: Entity) -> Entity | None:
        return None if entity.expires_at and _over(entity, self._ms()) else entity

    def _ms(self) -> int:
        return millis(self._clock.now())


def _over(entity: Entity, now: int) -> bool:
    """Whether the entity's time is over (clause 4.5.1: expiresAt)."""
    return bool(entity.expires_at) and millis_of(entity.expires_at) <= now


def _check_tenant(connection: Connection, tenant: str) -> None:
    if not store.has_tenant(connection, tenant):
        raise unknown_tenant(tenant)
