"""Entity maps: which entities a query has found and from whom, kept so that its pages fit together.

Source: ETSI GS CIM 009 V1.9.1, clauses 5.14 (operations) and 6.32, 6.34, 6.35 (resources).
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

from chengshu.foundation.broker.errors import ResourceNotFound, TooManyResults
from chengshu.foundation.broker.keeping.commands import Keeping
from chengshu.foundation.broker.keeping.model import HERE, EntityMap
from chengshu.foundation.broker.keeping.reading import expiry, only, render_map, until
from chengshu.foundation.broker.ld.contexts import LdContext
from chengshu.foundation.broker.query.model import Query, Selector
from chengshu.kernel.ids import Ids
from chengshu.surfaces.ngsi_ld.answers import give, location, no_content
from chengshu.surfaces.ngsi_ld.asking import page_of, query_of, query_of_body, refuse_wide
from chengshu.surfaces.ngsi_ld.call import Call
from chengshu.surfaces.ngsi_ld.consumption import entities_answer, entity_answer, parameters_of
from chengshu.surfaces.ngsi_ld.derived import warned
from chengshu.surfaces.ngsi_ld.distributed_reads import Matching
from chengshu.surfaces.ngsi_ld.distribution import Distribution
from chengshu.surfaces.ngsi_ld.names import entity_id
from chengshu.surfaces.ngsi_ld.operation import Answer
from chengshu.surfaces.ngsi_ld.ordering import Order, orders_of
from chengshu.surfaces.ngsi_ld.rooms import Rooms
from chengshu.surfaces.ngsi_ld.showing import Shown, shown_of

MAP = "ngsild-entitymap"
MAPS = "entityMaps"
MOST_MAPPED = 100_000
_CHANGES = frozenset({"expiresAt", "entityMap", "linkedMaps"})  # of which the latter two are only given out


@dataclass(frozen=True, slots=True)
class Asked:
    """A query of entities, in whatever way it came; ``body`` is that of a query by POST."""

    query: Query
    context: LdContext
    shown: Shown
    orders: tuple[Order, ...]


async def asked_of(call: Call, body: dict[str, Any] | None, context: LdContext | None) -> Asked:
    """The query of a request. Raises :class:`BadRequestData`."""
    context = context or await call.context()
    query = query_of(call, context) if body is None else query_of_body(body, context)
    refuse_wide(query, local=call.flag("local"), everything=call.params.get("type") == "*")
    if body is not None:
        call.params = parameters_of(body) | call.params
    orders = orders_of(call.params, context)
    shown = shown_of(call, context)
    return Asked(shown.narrowed(query), context, shown, orders)


class EntityMaps:
    """Makes entity maps, answers through them, and has the operations on them."""

    def __init__(self, rooms: Rooms, keeping: Keeping, ids: Ids, distribution: Distribution) -> None:
        self._rooms, self._keeping, self._ids, self._distribution = rooms, keeping, ids, distribution

    async def page(self, call: Call, asked: Asked, name: str, lifetime: Any) -> Answer:
        """A page of an entity map: of the one that is named, else of one that is made now (201)."""
        page = page_of(call)
        reads, query, context = self._distribution.reads, asked.query, asked.context
        if name:
            kept = await self.named(call, name)
            part = kept.entries[page.offset : page.offset + page.limit]
            alive = self._distribution.participants(call, reads.QUERY)
            entities, failed = await reads.named(call, query, context, alive, part)
            warnings = tuple(failure.warning() for failure in failed)
        else:
            found = await self._matching(call, query, context, asked.orders)
            kept = await self._keep(call, found, lifetime)
            entities = list(found.entities[page.offset : page.offset + page.limit])
            warnings = found.gathered.warnings
        answer = entities_answer(
            call,
            asked.shown,
            entities,
            page=page,
            more=len(kept.entries) > page.offset + page.limit,
            total=len(kept.entries) if page.count else None,
            status=200 if name else 201,
        )
        return warned(answer, ((MAP, kept.id), *warnings))

    async def one(self, call: Call, name: str) -> Answer:
        """Retrieve Entity through a map: of the one that is named, else of one that is made now."""
        identity, context = entity_id(call.path[0]), await call.context()
        shown, reads = shown_of(call, context), self._distribution.reads
        query = Query(selectors=(Selector((identity,)),), attrs=shown.attrs)
        if name:
            kept = await self.named(call, name)
            part = [entry for entry in kept.entries if entry[0] == identity]
            alive = self._distribution.participants(call, reads.QUERY)
            entities, failed = await reads.named(call, query, context, alive, part)
            warnings = tuple(failure.warning() for failure in failed)
        else:
            found = await self._matching(call, query, context, ())
            entities, warnings = list(found.entities), found.gathered.warnings
            kept = await self._keep(call, found, call.params.get("entityMapLifetime"))
        if not entities:
            raise ResourceNotFound(
                f"entity {identity} does not exist, or is not in the map",
                where="entityId",
                remedy="check both",
            )
        return warned(entity_answer(call, shown, entities[0]), ((MAP, kept.id), *warnings))

    async def make(self, call: Call) -> Answer:
        """Create EntityMap for Query Entities: clauses 5.14.4 and 6.34.3; pages are not heeded."""
        body: dict[str, Any] | None = None
        context: LdContext | None = None
        if call.operation.method == "POST":
            body, context = await call.document()
        asked = await asked_of(call, body, context)
        found = await self._matching(call, asked.query, asked.context, asked.orders)
        lifetime = call.params.get("entityMapLifetime", (body or {}).get("entityMapLifetime"))
        kept = await self._keep(call, found, lifetime)
        return self._made(call, kept, asked.context, found.gathered.warnings)

    def _made(
        self, call: Call, kept: EntityMap, context: LdContext, warnings: tuple[tuple[str, str], ...] = ()
    ) -> Answer:
        headers = (("location", location(MAPS, kept.id)), (MAP, kept.id), *warnings)
        return give(call, render_map(kept), context, status=201, headers=headers)

    async def make_of(self, call: Call, here: list[str], others: list[str]) -> Answer:
        """Create EntityMap for Query Temporal Evolution (clauses 5.14.5, 6.35.3): of entities whose past is
        ``here``, and of ``others`` whose past some source has that holds pasts."""
        kept = await self.keep_of(call, here, others)
        return self._made(call, kept, await call.context())

    async def keep_of(self, call: Call, here: list[str], others: list[str]) -> EntityMap:
        """Keep such a map."""
        alive = self._distribution.participants(call, ("queryTemporal",))
        sources = tuple(one.id for one in alive.about()) if alive is not None else ()
        entries = ((id_, (HERE, *sources)) for id_ in here), ((id_, sources) for id_ in others)
        lifetime = call.params.get("entityMapLifetime")
        return await self._kept(call, tuple(entry for part in entries for entry in part), lifetime)

    async def _matching(
        self, call: Call, query: Query, context: LdContext, orders: tuple[Order, ...]
    ) -> Matching:
        alive = self._distribution.participants(call, self._distribution.reads.QUERY)
        return await self._distribution.reads.matching(call, query, context, alive, orders)

    async def _keep(self, call: Call, found: Matching, lifetime: Any) -> EntityMap:
        entries = tuple((entity.id, found.origins[entity.id]) for entity in found.entities)
        return await self._kept(call, entries, lifetime)

    async def _kept(
        self, call: Call, entries: tuple[tuple[str, tuple[str, ...]], ...], lifetime: Any
    ) -> EntityMap:
        expires = until(lifetime, "entityMapLifetime", self._keeping.now())
        check_number(len(entries), MOST_MAPPED)
        id_ = f"urn:ngsi-ld:EntityMap:{self._ids.new('map').removeprefix('map-')}"
        kept = EntityMap(id_, call.tenant, expires, entries)
        await asyncio.to_thread(self._keeping.keep_map, kept, call.actor)
        return kept

    async def named(self, call: Call, name: str) -> EntityMap:
        """The map of that id (or whose address ends with it). Raises :class:`ResourceNotFound`."""
        return await asyncio.to_thread(self._keeping.map, call.tenant, entity_id(name.rpartition("/")[2]))

    async def retrieve(self, call: Call) -> Answer:
        """Retrieve EntityMap: clauses 5.14.1 and 6.32.3.1."""
        kept = await self.named(call, call.path[0])
        return give(call, render_map(kept), await call.context())

    async def update(self, call: Call) -> Answer:
        """Update EntityMap, when it is over: clauses 5.14.2 and 6.32.3.2; what it holds does not change."""
        id_ = entity_id(call.path[0])
        said, _ = await call.document()
        await self.named(call, id_)
        only(said, _CHANGES, "EntityMap")
        if "expiresAt" in said:
            moment = expiry(said["expiresAt"], self._keeping.now())
            await asyncio.to_thread(self._keeping.extend_map, call.tenant, id_, moment, call.actor)
        return no_content()

    async def delete(self, call: Call) -> Answer:
        """Delete EntityMap: clauses 5.14.3 and 6.32.3.3."""
        await asyncio.to_thread(self._keeping.delete_map, call.tenant, entity_id(call.path[0]), call.actor)
        return no_content()


def check_number(count: int, most: int) -> None:
    """Raise :class:`TooManyResults` for more than ``most`` entities."""
    if count > most:
        raise TooManyResults(f"more than {most} entities are found", remedy="ask for fewer of them")
