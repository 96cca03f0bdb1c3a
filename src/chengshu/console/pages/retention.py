"""Retention: what is due and what is held, deletion by two persons, proofs and their check."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote

from fastapi import APIRouter
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from chengshu.console.model import Person
from chengshu.console.page import Console, back_to
from chengshu.console.pages.choices import one_of
from chengshu.console.visit import Visit
from chengshu.kernel.errors import ChengshuError

ACTS = ("propose", "confirm", "withdraw", "hold", "release")
_MENDABLE = (409, 422)  # what the person can put right on the same page


def router(console: Console) -> APIRouter:
    """The pages of retention; they stand before those of the ledger, whose entries may have any name."""
    routes = console.routes()
    view = console.view

    @routes.get("/ledger/retention")
    def retention(request: Request) -> Response:
        return _page(console.visit(request))

    @routes.get("/ledger/retention/deletions/{id_}")
    def deletion(request: Request, id_: str, digest: str = "") -> Response:
        visit = console.visit(request)
        shown = view.deletion(visit.who, id_, digest.strip().lower())
        return console.page(visit, "retention_proof", proof=shown)

    @routes.get("/ledger/retention/{act}")
    def act_page(request: Request, act: str) -> Response:
        one_of(ACTS, act, "act")
        return back_to(console.visit(request), "/ledger/retention")

    @routes.post("/ledger/retention/{act}")
    async def act(request: Request, act: str) -> Response:
        return await console.in_thread(_act, request, act, await request.form())

    def _act(request: Request, act: str, form: FormData) -> Response:
        visit = console.visit(request)
        who = visit.writing()
        try:
            done = _deed(who, one_of(ACTS, act, "act"), lambda name: _text(form, name))
        except ChengshuError as error:
            if error.status not in _MENDABLE:
                raise
            return _page(visit, error)
        return back_to(visit, done)

    def _deed(who: Person, act: str, given: Callable[[str], str]) -> str:
        if act == "confirm":
            return f"/ledger/retention/deletions/{quote(view.confirm_deletion(who, given('proposal')))}"
        if act == "propose":
            view.propose_deletion(who, given("entry"), given("root"), given("why"))
        elif act == "withdraw":
            view.withdraw_deletion(who, given("proposal"))
        elif act == "hold":
            view.hold_data(who, given("entry"), given("reason"), given("law"))
        else:
            view.release_hold(who, given("hold"), given("reason"))
        return "/ledger/retention"

    def _page(visit: Visit, error: ChengshuError | None = None) -> Response:
        shown = view.retention(visit.who)
        code = error.status if error else 200
        return console.page(visit, "retention", code=code, shown=shown, error=error)

    return routes


def _text(form: FormData, name: str) -> str:
    value = form.get(name)
    return value.strip() if isinstance(value, str) else ""
