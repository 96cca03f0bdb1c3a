"""Answers that are kept: entity maps and snapshots, and the reading of entities through them.

An entity map fixes which entities a query has found and from whom, so that its pages fit together. A snapshot
is a copy of what was found. Source: ETSI GS CIM 009 V1.8.1 (EntityMap, Snapshot); where it leaves room, what
is done here stands in the documentation.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from msgspec.structs import replace as changed

from chengshu.foundation.broker.errors import (
    BadRequestData,
    OperationNotSupported,
    ResourceNotFound,
    TooManyResults,
)
from chengshu.foundation.broker.keeping.commands import Keeping
from chengshu.foundation.broker.keeping.model import EntityMap, Snapshot
from chengshu.foundation.broker.keeping.reading import expiry, only, render_map, render_snapshot, until
from chengshu.foundation.broker.ld import checks
from chengshu.foundation.broker.ld.contexts import LdContext
from chengshu.foundation.broker.model import Entity
from chengshu.foundation.broker.query.matching import compile_query
from chengshu.foundation.broker.query.model import Query
from chengshu.kernel.ids import Ids
from chengshu.surfaces.ngsi_ld import params
from chengshu.surfaces.ngsi_ld.answers import created, give, no_content
from chengshu.surfaces.ngsi_ld.asking import page_of, query_of, query_of_body, refuse_wide
from chengshu.surfaces.ngsi_ld.call import Call
from chengshu.surfaces.ngsi_ld.consumption import entities_answer, entity_answer, parameters_of
from chengshu.surfaces.ngsi_ld.derived import given_back, warned
from chengshu.surfaces.ngsi_ld.distribution import Distribution
from chengshu.surfaces.ngsi_ld.names import entity_id
from chengshu.surfaces.ngsi_ld.operation import GIVES, READS, READS_PATCH, Answer, Handler, Operation
from chengshu.surfaces.ngsi_ld.ordering import Order, ordered, orders_of
from chengshu.surfaces.ngsi_ld.rooms import Rooms
from chengshu.surfaces.ngsi_ld.showing import Shown, shown_of

TAG = "ngsi-ld kept answers"
MAP, SNAPSHOT = "ngsild-entitymap", "ngsild-snapshot"
MOST_MAPPED, MOST_COPIED = 100_000, 10_000
_MAP, _SNAPSHOTS, _SNAPSHOT = "entityMaps/{entityMapId}", "snapshots", "snapshots/{snapshotId}"
_QUERIES = frozenset({("GET", "entities"), ("POST", "entityOperations/query")})
_CHANGES = frozenset({"expiresAt"})
_SNAPSHOT_SAYS = frozenset({"snapshotQueries", "snapshotLifetime", "expiresAt"})


@dataclass(frozen=True, slots=True)
class _Asked:
    """A query of entities, in whatever way it came."""

    query: Query
    context: LdContext
    shown: Shown
    orders: tuple[Order, ...]


class KeptAnswers:
    """Reads entities through entity maps and snapshots, and has the operations on both."""

    def __init__(self, rooms: Rooms, keeping: Keeping, ids: Ids, distribution: Distribution) -> None:
        self._rooms, self._keeping, self._ids, self._distribution = rooms, keeping, ids, distribution

    def over(self, operations: Iterable[Operation]) -> tuple[Operation, ...]:
        """The operations, those that read entities made to heed both headers, the others to refuse a
        snapshot."""
        return tuple(self._wrapped(operation) for operation in operations)

    def _wrapped(self, operation: Operation) -> Operation:
        inner, way = operation.handler, (operation.method, operation.path)
        if way in _QUERIES:
            more = (*operation.params, params.ENTITY_MAP, params.ENTITY_MAP_LIFETIME)
            return replace(operation, handler=self._querying(inner), params=more)

        async def handler(call: Call) -> Answer:
            if name := call.headers.get(SNAPSHOT, ""):
                if way != ("GET", "entities/{entityId}"):
                    raise OperationNotSupported(
                        "of a snapshot only entities can be read",
                        where="NGSILD-Snapshot",
                        remedy="leave it out",
                    )
                return await self._retrieve(call, name)
            return await inner(call)

        return replace(operation, handler=handler)

    def _querying(self, inner: Handler) -> Handler:
        async def handler(call: Call) -> Answer:
            body: dict[str, Any] | None = None
            context: LdContext | None = None
            if call.operation.method == "POST":
                body, context = await call.document()
            snapshot, name = call.headers.get(SNAPSHOT, ""), call.headers.get(MAP, "")
            if snapshot:
                return await self._of_snapshot(call, await self._asked(call, body, context), snapshot)
            wanted = call.flag("entityMap") or (body is not None and body.get("entityMap") is True)
            if name or wanted:
                lifetime = call.params.get("entityMapLifetime", (body or {}).get("entityMapLifetime"))
                return await self._of_map(call, await self._asked(call, body, context), name, lifetime)
            return await inner(given_back(call, body, context) if body is not None and context else call)

        return handler

    async def _asked(self, call: Call, body: dict[str, Any] | None, context: LdContext | None) -> _Asked:
        context = context or await call.context()
        query = query_of(call, context) if body is None else query_of_body(body, context)
        refuse_wide(query, local=call.flag("local"), everything=call.params.get("type") == "*")
        if body is not None:
            call.params = parameters_of(body) | call.params
        orders = orders_of(call.params, context)
        shown = shown_of(call, context)
        return _Asked(shown.narrowed(query), context, shown, orders)

    # --- entity maps ------------------------------------------------------------------------------------

    async def _of_map(self, call: Call, asked: _Asked, name: str, lifetime: Any) -> Answer:
        """A page of an entity map: of the one that is named, else of one that is made now."""
        page = page_of(call)
        alive = self._distribution.participants(call, self._distribution.reads.QUERY)
        reads, query, context = self._distribution.reads, asked.query, asked.context
        warnings: tuple[tuple[str, str], ...] = ()
        if name:
            kept = await asyncio.to_thread(self._keeping.map, call.tenant, name)
            part = kept.entries[page.offset : page.offset + page.limit]
            entities, failed = await reads.named(call, query, context, alive, part)
            warnings = tuple(failure.warning() for failure in failed)
        else:
            expires = until(lifetime, "entityMapLifetime", self._keeping.now())
            found = await reads.matching(call, query, context, alive, asked.orders)
            _check_number(len(found.entities), MOST_MAPPED)
            entries = tuple((entity.id, found.origins[entity.id]) for entity in found.entities)
            id_ = f"urn:ngsi-ld:EntityMap:{self._ids.new('map').removeprefix('map-')}"
            kept = EntityMap(id_, call.tenant, expires, entries)
            await asyncio.to_thread(self._keeping.keep_map, kept, call.actor)
            entities = list(found.entities[page.offset : page.offset + page.limit])
            warnings = found.gathered.warnings
        answer = entities_answer(
            call,
            asked.shown,
            entities,
            page=page,
            more=len(kept.entries) > page.offset + page.limit,
            total=len(kept.entries) if page.count else None,
        )
        return warned(answer, ((MAP, kept.id), *warnings))

    async def retrieve_map(self, call: Call) -> Answer:
        """Retrieve EntityMap: clause 5.2 (EntityMap)."""
        kept = await asyncio.to_thread(self._keeping.map, call.tenant, entity_id(call.path[0]))
        return give(call, render_map(kept), await call.context())

    async def update_map(self, call: Call) -> Answer:
        """Update EntityMap, when it is over: clause 5.2 (EntityMap)."""
        id_ = entity_id(call.path[0])
        said, _ = await call.document()
        only(said, _CHANGES, "EntityMap")
        moment = expiry(said.get("expiresAt"), self._keeping.now())
        await asyncio.to_thread(self._keeping.extend_map, call.tenant, id_, moment, call.actor)
        return no_content()

    async def delete_map(self, call: Call) -> Answer:
        """Delete EntityMap: clause 5.2 (EntityMap)."""
        await asyncio.to_thread(self._keeping.delete_map, call.tenant, entity_id(call.path[0]), call.actor)
        return no_content()

    # --- snapshots --------------------------------------------------------------------------------------

    async def create_snapshot(self, call: Call) -> Answer:
        """Create Snapshot, of what its queries find now, here and at sources: clause 5.2 (Snapshot)."""
        said, context = await call.document()
        only(said, _SNAPSHOT_SAYS, "Snapshot")
        queries = said.get("snapshotQueries")
        if said.get("type") != "Snapshot" or not isinstance(queries, list) or not queries:
            raise BadRequestData(
                "a snapshot is of queries",
                where="snapshotQueries",
                remedy='write {"type": "Snapshot", "snapshotQueries": [{"type": "Query", …}]}',
            )
        now = self._keeping.now()
        new = f"urn:ngsi-ld:Snapshot:{self._ids.new('snapshot').removeprefix('snapshot-')}"
        id_ = checks.uri(said["id"], "id") if "id" in said else new
        late = expiry(said["expiresAt"], now) if "expiresAt" in said else 0
        late = late or until(said.get("snapshotLifetime"), "snapshotLifetime", now)
        found: dict[str, Entity] = {}
        missing: list[tuple[str, ...]] = []
        for number, one in enumerate(queries):
            failed = await self._copied(call, one, number, context, found)
            missing.append(failed)
        status: Any = "partial" if any(missing) else "successful"
        document = context.document
        kept = Snapshot(
            id_, call.tenant, now, late, status, tuple(queries), document, tuple(missing), len(found)
        )
        entities = list(found.values())
        await asyncio.to_thread(self._keeping.keep_snapshot, kept, entities, call.actor)
        return created(_SNAPSHOTS, id_)

    async def _copied(
        self, call: Call, said: Any, number: int, context: LdContext, found: dict[str, Entity]
    ) -> tuple[str, ...]:
        """Add what one query finds; what its sources did not give."""
        if not isinstance(said, dict):
            raise BadRequestData(
                "a query is an object",
                where=f"snapshotQueries[{number}]",
                remedy='write {"type": "Query", …}',
            )
        query = query_of_body(said, context)
        refuse_wide(query, local=call.flag("local"))
        alive = self._distribution.participants(call, self._distribution.reads.QUERY)
        matching = await self._distribution.reads.matching(call, query, context, alive, ())
        for entity in matching.entities:
            found.setdefault(entity.id, entity)
        _check_number(len(found), MOST_COPIED)
        failed = [f"{one.registration.id}: {one.title}: {one.detail}" for one in matching.gathered.failed]
        return (*failed, *(_NO_PAST if "temporalQ" in said else ()))

    async def retrieve_snapshot(self, call: Call) -> Answer:
        """Retrieve Snapshot Status: clause 5.2 (Snapshot)."""
        kept = await asyncio.to_thread(self._keeping.snapshot, call.tenant, entity_id(call.path[0]))
        return give(call, render_snapshot(kept), await call.context())

    async def update_snapshot(self, call: Call) -> Answer:
        """Update Snapshot, when it is over: clause 5.2 (Snapshot)."""
        id_ = entity_id(call.path[0])
        said, _ = await call.document()
        only(said, _CHANGES, "Snapshot")
        moment = expiry(said.get("expiresAt"), self._keeping.now())
        await asyncio.to_thread(self._keeping.extend_snapshot, call.tenant, id_, moment, call.actor)
        return no_content()

    async def delete_snapshot(self, call: Call) -> Answer:
        """Delete Snapshot: clause 5.2 (Snapshot)."""
        id_ = entity_id(call.path[0])
        await asyncio.to_thread(self._keeping.delete_snapshot, call.tenant, id_, call.actor)
        return no_content()

    async def _retrieve(self, call: Call, name: str) -> Answer:
        """Retrieve Entity, of a snapshot."""
        identity, context = entity_id(call.path[0]), await call.context()
        entities = await self._held(call, name)
        if identity not in entities:
            raise _missing(name, identity)
        shown = _among(shown_of(call, context), entities)
        return warned(entity_answer(call, shown, entities[identity]), ((SNAPSHOT, name),))

    async def _of_snapshot(self, call: Call, asked: _Asked, name: str) -> Answer:
        """Query Entities, of a snapshot."""
        page, entities = page_of(call), await self._held(call, name)
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

    async def _held(self, call: Call, name: str) -> dict[str, Entity]:
        found = await asyncio.to_thread(self._keeping.entities, call.tenant, entity_id(name))
        return {entity.id: entity for entity in found}

    def operations(self) -> tuple[Operation, ...]:
        """The routes."""
        one: dict[str, Any] = {"type": "object"}
        found, done = {200: "found"}, {204: "done"}
        post = Operation(
            "POST",
            _SNAPSHOTS,
            self.create_snapshot,
            "Create Snapshot",
            "5.2, Snapshot",
            TAG,
            (params.LOCAL,),
            READS,
            answers={201: "made; Location says where", 409: "it exists already"},
            body=_BODY,
            result="",
        )

        def way(
            method: Any, path: str, handler: Handler, summary: str, clause: str, body: Any = "Any"
        ) -> Operation:
            reads = READS_PATCH if method == "PATCH" else ()
            gives, answers = (GIVES, found) if method == "GET" else ((), done)
            result = one if method == "GET" else ""
            return Operation(
                method,
                path,
                handler,
                summary,
                clause,
                TAG,
                (),
                reads,
                gives,
                answers,
                body=body,
                result=result,
            )

        return (
            way("GET", _MAP, self.retrieve_map, "Retrieve EntityMap", "5.2, EntityMap"),
            way("PATCH", _MAP, self.update_map, "Update EntityMap", "5.2, EntityMap", _UNTIL),
            way("DELETE", _MAP, self.delete_map, "Delete EntityMap", "5.2, EntityMap"),
            post,
            way("GET", _SNAPSHOT, self.retrieve_snapshot, "Retrieve Snapshot", "5.2, Snapshot"),
            way("PATCH", _SNAPSHOT, self.update_snapshot, "Update Snapshot", "5.2, Snapshot", _UNTIL),
            way("DELETE", _SNAPSHOT, self.delete_snapshot, "Delete Snapshot", "5.2, Snapshot"),
        )


def _missing(name: str, identity: str) -> ResourceNotFound:
    return ResourceNotFound(
        f"the snapshot {name[:200]} does not hold {identity}", where="entityId", remedy="check both ids"
    )


def _among(shown: Shown, entities: dict[str, Entity]) -> Shown:
    """Linked entities are those of the snapshot too."""
    return replace(shown, fetch=lambda ids: [entities[id_] for id_ in ids if id_ in entities])


def _check_number(count: int, most: int) -> None:
    if count > most:
        raise TooManyResults(f"more than {most} entities are found", remedy="ask for fewer of them")


_NO_PAST = ("temporalQ: The past is not copied: the entities are, as they are now",)
_UNTIL: dict[str, Any] = {
    "type": "object",
    "required": ["expiresAt"],
    "properties": {"expiresAt": {"type": "string", "format": "date-time"}},
}
_BODY: dict[str, Any] = {
    "type": "object",
    "required": ["type", "snapshotQueries"],
    "properties": {
        "id": {"type": "string", "format": "uri"},
        "type": {"const": "Snapshot"},
        "snapshotQueries": {"type": "array", "minItems": 1, "items": {"type": "object"}},
        "snapshotLifetime": {"type": "string"},
        "expiresAt": {"type": "string", "format": "date-time"},
    },
}
