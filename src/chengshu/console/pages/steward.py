"""The steward's queue: one column at a time, answered by keyboard; what was said can be taken back."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from chengshu.console.page import Console, back_to
from chengshu.kernel.errors import Invalid

_OTHER = "other"


def router(console: Console) -> APIRouter:
    """The pages of stewards."""
    routes = console.routes()
    view = console.view

    @routes.get("/steward")
    def steward(request: Request) -> Response:
        visit = console.visit(request)
        query = request.query_params
        shown = view.steward(
            visit.who, query.get("item", ""), query.get("entry", ""), query.get("column", "")
        )
        return console.page(visit, "steward", queue=shown, told=query.get("told", ""))

    @routes.post("/steward/say")
    async def say(request: Request) -> Response:
        form = _texts(await request.form())
        return await console.in_thread(_say, request, form)

    def _say(request: Request, form: Mapping[str, str]) -> Response:
        visit = console.visit(request)
        chosen = form.get("category")
        if chosen == _OTHER:
            chosen = form.get("other") or None
        if chosen is None:
            raise Invalid("choice-missing", "nothing was chosen", where="category", remedy="choose one")
        category = "" if chosen == "none" else chosen
        item = form.get("item", "")
        entry, column = form.get("entry", ""), form.get("column", "")
        view.say_column(visit.writing(), item, entry, column, category, form.get("note", ""))
        if item:
            following = form.get("following", "")
            return back_to(visit, visit.url("/steward", item=following or None, told="said"))
        return back_to(visit, visit.url(f"/ledger/{entry}", show="fields"))

    @routes.post("/steward/unsay")
    async def unsay(request: Request) -> Response:
        form = _texts(await request.form())
        return await console.in_thread(_unsay, request, form)

    def _unsay(request: Request, form: Mapping[str, str]) -> Response:
        visit = console.visit(request)
        entry, column = form.get("entry", ""), form.get("column", "")
        view.unsay_column(visit.writing(), entry, column)
        return back_to(visit, visit.url("/steward", entry=entry, column=column, told="unsaid"))

    return routes


def _texts(form: Mapping[str, object]) -> dict[str, str]:
    return {name: value for name, value in form.items() if isinstance(value, str)}
