"""``/api/v1/lineage``, where OpenLineage's HTTP transport sends its events by default; the same read back
(OpenLineage, client libraries, HTTP transport).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import msgspec
from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from chengshu.foundation.journal import Actor
from chengshu.kernel.clock import Clock
from chengshu.kernel.errors import Invalid, TooLarge
from chengshu.resources.lineage import Lineage, LineageQueries
from chengshu.resources.lineage.openlineage import event_of

_LARGEST = 5_000_000  # bytes of one event
_PROBLEMS: dict[int | str, dict[str, Any]] = {
    401: {"description": "no valid token of a program"},
    403: {"description": "the program may not do this"},
}


def router(
    lineage: Lineage, queries: LineageQueries, clock: Clock, who: Callable[[Request], Actor]
) -> APIRouter:
    """The routes. ``who`` says which program calls; it raises what the caller should see."""
    routes = APIRouter(prefix="/api/v1", tags=["lineage"], responses=_PROBLEMS)

    @routes.post(
        "/lineage",
        status_code=201,
        response_class=Response,
        responses={
            201: {"description": "kept"},
            413: {"description": "beyond 5 MB"},
            422: {"description": "no run event"},
        },
    )
    async def keep(request: Request) -> Response:
        """Take a run event. COMPLETE events say what was made of what, in place of what the job said before;
        others are taken and say nothing.
        """
        actor = await run_in_threadpool(who, request)
        body = b""
        async for part in request.stream():
            body += part
            if len(body) > _LARGEST:
                raise TooLarge(
                    "openlineage-large", "the event is larger than 5 MB", remedy="send facets apart"
                )
        await run_in_threadpool(lineage.by_event, _event(body), actor)
        return Response(status_code=201)

    @routes.get(
        "/lineage", response_class=Response, responses={200: {"content": {"application/x-ndjson": {}}}}
    )
    def told(request: Request) -> Response:
        """Everything the hub knows of what is made of what: a COMPLETE event a line."""
        who(request)
        now = clock.now()
        lines = [
            msgspec.json.encode(
                event_of(job, name=name, run=str(uuid5(NAMESPACE_URL, f"{name}#{job.target}")), at=now)
            )
            for name, job in queries.jobs()
        ]
        return Response(b"".join(line + b"\n" for line in lines), media_type="application/x-ndjson")

    return routes


def _event(body: bytes) -> dict[str, Any]:
    try:
        found = msgspec.json.decode(body)
    except msgspec.DecodeError as error:
        raise Invalid(
            "openlineage", f"this is no JSON: {error}", remedy="send one run event as JSON"
        ) from None
    if not isinstance(found, dict):
        raise Invalid("openlineage", "this is no JSON object", remedy="send one run event as a JSON object")
    return found
