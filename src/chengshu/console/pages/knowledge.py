"""Documents: a question, the clauses that answer it or plain words that none does, and the text around."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from chengshu.console.page import Console
from chengshu.console.pages.choices import positive
from chengshu.kernel.errors import Invalid


def router(console: Console) -> APIRouter:
    """The pages of the city's documents."""
    routes = console.routes()
    view = console.view

    @routes.get("/documents")
    def documents(request: Request) -> Response:
        visit = console.visit(request)
        question = request.query_params.get("q", "").strip()
        try:
            shown, fault = view.documents(visit.who, question, visit.as_of), None
        except Invalid as error:
            shown, fault = view.documents(visit.who, "", visit.as_of), error.fault
        return console.page(visit, "documents", shown=shown, asked=question, fault=fault)

    @routes.get("/documents/{id_:path}")
    def document(request: Request, id_: str) -> Response:
        visit = console.visit(request)
        edition = positive(request.query_params.get("edition"), "edition")
        passage = positive(request.query_params.get("passage"), "passage") or 1
        shown = view.document(visit.who, id_, edition, passage - 1, visit.as_of)
        return console.page(visit, "document", shown=shown, at=passage - 1)

    return routes
