"""The ledger: find data, read an entry, see that the month adds up."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from chengshu.console.page import Console
from chengshu.console.pages.choices import positive

FACETS = ("kind", "provider", "sharing", "state", "theme")


def router(console: Console) -> APIRouter:
    """The pages of the data bureau."""
    routes = console.routes()
    view = console.view

    @routes.get("/ledger")
    def ledger(request: Request) -> Response:
        visit = console.visit(request)
        query = request.query_params
        chosen = {name: query[name] for name in FACETS if query.get(name)}
        number = positive(query.get("page"), "page") or 1
        shown = view.ledger(visit.who, query.get("q", "").strip(), chosen, number, visit.as_of)
        return console.page(visit, "ledger", ledger=shown)

    @routes.get("/ledger/{id_:path}")
    def entry(request: Request, id_: str) -> Response:
        visit = console.visit(request)
        return console.page(visit, "entry", entry=view.entry(visit.who, id_, visit.as_of))

    return routes
