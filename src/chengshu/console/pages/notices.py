"""Each person's inbox, and the ways out of the hub for who runs it."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from chengshu.console.model.notices import Scope
from chengshu.console.page import Console, back_to
from chengshu.console.pages.choices import one_of
from chengshu.kernel.errors import Invalid

SCOPES: tuple[Scope, ...] = ("unread", "all")
_DIGITS = 16


def router(console: Console) -> APIRouter:
    """Pages of notices. They show the present: what one has read has no past."""
    routes = console.routes()
    view = console.view

    @routes.get("/notices")
    def inbox(request: Request) -> Response:
        visit = console.visit(request)
        scope = one_of(SCOPES, request.query_params.get("scope", "unread"), "scope")
        before = _moment(request.query_params.get("before", "0"), "before")
        shown = view.notices(visit.who, scope, before)
        return console.page(visit, "notices", inbox=shown, scopes=SCOPES)

    @routes.post("/notices/read")
    async def read_all(request: Request) -> Response:
        visit = await console.in_thread(console.visit, request)
        async with request.form(max_files=0, max_fields=5) as form:
            until = _moment(str(form.get("until", "")), "until")
        await console.in_thread(view.read_notices, visit.writing(), until)
        return back_to(visit, "/notices")

    @routes.get("/notices/ways")
    def ways(request: Request) -> Response:
        visit = console.visit(request)
        return console.page(visit, "notices_ways", shown=view.notice_ways(visit.who))

    @routes.post("/notices/ways/retry")
    async def retry(request: Request) -> Response:
        visit = await console.in_thread(console.visit, request)
        async with request.form(max_files=0, max_fields=5) as form:
            key = str(form.get("key", ""))
        await console.in_thread(view.retry_notice, visit.writing(), key)
        return back_to(visit, "/notices/ways")

    @routes.post("/notices/{notice}/open")
    def open_one(request: Request, notice: str) -> Response:
        visit = console.visit(request)
        return RedirectResponse(view.open_notice(visit.writing(), notice), 303)

    @routes.post("/notices/{notice}/keep")
    def keep(request: Request, notice: str) -> Response:
        visit = console.visit(request)
        view.keep_notice(visit.writing(), notice)
        return back_to(visit, "/notices")

    return routes


def _moment(text: str, where: str) -> int:
    """Milliseconds as they were given. Raises :class:`Invalid`."""
    if not text.isdecimal() or not text.isascii() or len(text) > _DIGITS:
        raise Invalid("notice-moment", "this is no moment", where=where, remedy="use the links of the page")
    return int(text)
