"""The surface as an ASGI application: finds the operation of a request and answers it.

Paths are split before they are decoded, so that ids and attribute names that are IRIs (``https%3A%2F%2F…``)
stay whole; a trailing slash changes nothing.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from dataclasses import replace
from typing import Any
from urllib.parse import unquote

import structlog

from chengshu.kernel.errors import ChengshuError
from chengshu.surfaces.ngsi_ld.call import Call
from chengshu.surfaces.ngsi_ld.media import JSON, PROBLEM, wants_plain
from chengshu.surfaces.ngsi_ld.operation import PREFIX, Answer, Operation
from chengshu.surfaces.ngsi_ld.preference import as_preferred, preferred
from chengshu.surfaces.ngsi_ld.problems import (
    method_not_allowed,
    no_such_path,
    problem,
    too_deep,
    unexpected,
    unsupported_path,
)
from chengshu.surfaces.ngsi_ld.rooms import Rooms

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
_SENT = ("PUT", "PATCH")
_ANY = ""  # the key of a segment that is a value
_log = structlog.get_logger("chengshu.ngsi_ld")


class _Node:
    """A place in the tree of paths: what comes next, and the operations that end here by method."""

    __slots__ = ("allow", "next", "operations")

    def __init__(self) -> None:
        self.next: dict[str, _Node] = {}
        self.operations: dict[str, Operation] = {}
        self.allow = ""


class Surface:
    """NGSI-LD over HTTP; mount it at :data:`PREFIX`."""

    def __init__(self, rooms: Rooms, operations: Iterable[Operation]) -> None:
        self.rooms = rooms
        self.operations = tuple(operations)
        self._root = _Node()
        for operation in self.operations:
            self._add(operation)

    def _add(self, operation: Operation) -> None:
        node = self._root
        for segment in operation.path.split("/"):
            node = node.next.setdefault(_ANY if segment.startswith("{") else segment, _Node())
        node.operations[operation.method] = operation
        methods = {*node.operations, "OPTIONS"} | ({"HEAD"} if "GET" in node.operations else set())
        node.allow = ", ".join(sorted(methods))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        headers = _headers(scope)
        answer = await self._answer(scope, receive, headers)
        if answer.media == PROBLEM and wants_plain(headers.get("accept", "")):
            answer = replace(answer, media=JSON)
        await _send(send, answer, headers.get("ngsild-tenant", ""), head=scope["method"] == "HEAD")

    async def _answer(self, scope: Scope, receive: Receive, headers: dict[str, str]) -> Answer:
        try:
            path = _below(scope)
            node, values = self._find(path)
            method = "GET" if scope["method"] == "HEAD" else scope["method"]
            operation = node.operations.get(method)
            if operation is None:
                return _other(method, node, path)
            if "" in values:
                return unsupported_path(node.allow)
            call = Call(self.rooms, operation, values, scope, receive, headers)
            if not operation.open:
                call.actor = self.rooms.who(scope)
            call.check(self.rooms.limits)
            answer = await operation.handler(call)
            version = preferred(headers["prefer"]) if "prefer" in headers else None
            return answer if version is None else as_preferred(answer, operation, version)
        except ChengshuError as error:
            return problem(error)
        except RecursionError:
            return too_deep()
        except Exception as error:
            _log.error("unexpected error", path=scope["path"], exc_info=error)
            return unexpected()

    def _find(self, path: str) -> tuple[_Node, tuple[str, ...]]:
        """The node of ``path`` and the values in it. Raises the problem of a path that does not exist."""
        node, values = self._root, []
        segments = path.split("/")
        if len(segments) > 1 and not segments[-1]:
            segments.pop()
        for segment in segments:
            child = node.next.get(segment) if segment else None
            if child is None:
                child = node.next.get(_ANY)
                if child is None:
                    raise no_such_path(path)
                values.append(unquote(segment))
            node = child
        if not node.operations:
            raise no_such_path(path)
        return node, tuple(values)


def _other(method: str, node: _Node, path: str) -> Answer:
    """``OPTIONS``, an entity sent without its id (``PUT entities/``), or a method that is not taken here."""
    if method == "OPTIONS":
        headers = [("allow", node.allow)]
        if "PATCH" in node.operations:
            headers.append(("accept-patch", ", ".join(node.operations["PATCH"].reads)))
        return Answer(204, headers=tuple(headers))
    below = node.next.get(_ANY)
    if path == "entities/" and below is not None and method in _SENT:
        return unsupported_path(below.allow)
    return method_not_allowed(method, node.allow)


def _below(scope: Scope) -> str:
    """The undecoded path below the surface's prefix.

    Below the last one, if there are several: some clients put a whole ``Location`` behind an address.
    """
    raw = scope.get("raw_path")
    path: str = raw.decode("latin-1").partition("?")[0] if raw else scope["path"]
    at = path.rfind(f"{PREFIX}/")
    return path[at + len(PREFIX) + 1 :] if at >= 0 else path.lstrip("/")


def _headers(scope: Scope) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in scope["headers"]:
        key = name.decode("latin-1").lower()
        text = value.decode("latin-1")
        found[key] = f"{found[key]}, {text}" if key in found else text
    return found


async def _send(send: Send, answer: Answer, tenant: str, *, head: bool) -> None:
    headers = [(name.encode(), value.encode("latin-1", "replace")) for name, value in answer.headers]
    if answer.media:
        headers.append((b"content-type", answer.media.encode()))
    if tenant:
        headers.append((b"ngsild-tenant", tenant.encode("latin-1", "replace")))
    if answer.status != 204:
        headers.append((b"content-length", str(len(answer.body)).encode()))
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if head else answer.body})
