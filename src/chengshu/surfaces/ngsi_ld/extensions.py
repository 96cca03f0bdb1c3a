"""What users of brokers ask for and no clause gives: newest values at once, who is silent, what is odd.

Extensions of ours, below ``extensions/``; asked for in FROST #287 and ThingsBoard #14013 among others.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from typing import Any

from chengshu.foundation.broker.errors import BadRequestData
from chengshu.foundation.broker.ld.contexts import LdContext
from chengshu.foundation.broker.model import Attribute, Entity
from chengshu.foundation.broker.models.store import flagged
from chengshu.foundation.broker.moments import millis_of
from chengshu.foundation.broker.query.grammar import read_q
from chengshu.foundation.broker.query.model import Query, Selector
from chengshu.foundation.broker.query.selection import read_types
from chengshu.kernel.clock import from_millis, iso, millis
from chengshu.kernel.durations import parse_duration
from chengshu.kernel.errors import Invalid
from chengshu.ports.database import Database
from chengshu.surfaces.ngsi_ld import params
from chengshu.surfaces.ngsi_ld.answers import encode
from chengshu.surfaces.ngsi_ld.call import Call
from chengshu.surfaces.ngsi_ld.media import JSON
from chengshu.surfaces.ngsi_ld.names import attribute_name
from chengshu.surfaces.ngsi_ld.operation import Answer, Operation, Param
from chengshu.surfaces.ngsi_ld.rooms import Rooms

TAG = "ngsi-ld extensions"
Below = Callable[[str], Sequence[str]]
_MOST = 10_000  # rows of one answer
_AREA = Param("area", "an area's id: its sensors and those of the areas below it")
_ATTRIBUTE = Param("attribute", "the attribute that should come", required=True)
_FOR = Param("for", "how long nothing came, such as PT30M", required=True)
_TYPE = Param("type", "the type of the entities", required=True)
_ENTITY = Param("entity", "the URI of one entity")
_CODE = Param("code", "flags of one kind only: missing, unknown, out-of-range …")
_ROWS: dict[str, Any] = {"type": "array", "items": {"type": "object"}}


def alone(area: str) -> Sequence[str]:
    """An area without any below it: for a broker that knows no city."""
    return (area,)


class Extensions:
    """The operations over the broker's entities. ``below``: an area's id → it and all areas under it."""

    def __init__(self, rooms: Rooms, database: Database, below: Below = alone) -> None:
        self._rooms, self._database, self._below = rooms, database, below

    async def latest(self, call: Call) -> Answer:
        """Newest value of every sensor of an area at once, with its age in seconds. An extension."""
        context = await call.context()
        query = self._query(call, context)
        wanted = {attribute_name(name, context) for name in call.names("attrs")}
        rows = await asyncio.to_thread(self._latest, call.tenant, query, wanted, context)
        return Answer(200, encode(rows), JSON)

    def _query(self, call: Call, context: LdContext) -> Query:
        groups = read_types(call.params["type"], context.expand) if "type" in call.params else ()
        condition = None
        if area := call.params.get("area"):
            names = ",".join('"' + name.replace('"', "") + '"' for name in (self._below(area) or [area]))
            condition = read_q(f"area=={names}", context.expand)
        if not groups and condition is None:
            raise BadRequestData("name an area, or a type", where="area", remedy="?area=ID or ?type=NAME")
        return Query(selectors=(Selector(types=groups),) if groups else (), q=condition)

    def _latest(
        self, tenant: str, query: Query, wanted: set[str], context: LdContext
    ) -> list[dict[str, Any]]:
        now = millis(self._rooms.clock.now())
        rows: list[dict[str, Any]] = []
        for entity in self._rooms.queries.each(tenant, query):
            rows += _values(entity, wanted, context, now)
            if len(rows) >= _MOST:
                break
        return rows[:_MOST]

    async def silent(self, call: Call) -> Answer:
        """Entities of a type whose attribute did not come for a time, longest first. An extension."""
        context = await call.context()
        for name in ("type", "attribute", "for"):
            if name not in call.params:
                raise BadRequestData(f"{name}: it is missing", where=name, remedy=f"?{name}=…")
        try:
            length = parse_duration(call.params["for"])
        except Invalid as error:
            raise BadRequestData(error.fault.detail, where="for", remedy="PT30M, P1D …") from None
        attribute = attribute_name(call.params["attribute"], context)
        query = Query(selectors=(Selector(types=read_types(call.params["type"], context.expand)),))
        allowed = length.exact + timedelta(days=length.days + 30 * length.months)
        rows = await asyncio.to_thread(self._silent, call.tenant, query, attribute, allowed)
        return Answer(200, encode(rows), JSON)

    def _silent(self, tenant: str, query: Query, attribute: str, allowed: timedelta) -> list[dict[str, Any]]:
        now = millis(self._rooms.clock.now())
        border = now - round(allowed.total_seconds() * 1000)
        found: list[tuple[int, str]] = []
        for entity in self._rooms.queries.each(tenant, query):
            last = max((_moment(item) for item in entity.attributes.get(attribute, ())), default=0)
            if last < border:
                found.append((last, entity.id))
        return [
            {
                "id": name,
                "lastSeen": iso(from_millis(last)) if last else None,
                "silentFor": (now - last) / 1000 if last else None,
            }
            for last, name in sorted(found)[:_MOST]
        ]

    async def flags(self, call: Call) -> Answer:
        """What differs from the declared models of the types (Smart Data Models). An extension."""
        context = await call.context()
        entity, code = call.params.get("entity", ""), call.params.get("code", "")
        found = await asyncio.to_thread(
            flagged, self._database, call.tenant, entity=entity, code=code, limit=_MOST
        )
        rows = [
            {
                "entity": item.entity,
                "attribute": context.compact(item.flag.attribute),
                **({"datasetId": item.flag.dataset} if item.flag.dataset else {}),
                "code": item.flag.code,
                "detail": item.flag.detail,
                "since": iso(from_millis(item.at)),
            }
            for item in found
        ]
        return Answer(200, encode(rows), JSON)

    def operations(self) -> tuple[Operation, ...]:
        """The routes."""
        given = (
            (
                "latest",
                self.latest,
                "Newest values of an area's sensors at once",
                (_AREA, params.TYPE, params.ATTRS),
            ),
            ("silent", self.silent, "Sensors from which nothing came for a time", (_TYPE, _ATTRIBUTE, _FOR)),
            ("flags", self.flags, "What differs from the declared models", (_ENTITY, _CODE)),
        )
        return tuple(
            Operation(
                "GET",
                f"extensions/{name}",
                handler,
                summary,
                "extension",
                TAG,
                taken,
                gives=(JSON,),
                answers={200: "the rows, 10,000 at most"},
                result=_ROWS,
            )
            for name, handler, summary, taken in given
        )


def _values(entity: Entity, wanted: set[str], context: LdContext, now: int) -> Iterator[dict[str, Any]]:
    type_ = context.compact(entity.types[0]) if entity.types else ""
    for name, items in entity.attributes.items():
        if wanted and name not in wanted:
            continue
        for item in items:
            if item.kind != "Property" or not (wanted or item.observed_at):
                continue
            row: dict[str, Any] = {
                "id": entity.id,
                "type": type_,
                "attribute": context.compact(name),
                "value": item.value,
            }
            if item.unit_code:
                row["unitCode"] = item.unit_code
            if item.dataset:
                row["datasetId"] = item.dataset
            if item.observed_at:
                row["observedAt"] = item.observed_at
            row["age"] = (now - _moment(item)) / 1000
            yield row


def _moment(item: Attribute) -> int:
    """When a value was observed, else written, in milliseconds."""
    return millis_of(item.observed_at) if item.observed_at else item.modified_at
