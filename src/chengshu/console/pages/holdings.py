"""The data of the city as a whole: what its use is worth for what it takes to keep, where it crosses."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from chengshu.console.page import Console
from chengshu.console.pages.choices import one_of

SPANS: Final = ("30", "90", "365")  # days


def router(console: Console) -> APIRouter:
    """Pages of the data bureau; they stand before the ledger's, whose entries have any address."""
    routes = console.routes()
    view = console.view

    @routes.get("/ledger/value")
    def value(request: Request) -> Response:
        visit = console.visit(request)
        days = one_of(SPANS, request.query_params.get("days", "90"), "days")
        shown = view.ledger_value(visit.who, int(days), visit.as_of)
        return console.page(visit, "ledger_value", value=shown, spans=SPANS, days=days)

    @routes.get("/ledger/crossings")
    def crossings(request: Request) -> Response:
        visit = console.visit(request)
        return console.page(
            visit, "ledger_crossings", crossings=view.ledger_crossings(visit.who, visit.as_of)
        )

    @routes.get("/ledger/libraries")
    def libraries(request: Request) -> Response:
        visit = console.visit(request)
        return console.page(visit, "ledger_libraries", libraries=view.ledger_libraries(visit.who))

    return routes
