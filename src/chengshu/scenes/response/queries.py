"""What others read: events, orders, units, closures and reviews, now or as of a past moment."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chengshu.foundation import journal
from chengshu.foundation.journal import Entry
from chengshu.kernel.errors import Missing
from chengshu.scenes.response import store
from chengshu.scenes.response.clocks import Running, running
from chengshu.scenes.response.control import actions_in_force
from chengshu.scenes.response.dispatching import whereabouts
from chengshu.scenes.response.ending import Ending, expected_end
from chengshu.scenes.response.means import Means
from chengshu.scenes.response.model import Closure, Event, EventState, Review, Unit, WorkOrder


@dataclass(frozen=True, slots=True)
class Placed:
    """A unit, where it is at the moment asked for, and the order it is busy with."""

    unit: Unit
    lon: float
    lat: float
    order: WorkOrder | None


class ResponseQueries:
    """Reads. ``at`` None is now; a past moment gives everything as it was then."""

    def __init__(self, means: Means) -> None:
        self._means = means

    def events(
        self,
        *,
        scenario: str | None = None,
        states: Iterable[EventState] | None = None,
        at: datetime | None = None,
    ) -> list[Event]:
        """Events in the order they were opened."""
        wanted = None if states is None else set(states)
        with self._means.database.read() as connection:
            if at is None:
                return store.list_events(connection, scenario=scenario, states=wanted)
            found = store.as_of(connection, "event", Event, at)
        return [
            event
            for event in found
            if (scenario is None or event.scenario == scenario) and (wanted is None or event.state in wanted)
        ]

    def event(self, event_id: str, *, at: datetime | None = None) -> Event:
        """One event. Raises :class:`Missing`, also when it was not yet there at that moment."""
        with self._means.database.read() as connection:
            if at is None:
                return store.event(connection, event_id)
            found = store.as_of_one(connection, "event", Event, event_id, at)
        if found is None:
            raise Missing(
                "event-missing", f"event {event_id} did not exist then", remedy="go to a later moment"
            )
        return found

    def orders(
        self,
        *,
        event: str | None = None,
        department: str | None = None,
        unit: str | None = None,
        open_only: bool = False,
        at: datetime | None = None,
    ) -> list[WorkOrder]:
        """Work orders in the order they were created, by event, department and unit."""
        with self._means.database.read() as connection:
            if at is None:
                found = store.list_orders(
                    connection, event_id=event, department=department, open_only=open_only
                )
            else:
                found = store.as_of(connection, "order", WorkOrder, at)
        return [
            order
            for order in found
            if (event is None or order.event == event)
            and (department is None or order.department == department)
            and (unit is None or unit in order.units)
            and (not open_only or order.open)
        ]

    def order(self, order_id: str) -> WorkOrder:
        """One work order. Raises :class:`Missing`."""
        with self._means.database.read() as connection:
            return store.order(connection, order_id)

    def expected_end(self, event: Event, orders: Sequence[WorkOrder], *, at: datetime) -> Ending | None:
        """When the event with these orders is expected to be over, as it looked at ``at``."""
        return expected_end(self._means, event, orders, at)

    def clocks(self, order: WorkOrder) -> list[Running]:
        """The clocks of an order that still run."""
        return running(order)

    def overdue(self, now: datetime | None = None) -> list[WorkOrder]:
        """Open orders with a clock that has run out."""
        moment = now or self._means.clock.now()
        return [order for order in self.orders(open_only=True) if any(c.due < moment for c in running(order))]

    def units(self, *, at: datetime | None = None) -> list[Placed]:
        """Every unit where it is: units on the way lie on their routes."""
        moment = at or self._means.clock.now()
        with self._means.database.read() as connection:
            units = store.list_units(connection) if at is None else store.as_of(connection, "unit", Unit, at)
            orders = (
                store.list_orders(connection, open_only=True)
                if at is None
                else store.as_of(connection, "order", WorkOrder, at)
            )
        by_id = {order.id: order for order in orders}
        placed = []
        for unit in sorted(units, key=lambda item: item.id):
            order = by_id.get(unit.order) if unit.order else None
            lon, lat = whereabouts(unit, order, moment)
            placed.append(Placed(unit, lon, lat, order))
        return placed

    def closures(self, *, at: datetime | None = None) -> list[Closure]:
        """The roads under water."""
        with self._means.database.read() as connection:
            return store.list_closures(connection, at)

    def timeline(self, event_id: str, *, until: datetime | None = None) -> list[Entry]:
        """The journal of an event and its orders, in order."""
        with self._means.database.read() as connection:
            subjects = [event_id, *(order.id for order in store.list_orders(connection, event_id=event_id))]
            entries = [entry for subject in subjects for entry in journal.entries_about(connection, subject)]
        return [entry for entry in sorted(entries, key=lambda e: e.seq) if until is None or entry.at <= until]

    def review(self, event_id: str) -> Review | None:
        """The review of an event, or None while there is none."""
        with self._means.database.read() as connection:
            return store.review(connection, event_id)

    def dispatch(self, scenario: str, *, at: datetime | None = None) -> dict[str, Any] | None:
        """The newest planning round that changed something: made, kept, broken, unserved and why."""
        with self._means.database.read() as connection:
            return store.last_dispatch(connection, scenario, at)

    def actions(self, scenario: str, *, at: datetime | None = None) -> dict[str, float]:
        """What is done to the water, in the twin's words: element → setting, ``mobile:<node>`` → m3/s."""
        moment = at or self._means.clock.now()
        with self._means.database.read() as connection:
            orders = store.list_orders(connection, scenario=scenario)
        return actions_in_force(orders, self._nodes(scenario), moment)

    def _nodes(self, scenario: str) -> dict[str, str]:
        """Site entity → node of the twin, for the declared needs that name one."""
        nodes: dict[str, str] = {}
        book = self._means.playbooks.get(scenario)
        for need in book.declared.needs if book else ():
            for state in self._means.readings.states(type_=need.entity):
                node = state.value(need.node or "swmmId")
                if node:
                    nodes[state.entity.id] = str(node)
        return nodes
