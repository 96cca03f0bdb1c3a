"""Residents: at the counter, with a clerk; and at home, with the code that the clerk gave them on paper."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from chengshu.console.model.sharing import CodeGiven, SeenView
from chengshu.console.page import Console
from chengshu.console.pages.sharing import MENDABLE, Sent, shown_card
from chengshu.console.visit import Visit, same_origin
from chengshu.kernel.errors import ChengshuError


def router(console: Console) -> APIRouter:
    """What residents are told, and who tells them."""
    routes = console.routes()
    _add_counter(console, routes)
    _add_own(console, routes)
    return routes


def _add_counter(console: Console, routes: APIRouter) -> None:
    """The number comes in the body of a form only, and goes nowhere but to the view."""
    view = console.view

    @routes.get("/sharing/counter")
    def counter(request: Request) -> Response:
        visit = console.visit(request)
        view.counter(visit.who)
        return _page(visit)

    @routes.post("/sharing/counter")
    async def ask(request: Request) -> Response:
        return await console.in_thread(_ask, request, Sent.of(await request.form()))

    @routes.post("/sharing/counter/consent")
    async def consent(request: Request) -> Response:
        return await console.in_thread(_consent, request, Sent.of(await request.form()))

    def _ask(request: Request, sent: Sent) -> Response:
        visit = console.visit(request)
        who, number = visit.writing(), sent.text("number")
        try:
            shown_card(sent)
            return _page(visit, view.who_used(who, number), number=number)
        except ChengshuError as error:
            if error.status not in MENDABLE:
                raise
            return _page(visit, error=error)

    def _consent(request: Request, sent: Sent) -> Response:
        visit = console.visit(request)
        who, number = visit.writing(), sent.text("number")
        try:
            shown_card(sent)
            view.set_consent(who, number, sent.text("resource"), given=sent.text("give") == "yes")
            return _page(visit, view.who_used(who, number), number=number, done=True)
        except ChengshuError as error:
            if error.status not in MENDABLE:
                raise
            return _page(visit, error=error)

    @routes.post("/sharing/counter/code")
    async def code(request: Request) -> Response:
        return await console.in_thread(_code, request, Sent.of(await request.form()))

    def _code(request: Request, sent: Sent) -> Response:
        visit = console.visit(request)
        who, number = visit.writing(), sent.text("number")
        try:
            shown_card(sent)
            if sent.text("give") == "no":
                view.take_code(who, number)
                return _page(visit, view.who_used(who, number), number=number, done=True)
            return _page(visit, view.who_used(who, number), number=number, given=view.give_code(who, number))
        except ChengshuError as error:
            if error.status not in MENDABLE:
                raise
            return _page(visit, error=error)

    def _page(
        visit: Visit,
        seen: SeenView | None = None,
        *,
        number: str = "",
        done: bool = False,
        given: CodeGiven | None = None,
        error: ChengshuError | None = None,
    ) -> Response:
        code = error.status if error else 200
        return console.page(
            visit,
            "sharing_counter",
            code=code,
            seen=seen,
            number=number,
            done=done,
            given=given,
            error=error,
        )


def _add_own(console: Console, routes: APIRouter) -> None:
    """Nobody is signed in here. The code comes in the body of a form only: it stands in no address."""
    view = console.view

    @routes.get("/my-data")
    def door(request: Request) -> Response:
        return _page(console.guest(request))

    @routes.post("/my-data")
    async def read(request: Request) -> Response:
        return await console.in_thread(_read, request, Sent.of(await request.form()))

    @routes.post("/my-data/consent")
    async def consent(request: Request) -> Response:
        return await console.in_thread(_consent, request, Sent.of(await request.form()))

    def _read(request: Request, sent: Sent) -> Response:
        same_origin(request)
        visit, code = console.guest(request), sent.text("code")
        try:
            return _page(visit, view.my_data(code), code=code)
        except ChengshuError as error:
            return _wrong(visit, error)

    def _consent(request: Request, sent: Sent) -> Response:
        same_origin(request)
        visit, code = console.guest(request), sent.text("code")
        try:
            view.my_consent(code, sent.text("resource"), given=sent.text("give") == "yes")
            return _page(visit, view.my_data(code), code=code, done=True)
        except ChengshuError as error:
            return _wrong(visit, error)

    def _wrong(visit: Visit, error: ChengshuError) -> Response:
        if error.status not in (*MENDABLE, 401, 404):
            raise error
        return _page(visit, error=error)

    def _page(
        visit: Visit,
        seen: SeenView | None = None,
        *,
        code: str = "",
        done: bool = False,
        error: ChengshuError | None = None,
    ) -> Response:
        status = error.status if error else 200
        return console.page(visit, "my_data", code=status, seen=seen, secret=code, done=done, error=error)
