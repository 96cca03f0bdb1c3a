"""The data of the city as a whole: what its use is worth for what it takes to keep, where it crosses."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from chengshu.console.model.sharing import UseResult
from chengshu.console.page import Console
from chengshu.console.pages.choices import one_of
from chengshu.console.pages.sharing import MENDABLE, Sent
from chengshu.console.visit import Visit
from chengshu.kernel.errors import ChengshuError

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

    _add_lookup(console, routes)
    return routes


def _add_lookup(console: Console, routes: APIRouter) -> None:
    """The key comes in the body of a form only, and goes nowhere but to the view."""
    view = console.view

    @routes.get("/ledger/lookup")
    def lookup(request: Request) -> Response:
        visit = console.visit(request)
        return _page(visit, {"grant": request.query_params.get("grant", ""), "purpose": ""})

    @routes.post("/ledger/lookup")
    async def look_up(request: Request) -> Response:
        return await console.in_thread(_ask, request, Sent.of(await request.form()))

    def _ask(request: Request, sent: Sent) -> Response:
        visit = console.visit(request)
        who, given = visit.writing(), {name: sent.text(name) for name in ("grant", "purpose")}
        try:
            return _page(visit, given, view.look_up(who, given["grant"], given["purpose"], sent.text("key")))
        except ChengshuError as error:
            if error.status not in MENDABLE:
                raise
            return _page(visit, given, error=error)

    def _page(
        visit: Visit,
        given: dict[str, str],
        result: UseResult | None = None,
        error: ChengshuError | None = None,
    ) -> Response:
        grants = view.lookups(visit.who)
        chosen = next((one for one in grants if one.id == given["grant"]), None)
        return console.page(
            visit,
            "ledger_lookup",
            code=error.status if error else 200,
            grants=grants,
            given=given,
            chosen=chosen,
            result=result if chosen else None,
            error=error,
        )
