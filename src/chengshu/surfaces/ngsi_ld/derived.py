"""Requests made from requests: what is left for the local handler when sources take their part."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import replace
from typing import Any

import msgspec

from chengshu.foundation.broker.ld.contexts import LdContext
from chengshu.kernel.errors import ChengshuError
from chengshu.surfaces.ngsi_ld.answers import in_context
from chengshu.surfaces.ngsi_ld.call import Call
from chengshu.surfaces.ngsi_ld.media import LD_JSON, media_of
from chengshu.surfaces.ngsi_ld.operation import Answer, Handler
from chengshu.surfaces.ngsi_ld.problems import problem

_encode = msgspec.json.Encoder().encode
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]


def derived(call: Call, body: bytes | None, params: Mapping[str, str] | None = None) -> Call:
    """The same request with another body (and other parameters)."""
    headers = dict(call.headers)
    receive = call._receive
    if body is not None:
        headers["content-length"] = str(len(body))
        receive = _replaying(body)
    made = Call(call.rooms, call.operation, call.path, call.scope, receive, headers)
    made.tenant, made.actor, made.media = call.tenant, call.actor, call.media
    made.params = dict(call.params if params is None else params)
    return made


def given_back(call: Call, value: Any, context: LdContext) -> Call:
    """The request with ``value`` as its body, in the words of ``context`` and in the format it came in."""
    if media_of(call.headers.get("content-type", "")) != LD_JSON:
        return derived(call, _encode(value))
    made = derived(call, _encode(in_context(value, context)))
    made.headers.pop("link", None)  # its context is in the body now, and must not be named twice
    return made


async def compiled(call: Call, source: Any) -> LdContext:
    """The context of ``source``; one that is not compiled yet is made beside other requests."""
    contexts = call.rooms.contexts
    ready = contexts.ready(source)
    return ready if ready is not None else await asyncio.to_thread(contexts.get, source)


def _replaying(body: bytes) -> Receive:
    async def receive() -> MutableMapping[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive


async def locally(handler: Handler, call: Call) -> Answer:
    """The answer of a local handler; an error it raises as the answer it becomes."""
    try:
        return await handler(call)
    except ChengshuError as error:
        return problem(error)


def warned(answer: Answer, warnings: tuple[tuple[str, str], ...]) -> Answer:
    """The answer with the warnings of clause 6.3.17."""
    return replace(answer, headers=(*answer.headers, *warnings)) if warnings else answer
