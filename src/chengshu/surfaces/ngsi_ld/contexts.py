"""JSON-LD contexts kept and served by the broker (clauses 6.29 and 6.30, operations of 5.13)."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec

from chengshu.foundation.broker.errors import BadRequestData, InvalidRequest, OperationNotSupported
from chengshu.foundation.broker.ld.store import Kept
from chengshu.foundation.broker.ld.times import stamp
from chengshu.surfaces.ngsi_ld import params
from chengshu.surfaces.ngsi_ld.answers import created, encode, location, no_content
from chengshu.surfaces.ngsi_ld.call import Call
from chengshu.surfaces.ngsi_ld.operation import GIVES, READS, Answer, Operation
from chengshu.surfaces.ngsi_ld.rooms import Rooms

TAG = "ngsi-ld contexts"
_KINDS = ("Hosted", "Cached", "ImplicitlyCreated")


class LdContexts:
    """Adds, lists, serves and deletes contexts."""

    def __init__(self, rooms: Rooms) -> None:
        self._library = rooms.contexts

    async def add(self, call: Call) -> Answer:
        """Add @context: clauses 5.13.2 and 6.29.3.1."""
        document = await call.json()
        if not isinstance(document, dict) or "@context" not in document:
            raise InvalidRequest(
                "there is no @context here", where="@context", remedy='send {"@context": …} with the terms'
            )
        kept = await asyncio.to_thread(self._library.add, document, call.actor, call.tenant)
        return created("jsonldContexts", kept.id)

    async def list(self, call: Call) -> Answer:
        """List @contexts: clauses 5.13.3 and 6.29.3.2."""
        details = call.flag("details")
        kind = call.params.get("kind", "")
        if "kind" in call.params and kind not in _KINDS:
            raise BadRequestData(f"{kind[:80]!r} is no kind", where="kind", remedy=f"use {', '.join(_KINDS)}")
        found = self._library.listed(kind, call.tenant)
        if details:
            return Answer(200, encode([_details(item, call) for item in found]), call.media)
        return Answer(200, encode([_url(item, call) for item in found]), call.media)

    async def serve(self, call: Call) -> Answer:
        """Serve @context: clauses 5.13.4 and 6.30.3.1."""
        details = call.flag("details")
        kept = self._library.find(call.path[0])
        if details:
            return Answer(200, encode(_details(kept, call)), call.media)
        if kept.kind == "Cached":
            raise OperationNotSupported(
                "a context that was fetched from elsewhere is not served from here",
                where="contextId",
                remedy="ask its own address, or for details=true",
            )
        return Answer(200, kept.body.encode(), call.media)

    async def delete(self, call: Call) -> Answer:
        """Delete and Reload @context: clauses 5.13.5 and 6.30.3.2."""
        reload = call.flag("reload")
        await asyncio.to_thread(self._library.delete, call.path[0], call.actor, call.tenant, reload=reload)
        return no_content()

    def operations(self) -> tuple[Operation, ...]:
        """The routes."""
        root, one = "jsonldContexts", "jsonldContexts/{contextId}"
        found = {200: "found"}
        listed: dict[str, Any] = {
            "anyOf": [
                {"type": "array", "items": {"type": "string"}},
                {"type": "array", "items": {"$ref": "#/components/schemas/NgsiLdContextDetails"}},
            ]
        }
        served: dict[str, Any] = {
            "anyOf": [
                {"$ref": "#/components/schemas/NgsiLdContextDocument"},
                {"$ref": "#/components/schemas/NgsiLdContextDetails"},
            ]
        }
        return (
            Operation(
                "POST",
                root,
                self.add,
                "Add @context",
                "6.29.3.1",
                TAG,
                reads=READS,
                answers={201: "kept; Location says where"},
                body="ContextDocument",
                result="",
            ),
            Operation(
                "GET",
                root,
                self.list,
                "List @contexts",
                "6.29.3.2",
                TAG,
                (params.DETAILS, params.KIND),
                gives=GIVES,
                answers=found,
                result=listed,
            ),
            Operation(
                "GET",
                one,
                self.serve,
                "Serve @context",
                "6.30.3.1",
                TAG,
                (params.DETAILS,),
                gives=GIVES,
                answers=found | {422: "a cached context is not served"},
                result=served,
            ),
            Operation(
                "DELETE",
                one,
                self.delete,
                "Delete and Reload @context",
                "6.30.3.2",
                TAG,
                (params.RELOAD,),
                answers={204: "deleted, or fetched again"},
            ),
        )


def _url(kept: Kept, call: Call) -> str:
    """Where the context can be had: its own address, or ours."""
    if kept.url:
        return kept.url
    scheme, host = call.scope.get("scheme", "http"), call.headers.get("host", "")
    path = location("jsonldContexts", kept.id)
    return f"{scheme}://{host}{path}" if host else path


def _details(kept: Kept, call: Call) -> dict[str, Any]:
    """What is known about the context (clause 5.2.40)."""
    found: dict[str, Any] = {
        "URL": _url(kept, call),
        "localId": kept.id,
        "kind": kept.kind,
        "createdAt": stamp(kept.created_at),
        "numberOfHits": kept.hits,
    }
    if kept.used_at:
        found["lastUsage"] = stamp(kept.used_at)
    if kept.kind != "Cached":
        found["body"] = msgspec.Raw(kept.body.encode())
    return found
