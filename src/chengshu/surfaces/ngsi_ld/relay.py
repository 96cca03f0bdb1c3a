"""Where context sources notify the hub of what its subscribers want to know (clauses 5.8.6 and 6.3.8)."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from msgspec.structs import replace

from chengshu.foundation.broker.errors import BadRequestData, NonexistentTenant
from chengshu.foundation.broker.model import Entity, Touched
from chengshu.foundation.broker.registry.merging import View, merge_views
from chengshu.foundation.broker.registry.understanding import read_answer
from chengshu.foundation.broker.relaying.commands import Gone, Relays
from chengshu.foundation.broker.relaying.hearing import take_apart
from chengshu.foundation.broker.relaying.planning import judges
from chengshu.surfaces.ngsi_ld.answers import no_content
from chengshu.surfaces.ngsi_ld.call import Call
from chengshu.surfaces.ngsi_ld.operation import READS, Answer, Operation
from chengshu.surfaces.ngsi_ld.rooms import Rooms

TAG = "ngsi-ld extensions"
PATH = "extensions/heard/{key}"


def _lost(entity: Entity, gone: Sequence[Touched]) -> list[Touched]:
    """What is gone of an entity and is nowhere else."""
    kept = {(name, item.dataset) for name, items in entity.attributes.items() for item in items}
    return [touched for touched in gone if (touched.name, touched.dataset) not in kept]


class Hearing:
    """Takes the notifications of sources; who knows the key of the address is the source."""

    def __init__(self, rooms: Rooms, relays: Relays) -> None:
        self._rooms, self._relays = rooms, relays

    async def hear(self, call: Call) -> Answer:
        """Take a notification (clause 5.3.1); an extension of ours. It is answered when it is durable."""
        relay, subscription = await asyncio.to_thread(self._relays.of, call.path[0])
        said, context = await call.document()
        data = said.get("data")
        if said.get("type") != "Notification" or not isinstance(data, list):
            raise BadRequestData(
                "this is no notification", where="data", remedy='send {"type": "Notification", "data": […]}'
            )
        if said.get("subscriptionId") != relay.remote:
            raise BadRequestData(
                "the notification is of another subscription", where="subscriptionId", remedy="send it there"
            )
        try:
            apart = take_apart(data, context)
            found, faults, _ = read_answer(apart.there, context)
        except ValueError as error:
            raise BadRequestData(str(error), where="data", remedy="send entities") from error
        if faults and not found:
            raise faults[0]
        found = [replace(one, deleted_at=apart.ended.get(one.id, 0)) for one in found]
        if not judges(relay, subscription):  # of what is gone altogether nobody can say what it was
            found = [one for one in found if not one.deleted_at]
        whole = await asyncio.to_thread(self._whole, relay.tenant, found, apart.gone)
        if whole:
            gone = {one.id: _lost(one, apart.gone.get(one.id, ())) for one in whole}
            await asyncio.to_thread(self._relays.hear, relay, subscription, whole, gone)
        return no_content()

    def _whole(self, tenant: str, found: list[Entity], gone: Gone) -> list[Entity]:
        """What was heard with what the hub itself has of the same entities: these do not go with a source."""
        try:
            own = self._rooms.queries.many(tenant, [entity.id for entity in found])
        except NonexistentTenant:
            own = []
        known = {entity.id: entity for entity in own}
        whole: list[Entity] = []
        for one in found:
            mine = known.get(one.id)
            if mine is None:
                whole.append(one)
            elif not one.deleted_at:
                whole += merge_views((View((mine,)), View((one,))))
            elif gone.get(one.id):
                whole.append(mine)
        return whole

    def operations(self) -> tuple[Operation, ...]:
        """The route."""
        body: dict[str, Any] = {
            "type": "object",
            "required": ["type", "subscriptionId", "data"],
            "properties": {
                "type": {"const": "Notification"},
                "subscriptionId": {"type": "string", "format": "uri"},
                "data": {"type": "array", "items": {"type": "object"}},
            },
        }
        return (
            Operation(
                "POST",
                PATH,
                self.hear,
                "Take a notification of a context source",
                "5.8.6",
                TAG,
                reads=READS,
                answers={204: "taken; its subscribers are told"},
                body=body,
                result="",
                open=True,
            ),
        )
