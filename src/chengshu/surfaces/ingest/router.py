"""``POST /ingest/{source}``: push observations; the answer comes when they are durable."""

from __future__ import annotations

import asyncio
from typing import ClassVar

import msgspec
from fastapi import APIRouter, Request, Response

from chengshu.foundation.sensing import Intake, Tokens
from chengshu.kernel.errors import ChengshuError, TooLarge, Unauthenticated

_FORMATS = {
    "application/json": "json",
    "application/x-ndjson": "jsonl",
    "application/jsonl": "jsonl",
    "application/json-lines": "jsonl",
    "text/csv": "csv",
}
_INLINE = 128 * 1024  # a larger body is mapped in a thread, so that others are answered meanwhile
_encode = msgspec.json.Encoder().encode


class UnsupportedFormat(ChengshuError):
    """A content type nobody reads here."""

    status: ClassVar[int] = 415
    title: ClassVar[str] = "The format is not read here"


def router(intake: Intake, tokens: Tokens) -> APIRouter:
    """The routes of the ingest surface."""
    routes = APIRouter(tags=["ingest"])

    @routes.post(
        "/ingest/{source}",
        response_class=Response,
        responses={
            200: {"description": "everything is durable: accepted observations, and quarantined records"},
            401: {"description": "no valid token of this source"},
            413: {"description": "more than the source may send at once"},
            415: {"description": "neither JSON, JSON lines nor CSV"},
        },
    )
    async def ingest(source: str, request: Request) -> Response:
        """Send one message: JSON, JSON lines or CSV as its ``Content-Type`` says (none: as declared).

        A bad record never costs the others: it is answered under ``quarantined`` with its index, code and
        detail, and is kept for a later try. Sending the same message again changes nothing.
        """
        _authenticate(tokens, source, request)
        format_ = _format(request)
        body = await _body(request, intake.sources[source].limits.bytes if source in intake.sources else 0)
        if len(body) > _INLINE:
            future = await asyncio.to_thread(intake.receive, source, body, format_=format_)
        else:
            future = intake.receive(source, body, format_=format_)
        receipt = await asyncio.wrap_future(future)
        return Response(_encode(receipt.as_dict()), media_type="application/json")

    return routes


def _authenticate(tokens: Tokens, source: str, request: Request) -> None:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not tokens.check(source, token.strip()):
        raise Unauthenticated(
            "source-token",
            f"no valid token for source {source!r}",
            remedy="send Authorization: Bearer with the token made for this source",
        )


def _format(request: Request) -> str | None:
    given = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if not given:
        return None
    if (format_ := _FORMATS.get(given)) is None:
        raise UnsupportedFormat(
            "content-type", f"{given} is not read here", remedy=f"send one of {', '.join(sorted(_FORMATS))}"
        )
    return format_


async def _body(request: Request, limit: int) -> bytes:
    """The body, never more of it in memory than the source may send."""
    declared = request.headers.get("content-length", "")
    parts: list[bytes] = []
    size = int(declared) if declared.isdigit() else 0
    if size <= limit:
        size = 0
        async for part in request.stream():
            size += len(part)
            if size > limit:
                break
            parts.append(part)
    if size > limit:
        raise TooLarge(
            "message-too-large",
            f"the message has more than the {limit} bytes this source may send",
            remedy="split it, or declare larger limits in sources.yaml",
        )
    return b"".join(parts)
