"""One request: its parameters, headers and body read once, checked, and never more of it than the limits."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from typing import Any
from urllib.parse import parse_qsl

import msgspec

from chengshu.foundation.broker.errors import BadRequestData, InvalidRequest
from chengshu.foundation.broker.ld.contexts import LdContext
from chengshu.foundation.journal import Actor
from chengshu.kernel.errors import ChengshuError, TooLarge
from chengshu.surfaces.ngsi_ld.depth import deeper_than
from chengshu.surfaces.ngsi_ld.limits import Limits
from chengshu.surfaces.ngsi_ld.media import LD_JSON, check_content_type, context_link, media_of, negotiate
from chengshu.surfaces.ngsi_ld.operation import PREFIX, Operation
from chengshu.surfaces.ngsi_ld.rooms import Rooms

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
_decode = msgspec.json.Decoder().decode
_TENANT = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.")
_TENANT_LENGTH = 128
_NUMBER = re.compile(r"-?[0-9]{1,16}")


class Call:
    """A request that was routed to ``operation``; ``path`` are the values of its path, decoded."""

    __slots__ = (
        "_context",
        "_ld",
        "_receive",
        "actor",
        "headers",
        "kept_at",
        "media",
        "operation",
        "params",
        "path",
        "rooms",
        "scope",
        "tenant",
    )

    def __init__(
        self,
        rooms: Rooms,
        operation: Operation,
        path: tuple[str, ...],
        scope: MutableMapping[str, Any],
        receive: Receive,
        headers: dict[str, str],
    ) -> None:
        self.rooms, self.operation, self.path, self.scope = rooms, operation, path, scope
        self._receive = receive
        self.headers = headers
        self.tenant = ""
        self.actor = Actor("")
        self.media = ""
        self.kept_at = ""  # where a context of the body was kept
        self.params: dict[str, str] = {}
        self._context: LdContext | None = None
        self._ld: bool | None = None

    def check(self, limits: Limits) -> None:
        """Read parameters, tenant and formats. Raises the error of the first thing that is wrong."""
        self.tenant = _tenant(self.headers.get("ngsild-tenant", ""))
        query = self.scope["query_string"]
        if len(query) > limits.query:
            raise TooLarge("query-too-long", f"the query has more than {limits.query} bytes", where="query")
        if query:
            self.params = _parameters(query, self.operation)
        if self.operation.gives:
            self.media = negotiate(self.headers.get("accept", ""), self.operation.gives)
        if self.operation.reads and not (self.operation.empty_body and self._bodiless()):
            check_content_type(self.headers.get("content-type", ""), self.operation.reads)

    def _bodiless(self) -> bool:
        return self.headers.get("content-length", "0") == "0" and "transfer-encoding" not in self.headers

    # --- parameters -------------------------------------------------------------------------------------

    def flag(self, name: str) -> bool:
        """A parameter that is ``true`` or ``false`` (the default). Raises :class:`BadRequestData`."""
        value = self.params.get(name, "")
        if value.lower() not in ("", "true", "false"):
            raise BadRequestData(
                f"{value!r} is neither true nor false", where=name, remedy="say true or false"
            )
        return value.lower() == "true"

    def names(self, name: str) -> tuple[str, ...]:
        """A parameter that is a list with commas, without empty pieces; empty when it is not given."""
        value = self.params.get(name, "")
        return tuple(piece.strip() for piece in value.split(",") if piece.strip()) if value else ()

    def number(self, name: str, default: int, *, least: int = 0, most: int | None = None) -> int:
        """A whole number. Raises :class:`BadRequestData` outside ``least`` to ``most``."""
        value = self.params.get(name)
        if value is None:
            return default
        number = int(value) if _NUMBER.fullmatch(value) else None
        if number is None or number < least or (most is not None and number > most):
            bound = f"{least} to {most}" if most is not None else f"{least} at least"
            raise BadRequestData(f"{value[:40]!r} is not a number from {bound}", where=name, remedy="mend it")
        return number

    # --- body -------------------------------------------------------------------------------------------

    async def json(self) -> Any:
        """The body as JSON. Raises :class:`InvalidRequest` when it is none, :class:`TooLarge` (413)."""
        limits = self.rooms.limits
        body = await self._body(limits.body)
        try:
            value = _decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise InvalidRequest(
                f"the body is not valid JSON: {error}", where="body", remedy="send valid JSON"
            ) from error
        if deeper_than(body, value, limits.depth):
            raise BadRequestData(
                f"the body is nested deeper than {limits.depth} levels",
                where="body",
                remedy="flatten it",
            )
        return value

    async def _body(self, limit: int) -> bytes:
        declared = self.headers.get("content-length", "")
        size = int(declared) if declared.isascii() and declared.isdigit() else 0
        parts: list[bytes] = []
        more = size <= limit
        if more:
            size = 0
        while more:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise InvalidRequest("the client went away before the body was whole", where="body")
            part = message.get("body", b"")
            size += len(part)
            if size > limit:
                break
            parts.append(part)
            more = message.get("more_body", False)
        if size > limit:
            raise TooLarge(
                "body-too-large",
                f"the body has more than the {limit} bytes accepted at once",
                where="body",
                remedy="split it into several requests",
            )
        return parts[0] if len(parts) == 1 else b"".join(parts)

    # --- contexts (clause 6.3.5) ------------------------------------------------------------------------

    @property
    def link(self) -> str:
        """The address of the context in the ``Link`` header, or the empty string."""
        header = self.headers.get("link", "")
        return context_link(header) if header else ""

    async def context(self) -> LdContext:
        """The context of names in the query and in the answer: that of ``Link``, else the core context."""
        if self._context is None:
            self._context = await self._compiled(self.link or None)
        return self._context

    async def fragment(self, whole: Any) -> tuple[dict[str, Any], LdContext]:
        """As :meth:`document`, of a change to something that was written in the context ``whole``.

        A fragment that names no context is in that of the whole: its words mean what they mean there.
        """
        value, context = await self.document()
        if self._speaks_ld or self.link or not whole:
            return value, context
        return value, await self._compiled(whole)

    @property
    def _speaks_ld(self) -> bool:
        if self._ld is None:  # of a batch this is asked for every entity
            self._ld = media_of(self.headers.get("content-type", "")) == LD_JSON
        return self._ld

    def check_link(self) -> None:
        """Raise :class:`BadRequestData` when a context is named in ``Link`` beside one in the body."""
        if self.link and self._speaks_ld:
            raise BadRequestData(
                "a body in application/ld+json carries its @context itself",
                where="Link",
                remedy="leave the Link header out, or send application/json",
            )

    async def _compiled(self, source: Any) -> LdContext:
        """The context of ``source``; one that is not compiled yet is made beside other requests."""
        ready = self.rooms.contexts.ready(source)
        return ready if ready is not None else await asyncio.to_thread(self.rooms.contexts.get, source)

    async def document(self) -> tuple[dict[str, Any], LdContext]:
        """The body as a JSON object and the context it is written in, ``@context`` taken out of it."""
        value = await self.json()
        if not isinstance(value, dict):
            raise InvalidRequest("the body is not a JSON object", where="body", remedy="send one object")
        context = self._context = await self.context_of(value)
        if self.operation.gives and self.media != LD_JSON and len(context.links) != 1:
            self.kept_at = await self._keep(context)
        return value, context

    async def _keep(self, context: LdContext) -> str:
        """An address for a context that was written in the body, so that a ``Link`` header can name it."""
        said = list(context.links) or context.document
        kept = await asyncio.to_thread(self.rooms.contexts.implicit, said, self.tenant, self.actor)
        host = self.headers.get("host", "")
        base = f"{self.scope.get('scheme', 'http')}://{host}" if host else ""
        return f"{base}{PREFIX}/jsonldContexts/{kept.id}"

    async def common_context(self) -> LdContext | None:
        """The context of all the bodies of a batch that bring none of their own; None when each must, or when
        it cannot be had."""
        if self._speaks_ld:
            return None
        try:
            return await self.context()
        except ChengshuError:
            return None  # which is the fault of each

    async def context_of(self, value: dict[str, Any]) -> LdContext:
        """The context ``value`` is written in; its ``@context`` is taken out of it.

        ``application/ld+json`` carries its context in the body, every other format in the ``Link`` header;
        a body that carries none may have it there too. Raises :class:`BadRequestData` when both are there,
        or neither for ``ld+json``, or the wrong one, and :class:`LdContextNotAvailable`.
        """
        inside = value.pop("@context", None)
        if self._speaks_ld and inside is not None:
            self.check_link()
            return await self._compiled(inside)
        if self._speaks_ld:
            if not self.link:
                raise BadRequestData(
                    "a body in application/ld+json needs @context",
                    where="@context",
                    remedy="add @context, or send application/json",
                )
            return await self.context()
        if inside is not None:
            raise BadRequestData(
                "a body in application/json must not have @context",
                where="@context",
                remedy="name the context in a Link header, or send application/ld+json",
            )
        return await self.context()


def _tenant(name: str) -> str:
    if name and (len(name) > _TENANT_LENGTH or not _TENANT.issuperset(name)):
        raise BadRequestData(
            "the name of the tenant has other signs than letters, digits, '_', '-' and '.', or is too long",
            where="NGSILD-Tenant",
            remedy=f"use at most {_TENANT_LENGTH} of these signs",
        )
    return name


def _parameters(query: bytes, operation: Operation) -> dict[str, str]:
    """The parameters by name; one that comes several times is joined with commas (lists of ids, names).

    Raises :class:`InvalidRequest` for one the operation does not know (clause 6.3.20).
    """
    try:
        pairs: Sequence[tuple[str, str]] = parse_qsl(
            query.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=200
        )
    except (UnicodeDecodeError, ValueError) as error:
        raise InvalidRequest(f"the query cannot be read: {error}", where="query") from error
    known = {param.name for param in operation.params}
    found: dict[str, str] = {}
    for name, value in pairs:
        if name not in known:
            raise InvalidRequest(
                f"{operation.summary} does not know the parameter {name[:80]!r}",
                where=name[:80],
                remedy=f"it knows {', '.join(sorted(known))}" if known else "it has no parameters",
            )
        found[name] = f"{found[name]},{value}" if name in found else value
    return found
