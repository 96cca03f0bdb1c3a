"""Subscriptions to context source registrations (clauses 6.12 and 6.13, operations of 5.11)."""

from __future__ import annotations

import asyncio
from typing import Any

from msgspec.structs import replace

from chengshu.foundation.broker.registry.watchers import SourceSubscriptions
from chengshu.foundation.broker.registry.watching import (
    SourceSubscription,
    change_source_subscription,
    read_source_subscription,
    render_source_subscription,
)
from chengshu.kernel.clock import millis
from chengshu.kernel.ids import Ids
from chengshu.surfaces.ngsi_ld import params
from chengshu.surfaces.ngsi_ld.answers import created, give, location, no_content, page_headers
from chengshu.surfaces.ngsi_ld.asking import page_of
from chengshu.surfaces.ngsi_ld.call import Call
from chengshu.surfaces.ngsi_ld.derived import compiled
from chengshu.surfaces.ngsi_ld.names import entity_id
from chengshu.surfaces.ngsi_ld.operation import GIVES, READS, READS_PATCH, Answer, Operation
from chengshu.surfaces.ngsi_ld.rooms import Rooms

TAG = "ngsi-ld context sources"
PATH, _ONE = "csourceSubscriptions", "csourceSubscriptions/{subscriptionId}"


class SourceSubscriptionsSurface:
    """Creates, changes, deletes, gives and lists subscriptions to registrations."""

    def __init__(self, rooms: Rooms, subscriptions: SourceSubscriptions, ids: Ids) -> None:
        self._rooms, self._subscriptions, self._ids = rooms, subscriptions, ids

    async def create(self, call: Call) -> Answer:
        """Create Context Source Registration Subscription: clauses 5.11.2 and 6.12.3.1."""
        payload, context = await call.document()
        name = f"urn:ngsi-ld:Subscription:{self._ids.new('subscription')}"
        read = read_source_subscription(payload, context, tenant=call.tenant, name=name, now_ms=self._now())
        read = await self._in_context(call, read)
        made = await asyncio.to_thread(self._subscriptions.create, read, call.actor)
        return created(PATH, made)

    async def update(self, call: Call) -> Answer:
        """Update Context Source Registration Subscription: clauses 5.11.3 and 6.13.3.2."""
        name = entity_id(call.path[0])
        before = await asyncio.to_thread(self._subscriptions.get, call.tenant, name)
        payload, context = await call.fragment(before.item.subscription.context)
        now = self._now()

        def change(before: SourceSubscription) -> SourceSubscription:
            return change_source_subscription(before, payload, context, now)

        after = change(before.item).subscription
        if after.jsonld_context != before.item.subscription.jsonld_context:
            await compiled(call, after.jsonld_context)
        await asyncio.to_thread(self._subscriptions.update, call.tenant, name, change, call.actor)
        return no_content()

    async def delete(self, call: Call) -> Answer:
        """Delete Context Source Registration Subscription: clauses 5.11.6 and 6.13.3.3."""
        name = entity_id(call.path[0])
        await asyncio.to_thread(self._subscriptions.delete, call.tenant, name, call.actor)
        return no_content()

    async def retrieve(self, call: Call) -> Answer:
        """Retrieve Context Source Registration Subscription: clauses 5.11.4 and 6.13.3.1."""
        name, context = entity_id(call.path[0]), await call.context()
        found = await asyncio.to_thread(self._subscriptions.get, call.tenant, name)
        rendered = render_source_subscription(
            found.item, found.progress, context, self._now(), sys_attrs=_sys_attrs(call)
        )
        return give(call, rendered, context)

    async def list(self, call: Call) -> Answer:
        """Query Context Source Registration Subscriptions: clauses 5.11.5 and 6.12.3.2."""
        context, page = await call.context(), page_of(call)
        found, total = await asyncio.to_thread(self._subscriptions.page, call.tenant, page.limit, page.offset)
        now, sys_attrs = self._now(), _sys_attrs(call)
        rendered = [
            render_source_subscription(kept.item, kept.progress, context, now, sys_attrs=sys_attrs)
            for kept in found
        ]
        headers = page_headers(
            call,
            limit=page.limit,
            offset=page.offset,
            more=total > page.offset + len(found),
            count=total if page.count else None,
        )
        return give(call, rendered, context, headers=headers)

    def _now(self) -> int:
        return millis(self._rooms.clock.now())

    async def _in_context(self, call: Call, item: SourceSubscription) -> SourceSubscription:
        """The subscription with one address for the context its notifications are written in."""
        one = item.subscription
        if one.jsonld_context:
            await compiled(call, one.jsonld_context)
            return item
        if isinstance(one.context, str):
            return item
        kept = await asyncio.to_thread(self._rooms.contexts.implicit, one.context, call.tenant, call.actor)
        path = location("jsonldContexts", kept.id)
        scheme, host = call.scope.get("scheme", "http"), call.headers.get("host", "")
        return replace(item, subscription=replace(one, context=f"{scheme}://{host}{path}" if host else path))

    def operations(self) -> tuple[Operation, ...]:
        """The routes."""
        one: dict[str, Any] = {"type": "object"}
        listed: dict[str, Any] = {"type": "array", "items": one}
        found = {200: "found"}
        return (
            Operation(
                "POST",
                PATH,
                self.create,
                "Create Context Source Registration Subscription",
                "6.12.3.1",
                TAG,
                reads=READS,
                answers={201: "created; Location says where"},
                body=_BODY,
                result="",
            ),
            Operation(
                "GET",
                PATH,
                self.list,
                "Query Context Source Registration Subscriptions",
                "6.12.3.2",
                TAG,
                (*params.PAGE, params.OPTIONS),
                gives=GIVES,
                answers=found,
                result=listed,
            ),
            Operation(
                "GET",
                _ONE,
                self.retrieve,
                "Retrieve Context Source Registration Subscription",
                "6.13.3.1",
                TAG,
                (params.OPTIONS,),
                gives=GIVES,
                answers=found,
                result=one,
            ),
            Operation(
                "PATCH",
                _ONE,
                self.update,
                "Update Context Source Registration Subscription",
                "6.13.3.2",
                TAG,
                reads=READS_PATCH,
                answers={204: "changed"},
                body=one,
                result="",
            ),
            Operation(
                "DELETE",
                _ONE,
                self.delete,
                "Delete Context Source Registration Subscription",
                "6.13.3.3",
                TAG,
                answers={204: "deleted"},
            ),
        )


def _sys_attrs(call: Call) -> bool:
    return "sysAttrs" in call.names("options")


_BODY: dict[str, Any] = {
    "type": "object",
    "required": ["type", "notification"],
    "properties": {
        "id": {"type": "string", "format": "uri"},
        "type": {"const": "Subscription"},
        "entities": {"type": "array", "items": {"type": "object"}},
        "watchedAttributes": {"type": "array", "items": {"type": "string"}},
        "temporalQ": {"type": "object"},
        "csf": {"type": "string"},
        "notification": {
            "type": "object",
            "required": ["endpoint"],
            "properties": {
                "endpoint": {
                    "type": "object",
                    "required": ["uri"],
                    "properties": {"uri": {"type": "string"}, "accept": {"type": "string"}},
                },
            },
        },
    },
}
