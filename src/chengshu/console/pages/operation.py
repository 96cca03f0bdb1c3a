"""Sources and quarantine, the journal, drills."""

from __future__ import annotations

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import Response

from chengshu.console.page import Console, back_to
from chengshu.console.pages.choices import FATES, one_of, positive

_JOURNAL_PAGE = 50


def router(console: Console) -> APIRouter:
    """The pages for those who run the hub, and for those who learn from it."""
    routes = console.routes()
    view = console.view

    @routes.get("/sources")
    def sources(request: Request) -> Response:
        visit = console.visit(request)
        shown = view.sources(visit.who, visit.as_of)
        told, done, still = (request.query_params.get(name, "") for name in ("told", "done", "still"))
        return console.page(visit, "sources", sources=shown, told=told, done=done, still=still)

    @routes.post("/quarantine/{item}/{verb}")
    def quarantine(request: Request, item: str, verb: str, note: str = Form("")) -> Response:
        visit = console.visit(request)
        fate = one_of(FATES, verb, "verb")
        became = view.quarantine(visit.writing(), item, fate, note.strip())
        told = {"told": fate, "done": str(became.done), "still": str(became.still)}
        return back_to(visit, visit.url("/sources", **told))

    @routes.get("/journal")
    def journal(request: Request, subject: str | None = None, before: str | None = None) -> Response:
        visit = console.visit(request)
        shown = view.journal(visit.who, subject or None, positive(before, "before"), _JOURNAL_PAGE)
        return console.page(visit, "journal", journal=shown, subject=subject or "")

    @routes.get("/drills")
    def drills(request: Request) -> Response:
        visit = console.visit(request)
        return console.page(visit, "drills", drills=view.drills(visit.who))

    @routes.get("/drills/compare")
    def compare(request: Request, left: str, right: str) -> Response:
        visit = console.visit(request)
        return console.page(
            visit,
            "compare",
            left=view.drill(visit.who, left),
            right=view.drill(visit.who, right),
            drills=view.drills(visit.who),
        )

    @routes.get("/drills/{drill}")
    def drill(request: Request, drill: str) -> Response:
        visit = console.visit(request)
        return console.page(visit, "drill", drill=view.drill(visit.who, drill), drills=view.drills(visit.who))

    return routes
