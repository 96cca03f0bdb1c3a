"""Retrieval and query of entities (clauses 6.4.3.2, 6.5.3.1 and 6.23, operations of 5.7.1 and 5.7.2)."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from chengshu.foundation.broker.errors import BadRequestData
from chengshu.foundation.broker.ld.contexts import LdContext
from chengshu.foundation.broker.model import Entity
from chengshu.foundation.broker.queries import Found
from chengshu.foundation.broker.query.model import Query
from chengshu.surfaces.ngsi_ld import params
from chengshu.surfaces.ngsi_ld.answers import encode, give, page_headers
from chengshu.surfaces.ngsi_ld.asking import Page, page_of, query_of, query_of_body, refuse_wide, text
from chengshu.surfaces.ngsi_ld.call import Call
from chengshu.surfaces.ngsi_ld.names import entity_id
from chengshu.surfaces.ngsi_ld.operation import GIVES_GEO, READS, Answer, Operation
from chengshu.surfaces.ngsi_ld.ordering import Order, ordered, orders_of, too_many_to_order
from chengshu.surfaces.ngsi_ld.rooms import Rooms
from chengshu.surfaces.ngsi_ld.showing import Shown, shown_of

TAG = "ngsi-ld entities"
_SORTED = 10_000  # entities that are put in order for one answer


class Consumption:
    """Gives entities, one by its id or many by a query."""

    def __init__(self, rooms: Rooms) -> None:
        self._queries = rooms.queries

    async def retrieve(self, call: Call) -> Answer:
        """Retrieve Entity: clauses 5.7.1 and 6.5.3.1."""
        identity = entity_id(call.path[0])
        context = await call.context()
        shown = shown_of(call, context)
        return entity_answer(call, shown, self._queries.get(call.tenant, identity))

    async def query(self, call: Call) -> Answer:
        """Query Entities: clauses 5.7.2 and 6.4.3.2."""
        context = await call.context()
        query = query_of(call, context)
        refuse_wide(query, local=call.flag("local"), everything=call.params.get("type") == "*")
        shown = shown_of(call, context)
        return await self._found(call, shown.narrowed(query), shown, page_of(call), context)

    async def query_by_post(self, call: Call) -> Answer:
        """Query Entities by POST: clauses 5.7.2 and 6.23.3.1."""
        body, context = await call.document()
        query = query_of_body(body, context)
        refuse_wide(query, local=call.flag("local"))
        call.params = parameters_of(body) | call.params
        shown = shown_of(call, context)
        return await self._found(call, shown.narrowed(query), shown, page_of(call), context)

    async def _found(self, call: Call, query: Query, shown: Shown, page: Page, context: LdContext) -> Answer:
        orders = orders_of(call.params, context)
        found = await asyncio.to_thread(self._find, call.tenant, query, page, orders)
        entities = found.entities[: page.limit]
        more = len(found.entities) > page.limit
        return entities_answer(call, shown, entities, page=page, more=more, total=found.total)

    def _find(self, tenant: str, query: Query, page: Page, orders: Sequence[Order]) -> Found:
        """The page and one entity more, when there is one."""
        if not orders:
            most = page.limit + 1 if page.limit else 0
            return self._queries.find(tenant, query, limit=most, offset=page.offset, count=page.count)
        found: list[Entity] = []
        for entity in self._queries.each(tenant, query):
            found.append(entity)
            if len(found) > _SORTED:
                raise too_many_to_order(_SORTED)
        part = ordered(found, orders)[page.offset : page.offset + page.limit + 1]
        return Found(tuple(part), len(found) if page.count else None)

    def operations(self) -> tuple[Operation, ...]:
        """The routes."""
        found = {200: "found"}
        query = (
            *params.SELECTION,
            *params.SELECTION_MORE,
            *params.FORM,
            *params.LINKED,
            *params.PAGE,
            *params.ORDER,
            params.SPLIT,
            params.LOCAL,
        )
        post = (*params.FORM, *params.LINKED, *params.PAGE, *params.ORDER, params.SPLIT, params.LOCAL)
        one = (params.ATTRS, *params.FORM, *params.LINKED, params.LOCAL, params.TYPE)
        return (
            Operation(
                "GET",
                "entities/{entityId}",
                self.retrieve,
                "Retrieve Entity",
                "6.5.3.1",
                TAG,
                one,
                gives=GIVES_GEO,
                answers=found,
            ),
            Operation(
                "GET",
                "entities",
                self.query,
                "Query Entities",
                "6.4.3.2",
                TAG,
                query,
                gives=GIVES_GEO,
                answers=found,
                result="Found",
            ),
            Operation(
                "POST",
                "entityOperations/query",
                self.query_by_post,
                "Query Entities by POST",
                "6.23.3.1",
                TAG,
                post,
                READS,
                GIVES_GEO,
                found,
                body="Query",
                result="Found",
            ),
        )


def entity_answer(call: Call, shown: Shown, entity: Entity) -> Answer:
    """One entity as it was asked for. Raises :class:`ResourceNotFound` when nothing of it is left."""
    return give(call, shown.one(entity), shown.context)


def entities_answer(
    call: Call,
    shown: Shown,
    entities: Sequence[Entity],
    *,
    page: Page,
    more: bool,
    total: int | None,
    status: int = 200,
) -> Answer:
    """A page of entities as they were asked for, with the way to the pages beside it."""
    headers = page_headers(call, limit=page.limit, offset=page.offset, more=more, count=total)
    return give(call, shown.many(entities), shown.context, status=status, headers=headers)


def _written(value: Any) -> str:
    """A member of a body as a parameter has it."""
    return value if isinstance(value, str) else encode(value).decode()


def parameters_of(body: Mapping[str, Any]) -> dict[str, str]:
    """The members of a query body that say how to give what is found, as parameters (clause 5.2.23)."""
    found: dict[str, str] = {}
    for name in ("attrs", "pick", "omit", "lang", "join", "datasetId", "containedBy", "orderBy", "collation"):
        if name in body:
            found[name] = text(body, name)
    for name in ("orderFrom", "orderGeometry"):
        if name in body:
            found[name] = _written(body[name])
    if isinstance(body.get("splitEntities"), bool):
        found["splitEntities"] = str(body["splitEntities"]).lower()
    if "orderBy" in found and isinstance(geo := body.get("geoQ"), Mapping):  # where distances are from
        found |= {name: _written(geo[name]) for name in ("geometry", "coordinates") if name in geo}
    if "geometryProperty" in body:
        found["geometryProperty"] = text(body, "geometryProperty")
    if "joinLevel" in body:
        level = body["joinLevel"]
        if isinstance(level, bool) or not isinstance(level, (int, str)):
            raise BadRequestData("joinLevel is no number", where="joinLevel", remedy="say 1 or more")
        found["joinLevel"] = str(level)
    return found
