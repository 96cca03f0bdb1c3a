"""Corrections 數據校核: say that shared data are wrong, answer it in time, see who was told."""

from __future__ import annotations

from urllib.parse import quote

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from chengshu.console.model.corrections import CorrectionGiven
from chengshu.console.page import Console, back_to
from chengshu.console.pages.sharing import Sent, shown_card
from chengshu.console.visit import Visit
from chengshu.kernel.errors import ChengshuError

_MENDABLE = (409, 422, 429)  # what the person can put right on the same page


def router(console: Console) -> APIRouter:
    """The page of corrections. A resident's number comes in the body of a form only."""
    routes = console.routes()
    view = console.view

    @routes.get("/sharing/corrections")
    def corrections(request: Request) -> Response:
        visit = console.visit(request)
        query = request.query_params
        return _page(visit, told=query.get("told", ""), grant=query.get("grant", ""))

    @routes.post("/sharing/corrections")
    async def ask(request: Request) -> Response:
        return await console.in_thread(_ask, request, Sent.of(await request.form()))

    def _ask(request: Request, sent: Sent) -> Response:
        visit = console.visit(request)
        who, given = visit.writing(), _given(sent)
        try:
            if given.number or sent.text("resident"):
                shown_card(sent)
            made = view.ask_correction(who, given)
        except ChengshuError as error:
            if error.status not in _MENDABLE:
                raise
            return _page(visit, error=error, given=given)
        return back_to(visit, f"/sharing/corrections?told={quote(made)}")

    @routes.post("/sharing/corrections/{id_}/answer")
    async def answer(request: Request, id_: str) -> Response:
        return await console.in_thread(_answer, request, id_, Sent.of(await request.form()))

    @routes.get("/sharing/corrections/{id_}/answer")
    def answer_page(request: Request, id_: str) -> Response:
        return back_to(console.visit(request), "/sharing/corrections")

    def _answer(request: Request, id_: str, sent: Sent) -> Response:
        visit = console.visit(request)
        who = visit.writing()
        try:
            view.answer_correction(who, id_, sent.text("reason"), corrected=sent.text("corrected") == "yes")
        except ChengshuError as error:
            if error.status not in _MENDABLE:
                raise
            return _page(visit, error=error)
        return back_to(visit, f"/sharing/corrections?told={quote(id_)}")

    def _page(
        visit: Visit,
        *,
        told: str = "",
        grant: str = "",
        error: ChengshuError | None = None,
        given: CorrectionGiven | None = None,
    ) -> Response:
        shown = view.corrections(visit.who)
        typed = given or CorrectionGiven(grant, "", "", "", "")
        code = error.status if error else 200
        return console.page(
            visit, "sharing_corrections", code=code, shown=shown, told=told, given=typed, error=error
        )

    return routes


def _given(sent: Sent) -> CorrectionGiven:
    return CorrectionGiven(
        *(sent.text("about"), sent.text("record"), sent.text("field"), sent.text("claim")),
        *(sent.text("evidence"), sent.text("number")),
    )
