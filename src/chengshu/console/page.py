"""The frame around every page: templates, security headers, and errors that read like pages."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from functools import cache
from pathlib import Path
from typing import Any, ParamSpec, TypeVar
from urllib.parse import quote

import structlog
from fastapi import APIRouter
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from chengshu.console import charts, faults
from chengshu.console.assets import Assets
from chengshu.console.formats import plainly
from chengshu.console.preferences import Preferences
from chengshu.console.timelines import in_runs
from chengshu.console.view import HubView
from chengshu.console.visit import Visit, receive
from chengshu.console.words import Words
from chengshu.kernel.errors import ChengshuError, Invalid, Missing, Unauthenticated
from chengshu.kernel.levels import WARNING_LEVELS, Level
from chengshu.kernel.texts import LANGUAGES

P = ParamSpec("P")
R = TypeVar("R")
_log = structlog.get_logger(__name__)
POLICY = (
    "default-src 'self'; img-src 'self' data: blob:; worker-src 'self'; object-src 'none'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'self'"
)
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cache-control": "no-store",
}


class Console:
    """Renders pages over a :class:`HubView`; holds nothing that changes."""

    def __init__(self, view: HubView) -> None:
        self.view = view
        self.assets, self._templates = _frame()

    def visit(self, request: Request) -> Visit:
        """Look at the request. Raises Unauthenticated when nobody is signed in."""
        visit = receive(request, self.view)
        visit.who  # noqa: B018  raises when nobody is signed in
        return visit

    def guest(self, request: Request) -> Visit:
        """Look at a request that needs nobody signed in."""
        return receive(request, self.view)

    def page(self, visit: Visit, template: str, *, code: int = 200, **content: Any) -> Response:
        """A whole page, or the one partial that ``?part=`` names (``partials/<page>_<part>.html``)."""
        part = visit.request.query_params.get("part")
        name = f"pages/{template}.html"
        if part is not None:
            name = f"partials/{template}_{part}.html"
            if not part.isidentifier() or name not in self._templates.list_templates(["html"]):
                raise Missing("part-missing", f"the page {template!r} has no part {part!r}", where="part")
        return HTMLResponse(self._render(name, visit, content), code, HEADERS)

    def part(self, visit: Visit, template: str, part: str, **content: Any) -> Response:
        """One partial (``partials/<page>_<part>.html``), for a script that asked for it."""
        return HTMLResponse(self._render(f"partials/{template}_{part}.html", visit, content), 200, HEADERS)

    def _render(self, name: str, visit: Visit, content: dict[str, Any]) -> str:
        return self._templates.get_template(name).render(
            v=visit,
            t=visit.t,
            say=visit.t.say,
            fmt=visit.fmt,
            url=visit.url,
            path=visit.request.url.path,
            **content,
        )

    @staticmethod
    async def in_thread(work: Callable[P, R], *args: P.args, **named: P.kwargs) -> R:
        """Run ``work`` in a worker thread: the view may wait for the database."""
        return await run_in_threadpool(work, *args, **named)

    def problem(self, request: Request, error: ChengshuError) -> Response:
        """An error as a page: what was wrong, where, and what to do; or the way to the sign-in page."""
        if isinstance(error, Unauthenticated) and request.method == "GET":
            back = request.url.path + (f"?{request.url.query}" if request.url.query else "")
            target = f"/sign-in?next={quote(back, safe='')}"
            if request.headers.get("hx-request"):
                return Response(status_code=204, headers={"HX-Redirect": target})
            return RedirectResponse(target, 303)
        preferences = Preferences.of(request)
        words = Words(preferences.language)
        html = self._templates.get_template("pages/problem.html").render(
            error=error,
            status=error.status,
            kind=_problem_kind(error.status),
            t=words,
            preferences=preferences,
            request=request,
        )
        return HTMLResponse(html, error.status, HEADERS)

    def routes(self) -> APIRouter:
        """A router whose routes answer errors with pages and carry the security headers."""
        console = self

        class PageRoute(APIRoute):
            def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
                handle = super().get_route_handler()

                async def handle_page(request: Request) -> Response:
                    try:
                        return await handle(request)
                    except ChengshuError as error:
                        return console.problem(request, error)
                    except RequestValidationError as error:
                        return console.problem(request, _invalid(error))
                    except HTTPException:
                        raise
                    except Exception:
                        _log.exception("console.broken", path=request.url.path)
                        return console.problem(request, _BROKEN)

                return handle_page

        return APIRouter(route_class=PageRoute, include_in_schema=False)


def back_to(visit: Visit, path: str) -> Response:
    """After a command: the page it concerns, freshly read (303 See Other)."""
    return RedirectResponse(visit.url(path), 303)


@cache
def _frame() -> tuple[Assets, Environment]:
    """Static files and templates: the same for every view, and slow enough to load only once."""
    assets = Assets()
    templates = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.globals.update(
        asset=assets.url,
        languages=LANGUAGES,
        levels=WARNING_LEVELS,
        Level=Level,
        spark=charts.spark_path,
        by_key=lambda figures: {figure.key: figure for figure in figures},
    )
    templates.globals.update(in_words=in_words, cure_in_words=cure_in_words)
    templates.globals.update(said=faults.say, said_line=faults.say_line)
    templates.filters["plainly"] = plainly
    templates.filters["in_runs"] = in_runs
    templates.globals["m"] = templates.get_template("partials/macros.html").module
    return assets, templates


def in_words(error: ChengshuError, t: Words) -> str:
    """What was wrong, in the person's language."""
    return faults.told(error, t.language).detail


def cure_in_words(error: ChengshuError, t: Words) -> str:
    """What to do about it, in the person's language."""
    return faults.told(error, t.language).remedy


_BROKEN = ChengshuError("broken", "the hub could not answer", remedy="try again; tell the hub's operators")


def _invalid(error: RequestValidationError) -> Invalid:
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"][1:])
    return Invalid("request", f"{where}: {first['msg']}", where=where)


def _problem_kind(status: int) -> str:
    kinds = {
        401: "denied",
        403: "denied",
        404: "missing",
        409: "conflict",
        422: "invalid",
        503: "unavailable",
    }
    return kinds.get(status, "broken")
