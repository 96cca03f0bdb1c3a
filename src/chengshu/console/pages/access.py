"""Who may come in: people, programs, keys of sources."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from chengshu.console.model.access import Secret
from chengshu.console.page import Console, back_to
from chengshu.console.pages.choices import one_of
from chengshu.console.view_access import ACCESS_ACTS
from chengshu.console.visit import Visit
from chengshu.kernel.errors import ChengshuError

_MOST = 50  # fields of a form


def router(console: Console) -> APIRouter:
    """The page of those who let others in."""
    routes = console.routes()
    view = console.view

    @routes.get("/access")
    def access(request: Request) -> Response:
        return _page(console.visit(request))

    @routes.post("/access/{act}")
    async def act(request: Request, act: str) -> Response:
        visit = await console.in_thread(console.visit, request)
        chosen = one_of(ACCESS_ACTS, act, "act")
        async with request.form(max_files=0, max_fields=_MOST) as form:
            given = {name: str(value).strip() for name, value in form.items()}
            rights = [str(value) for value in form.getlist("rights")]
        try:
            secret = await console.in_thread(view.access_act, visit.writing(), chosen, given, rights)
        except ChengshuError as error:
            return await console.in_thread(_page, visit, error=error, given=given)
        if secret is None:
            return back_to(visit, "/access")
        return await console.in_thread(_page, visit, secret=secret)

    def _page(
        visit: Visit,
        *,
        error: ChengshuError | None = None,
        secret: Secret | None = None,
        given: Mapping[str, Any] | None = None,
    ) -> Response:
        return console.page(
            visit,
            "access",
            code=error.status if error else 200,
            access=view.access(visit.who),
            error=error,
            secret=secret,
            given=given or {},
            link=str(visit.request.base_url).rstrip("/"),
        )

    return routes
