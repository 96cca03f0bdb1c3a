"""The web application: surfaces and console over one hub, health, metrics, and problems for what is wrong."""

from __future__ import annotations

from functools import cache, partial
from typing import Any

from fastapi import Depends, FastAPI, Request
from fastapi.middleware.gzip import GZipMiddleware
from fastapi.responses import JSONResponse, PlainTextResponse, Response
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily

from chengshu import console
from chengshu.app.broker import BrokerParts
from chengshu.app.guard import Guard
from chengshu.app.hub import Hub
from chengshu.app.knowledge import day_in, reader_of
from chengshu.app.problems import add_problems, problem
from chengshu.app.view import View
from chengshu.foundation.journal import last_seq
from chengshu.foundation.sensing import Tokens
from chengshu.kernel.clock import iso
from chengshu.kernel.errors import Missing
from chengshu.surfaces import (
    cap,
    dcat,
    find,
    ingest,
    ngsi_ld,
    ogc_features,
    openlineage,
    sensorthings,
    sharing,
)

VERSION = "0.1.0"
SECURITY = {
    "content-security-policy": "default-src 'self'; img-src 'self' data: blob:; worker-src 'self' blob:; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'self'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "x-frame-options": "DENY",
}


def make_app(hub: Hub, view: View, tokens: Tokens, guard: Guard, broker: BrokerParts) -> FastAPI:
    """The application of a hub."""
    app = FastAPI(
        title="Chengshu 城樞",
        version=VERSION,
        docs_url=None,
        redoc_url=None,
        description="The open intelligent hub for cities. Errors are application/problem+json (RFC 9457).",
    )
    add_problems(app)

    @app.middleware("http")
    async def secure(request: Request, call_next: Any) -> Response:
        response: Response = await call_next(request)
        for name, value in SECURITY.items():
            response.headers.setdefault(name, value)
        return response

    app.add_middleware(GZipMiddleware, minimum_size=1024)  # it leaves event streams alone
    app.include_router(ingest.router(hub.intake, tokens))
    app.include_router(cap.router(hub.vital_queries, hub.city))
    app.include_router(dcat.router(hub.ledger_queries, hub.city, hub.clock, guard.knows))
    app.include_router(sharing.router(hub.sharing.queries, hub.sharing.gate, guard.program))
    lineage = hub.inspection.lineage, hub.inspection.lineage_queries
    app.include_router(openlineage.router(*lineage, hub.clock, lambda request: guard.who(request.scope)))
    _add_search(app, hub, guard)
    _add_entities(app, hub, guard, broker)
    app.include_router(console.router(view))
    _add_health(app, hub)
    _add_pages_for_errors(app, view)
    return app


def _add_search(app: FastAPI, hub: Hub, guard: Guard) -> None:
    """Questions of programs to the ledger and to the documents."""
    room = hub.knowledge
    today = partial(day_in, hub.city.zone, hub.clock)
    ask = partial(reader_of, guard)
    app.include_router(find.router(hub.ledger_search, guard.knows, room.search, room.queries, ask, today))


def _add_entities(app: FastAPI, hub: Hub, guard: Guard, broker: BrokerParts) -> None:
    """The city's entities over NGSI-LD, and read-only over OGC API Features and SensorThings."""
    readers = [Depends(guard.reader)]
    app.include_router(ogc_features.router(broker.queries, hub.clock), dependencies=readers)
    app.include_router(sensorthings.router(broker.queries, hub.clock), dependencies=readers)
    app.mount(ngsi_ld.PREFIX, broker.surface)
    app.router.on_shutdown.append(broker.close_client)
    written = app.openapi

    @cache
    def document() -> dict[str, Any]:
        found, more = written(), ngsi_ld.openapi(broker.surface.operations)
        found["paths"] |= more["paths"]
        for part, members in more.get("components", {}).items():
            found.setdefault("components", {}).setdefault(part, {}).update(members)
        return found

    app.openapi = document  # type: ignore[method-assign]


def _add_pages_for_errors(app: FastAPI, view: View) -> None:
    """Browsers get a page for what a person may meet; programs get the problem."""

    @app.exception_handler(404)
    async def missing(request: Request, error: Exception) -> Response:
        fault = Missing(
            "address-missing",
            f"the address {request.url.path} does not exist",
            remedy="see /openapi.json for the addresses there are",
        )
        if "text/html" in request.headers.get("accept", ""):
            return console.problem_page(view, request, fault)
        return problem(fault.as_problem(), request)


def _add_health(app: FastAPI, hub: Hub) -> None:
    @app.get("/healthz", tags=["operation"], summary="Whether the hub works, part by part")
    def health() -> JSONResponse:
        parts = hub.pump.health()
        ill = [part for part in parts if part.trouble is not None]
        with hub.database.read() as connection:
            seq = last_seq(connection)
        body = {
            "status": "degraded" if ill else "ok",
            "city": hub.city.id,
            "now": iso(hub.clock.now()),
            "seq": seq,
            "parts": [
                {
                    "name": part.name,
                    "offset": part.offset,
                    "lag": part.lag,
                    "behind_s": round(part.behind_s, 3),
                    "trouble": part.trouble.error if part.trouble else None,
                }
                for part in parts
            ],
        }
        return JSONResponse(body, status_code=503 if ill else 200)

    @app.get(
        "/metrics", tags=["operation"], summary="Figures for Prometheus", response_class=PlainTextResponse
    )
    def metrics() -> Response:
        registry = CollectorRegistry()
        registry.register(_Figures(hub))
        return Response(generate_latest(registry), media_type="text/plain; version=0.0.4; charset=utf-8")


class _Figures:
    """What Prometheus is told, read when it asks."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    def collect(self) -> Any:
        """Lag per consumer, troubles, and counts per source."""
        lag = GaugeMetricFamily("chengshu_lag", "changes a consumer has not handled", labels=["part"])
        ill = GaugeMetricFamily("chengshu_trouble", "1 when a part stands still", labels=["part"])
        for part in self._hub.pump.health():
            lag.add_metric([part.name], part.lag)
            ill.add_metric([part.name], float(part.trouble is not None))
        kept = GaugeMetricFamily("chengshu_source_accepted", "observations accepted", labels=["source"])
        aside = GaugeMetricFamily("chengshu_source_quarantined", "records put aside", labels=["source"])
        for item in self._hub.sensing.report():
            kept.add_metric([item.source], item.accepted)
            aside.add_metric([item.source], item.quarantined)
        yield from (lag, ill, kept, aside)
