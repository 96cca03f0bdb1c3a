"""Overview, vital signs and warnings."""

from __future__ import annotations

from typing import Annotated, cast, get_args

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from chengshu.console.charts import vital_chart
from chengshu.console.model.common import ShownLevel
from chengshu.console.page import Console, back_to
from chengshu.console.pages.choices import STATES, one_of, span_hours
from chengshu.console.view import LAYERS, Layer
from chengshu.kernel.errors import Missing


def router(console: Console) -> APIRouter:
    """The pages that show how the city is."""
    routes = console.routes()
    view = console.view

    @routes.get("/")
    def overview(request: Request) -> Response:
        visit = console.visit(request)
        return console.page(visit, "overview", view=view.overview(visit.who, visit.as_of))

    @routes.get("/layers/{name}.geojson")
    def layer(request: Request, name: str) -> Response:
        visit = console.visit(request)
        if name not in get_args(Layer):
            raise Missing(
                "layer-missing",
                f"there is no layer {name!r}",
                where="name",
                remedy=f"use one of {', '.join(LAYERS)}",
            )
        features = view.layer(visit.who, cast(Layer, name), visit.as_of)
        return JSONResponse(
            dict(features), media_type="application/geo+json", headers={"cache-control": "no-store"}
        )

    @routes.get("/vitals")
    def vitals(request: Request, area: str | None = None) -> Response:
        visit = console.visit(request)
        return console.page(visit, "vitals", tree=view.vitals(visit.who, area or None, visit.as_of))

    @routes.get("/vitals/{indicator}")
    def vital(request: Request, indicator: str, area: str | None = None, hours: str = "6") -> Response:
        visit = console.visit(request)
        shown = view.vital(visit.who, indicator, area or None, span_hours(hours), visit.as_of)
        return console.page(
            visit, "vital", vital=shown, hours=span_hours(hours), chart=vital_chart(visit, shown)
        )

    @routes.get("/warnings")
    def warnings(request: Request, state: str = "current") -> Response:
        visit = console.visit(request)
        chosen = one_of(STATES, state, "state")
        rows = view.warnings(visit.who, chosen, visit.as_of)
        waiting: dict[ShownLevel, list[str]] = {}
        for row in rows:
            if row.for_you:
                waiting.setdefault(row.level, []).append(row.id)
        told = request.query_params.get("told", "")
        return console.page(visit, "warnings", state=chosen, warnings=rows, waiting=waiting, told=told)

    @routes.post("/warnings/acknowledge")
    def acknowledge_all(request: Request, warning: Annotated[list[str], Form()]) -> Response:
        visit = console.visit(request)
        done = view.acknowledge_all(visit.writing(), warning, "")
        return back_to(visit, visit.url("/warnings", told=str(done)))

    @routes.get("/warnings/{warning}")
    def warning(request: Request, warning: str) -> Response:
        visit = console.visit(request)
        return console.page(visit, "warning", warning=view.warning(visit.who, warning, visit.as_of))

    @routes.post("/warnings/{warning}/acknowledge")
    def acknowledge(request: Request, warning: str, note: str = Form("")) -> Response:
        visit = console.visit(request)
        view.acknowledge(visit.writing(), warning, note.strip())
        return back_to(visit, f"/warnings/{warning}")

    return routes
