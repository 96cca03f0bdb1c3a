"""The evolution of entities through time (clauses 6.18 to 6.24, operations of 5.6.11 to 5.6.16, 5.7.3 f)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Protocol

from msgspec.structs import replace

from chengshu.foundation.broker.errors import BadRequestData
from chengshu.foundation.broker.ld.contexts import LdContext
from chengshu.foundation.broker.ld.reading import (
    read_attribute_patch,
    read_temporal_entity,
    read_temporal_fragment,
)
from chengshu.foundation.broker.model import AttributePatch, Entity, Kind
from chengshu.foundation.broker.query.model import Query
from chengshu.foundation.broker.temporal import (
    AddInstances,
    Ask,
    DropAttribute,
    DropEvolution,
    DropInstance,
    Evolution,
    Evolutions,
    PatchInstance,
    UpsertEvolution,
)
from chengshu.surfaces.ngsi_ld import params
from chengshu.surfaces.ngsi_ld.answers import Headers, created, give, no_content, page_headers
from chengshu.surfaces.ngsi_ld.asking import Page, page_of, query_of, query_of_body, refuse_wide
from chengshu.surfaces.ngsi_ld.call import Call
from chengshu.surfaces.ngsi_ld.consumption import parameters_of
from chengshu.surfaces.ngsi_ld.entities import dataset_of, submit
from chengshu.surfaces.ngsi_ld.names import attribute_name, entity_id, instance_id
from chengshu.surfaces.ngsi_ld.operation import GIVES, READS, READS_PATCH, Answer, Operation
from chengshu.surfaces.ngsi_ld.ordering import Order, ordered, orders_of, too_many_to_order
from chengshu.surfaces.ngsi_ld.rooms import Rooms
from chengshu.surfaces.ngsi_ld.showing import nothing_left
from chengshu.surfaces.ngsi_ld.timeask import read_ask, read_ask_body
from chengshu.surfaces.ngsi_ld.timepage import content_range
from chengshu.surfaces.ngsi_ld.timeshow import Kinds, TimeShown, time_shown_of

TAG = "ngsi-ld temporal"
_SORTED = 1000  # evolutions that are put in order for one answer
_MEMBERS = frozenset({"type", "@type", "id", "@id"})


class Past(Protocol):
    """Where evolutions are read from: the hub's own, or those of a snapshot."""

    def peek(self, tenant: str, entity: str) -> Entity | None:
        """The entity as it is, if it is there."""
        ...

    def evolution(self, tenant: str, entity: str, ask: Ask) -> Evolution:
        """One evolution. Raises :class:`ResourceNotFound`."""
        ...

    def evolutions(
        self, tenant: str, query: Query, ask: Ask, *, limit: int, offset: int = 0, count: bool = False
    ) -> Evolutions:
        """A page of those that meet the query."""
        ...


class Temporal:
    """Keeps and gives the evolution of entities."""

    def __init__(self, rooms: Rooms, past: Past | None = None) -> None:
        self._rooms = rooms
        self._queries: Past = past or rooms.queries

    async def upsert(self, call: Call) -> Answer:
        """Create or Update Temporal Evolution of an Entity: clauses 5.6.11 and 6.18.3.1."""
        value, context = await call.document()
        entity = read_temporal_entity(value, context)
        outcome = await submit(self._rooms, call, UpsertEvolution(entity))
        return created("temporal/entities", entity.id) if outcome.created else no_content()

    async def delete(self, call: Call) -> Answer:
        """Delete Temporal Evolution of an Entity: clauses 5.6.16 and 6.19.3.2."""
        await submit(self._rooms, call, DropEvolution(entity_id(call.path[0])))
        return no_content()

    async def append(self, call: Call) -> Answer:
        """Add Attributes to Temporal Evolution: clauses 5.6.12 and 6.20.3.1."""
        identity = entity_id(call.path[0])
        value, context = await call.document()
        await submit(self._rooms, call, AddInstances(identity, read_temporal_fragment(value, context)))
        return no_content()

    async def delete_attribute(self, call: Call) -> Answer:
        """Delete Attribute from Temporal Evolution: clauses 5.6.13 and 6.21.3.1."""
        identity = entity_id(call.path[0])
        name = attribute_name(call.path[1], await call.context())
        command = DropAttribute(identity, name, dataset_of(call), call.flag("deleteAll"))
        await submit(self._rooms, call, command)
        return no_content()

    async def update_instance(self, call: Call) -> Answer:
        """Modify Attribute Instance in Temporal Evolution: clauses 5.6.14 and 6.22.3.1."""
        identity, instance = entity_id(call.path[0]), instance_id(call.path[2])
        value, context = await call.document()
        name = attribute_name(call.path[1], context)
        patch = _instance_patch(value, context, name, call.path[1])
        await submit(self._rooms, call, PatchInstance(identity, name, instance, patch))
        return no_content()

    async def delete_instance(self, call: Call) -> Answer:
        """Delete Attribute Instance from Temporal Evolution: clauses 5.6.15 and 6.22.3.2."""
        identity, instance = entity_id(call.path[0]), instance_id(call.path[2])
        name = attribute_name(call.path[1], await call.context())
        await submit(self._rooms, call, DropInstance(identity, name, instance))
        return no_content()

    async def retrieve(self, call: Call) -> Answer:
        """Retrieve Temporal Evolution of an Entity: clauses 5.7.3 and 6.19.3.1."""
        identity = entity_id(call.path[0])
        context = await call.context()
        shown = time_shown_of(call, context)
        ask = self._ask(call, call.params, shown)
        found = await asyncio.to_thread(self._queries.evolution, call.tenant, identity, ask)
        value = shown.one(found, self._kinds(call.tenant) if found.cut else None)
        there = {*found.entity.attributes, *(item.name for item in found.aggregates)}
        if not value or (shown.form.attrs and there.isdisjoint(shown.form.attrs)):
            raise nothing_left(identity, "attrs" if shown.form.attrs else "pick")
        return self._ranged(call, ask, found, value, shown)

    async def query(self, call: Call) -> Answer:
        """Query Temporal Evolution of Entities: clauses 5.7.4 and 6.18.3.2."""
        context = await call.context()
        query = query_of(call, context)
        refuse_wide(query, local=call.flag("local"), everything=call.params.get("type") == "*")
        return await self._found(call, query, call.params, context)

    async def query_by_post(self, call: Call) -> Answer:
        """Query Temporal Evolution of Entities by POST: clauses 5.7.4 and 6.24.3.1."""
        body, context = await call.document()
        query = query_of_body(body, context)
        refuse_wide(query, local=call.flag("local"))
        said = read_ask_body(body["temporalQ"]) if "temporalQ" in body else {}
        call.params = parameters_of(body) | said | call.params
        return await self._found(call, query, call.params, context)

    async def _found(self, call: Call, query: Query, said: Mapping[str, str], context: LdContext) -> Answer:
        if "timerel" not in said and "lastN" not in said:
            raise BadRequestData(
                "a query of evolutions needs a time", where="timerel", remedy="say timerel and timeAt"
            )
        shown, page = time_shown_of(call, context), page_of(call)
        ask = self._ask(call, said, shown)
        orders = orders_of(said, context)
        found = await asyncio.to_thread(self._look, call.tenant, query, ask, page, orders)
        items = found.items[: page.limit]
        headers = page_headers(
            call, limit=page.limit, offset=page.offset, more=len(found.items) > page.limit, count=found.total
        )
        kinds = self._kinds(call.tenant) if found.cut else None
        given = [value for item in items if (value := shown.one(item, kinds))]
        return self._ranged(call, ask, found, given, shown, headers)

    def _look(self, tenant: str, query: Query, ask: Ask, page: Page, orders: Sequence[Order]) -> Evolutions:
        """The page and one evolution more, when there is one."""
        if orders:
            found = self._queries.evolutions(
                tenant, query, ask, limit=_SORTED + 1, offset=0, count=page.count
            )
            if len(found.items) > _SORTED:
                raise too_many_to_order(_SORTED)
            by_id = {item.entity.id: item for item in found.items}
            inorder = [by_id[entity.id] for entity in ordered((i.entity for i in found.items), orders)]
            return replace(found, items=tuple(inorder[page.offset : page.offset + page.limit + 1]))
        most = page.limit + 1 if page.limit else 0
        return self._queries.evolutions(tenant, query, ask, limit=most, offset=page.offset, count=page.count)

    def _kinds(self, tenant: str) -> Kinds:
        """Tells the kind of an attribute as the entity has it now."""

        def kind(entity: str, name: str) -> Kind:
            present = self._queries.peek(tenant, entity)
            instances = present.attributes.get(name, ()) if present else ()
            return instances[0].kind if instances else "Property"

        return kind

    def _ask(self, call: Call, said: Mapping[str, str], shown: TimeShown) -> Ask:
        return read_ask(
            said,
            shown.asked,
            call.names("datasetId"),
            call.rooms.limits,
            aggregated=shown.aggregated,
        )

    @staticmethod
    def _ranged(
        call: Call,
        ask: Ask,
        found: Evolution | Evolutions,
        value: Any,
        shown: TimeShown,
        headers: Headers = (),
    ) -> Answer:
        """``206`` with ``Content-Range`` when not all instances are in the answer, else ``200``."""
        if not found.cut or shown.aggregated:
            return give(call, value, shown.context, headers=headers)
        ranged = ("content-range", content_range(ask, found.first, found.last))
        return give(call, value, shown.context, status=206, headers=(*headers, ranged))

    def operations(self) -> tuple[Operation, ...]:
        """The routes."""
        return _operations(self)


def _instance_patch(value: dict[str, Any], context: LdContext, name: str, said_as: str) -> AttributePatch:
    """What a body says of one instance: bare, or under the attribute's name, in an array of one or not."""
    said: Any = value
    for key, inner in value.items():
        if (
            key not in ("type", "@type", "id")
            and isinstance(inner, dict | list)
            and context.expand(key) == name
        ):
            said = inner
    if isinstance(said, list):
        if len(said) != 1:
            raise BadRequestData(
                "one instance is changed at a time", where="body", remedy="send one instance"
            )
        said = said[0]
    return replace(read_attribute_patch(said, context, name=said_as), dataset="")


def _operations(temporal: Temporal) -> tuple[Operation, ...]:
    root, one = "temporal/entities", "temporal/entities/{entityId}"
    attrs, attr = f"{one}/attrs", f"{one}/attrs/{{attrId}}"
    instance = f"{attr}/{{instanceId}}"
    form = (
        params.OPTIONS,
        params.TEMPORAL_FORMAT,
        params.PICK,
        params.OMIT,
        params.LANG,
        params.DATASET,
        *params.TEMPORAL,
        *params.AGGREGATION,
    )
    found = {200: "found", 206: "found, with instances left out; Content-Range says which"}
    done = {204: "done"}
    query = (
        *params.SELECTION,
        *params.SELECTION_MORE,
        *form,
        *params.PAGE,
        *params.ORDER,
        params.SPLIT,
        params.LOCAL,
    )

    def post(
        path: str,
        handler: Callable[[Call], Awaitable[Answer]],
        summary: str,
        clause: str,
        answers: dict[int, str],
    ) -> Operation:
        return Operation(
            "POST",
            path,
            handler,
            summary,
            clause,
            TAG,
            (params.OPTIONS, params.LOCAL),
            READS,
            answers=answers,
            body="EntityFragment",
            result="",
        )

    made = {201: "created; Location says where", 204: "instances are added"}
    return (
        post(root, temporal.upsert, "Create or Update Temporal Evolution", "6.18.3.1", made),
        post(attrs, temporal.append, "Add Attributes to Temporal Evolution", "6.20.3.1", done),
        Operation(
            "GET",
            root,
            temporal.query,
            "Query Temporal Evolution",
            "6.18.3.2",
            TAG,
            query,
            gives=GIVES,
            answers=found,
            result="EntityTemporal[]",
        ),
        Operation(
            "POST",
            "temporal/entityOperations/query",
            temporal.query_by_post,
            "Query Temporal Evolution by POST",
            "6.24.3.1",
            TAG,
            (*form, *params.PAGE, *params.ORDER, params.SPLIT, params.LOCAL),
            READS,
            GIVES,
            found,
            body="Query",
            result="EntityTemporal[]",
        ),
        Operation(
            "GET",
            one,
            temporal.retrieve,
            "Retrieve Temporal Evolution",
            "6.19.3.1",
            TAG,
            (params.ATTRS, *form, params.LOCAL),
            gives=GIVES,
            answers=found,
            result="EntityFragment",
        ),
        Operation(
            "DELETE",
            one,
            temporal.delete,
            "Delete Temporal Evolution",
            "6.19.3.2",
            TAG,
            (params.LOCAL,),
            answers=done,
        ),
        Operation(
            "DELETE",
            attr,
            temporal.delete_attribute,
            "Delete Attribute from Temporal Evolution",
            "6.21.3.1",
            TAG,
            (params.DATASET, params.DELETE_ALL, params.LOCAL),
            answers=done,
        ),
        Operation(
            "PATCH",
            instance,
            temporal.update_instance,
            "Modify Attribute Instance",
            "6.22.3.1",
            TAG,
            (params.OPTIONS, params.LOCAL),
            READS_PATCH,
            answers=done,
            body="EntityFragment",
        ),
        Operation(
            "DELETE",
            instance,
            temporal.delete_instance,
            "Delete Attribute Instance",
            "6.22.3.2",
            TAG,
            (params.LOCAL,),
            answers=done,
        ),
    )
