"""What entity types and attributes there are (clauses 6.25 to 6.28, operations of 5.7.5 to 5.7.10)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from chengshu.foundation.broker.census import AttributeInfo, TypeInfo
from chengshu.foundation.broker.ld.contexts import LdContext
from chengshu.surfaces.ngsi_ld import params
from chengshu.surfaces.ngsi_ld.answers import give
from chengshu.surfaces.ngsi_ld.call import Call
from chengshu.surfaces.ngsi_ld.names import attribute_name
from chengshu.surfaces.ngsi_ld.operation import GIVES, Answer, Operation
from chengshu.surfaces.ngsi_ld.rooms import Rooms

TAG = "ngsi-ld discovery"


class Discovery:
    """Lists types and attributes and tells about one of them."""

    def __init__(self, rooms: Rooms) -> None:
        self._queries = rooms.queries

    async def types(self, call: Call) -> Answer:
        """Retrieve Available Entity Types: clauses 5.7.5, 5.7.6 and 6.25.3.1."""
        context = await call.context()
        if call.flag("details"):
            found = await asyncio.to_thread(self._queries.type_details, call.tenant)
            return give(call, [type_brief(item, context) for item in found], context)
        names = await asyncio.to_thread(self._queries.types, call.tenant)
        return give(call, type_list(names, context), context)

    async def type(self, call: Call) -> Answer:
        """Retrieve Available Entity Type Information: clauses 5.7.7 and 6.26.3.1."""
        context = await call.context()
        name = attribute_name(call.path[0], context)
        found = await asyncio.to_thread(self._queries.type_info, call.tenant, name)
        return give(call, type_full(found, context), context)

    async def attributes(self, call: Call) -> Answer:
        """Retrieve Available Attributes: clauses 5.7.8, 5.7.9 and 6.27.3.1."""
        context = await call.context()
        if call.flag("details"):
            found = await asyncio.to_thread(self._queries.attribute_details, call.tenant)
            return give(call, [attribute_brief(item, context) for item in found], context)
        names = await asyncio.to_thread(self._queries.attributes, call.tenant)
        return give(call, attribute_list(names, context), context)

    async def attribute(self, call: Call) -> Answer:
        """Retrieve Available Attribute Information: clauses 5.7.10 and 6.28.3.1."""
        context = await call.context()
        name = attribute_name(call.path[0], context)
        found = await asyncio.to_thread(self._queries.attribute_info, call.tenant, name)
        return give(call, attribute_full(found, context), context)

    def operations(self) -> tuple[Operation, ...]:
        """The routes."""

        def get(
            path: str,
            handler: Callable[[Call], Awaitable[Answer]],
            summary: str,
            clause: str,
            result: Any,
            *,
            details: bool = False,
        ) -> Operation:
            taken = (params.DETAILS, params.LOCAL) if details else (params.LOCAL,)
            return Operation(
                "GET",
                path,
                handler,
                summary,
                clause,
                TAG,
                taken,
                gives=GIVES,
                answers={200: "found"},
                result=result,
            )

        def either(one: str, many: str) -> dict[str, Any]:
            start = "#/components/schemas/NgsiLd"
            items = {"type": "array", "items": {"$ref": start + many}}
            return {"anyOf": [{"$ref": start + one}, items]}

        types, attributes = either("EntityTypeList", "EntityType"), either("AttributeList", "AttributeInfo")
        return (
            get("types", self.types, "Retrieve Available Entity Types", "6.25.3.1", types, details=True),
            get("types/{type}", self.type, "Retrieve Entity Type Information", "6.26.3.1", "EntityTypeInfo"),
            get(
                "attributes",
                self.attributes,
                "Retrieve Available Attributes",
                "6.27.3.1",
                attributes,
                details=True,
            ),
            get(
                "attributes/{attrId}",
                self.attribute,
                "Retrieve Attribute Information",
                "6.28.3.1",
                "AttributeInfo",
            ),
        )


def type_list(names: Iterable[str], context: LdContext) -> dict[str, Any]:
    """EntityTypeList (clause 5.2.24)."""
    return {
        "id": _list_id("EntityTypeList"),
        "type": "EntityTypeList",
        "typeList": sorted(context.compact(name) for name in names),
    }


def type_brief(item: TypeInfo, context: LdContext) -> dict[str, Any]:
    """EntityType (clause 5.2.25)."""
    return {
        "id": item.name,
        "type": "EntityType",
        "typeName": context.compact(item.name),
        "attributeNames": sorted(context.compact(part.name) for part in item.attributes),
    }


def type_full(item: TypeInfo, context: LdContext) -> dict[str, Any]:
    """EntityTypeInfo (clause 5.2.26)."""
    return {
        "id": item.name,
        "type": "EntityTypeInfo",
        "typeName": context.compact(item.name),
        "entityCount": item.count,
        "attributeDetails": [
            {
                "id": part.name,
                "type": "Attribute",
                "attributeName": context.compact(part.name),
                "attributeTypes": sorted(part.kinds),
            }
            for part in item.attributes
        ],
    }


def attribute_list(names: Iterable[str], context: LdContext) -> dict[str, Any]:
    """AttributeList (clause 5.2.27)."""
    return {
        "id": _list_id("AttributeList"),
        "type": "AttributeList",
        "attributeList": sorted(context.compact(name) for name in names),
    }


def attribute_brief(item: AttributeInfo, context: LdContext) -> dict[str, Any]:
    """Attribute without its numbers (clause 5.2.28)."""
    return {
        "id": item.name,
        "type": "Attribute",
        "attributeName": context.compact(item.name),
        "typeNames": sorted(context.compact(name) for name in item.types),
    }


def attribute_full(item: AttributeInfo, context: LdContext) -> dict[str, Any]:
    """Attribute (clause 5.2.28)."""
    return attribute_brief(item, context) | {
        "attributeCount": item.count,
        "attributeTypes": sorted(item.kinds),
    }


def _list_id(kind: str) -> str:
    return f"urn:ngsi-ld:{kind}:local"
