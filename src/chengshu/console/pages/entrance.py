"""Sign-in, first start, account."""

from __future__ import annotations

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from chengshu.console.model import SignedIn
from chengshu.console.page import Console, back_to
from chengshu.console.preferences import SIZES, THEMES, parse_preferences
from chengshu.console.visit import SESSION_COOKIE, Visit, same_origin, session_token
from chengshu.kernel.errors import ChengshuError


def router(console: Console) -> APIRouter:
    """The pages at the door."""
    routes = console.routes()
    view = console.view

    @routes.get("/sign-in")
    def sign_in_page(request: Request, next: str = "/") -> Response:
        visit = console.guest(request)
        if not visit.status.set_up:
            return RedirectResponse("/set-up", 303)
        if visit.person is not None:
            return RedirectResponse(_inside(next), 303)
        return console.page(visit, "sign_in", next=_inside(next), login="", error=None)

    @routes.post("/sign-in")
    def sign_in(
        request: Request, login: str = Form(""), password: str = Form(""), next: str = Form("/")
    ) -> Response:
        same_origin(request)
        visit = console.guest(request)
        try:
            session = view.sign_in(login.strip(), password)
        except ChengshuError as error:
            return console.page(
                visit, "sign_in", code=error.status, next=_inside(next), login=login, error=error
            )
        return _enter(visit, session, _inside(next))

    @routes.post("/sign-out")
    def sign_out(request: Request) -> Response:
        same_origin(request)
        if token := session_token(request):
            view.sign_out(token)
        answer = RedirectResponse("/sign-in", 303)
        answer.delete_cookie(SESSION_COOKIE)
        return answer

    @routes.get("/set-up")
    def set_up_page(request: Request, code: str = "") -> Response:
        visit = console.guest(request)
        if visit.status.set_up and not code:
            return RedirectResponse("/sign-in", 303)
        return console.page(visit, "set_up", given=code, login="", name="", error=None)

    @routes.post("/set-up")
    def set_up(
        request: Request,
        code: str = Form(""),
        login: str = Form(""),
        name: str = Form(""),
        password: str = Form(""),
    ) -> Response:
        same_origin(request)
        visit = console.guest(request)
        try:
            session = view.set_up(code.strip(), login.strip(), name.strip(), password)
        except ChengshuError as error:
            return console.page(
                visit, "set_up", code=error.status, given=code, login=login, name=name, error=error
            )
        return _enter(visit, session, "/")

    @routes.get("/account")
    def account(request: Request) -> Response:
        return _account(console.visit(request))

    @routes.post("/account/password")
    def change_password(request: Request, old: str = Form(""), new: str = Form("")) -> Response:
        visit = console.visit(request)
        try:
            view.change_password(visit.writing(), old, new)
        except ChengshuError as error:
            return _account(visit, error=error)
        return _account(visit, changed=True)

    @routes.post("/preferences")
    def preferences(
        request: Request,
        language: str = Form(...),
        theme: str = Form(...),
        size: str = Form(...),
        next: str = Form("/account"),
    ) -> Response:
        same_origin(request)
        visit = console.guest(request)
        answer = back_to(visit, _inside(next))
        parse_preferences(language, theme, size).write(answer, secure=request.url.scheme == "https")
        return answer

    def _account(visit: Visit, *, error: ChengshuError | None = None, changed: bool = False) -> Response:
        return console.page(
            visit,
            "account",
            code=error.status if error else 200,
            themes=THEMES,
            sizes=SIZES,
            error=error,
            changed=changed,
        )

    return routes


def _enter(visit: Visit, session: SignedIn, target: str) -> Response:
    answer = RedirectResponse(target, 303)
    answer.set_cookie(
        SESSION_COOKIE,
        session.token,
        max_age=round((session.expires_at - visit.status.now).total_seconds()),  # the hub's clock may differ
        httponly=True,
        samesite="lax",
        secure=visit.request.url.scheme == "https",
    )
    return answer


def _inside(target: str) -> str:
    """The address if it lies within the console, else the first page: nobody is led elsewhere."""
    return target if target.startswith("/") and not target.startswith(("//", "/\\")) else "/"
