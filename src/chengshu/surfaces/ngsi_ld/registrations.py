"""Context source registrations and their discovery (clauses 6.8 and 6.9, operations of 5.9 and 5.10)."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from chengshu.foundation.broker.errors import BadRequestData, Conflict, NonexistentTenant
from chengshu.foundation.broker.ld.contexts import LdContext
from chengshu.foundation.broker.query.selection import read_names, read_scopes
from chengshu.foundation.broker.registry.amending import amended
from chengshu.foundation.broker.registry.commands import Registry
from chengshu.foundation.broker.registry.conflicts import held_here
from chengshu.foundation.broker.registry.matching import SourceQuery, about_entities, compile_source_query
from chengshu.foundation.broker.registry.model import Registration
from chengshu.foundation.broker.registry.reading import read_registration
from chengshu.foundation.broker.registry.rendering import render_registration
from chengshu.foundation.broker.registry.watching import temporal_wish
from chengshu.foundation.journal import Actor
from chengshu.kernel.clock import iso, millis
from chengshu.kernel.ids import Ids
from chengshu.surfaces.ngsi_ld import params
from chengshu.surfaces.ngsi_ld.answers import created, give, no_content, page_headers
from chengshu.surfaces.ngsi_ld.asking import Asked, page_of
from chengshu.surfaces.ngsi_ld.call import Call
from chengshu.surfaces.ngsi_ld.names import is_uri
from chengshu.surfaces.ngsi_ld.operation import GIVES, READS, READS_PATCH, Answer, Operation
from chengshu.surfaces.ngsi_ld.rooms import Rooms

TAG = "ngsi-ld context sources"
PATH = "csourceRegistrations"
_ONE: dict[str, Any] = {"type": "object"}
_ENTITY: dict[str, Any] = {
    "type": "object",
    "required": ["type"],
    "properties": {
        "id": {"type": "string", "format": "uri"},
        "idPattern": {"type": "string"},
        "type": {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]},
    },
}
_NAMES: dict[str, Any] = {"type": "array", "items": {"type": "string"}}
_BODY: dict[str, Any] = {
    "type": "object",
    "required": ["type", "information", "endpoint"],
    "properties": {
        "id": {"type": "string", "format": "uri"},
        "type": {"const": "ContextSourceRegistration"},
        "information": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "properties": {
                    "entities": {"type": "array", "items": _ENTITY},
                    "propertyNames": _NAMES,
                    "relationshipNames": _NAMES,
                },
            },
        },
        "endpoint": {"type": "string", "format": "uri"},
        "mode": {"enum": ["inclusive", "exclusive", "redirect", "auxiliary"]},
        "operations": _NAMES,
        "expiresAt": {"type": "string"},
    },
}
_ASKS = ("type", "attrs", "id", "idPattern", "q", "csf", "georel", "scopeQ", "timerel")


class Registrations:
    """Registers context sources, changes, deletes, gives and finds them."""

    def __init__(self, rooms: Rooms, registry: Registry, ids: Ids) -> None:
        self._rooms, self._registry, self._ids = rooms, registry, ids
        self._since = rooms.clock.now()

    async def register(self, call: Call) -> Answer:
        """Register Context Source: clauses 5.9.2 and 6.8.3.1."""
        payload, context = await call.document()
        new_id = f"urn:ngsi-ld:ContextSourceRegistration:{self._ids.new('csr')}"
        read = read_registration(payload, context, now_ms=self._now(), new_id=new_id)
        kept = await asyncio.to_thread(self._register, call.tenant, read, call.actor)
        return created(PATH, kept.id)

    async def update(self, call: Call) -> Answer:
        """Update Context Source Registration: clauses 5.9.3 and 6.9.3.2."""
        id_ = registration_id(call.path[0])
        fragment, context = await call.document()

        def change(before: Registration) -> Registration:
            after = amended(before, fragment, context, now_ms=self._now())
            if (after.mode, after.information) != (before.mode, before.information):
                self._check_held(call.tenant, after)
            return after

        await asyncio.to_thread(self._registry.update, call.tenant, id_, change, call.actor)
        return no_content()

    def _register(self, tenant: str, new: Registration, actor: Actor) -> Registration:
        self._check_held(tenant, new)
        return self._registry.register(tenant, new, actor)

    def _check_held(self, tenant: str, new: Registration) -> None:
        """Raise :class:`Conflict` when the broker itself has what a proxy is to answer for alone (5.9.2)."""
        for at, query in held_here(new):
            try:
                found = self._rooms.queries.find(tenant, query, limit=1).entities
            except NonexistentTenant:
                return
            if found:
                raise Conflict(
                    f"the broker itself holds what the source is to answer for alone, of {found[0].id}",
                    where=f"information[{at}]",
                    remedy="delete it here first, or register as inclusive",
                )

    async def delete(self, call: Call) -> Answer:
        """Delete Context Source Registration: clauses 5.9.4 and 6.9.3.3."""
        id_ = registration_id(call.path[0])
        await asyncio.to_thread(self._registry.delete, call.tenant, id_, call.actor)
        return no_content()

    async def retrieve(self, call: Call) -> Answer:
        """Retrieve Context Source Registration: clauses 5.10.1 and 6.9.3.1."""
        id_ = registration_id(call.path[0])
        context = await call.context()
        found = await asyncio.to_thread(self._registry.get, call.tenant, id_)
        return give(call, self._rendered(call, found, context), context)

    async def query(self, call: Call) -> Answer:
        """Query Context Source Registrations: clauses 5.10.2 and 6.8.3.2."""
        context = await call.context()
        asked, page = source_query(call.params, context), page_of(call)
        held = await asyncio.to_thread(self._registry.find, call.tenant)
        matching = compile_source_query(about_entities(asked, held))
        found = [one for one in held if matching(one)]
        part = found[page.offset : page.offset + page.limit]
        headers = page_headers(
            call,
            limit=page.limit,
            offset=page.offset,
            more=len(found) > page.offset + page.limit,
            count=len(found) if page.count else None,
        )
        return give(call, [self._rendered(call, one, context) for one in part], context, headers=headers)

    async def identity(self, call: Call) -> Answer:
        """Retrieve Context Source Identity: clauses 5.14.1 and 6.33.3.1."""
        context, now = await call.context(), self._rooms.clock.now()
        seconds = int((now - self._since).total_seconds())
        said = {
            "id": f"urn:ngsi-ld:ContextSourceIdentity:{self._rooms.alias}",
            "type": "ContextSourceIdentity",
            "contextSourceAlias": self._rooms.alias,
            "contextSourceUptime": f"PT{seconds}S",
            "contextSourceTimeAt": iso(now),
        }
        return give(call, said, context)

    def _rendered(self, call: Call, one: Registration, context: LdContext) -> dict[str, Any]:
        sent = self._registry.forwards.members(call.tenant, one.id)
        return render_registration(one, context, sys_attrs=_sys_attrs(call)) | sent

    def _now(self) -> int:
        return millis(self._rooms.clock.now())

    def operations(self) -> tuple[Operation, ...]:
        """The routes."""
        one = f"{PATH}/{{registrationId}}"
        asked = (
            *params.SELECTION,
            params.OPTIONS,
            params.TIMEREL,
            params.TIME_AT,
            params.END_TIME_AT,
            params.TIME_PROPERTY,
            *params.PAGE,
            params.LOCAL,
        )
        return (
            Operation(
                "POST",
                PATH,
                self.register,
                "Register Context Source",
                "6.8.3.1",
                TAG,
                reads=READS,
                answers={201: "registered; Location says where"},
                body=_BODY,
                result="",
            ),
            Operation(
                "GET",
                PATH,
                self.query,
                "Query Context Source Registrations",
                "6.8.3.2",
                TAG,
                asked,
                gives=GIVES,
                answers={200: "found"},
                result={"type": "array", "items": _ONE},
            ),
            Operation(
                "GET",
                one,
                self.retrieve,
                "Retrieve Context Source Registration",
                "6.9.3.1",
                TAG,
                (params.OPTIONS,),
                gives=GIVES,
                answers={200: "found"},
                result=_ONE,
            ),
            Operation(
                "PATCH",
                one,
                self.update,
                "Update Context Source Registration",
                "6.9.3.2",
                TAG,
                reads=READS_PATCH,
                answers={204: "updated"},
                body=_ONE,
                result="",
            ),
            Operation(
                "GET",
                "info/sourceIdentity",
                self.identity,
                "Retrieve Context Source Identity",
                "6.33.3.1",
                TAG,
                gives=GIVES,
                answers={200: "found"},
                result=_ONE,
            ),
            Operation(
                "DELETE",
                one,
                self.delete,
                "Delete Context Source Registration",
                "6.9.3.3",
                TAG,
                answers={204: "deleted"},
            ),
        )


def registration_id(text: str) -> str:
    """``text`` as the id of a registration. Raises :class:`BadRequestData` when it is not a URI."""
    if not is_uri(text):
        raise BadRequestData(f"{text[:200]!r} is not a URI", where="registrationId", remedy="give a URI")
    return text


def source_query(said: Mapping[str, str], context: LdContext) -> SourceQuery:
    """The parameters of a discovery. Raises :class:`BadRequestData` when they ask for nothing particular."""
    if not any(said.get(name) for name in _ASKS):
        raise BadRequestData(
            "the query asks for nothing particular",
            where="query",
            remedy="say type, attrs, id, idPattern, q, csf, georel, scopeQ or timerel",
        )
    asked = Asked({name: value for name, value in said.items() if value}, context)
    return SourceQuery(
        selectors=asked.selectors(),
        attrs=read_names(said["attrs"], context.expand) if said.get("attrs") else (),
        filter=asked.condition("csf"),
        q=asked.condition("q"),
        geo=asked.geo(),
        scopes=read_scopes(said["scopeQ"]) if said.get("scopeQ") else (),
        temporal=temporal_wish(said),
    )


def _sys_attrs(call: Call) -> bool:
    return "sysAttrs" in call.names("options")
