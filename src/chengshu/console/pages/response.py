"""Events, tasks of the plan, and work orders."""

from __future__ import annotations

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import Response

from chengshu.console.charts import verification_chart
from chengshu.console.page import Console, back_to
from chengshu.console.pages.choices import SCOPES, STATES, VERBS, one_of
from chengshu.kernel.errors import Missing


def router(console: Console) -> APIRouter:
    """The pages that handle things."""
    routes = console.routes()
    view = console.view

    @routes.get("/events")
    def events(request: Request, state: str = "current") -> Response:
        visit = console.visit(request)
        chosen = one_of(STATES, state, "state")
        return console.page(visit, "events", state=chosen, events=view.events(visit.who, chosen, visit.as_of))

    @routes.get("/events/{event}")
    def event(request: Request, event: str) -> Response:
        visit = console.visit(request)
        shown = view.event(visit.who, event, visit.as_of)
        charts = [verification_chart(visit, check) for check in shown.verifications]
        return console.page(visit, "event", event=shown, charts=charts)

    @routes.get("/events/{event}/plan.bpmn")
    def plan(request: Request, event: str) -> Response:
        visit = console.visit(request)
        shown = view.event(visit.who, event, visit.as_of).plan
        if shown is None:
            raise Missing("plan-missing", f"event {event!r} has no plan running", where=event)
        return Response(shown.bpmn, media_type="application/xml", headers={"cache-control": "no-store"})

    @routes.post("/events/{event}/tasks/{task}")
    async def complete(request: Request, event: str, task: str) -> Response:
        form = await request.form()
        answers = {name: value for name, value in form.items() if isinstance(value, str)}
        return await console.in_thread(_complete, request, event, task, answers)

    def _complete(request: Request, event: str, task: str, answers: dict[str, str]) -> Response:
        visit = console.visit(request)
        view.complete_task(visit.writing(), task, answers)
        return back_to(visit, f"/events/{event}")

    @routes.get("/orders")
    def orders(request: Request, scope: str = "mine") -> Response:
        visit = console.visit(request)
        chosen = one_of(SCOPES, scope, "scope")
        return console.page(
            visit, "orders", scope=chosen, orders=view.work_orders(visit.who, chosen, visit.as_of)
        )

    @routes.get("/orders/{order}")
    def order(request: Request, order: str) -> Response:
        visit = console.visit(request)
        return console.page(visit, "order", order=view.work_order(visit.who, order, visit.as_of))

    @routes.post("/orders/{order}/{verb}")
    def step(request: Request, order: str, verb: str, note: str = Form("")) -> Response:
        visit = console.visit(request)
        view.work_order_step(visit.writing(), order, one_of(VERBS, verb, "verb"), note.strip())
        return back_to(visit, f"/orders/{order}")

    return routes
