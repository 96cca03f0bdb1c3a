"""Snapshots: copies of what queries find, of the present and of the past, and the reading of them.

Source: ETSI GS CIM 009 V1.9.1, clauses 5.16 (operations) and 6.36 to 6.38 (resources).
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from msgspec.structs import replace as changed

from chengshu.foundation.broker.errors import BadRequestData, ResourceNotFound
from chengshu.foundation.broker.keeping.commands import Keeping
from chengshu.foundation.broker.keeping.model import Copied, Snapshot
from chengshu.foundation.broker.keeping.reading import (
    expiry,
    only,
    priority,
    render_snapshot,
    status_of,
    until,
)
from chengshu.foundation.broker.ld import checks
from chengshu.foundation.broker.ld.contexts import CORE, LdContext
from chengshu.foundation.broker.model import Attribute, Entity
from chengshu.foundation.broker.query.grammar import read_q
from chengshu.foundation.broker.query.matching import compile_query
from chengshu.foundation.broker.query.model import Query
from chengshu.foundation.broker.registry.matching import attributes_of
from chengshu.kernel.ids import Ids
from chengshu.surfaces.ngsi_ld.answers import created, give, no_content
from chengshu.surfaces.ngsi_ld.asking import page_of, query_of_body, refuse_wide
from chengshu.surfaces.ngsi_ld.call import Call
from chengshu.surfaces.ngsi_ld.consumption import entities_answer, entity_answer
from chengshu.surfaces.ngsi_ld.copying import MOST_COPIED, Copying
from chengshu.surfaces.ngsi_ld.derived import warned
from chengshu.surfaces.ngsi_ld.distribution import Distribution
from chengshu.surfaces.ngsi_ld.entity_maps import Asked, check_number
from chengshu.surfaces.ngsi_ld.names import entity_id
from chengshu.surfaces.ngsi_ld.operation import Answer
from chengshu.surfaces.ngsi_ld.ordering import ordered
from chengshu.surfaces.ngsi_ld.rooms import Rooms
from chengshu.surfaces.ngsi_ld.showing import Shown, shown_of

SNAPSHOT = "ngsild-snapshot"
SNAPSHOTS = "snapshots"
_SAYS = frozenset(
    {"snapshotQueries", "snapshotTemporalQueries", "snapshotLifetime", "snapshotPriority", "expiresAt"}
)
_CHANGES = frozenset({"expiresAt", "snapshotLifetime", "snapshotPriority"})
_MEMBERS = (
    "createdAt",
    "expiresAt",
    "snapshotStatus",
    "snapshotPriority",
    "entityCount",
    "snapshotQueries",
    "snapshotTemporalQueries",
)


class Snapshots:
    """Makes, gives, changes, copies and forgets snapshots, and reads entities as they were in one."""

    def __init__(self, rooms: Rooms, keeping: Keeping, ids: Ids, distribution: Distribution) -> None:
        self._keeping, self._ids = keeping, ids
        self._copying = Copying(rooms, distribution)

    async def create(self, call: Call) -> Answer:
        """Create Snapshot, of what its queries find now, here and at sources: clauses 5.16.1, 6.36.3.1."""
        said, context = await call.document()
        only(said, _SAYS, "Snapshot")
        queries, pasts = _queries(said, "snapshotQueries"), _queries(said, "snapshotTemporalQueries")
        if said.get("type") != "Snapshot" or not (queries or pasts):
            raise BadRequestData(
                "a snapshot is of queries",
                where="type" if said.get("type") != "Snapshot" else "snapshotQueries",
                remedy='write {"type": "Snapshot", "snapshotQueries": [{"type": "Query", …}]}',
            )
        new = self._new(call, said)
        for name, many in (("snapshotQueries", queries), ("snapshotTemporalQueries", pasts)):
            for number, one in enumerate(many):
                _check(call, one, context, f"{name}[{number}]", past=name != "snapshotQueries")
        kept, copied = await self._copied(call, new, queries, pasts, context)
        await asyncio.to_thread(self._keeping.keep_snapshot, kept, copied, call.actor)
        return created(SNAPSHOTS, kept.id)

    def _new(self, call: Call, said: Mapping[str, Any]) -> Snapshot:
        """A snapshot of nothing yet: its id, its end and its priority."""
        now = self._keeping.now()
        new = f"urn:ngsi-ld:Snapshot:{self._ids.new('snapshot').removeprefix('snapshot-')}"
        id_ = checks.uri(said["id"], "id") if "id" in said else new
        late = expiry(said["expiresAt"], now) if "expiresAt" in said else 0
        late = late or until(said.get("snapshotLifetime"), "snapshotLifetime", now)
        wanted = priority(said["snapshotPriority"]) if "snapshotPriority" in said else 5
        return Snapshot(id_, call.tenant, now, late, priority=wanted)

    async def _copied(
        self,
        call: Call,
        new: Snapshot,
        queries: tuple[dict[str, Any], ...],
        pasts: tuple[dict[str, Any], ...],
        context: LdContext,
    ) -> tuple[Snapshot, Copied]:
        found: dict[str, Entity] = {}
        evolutions: dict[str, Entity] = {}
        missing, numbers = [], []
        for one in queries:
            number, failed = await self._copying.present(call, one, context, found)
            if "temporalQ" in one:
                _, more = await self._copying.past(call, one, context, evolutions)
                failed = (*failed, *more)
            missing.append(failed)
            numbers.append(number)
            check_number(len(found), MOST_COPIED)
        past_missing, past_numbers = [], []
        for one in pasts:
            number, failed = await self._copying.past(call, one, context, evolutions)
            past_missing.append(failed)
            past_numbers.append(number)
            check_number(len(evolutions), MOST_COPIED)
        kept = changed(
            new,
            status=status_of([*missing, *past_missing], [*numbers, *past_numbers]),
            queries=queries,
            context=context.document,
            missing=tuple(missing),
            count=len(found),
            temporal_queries=pasts,
            temporal_missing=tuple(past_missing),
            found=tuple(numbers),
            temporal_found=tuple(past_numbers),
        )
        return kept, Copied(tuple(found.values()), tuple(evolutions.values()))

    async def clone(self, call: Call) -> Answer:
        """Clone Snapshot: clauses 5.16.2 and 6.38.3.1; the copy lives and ends by itself."""
        id_ = entity_id(call.path[0])
        said, _ = await call.document()
        only(said, _CHANGES, "Snapshot")
        before = await asyncio.to_thread(self._keeping.snapshot, call.tenant, id_)
        copied = await asyncio.to_thread(self._keeping.held, call.tenant, id_)
        new = self._new(call, {"snapshotPriority": before.priority} | said)
        kept = changed(
            before, id=new.id, created_at=new.created_at, expires_at=new.expires_at, priority=new.priority
        )
        await asyncio.to_thread(self._keeping.keep_snapshot, kept, copied, call.actor)
        return created(SNAPSHOTS, kept.id)

    async def retrieve(self, call: Call) -> Answer:
        """Retrieve Snapshot Status: clauses 5.16.3 and 6.37.3.1."""
        kept = await asyncio.to_thread(self._keeping.snapshot, call.tenant, entity_id(call.path[0]))
        return give(call, render_snapshot(kept), await call.context())

    async def update(self, call: Call) -> Answer:
        """Update Snapshot Status, its end and its priority: clauses 5.16.4 and 6.37.3.2."""
        id_ = entity_id(call.path[0])
        said, context = await call.document()
        kept = await asyncio.to_thread(self._keeping.snapshot, call.tenant, id_)
        only(said, _CHANGES, "Snapshot")
        if "snapshotLifetime" in said:
            late = until(said["snapshotLifetime"], "snapshotLifetime", self._keeping.now())
            kept = changed(kept, expires_at=late)
        if "expiresAt" in said:
            kept = changed(kept, expires_at=expiry(said["expiresAt"], self._keeping.now()))
        if "snapshotPriority" in said:
            kept = changed(kept, priority=priority(said["snapshotPriority"]))
        await asyncio.to_thread(self._keeping.change_snapshot, kept, call.actor)
        return give(call, render_snapshot(kept), context)

    async def delete(self, call: Call) -> Answer:
        """Delete Snapshot: clauses 5.16.5 and 6.37.3.3."""
        id_ = entity_id(call.path[0])
        await asyncio.to_thread(self._keeping.delete_snapshot, call.tenant, id_, call.actor)
        return no_content()

    async def purge(self, call: Call) -> Answer:
        """Purge Snapshots, those that a query about their members finds: clauses 5.16.7 and 6.36.3.2."""
        said = call.params.get("q", "")
        if not said:
            raise BadRequestData("nothing is said of what is to go", where="q", remedy="say q")
        condition = read_q(said, CORE.expand)
        known = {CORE.expand(name) for name in _MEMBERS}
        if unknown := sorted(set(attributes_of(condition)) - known):
            raise BadRequestData(
                f"{CORE.compact(unknown[0])[:80]!r} is no member of a snapshot",
                where="q",
                remedy=f"ask for {', '.join(_MEMBERS)}",
            )
        fits = compile_query(Query(q=condition))
        kept = await asyncio.to_thread(self._keeping.snapshots, call.tenant)
        going = [one for one in kept if fits(_as_entity(one))]
        if not going:
            raise ResourceNotFound("no snapshot is like that", where="q", remedy="see what there is")
        for one in going:
            await asyncio.to_thread(self._keeping.delete_snapshot, call.tenant, one.id, call.actor)
        return no_content()

    # --- reading ----------------------------------------------------------------------------------------

    async def entity(self, call: Call, name: str) -> Answer:
        """Retrieve Entity, of a snapshot."""
        identity, context = entity_id(call.path[0]), await call.context()
        entities = {entity.id: entity for entity in (await self.held(call, name)).entities}
        if identity not in entities:
            raise ResourceNotFound(
                f"the snapshot {name[:200]} does not hold {identity}",
                where="entityId",
                remedy="check both ids",
            )
        shown = _among(shown_of(call, context), entities)
        return warned(entity_answer(call, shown, entities[identity]), ((SNAPSHOT, name),))

    async def page(self, call: Call, asked: Asked, name: str) -> Answer:
        """Query Entities, of a snapshot."""
        page, held = page_of(call), await self.held(call, name)
        entities = {entity.id: entity for entity in held.entities}
        fits = compile_query(changed(asked.query, csf=None), entities.get)
        chosen = await asyncio.to_thread(lambda: [one for one in entities.values() if fits(one)])
        found = ordered(chosen, asked.orders) if asked.orders else chosen
        answer = entities_answer(
            call,
            _among(asked.shown, entities),
            found[page.offset : page.offset + page.limit],
            page=page,
            more=len(found) > page.offset + page.limit,
            total=len(found) if page.count else None,
        )
        return warned(answer, ((SNAPSHOT, name),))

    async def held(self, call: Call, name: str) -> Copied:
        """What a snapshot holds. Raises :class:`ResourceNotFound`."""
        return await asyncio.to_thread(self._keeping.held, call.tenant, entity_id(name))


def _queries(said: Mapping[str, Any], name: str) -> tuple[dict[str, Any], ...]:
    value = said.get(name, [])
    if not isinstance(value, list):
        raise BadRequestData("a list of queries is expected", where=name, remedy="write a list")
    for number, one in enumerate(value):
        if not isinstance(one, dict):
            raise BadRequestData(
                "a query is an object", where=f"{name}[{number}]", remedy='write {"type": "Query", …}'
            )
    return tuple(value)


def _check(call: Call, one: dict[str, Any], context: LdContext, where: str, *, past: bool) -> None:
    """Raise :class:`BadRequestData` for a query that cannot be asked, before anything is copied."""
    refuse_wide(query_of_body(one, context), local=call.flag("local"))
    if past and "temporalQ" not in one:
        raise BadRequestData(
            "a query of the past needs a time", where=f"{where}.temporalQ", remedy="say temporalQ"
        )


def _as_entity(one: Snapshot) -> Entity:
    """A snapshot seen as an entity, so that ``q`` about it is judged as everywhere."""
    members = render_snapshot(one)
    attributes: dict[str, tuple[Attribute, ...]] = {
        CORE.expand(name): (Attribute("Property", members[name]),) for name in _MEMBERS if name in members
    }
    return Entity(one.id, ("Snapshot",), attributes=attributes)


def _among(shown: Shown, entities: dict[str, Entity]) -> Shown:
    """Linked entities are those of the snapshot too."""
    return replace(shown, fetch=lambda ids: [entities[id_] for id_ in ids if id_ in entities])
