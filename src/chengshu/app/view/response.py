"""The view's reading of the response: events, plans, work orders, assignments, reviews."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal

from chengshu.app.view import words
from chengshu.app.view.base import Base, reason
from chengshu.console import model as shown
from chengshu.console.model.response import OrderState as ShownState
from chengshu.foundation.processes import Task, queries
from chengshu.kernel.levels import Level
from chengshu.kernel.texts import Text
from chengshu.scenes.response import SHARING, Event, EventState, OrderState, Review, WorkOrder

_STATE: dict[OrderState, ShownState] = {
    OrderState.PROPOSED: "created",
    OrderState.CREATED: "created",
    OrderState.ASSIGNED: "assigned",
    OrderState.ACCEPTED: "accepted",
    OrderState.EN_ROUTE: "accepted",
    OrderState.ARRIVED: "arrived",
    OrderState.DONE: "done",
    OrderState.FAILED: "refused",
    OrderState.CANCELLED: "cancelled",
}
_VERBS: dict[OrderState, tuple[shown.OrderVerb, ...]] = {
    OrderState.ASSIGNED: ("accept", "refuse"),
    OrderState.ACCEPTED: ("arrive", "done", "refuse"),
    OrderState.EN_ROUTE: ("arrive", "done", "refuse"),
    OrderState.ARRIVED: ("done", "refuse"),
}
_ACTION = {
    "accept": "accept_work_order",
    "refuse": "accept_work_order",
    "arrive": "report_work_order",
    "done": "report_work_order",
}


class Responses(Base):
    """Events and work orders, now or at a past moment."""

    def event_row(self, event: Event, orders: Sequence[WorkOrder], now: datetime) -> shown.EventRow:
        """An event in a list."""
        own = [
            order
            for order in self.hub.response.queries.orders(event=event.id, at=None)
            if order.created_at <= now
        ]
        running = [order for order in own if order.open]
        late = sum(
            any(clock.due < now for clock in self.hub.response.queries.clocks(order)) for order in running
        )
        end = self.hub.response.queries.expected_end(event, own, at=now)
        return shown.EventRow(
            event.id,
            Text.of(event.name),
            event.scenario,
            self.scenario(event.scenario),
            self.area(event.area),
            Level.parse(event.severity),
            _event_state(event),
            event.opened_at,
            self.department(event.lead),
            sum(order.state is OrderState.DONE for order in own),
            len(own),
            late,
            end.at if end else None,
            event.closed_at,
            len(event.warnings),
            end.basis if end else None,
            end.beyond if end else False,
        )

    def events(
        self, person: shown.Person, state: Literal["current", "past", "all"], as_of: datetime | None
    ) -> Sequence[shown.EventRow]:
        """Events by state, the newest first."""
        now = as_of or self.means.clock.now()
        found = self.hub.response.queries.events(at=as_of)
        wanted = [
            event
            for event in found
            if state == "all" or (event.state is EventState.CLOSED) == (state == "past")
        ]
        return [self.event_row(event, (), now) for event in reversed(wanted)]

    def event(self, person: shown.Person, event: str, as_of: datetime | None) -> shown.EventView:
        """One event in full."""
        now = as_of or self.means.clock.now()
        found = self.hub.response.queries.event(event, at=as_of)
        orders = self.hub.response.queries.orders(event=event, at=as_of)
        timeline = tuple(
            self.line(entry)
            for entry in self.hub.response.queries.timeline(event, until=now)
            if entry.action in words.TYPES and entry.action != "event.updated"  # the page shows what changed
        )
        review = self.hub.response.queries.review(event)
        why = reason(found.severity_reason)
        return shown.EventView(
            self.event_row(found, orders, now),
            now,
            why.text if why else Text(),
            timeline,
            tuple(self.order_row(order, person, now) for order in orders),
            tuple(self._assignment(order) for order in orders if order.units and order.assigned_at),
            tuple(
                (item.id, self.signal(item.indicator, item.area), Level.parse(item.level))
                for item in found.warnings
            ),
            self._plan(found, person, as_of, now),
            self._verifications(found, now),
            self._review(review) if review and review.written_at <= now else None,
            self._bounds(found),
            self._matter(found),
        )

    def _matter(self, event: Event) -> tuple[str, Text] | None:
        """Where an event of no scenario is decided."""
        if event.scenario != SHARING or not event.entities:
            return None
        return f"/sharing/requests/{event.entities[0]}", words.DECIDE_HERE

    def _bounds(self, event: Event) -> tuple[float, float, float, float] | None:
        shapes = [self.city.areas[name].shape for name in event.areas if name in self.city.areas]
        boxes = [shape.bounds for shape in shapes if shape is not None]
        if not boxes:
            return None
        return (
            min(b[0] for b in boxes),
            min(b[1] for b in boxes),
            max(b[2] for b in boxes),
            max(b[3] for b in boxes),
        )

    def _assignment(self, order: WorkOrder) -> shown.Assignment:
        why = reason(order.reason)
        assert why is not None and order.assigned_at is not None  # noqa: S101  assigned orders have both
        others = [self._alternative(item, order.assigned_at) for item in why.inputs.get("alternatives", ())]
        return shown.Assignment(
            order.id,
            order.units[0],
            self.thing(order.units[0]),
            self._place(order),
            why,
            order.assigned_at,
            order.eta,
            order.route.length_m if order.route else None,
            tuple(others),
        )

    def _alternative(self, item: Mapping[str, Any], at: datetime) -> shown.Alternative:
        seconds = item.get("travel_s")
        eta = at + timedelta(seconds=float(seconds)) if isinstance(seconds, int | float) else None
        why = item.get("why") or item.get("why_not") or ""
        return shown.Alternative(self.thing(str(item.get("unit", ""))), eta, Text.of(why))

    def _plan(
        self, event: Event, person: shown.Person, as_of: datetime | None, now: datetime
    ) -> shown.PlanView | None:
        if event.process is None:
            return None
        with self.hub.database.read() as connection:
            picture = queries.picture(connection, event.process, as_of)
            tasks = queries.tasks(
                connection, instance_id=event.process, states=("open", "claimed", "done", "cancelled")
            )
        deployed = next(
            item
            for item in self._definitions()
            if (item.key, item.version) == (picture.instance.key, picture.instance.version)
        )
        return shown.PlanView(
            picture.instance.key,
            str(picture.instance.version),
            deployed.name,
            picture.source.decode("utf-8"),
            picture.active,
            picture.completed,
            tuple(mark.element for mark in picture.marks if mark.outcome == "failed"),
            tuple(self._task(task, person, now) for task in tasks if task.created_at <= now),
        )

    def _definitions(self) -> Sequence[Any]:
        with self.hub.database.read() as connection:
            return queries.definitions(connection)

    def _task(self, task: Task, person: shown.Person, now: datetime) -> shown.TaskRow:
        state: dict[str, Literal["open", "claimed", "completed", "cancelled"]] = {
            "open": "open",
            "claimed": "claimed",
            "done": "completed",
            "cancelled": "cancelled",
        }
        overdue = task.state in ("open", "claimed") and task.due is not None and task.due < now
        return shown.TaskRow(
            task.id,
            task.element,
            task.name,
            self.department(task.department),
            state.get(task.state, "open"),
            task.created_at,
            task.due,
            overdue,
            self.may(
                person, "complete_task", "task", task.id, department=task.department, assignee=task.assignee
            ),
            words.TASK_EFFECT,
            tuple(_field(item) for item in task.fields),
            self.who(task.assignee)
            if task.assignee and not task.assignee.startswith("department:")
            else None,
            task.finished_at,
        )

    def _verifications(self, event: Event, now: datetime) -> tuple[shown.VerificationView, ...]:
        """The closing condition as it was last looked at, and the readings it saw."""
        closing = event.closing
        if not closing:
            return ()
        book = self.hub.response.means.playbooks.get(event.scenario)
        dwell = book.declared.closing.dwell.total_seconds() if book else 0.0
        held = (now - event.calm_since).total_seconds() if event.calm_since else 0.0
        why = reason(closing.get("reason"))
        values = [
            float(value) for value in closing.get("values", {}).values() if isinstance(value, int | float)
        ]
        samples = self._evidence(event, now)
        limit = self.city.scenarios[event.scenario].settings.get("closing.ponding", 0.0)
        return (
            shown.VerificationView(
                words.VERIFY_NAME,
                why.text if why else Text(),
                "m",
                float(limit),
                dwell,
                min(held, dwell),
                event.verified_at is not None,
                samples or ((now, max(values, default=None)),),
                words.DATA,
            ),
        )

    def _evidence(self, event: Event, now: datetime) -> tuple[tuple[datetime, float | None], ...]:
        """The deepest water on the roads of the event's areas since it opened, minute by minute."""
        wanted = {
            item.id
            for item in self.hub.context.series.of("Underpass", "pondingDepth")
            if any(area in event.areas for area in self.city.areas.ancestors(item.area or self.root))
        }
        if not wanted:
            return ()
        table = self.hub.history.rows(sorted(wanted), event.opened_at - timedelta(hours=1), now)
        deepest: dict[datetime, float] = {}
        for at, value in zip(table["observed_at"].to_pylist(), table["value"].to_pylist(), strict=True):
            stamp = at.replace(second=0, microsecond=0) - timedelta(minutes=at.minute % 5)
            deepest[stamp] = max(value, deepest.get(stamp, 0.0))
        return tuple(sorted(deepest.items()))

    def _review(self, review: Review) -> shown.ReviewView:
        figures = [
            shown.Figure(key, Text.of(key.replace("_", " ")), float(value), _unit(key))
            for key, value in review.figures.items()
            if isinstance(value, int | float)
        ]
        for key, value in (review.volumes or {}).items():
            if isinstance(value, int | float):
                figures.append(
                    shown.Figure(key, Text.of(key.replace("_", " ")), round(float(value), 1), "m3")
                )
        sections = tuple((words.LESSONS, Text.of(lesson.text)) for lesson in review.lessons)
        return shown.ReviewView(review.written_at, tuple(figures), sections)

    def work_orders(
        self, person: shown.Person, scope: Literal["mine", "department", "all"], as_of: datetime | None
    ) -> Sequence[shown.OrderRow]:
        """Work orders, the most urgent first; those finished in the last day at the end."""
        now = as_of or self.means.clock.now()
        account = self.account(person)
        found = [
            order
            for order in self.hub.response.queries.orders(at=as_of)
            if order.open or (order.ended_at and now - order.ended_at < timedelta(days=1))
        ]
        if scope == "mine" and account.unit:
            found = [order for order in found if account.unit in order.units]
        elif scope in ("mine", "department") and "*" not in account.departments:
            found = [order for order in found if order.department in account.departments]
        far = now + timedelta(days=365)
        found.sort(key=lambda order: (not order.open, _due(order) or far, order.id))
        return [self.order_row(order, person, now) for order in found]

    def work_order(self, person: shown.Person, order: str, as_of: datetime | None) -> shown.OrderRow:
        """One work order with its history."""
        return self.order_row(
            self.hub.response.queries.order(order), person, as_of or self.means.clock.now(), True
        )

    def order_row(
        self, order: WorkOrder, person: shown.Person, now: datetime, full: bool = False
    ) -> shown.OrderRow:
        """A work order with everything a crew needs."""
        event = self.hub.response.queries.event(order.event)
        actions = tuple(
            shown.OrderAction(
                verb,
                self.may(
                    person,
                    _ACTION[verb],
                    "work_order",
                    order.id,
                    department=order.department,
                    area=order.area,
                    units=order.units,
                ),
                words.VERBS[verb],
            )
            for verb in _VERBS.get(order.state, ())
            if verb != "arrive" or order.units
        )
        history: tuple[shown.TimelineItem, ...] = ()
        if full:
            from chengshu.foundation.journal import entries_about

            with self.hub.database.read() as connection:
                history = tuple(
                    self.line(entry) for entry in entries_about(connection, order.id) if entry.at <= now
                )
        due = _due(order)
        return shown.OrderRow(
            order.id,
            order.event,
            Text.of(event.name),
            Text.of(order.name),
            order.department,
            self.department(order.department),
            _STATE[order.state],
            Level.parse(event.severity),
            order.created_at,
            self._place(order),
            order.open and due is not None and due < now,
            due,
            tuple(self.thing(unit) for unit in order.units),
            order.lon,
            order.lat,
            order.eta,
            order.route.length_m if order.route else None,
            _instruction(order),
            reason(order.reason),
            actions,
            history,
        )

    def _place(self, order: WorkOrder) -> Text:
        area = self.area(order.area).name
        if not order.site:
            return area
        site = self.thing(order.site)
        return Text(
            f"{site.en}, {area.en}", f"{area.zh_hans} {site.zh_hans}", f"{area.zh_hant} {site.zh_hant}"
        )


def _event_state(event: Event) -> Literal["open", "responding", "verifying", "closed", "reviewed"]:
    if event.state is EventState.CLOSED:
        return "reviewed" if event.reviewed_at else "closed"
    if event.state is EventState.VERIFIED or event.calm_since:
        return "verifying"
    return "responding" if event.process else "open"


def _due(order: WorkOrder) -> datetime | None:
    """The clock that runs now: until accepted, until arrived, until done."""
    if order.accepted_at is None:
        return order.accept_by
    if order.arrived_at is None and order.arrive_by is not None:
        return order.arrive_by
    return order.done_by


def _instruction(order: WorkOrder) -> Text:
    if order.setting is None:
        return Text()
    value = order.setting.get("value")
    if order.units:
        return Text(f"Pump {value} m³/s", f"抽排 {value} m³/s", f"抽排 {value} m³/s")
    return Text(f"Set to {value}", f"设定为 {value}", f"設定為 {value}")


def _field(item: Any) -> shown.FormField:
    kinds: dict[str, Literal["text", "longtext", "number", "boolean", "choice"]] = {
        "number": "number",
        "boolean": "boolean",
        "choice": "choice",
    }
    choices = tuple((str(choice), Text.of(str(choice))) for choice in item.choices)
    return shown.FormField(item.name, item.label, kinds.get(item.type, "text"), item.required, choices)


def _unit(key: str) -> str:
    return "s" if key.endswith("_s") else "m" if key.endswith("_m") else "m3" if key.endswith("_m3") else "1"
