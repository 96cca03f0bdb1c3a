"""All routes of the console in one router."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from chengshu.console import api
from chengshu.console.live import Live
from chengshu.console.page import Console
from chengshu.console.pages import (
    access,
    corrections,
    datasets,
    entrance,
    holdings,
    knowledge,
    ledger,
    notices,
    operation,
    residents,
    response,
    retention,
    rules,
    sharing,
    situation,
    steward,
)
from chengshu.console.view import HubView
from chengshu.kernel.errors import ChengshuError


def router(view: HubView) -> APIRouter:
    """Pages, parts, islands' data, the live stream, static files and the JSON twins, over ``view``."""
    console = Console(view)
    live = Live(view)
    routes = APIRouter()
    pages = (
        situation,
        response,
        operation,
        holdings,
        datasets,
        retention,
        ledger,
        knowledge,
        steward,
        corrections,
        sharing,
        residents,
        rules,
        access,
        notices,
        entrance,
    )
    for part in (*pages, api):
        routes.include_router(part.router(console))
    doors = console.routes()

    @doors.get("/live")
    async def stream(request: Request) -> Response:
        await console.in_thread(console.visit, request)
        asked = request.headers.get("last-event-id") or request.query_params.get("from") or ""
        return StreamingResponse(
            live.stream(int(asked) if asked.isdecimal() else None),
            media_type="text/event-stream",
            headers={"cache-control": "no-store", "x-accel-buffering": "no"},
        )

    @doors.get("/assets/{name:path}")
    def asset(request: Request, name: str) -> Response:
        return console.assets.respond(name, request)

    routes.include_router(doors)
    return routes


def problem_page(view: HubView, request: Request, error: ChengshuError) -> Response:
    """An error outside the console's own routes as a page, for browsers (an unknown address, say)."""
    return Console(view).problem(request, error)
