"""The pages' JSON twins under ``/api/v1``: the same view models, described by OpenAPI."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter
from starlette.requests import Request

from chengshu.console.model import (
    EventRow,
    EventView,
    HubStatus,
    OrderRow,
    Overview,
    VitalsTree,
    VitalView,
    WarningRow,
    WarningView,
)
from chengshu.console.model.rules import RuleAsk, RulesView, RuleView
from chengshu.console.page import Console

State = Literal["current", "past", "all"]
Scope = Literal["mine", "department", "all"]


def router(console: Console) -> APIRouter:
    """Read endpoints; every one takes ``as_of`` (RFC 3339) and needs a session (cookie or bearer token)."""
    routes = APIRouter(prefix="/api/v1", tags=["hub"])
    view = console.view

    @routes.get("/status")
    def status() -> HubStatus:
        """The hub itself: its clock, the newest position of the change stream, what does not work."""
        return view.status()

    @routes.get("/overview")
    def overview(request: Request, as_of: str | None = None) -> Overview:
        """The state of the whole city."""
        visit = console.visit(request)
        return view.overview(visit.who, visit.as_of)

    @routes.get("/vitals")
    def vitals(request: Request, area: str | None = None, as_of: str | None = None) -> VitalsTree:
        """The tree of vital signs of an area (default: the city)."""
        visit = console.visit(request)
        return view.vitals(visit.who, area, visit.as_of)

    @routes.get("/vitals/{indicator}")
    def vital(
        request: Request,
        indicator: str,
        area: str | None = None,
        hours: float = 6.0,
        as_of: str | None = None,
    ) -> VitalView:
        """One indicator with ``hours`` of history, forecast, thresholds and inputs."""
        visit = console.visit(request)
        return view.vital(visit.who, indicator, area, hours, visit.as_of)

    @routes.get("/warnings")
    def warnings(request: Request, state: State = "current", as_of: str | None = None) -> list[WarningRow]:
        """Warnings, the worst first."""
        visit = console.visit(request)
        return list(view.warnings(visit.who, state, visit.as_of))

    @routes.get("/warnings/{warning}")
    def warning(request: Request, warning: str, as_of: str | None = None) -> WarningView:
        """One warning with its reason and history."""
        visit = console.visit(request)
        return view.warning(visit.who, warning, visit.as_of)

    @routes.get("/events")
    def events(request: Request, state: State = "current", as_of: str | None = None) -> list[EventRow]:
        """Events, the worst first."""
        visit = console.visit(request)
        return list(view.events(visit.who, state, visit.as_of))

    @routes.get("/events/{event}")
    def event(request: Request, event: str, as_of: str | None = None) -> EventView:
        """One event in full: timeline, plan, work orders, assignments, verification, review."""
        visit = console.visit(request)
        return view.event(visit.who, event, visit.as_of)

    @routes.get("/work-orders")
    def work_orders(request: Request, scope: Scope = "all", as_of: str | None = None) -> list[OrderRow]:
        """Work orders, the most urgent first."""
        visit = console.visit(request)
        return list(view.work_orders(visit.who, scope, visit.as_of))

    @routes.get("/work-orders/{order}")
    def work_order(request: Request, order: str, as_of: str | None = None) -> OrderRow:
        """One work order with its history."""
        visit = console.visit(request)
        return view.work_order(visit.who, order, visit.as_of)

    @routes.get("/rules")
    def rules(request: Request, as_of: str | None = None) -> RulesView:
        """Every rule table by the version that holds: cases passed, findings, who signed."""
        visit = console.visit(request)
        return view.rules(visit.who, visit.as_of)

    @routes.get("/rules/{scenario}/{rule}")
    def rule(
        request: Request,
        scenario: str,
        rule: str,
        table: str = "",
        version: str | None = None,
        against: str | None = None,
        as_of: str | None = None,
    ) -> RuleView:
        """One rule: the table, its versions, cases and findings; ``against`` another version what differs."""
        visit = console.visit(request)
        return view.rule(visit.who, scenario, rule, RuleAsk(table, version, against), visit.as_of)

    return routes
