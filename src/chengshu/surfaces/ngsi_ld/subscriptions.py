"""Subscriptions (ETSI GS CIM 009 V1.8.1, clauses 6.10 and 6.11), and what we show of their delivery."""

from __future__ import annotations

import asyncio
from typing import Any

from msgspec.structs import replace

from chengshu.foundation.broker.errors import BadRequestData, LoopDetected
from chengshu.foundation.broker.ld.contexts import LdContext
from chengshu.foundation.broker.subscriptions import rendering
from chengshu.foundation.broker.subscriptions.commands import Subscriptions
from chengshu.foundation.broker.subscriptions.model import Subscription
from chengshu.foundation.broker.subscriptions.queries import SubscriptionQueries
from chengshu.foundation.broker.subscriptions.reading import change_subscription, read_subscription
from chengshu.foundation.broker.subscriptions.store import RING
from chengshu.kernel.clock import millis
from chengshu.kernel.ids import Ids
from chengshu.surfaces.ngsi_ld import params
from chengshu.surfaces.ngsi_ld.answers import created, encode, give, location, no_content, page_headers
from chengshu.surfaces.ngsi_ld.asking import page_of
from chengshu.surfaces.ngsi_ld.call import Call
from chengshu.surfaces.ngsi_ld.media import JSON
from chengshu.surfaces.ngsi_ld.names import entity_id
from chengshu.surfaces.ngsi_ld.operation import GIVES, READS, READS_PATCH, Answer, Operation, Param
from chengshu.surfaces.ngsi_ld.rooms import Rooms
from chengshu.surfaces.ngsi_ld.sources import passed

TAG = "ngsi-ld subscriptions"
_ROOT, _ONE = "subscriptions", "subscriptions/{subscriptionId}"
_LIMIT = Param("limit", "how many attempts", {"type": "integer", "minimum": 1, "maximum": RING})
_FROM = Param(
    "from",
    "the first record of the change stream to deliver again",
    {"type": "integer", "minimum": 1},
    required=True,
)


def _base(call: Call) -> str:
    """The address by which the hub was called; nothing when the request does not say it."""
    host = call.headers.get("host", "")
    return f"{call.scope.get('scheme', 'http')}://{host}" if host else ""


class SubscriptionsSurface:
    """The operations on subscriptions over their room."""

    def __init__(
        self, rooms: Rooms, subscriptions: Subscriptions, queries: SubscriptionQueries, ids: Ids
    ) -> None:
        self._rooms, self._commands, self._queries, self._ids = rooms, subscriptions, queries, ids

    async def create(self, call: Call) -> Answer:
        """Create Subscription: clauses 5.8.1 and 6.10.3.1."""
        payload, context = await call.document()
        name = f"urn:ngsi-ld:Subscription:{self._ids.new('subscription')}"
        read = read_subscription(payload, context, tenant=call.tenant, name=name, now_ms=self._now())
        read = await self._in_context(call, read, context)
        read = replace(read, base=_base(call), way=self._way(call))
        made = await asyncio.wrap_future(self._commands.create(read, call.actor))
        return created(_ROOT, made)

    async def list(self, call: Call) -> Answer:
        """Query Subscriptions: clauses 5.8.4 and 6.10.3.2."""
        context, page = await call.context(), page_of(call)
        found, total = self._queries.find(call.tenant, page.limit, page.offset)
        sys_attrs = self._sys_attrs(call)
        now = self._now()
        rendered = [
            rendering.render_subscription(item.subscription, item.progress, context, now, sys_attrs=sys_attrs)
            for item in found
        ]
        headers = page_headers(
            call,
            limit=page.limit,
            offset=page.offset,
            more=total > page.offset + len(found),
            count=total if page.count else None,
        )
        return give(call, rendered, context, headers=headers)

    async def retrieve(self, call: Call) -> Answer:
        """Retrieve Subscription: clauses 5.8.3 and 6.11.3.1."""
        name, context = entity_id(call.path[0]), await call.context()
        found = self._queries.get(call.tenant, name)
        return give(
            call,
            rendering.render_subscription(
                found.subscription, found.progress, context, self._now(), sys_attrs=self._sys_attrs(call)
            ),
            context,
        )

    async def update(self, call: Call) -> Answer:
        """Update Subscription: clauses 5.8.2 and 6.11.3.2."""
        name = entity_id(call.path[0])
        before = self._queries.get(call.tenant, name).subscription
        payload, context = await call.fragment(before.context)
        now = self._now()
        after = change_subscription(before, payload, context, now)
        if after.jsonld_context and after.jsonld_context != before.jsonld_context:
            await self._known(after.jsonld_context)
        await asyncio.wrap_future(
            self._commands.update(
                call.tenant, name, lambda item: change_subscription(item, payload, context, now), call.actor
            )
        )
        return no_content()

    async def delete(self, call: Call) -> Answer:
        """Delete Subscription: clauses 5.8.5 and 6.11.3.3."""
        name = entity_id(call.path[0])
        self._queries.get(call.tenant, name)
        await asyncio.wrap_future(self._commands.delete(call.tenant, name, call.actor))
        return no_content()

    async def deliveries(self, call: Call) -> Answer:
        """The ledger of a subscription: its newest attempts, newest first. An extension of ours."""
        limit = call.number("limit", RING, least=1, most=RING)
        found = self._queries.deliveries(call.tenant, entity_id(call.path[0]), limit)
        return Answer(200, encode([rendering.render_attempt(item) for item in found]), JSON)

    async def health(self, call: Call) -> Answer:
        """How the endpoint of a subscription does, and how far it is behind. An extension of ours."""
        found = self._queries.health(call.tenant, entity_id(call.path[0]))
        return Answer(200, encode(rendering.render_health(found)), JSON)

    async def replay(self, call: Call) -> Answer:
        """Deliver again from a record of the change stream on. An extension of ours."""
        name = entity_id(call.path[0])
        if "from" not in call.params:
            raise BadRequestData("from: it is missing", where="from", remedy="name a record: ?from=1")
        seq = call.number("from", 0, least=1)
        self._queries.get(call.tenant, name)
        newest = await asyncio.wrap_future(self._commands.replay(call.tenant, name, seq, call.actor))
        return Answer(202, encode({"fromSequence": seq, "newestSequence": newest}), JSON)

    # ---------------------------------------------------------------------------------------------------

    def _now(self) -> int:
        return millis(self._rooms.clock.now())

    def _way(self, call: Call) -> tuple[str, ...]:
        """The brokers that the request has passed. Raises :class:`LoopDetected` when this is one of them."""
        way = tuple(sorted(passed(call.headers.get("via", ""))))
        if self._rooms.alias in way:
            raise LoopDetected(
                "the subscription has passed this broker before",
                where="Via",
                remedy="give the registrations of the brokers a contextSourceAlias",
            )
        return way

    @staticmethod
    def _sys_attrs(call: Call) -> bool:
        return "sysAttrs" in call.names("options")

    async def _known(self, url: str) -> None:
        """Raises :class:`LdContextNotAvailable` for a context that cannot be had."""
        library = self._rooms.contexts
        if library.ready(url) is None:
            await asyncio.to_thread(library.get, url)

    async def _in_context(self, call: Call, item: Subscription, context: LdContext) -> Subscription:
        """The subscription with one address for the context its notifications are written in."""
        if item.jsonld_context:
            await self._known(item.jsonld_context)
            return item
        if isinstance(item.context, str):
            return item
        kept = await asyncio.to_thread(self._rooms.contexts.implicit, item.context, call.tenant, call.actor)
        address = _base(call) + location("jsonldContexts", kept.id)
        return replace(item, context=address, jsonld_context=address)

    def operations(self) -> tuple[Operation, ...]:
        """The routes."""
        listed: dict[str, Any] = {"type": "array", "items": {"type": "object"}}
        one: dict[str, Any] = {"type": "object"}
        found = {200: "found"}
        return (
            Operation(
                "POST",
                _ROOT,
                self.create,
                "Create Subscription",
                "6.10.3.1",
                TAG,
                reads=READS,
                answers={201: "created; Location says where"},
                body=_BODY,
                result="",
            ),
            Operation(
                "GET",
                _ROOT,
                self.list,
                "Query Subscriptions",
                "6.10.3.2",
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
                "Retrieve Subscription",
                "6.11.3.1",
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
                "Update Subscription",
                "6.11.3.2",
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
                "Delete Subscription",
                "6.11.3.3",
                TAG,
                answers={204: "deleted"},
            ),
            Operation(
                "GET",
                f"{_ONE}/deliveries",
                self.deliveries,
                "Show the ledger of deliveries",
                "5.8.6, extension",
                TAG,
                (_LIMIT,),
                gives=(JSON,),
                answers=found,
                result=listed,
            ),
            Operation(
                "GET",
                f"{_ONE}/health",
                self.health,
                "Show the health of the endpoint",
                "5.8.6, extension",
                TAG,
                gives=(JSON,),
                answers=found,
                result=one,
            ),
            Operation(
                "POST",
                f"{_ONE}/replay",
                self.replay,
                "Deliver again from a record on",
                "5.8.6, extension",
                TAG,
                (_FROM,),
                gives=(JSON,),
                answers={202: "it will be delivered again"},
                result=one,
            ),
        )


_BODY: dict[str, Any] = {
    "type": "object",
    "required": ["type", "notification"],
    "properties": {
        "id": {"type": "string", "format": "uri"},
        "type": {"const": "Subscription"},
        "subscriptionName": {"type": "string"},
        "description": {"type": "string"},
        "entities": {"type": "array", "items": {"type": "object"}},
        "watchedAttributes": {"type": "array", "items": {"type": "string"}},
        "notificationTrigger": {"type": "array", "items": {"type": "string"}},
        "timeInterval": {"type": "number"},
        "throttling": {"type": "number"},
        "q": {"type": "string"},
        "geoQ": {"type": "object"},
        "scopeQ": {"type": "string"},
        "csf": {"type": "string"},
        "lang": {"type": "string"},
        "isActive": {"type": "boolean"},
        "expiresAt": {"type": "string"},
        "jsonldContext": {"type": "string"},
        "notification": {
            "type": "object",
            "required": ["endpoint"],
            "properties": {
                "attributes": {"type": "array", "items": {"type": "string"}},
                "format": {"type": "string"},
                "endpoint": {
                    "type": "object",
                    "required": ["uri"],
                    "properties": {"uri": {"type": "string"}, "accept": {"type": "string"}},
                },
            },
        },
    },
}
