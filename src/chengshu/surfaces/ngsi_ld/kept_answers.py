"""Answers that are kept: the operations on entity maps and snapshots, and the reading through both."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import msgspec

from chengshu.foundation.broker.errors import OperationNotSupported
from chengshu.foundation.broker.keeping.commands import Keeping
from chengshu.foundation.broker.keeping.evolving import CopiedPast
from chengshu.foundation.broker.keeping.model import EntityMap
from chengshu.foundation.broker.ld.contexts import LdContext
from chengshu.kernel.ids import Ids
from chengshu.surfaces.ngsi_ld import params
from chengshu.surfaces.ngsi_ld.answers import Headers, page_headers
from chengshu.surfaces.ngsi_ld.asking import page_of
from chengshu.surfaces.ngsi_ld.call import Call
from chengshu.surfaces.ngsi_ld.derived import derived, given_back, warned
from chengshu.surfaces.ngsi_ld.distribution import Distribution
from chengshu.surfaces.ngsi_ld.entity_maps import MAP, MOST_MAPPED, EntityMaps, asked_of, check_number
from chengshu.surfaces.ngsi_ld.kept_routes import routes
from chengshu.surfaces.ngsi_ld.media import JSON
from chengshu.surfaces.ngsi_ld.operation import Answer, Handler, Operation
from chengshu.surfaces.ngsi_ld.rooms import Rooms
from chengshu.surfaces.ngsi_ld.snapshots import SNAPSHOT, Snapshots
from chengshu.surfaces.ngsi_ld.temporal import Temporal

_decode = msgspec.json.Decoder().decode
_QUERIES = frozenset({("GET", "entities"), ("POST", "entityOperations/query")})
_PASTS = frozenset({("GET", "temporal/entities"), ("POST", "temporal/entityOperations/query")})
_ONE, _PAST, _PURGE = (
    ("GET", "entities/{entityId}"),
    ("GET", "temporal/entities/{entityId}"),
    ("DELETE", "entities"),
)
_PAGE = 1000


class KeptAnswers:
    """Reads entities through entity maps and snapshots, and has the operations on both."""

    def __init__(self, rooms: Rooms, keeping: Keeping, ids: Ids, distribution: Distribution) -> None:
        self._rooms = rooms
        self.maps = EntityMaps(rooms, keeping, ids, distribution)
        self.snapshots = Snapshots(rooms, keeping, ids, distribution)
        self._inner: dict[tuple[str, str], Operation] = {}

    def over(self, operations: Iterable[Operation]) -> tuple[Operation, ...]:
        """The operations, those that read entities made to heed both headers, the others to refuse a
        snapshot."""
        return tuple(self._wrapped(operation) for operation in operations)

    def operations(self) -> tuple[Operation, ...]:
        """The operations on maps and snapshots themselves; to be asked for after :meth:`over`."""
        return routes(self.maps, self.snapshots, self._inner, self.map_of_pasts)

    def _wrapped(self, operation: Operation) -> Operation:
        way = (operation.method, operation.path)
        self._inner[way] = operation
        more = (*operation.params, params.ENTITY_MAP, params.ENTITY_MAP_LIFETIME)
        mapped = {**operation.answers, 201: "found, and an entity map is made"}
        if way in _QUERIES:
            handler = self._querying(operation.handler)
            return replace(operation, handler=handler, params=more, answers=mapped)
        if way == _ONE:
            return replace(operation, handler=self._retrieving(operation.handler), params=more)
        if way in _PASTS:
            return replace(operation, handler=self._querying_past(operation), params=more, answers=mapped)
        if way == _PAST:
            return replace(operation, handler=self._retrieving_past(operation.handler))
        if way == _PURGE:
            return replace(operation, handler=_alone(self._purging(operation.handler)))
        return replace(operation, handler=_alone(operation.handler))

    # --- the present ------------------------------------------------------------------------------------

    def _querying(self, inner: Handler) -> Handler:
        async def handler(call: Call) -> Answer:
            body, context = await _body(call)
            snapshot, name = call.headers.get(SNAPSHOT, ""), call.headers.get(MAP, "")
            if snapshot:
                return await self.snapshots.page(call, await asked_of(call, body, context), snapshot)
            if name or _wanted(call, body):
                lifetime = call.params.get("entityMapLifetime", (body or {}).get("entityMapLifetime"))
                return await self.maps.page(call, await asked_of(call, body, context), name, lifetime)
            return await inner(given_back(call, body, context) if body is not None and context else call)

        return handler

    def _retrieving(self, inner: Handler) -> Handler:
        async def handler(call: Call) -> Answer:
            if snapshot := call.headers.get(SNAPSHOT, ""):
                return await self.snapshots.entity(call, snapshot)
            name = call.headers.get(MAP, "")
            return await self.maps.one(call, name) if name or call.flag("entityMap") else await inner(call)

        return handler

    def _purging(self, inner: Handler) -> Handler:
        """A purge of the entities of a map alone (clause 6.4.3.3)."""

        async def handler(call: Call) -> Answer:
            if name := call.headers.get(MAP, ""):
                kept = await self.maps.named(call, name)
                said = call.names("id")
                ids = [id_ for id_, _ in kept.entries if not said or id_ in said]
                if not ids:
                    return Answer(204, headers=((MAP, kept.id),))
                call.params["id"] = ",".join(ids)
                return warned(await inner(call), ((MAP, kept.id),))
            return await inner(call)

        return handler

    # --- the past ---------------------------------------------------------------------------------------

    async def _past_of(self, call: Call, snapshot: str) -> Temporal:
        return Temporal(self._rooms, CopiedPast((await self.snapshots.held(call, snapshot)).evolutions))

    def _retrieving_past(self, inner: Handler) -> Handler:
        async def handler(call: Call) -> Answer:
            if snapshot := call.headers.get(SNAPSHOT, ""):
                past = await self._past_of(call, snapshot)
                return warned(await past.retrieve(call), ((SNAPSHOT, snapshot),))
            return await inner(call)

        return handler

    def _querying_past(self, operation: Operation) -> Handler:
        inner = operation.handler

        async def handler(call: Call) -> Answer:
            if snapshot := call.headers.get(SNAPSHOT, ""):
                past = await self._past_of(call, snapshot)
                answer = await (past.query_by_post(call) if operation.method == "POST" else past.query(call))
                return warned(answer, ((SNAPSHOT, snapshot),))
            body, context = await _body(call)
            name = call.headers.get(MAP, "")
            if not (name or _wanted(call, body)):
                return await inner(given_back(call, body, context) if body is not None and context else call)
            if name:
                kept = await self.maps.named(call, name)
            else:
                kept = await self.maps.keep_of(call, *await self._ids(call, body, context, operation))
            answer = await self._page_of_past(call, body, context, kept, operation)
            made = not name and answer.status == 200
            return replace(answer, status=201) if made else answer

        return handler

    async def map_of_pasts(self, call: Call) -> Answer:
        """Create EntityMap for Query Temporal Evolution of Entities: clauses 5.14.5 and 6.35.3."""
        body, context = await _body(call)
        post = call.operation.method == "POST"
        way = ("POST", "temporal/entityOperations/query") if post else ("GET", "temporal/entities")
        return await self.maps.make_of(call, *await self._ids(call, body, context, self._inner[way]))

    async def _page_of_past(
        self,
        call: Call,
        body: dict[str, Any] | None,
        context: LdContext | None,
        kept: EntityMap,
        operation: Operation,
    ) -> Answer:
        """The part of a map that a page is, with its past as it is now."""
        page = page_of(call)
        ids = [id_ for id_, _ in kept.entries[page.offset : page.offset + page.limit]]
        said = {name: value for name, value in call.params.items() if name not in ("offset", "count")}
        made = _asking(call, body, context, said | {"limit": str(max(len(ids), 1))}, operation, ids)
        made.media = call.media
        headers: Headers = page_headers(
            call,
            limit=page.limit,
            offset=page.offset,
            more=len(kept.entries) > page.offset + page.limit,
            count=len(kept.entries) if page.count else None,
        )
        answer = await operation.handler(made) if ids else Answer(200, b"[]", call.media or JSON)
        return warned(answer, ((MAP, kept.id), *headers))

    async def _ids(
        self, call: Call, body: dict[str, Any] | None, context: LdContext | None, operation: Operation
    ) -> tuple[list[str], list[str]]:
        """The entities whose past meets the query: here, and at sources alone."""
        said = {name: value for name, value in call.params.items() if name not in ("offset", "count")}
        mine = await self._each(call, body, context, said | {"local": "true"}, operation)
        every = mine if call.flag("local") else await self._each(call, body, context, said, operation)
        here = set(mine)
        return mine, [id_ for id_ in every if id_ not in here]

    @staticmethod
    async def _each(
        call: Call,
        body: dict[str, Any] | None,
        context: LdContext | None,
        said: dict[str, str],
        operation: Operation,
    ) -> list[str]:
        found: dict[str, None] = {}
        for offset in range(0, MOST_MAPPED + 1, _PAGE):
            paged = said | {"limit": str(_PAGE), "offset": str(offset)}
            answer = await operation.handler(_asking(call, body, context, paged, operation))
            part = _decode(answer.body)
            found |= dict.fromkeys(item["id"] for item in part)
            check_number(len(found), MOST_MAPPED)
            if len(part) < _PAGE:
                break
        return list(found)


async def _body(call: Call) -> tuple[dict[str, Any] | None, LdContext | None]:
    """The body of a query by POST and its context; nothing of a GET."""
    return await call.document() if call.operation.method == "POST" else (None, None)


def _wanted(call: Call, body: dict[str, Any] | None) -> bool:
    return call.flag("entityMap") or (body is not None and body.get("entityMap") is True)


def _asking(
    call: Call,
    body: dict[str, Any] | None,
    context: LdContext | None,
    said: dict[str, str],
    operation: Operation,
    ids: list[str] | None = None,
) -> Call:
    """The same query of ``operation``, with other parameters, of these entities alone when they are given."""
    if body is None or context is None:
        made = derived(call, None, said | ({"id": ",".join(ids)} if ids is not None else {}))
    else:
        if ids is not None:
            selectors = body.get("entities") or [{}]
            kept = [{name: one[name] for name in one if name != "idPattern"} for one in selectors]
            body = body | {"entities": [one | {"id": ids} for one in kept]}
        made = given_back(call, body, context)
        made.params = said
    made.operation, made.media = operation, JSON
    return made


def _alone(inner: Handler) -> Handler:
    """An operation that a snapshot does not have."""

    async def handler(call: Call) -> Answer:
        if call.headers.get(SNAPSHOT, ""):
            raise OperationNotSupported(
                "of a snapshot entities and their past can be read, nothing else",
                where="NGSILD-Snapshot",
                remedy="leave it out",
            )
        return await inner(call)

    return handler
