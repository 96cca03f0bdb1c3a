"""What people and crews may do to events and work orders; ``PERMISSIONS`` names the actions for Access."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from msgspec.structs import replace
from sqlalchemy import Connection

from chengshu.foundation.journal import Actor
from chengshu.kernel.errors import Conflict, Invalid
from chengshu.kernel.reasons import Reason
from chengshu.kernel.texts import Text
from chengshu.scenes.response import store
from chengshu.scenes.response.closing import close_by_person
from chengshu.scenes.response.dispatching import closed_edges, path_between, whereabouts
from chengshu.scenes.response.duty import chain, route
from chengshu.scenes.response.means import Means
from chengshu.scenes.response.model import MOVING, Event, OrderState, Refusal, Unit, WorkOrder
from chengshu.scenes.response.orders import (
    assign_department,
    assign_units,
    give_back,
    must_be,
    recall,
    release,
)
from chengshu.scenes.response.words import CHOSEN, FAILED, REFUSED
from chengshu.scenes.response.writing import put_order, put_unit

PERMISSIONS: Mapping[str, str] = {
    "accept": "accept_work_order",
    "depart": "accept_work_order",
    "arrive": "report_work_order",
    "done": "report_work_order",
    "fail": "report_work_order",
    "refuse": "accept_work_order",
    "assign": "assign_work_order",
    "approve": "assign_work_order",
    "reject": "assign_work_order",
    "cancel": "assign_work_order",
    "close": "close_event",
}
_ACCEPTED = frozenset({OrderState.ACCEPTED, OrderState.EN_ROUTE})
_WORKING = _ACCEPTED | {OrderState.ARRIVED}
_GIVEN = MOVING | {OrderState.ARRIVED}


class Commands:
    """Each command is one transaction: order, unit, plan and journal change together, or nothing does.

    All raise :class:`Missing` for an unknown id and :class:`Conflict` when the order is in another state.
    """

    def __init__(self, means: Means) -> None:
        self._means = means

    def _change(self, order_id: str, work: Callable[[Connection, WorkOrder], WorkOrder]) -> WorkOrder:
        return self._means.database.write(
            lambda connection: work(connection, store.order(connection, order_id))
        )

    def accept(self, order_id: str, actor: Actor) -> WorkOrder:
        """The crew or department takes the order; a unit sets out now, and its arrival is told anew."""
        means = self._means

        def work(connection: Connection, order: WorkOrder) -> WorkOrder:
            must_be(order, frozenset({OrderState.ASSIGNED}), "accepted")
            now = means.clock.now()
            changes: dict[str, Any] = {"state": OrderState.ACCEPTED, "accepted_at": now, "handler": actor.id}
            if order.route is not None:
                changes["route"] = replace(order.route, departs_at=now)
                changes["eta"] = now + timedelta(seconds=round(order.route.travel_s))
            if order.task is not None and means.plans is not None:
                means.plans.claim(order.task, actor, connection=connection)
            return put_order(connection, means, order, "accepted", actor=actor, **changes)

        return self._change(order_id, work)

    def depart(self, order_id: str, actor: Actor) -> WorkOrder:
        """The unit sets out (later than it accepted)."""
        means = self._means

        def work(connection: Connection, order: WorkOrder) -> WorkOrder:
            must_be(order, frozenset({OrderState.ACCEPTED}), "set out for")
            now = means.clock.now()
            changes: dict[str, Any] = {"state": OrderState.EN_ROUTE}
            if order.route is not None:
                changes["route"] = replace(order.route, departs_at=now)
                changes["eta"] = now + timedelta(seconds=round(order.route.travel_s))
            return put_order(connection, means, order, "departed", actor=actor, **changes)

        return self._change(order_id, work)

    def arrive(self, order_id: str, actor: Actor) -> WorkOrder:
        """The unit is at the place."""
        means = self._means

        def work(connection: Connection, order: WorkOrder) -> WorkOrder:
            must_be(order, _ACCEPTED, "arrived at")
            now = means.clock.now()
            if order.lon is not None and order.lat is not None:
                for unit_id in order.units:
                    unit = store.unit(connection, unit_id)
                    put_unit(connection, means, unit, lon=order.lon, lat=order.lat, located_at=now)
            return put_order(
                connection, means, order, "arrived", actor=actor, state=OrderState.ARRIVED, arrived_at=now
            )

        return self._change(order_id, work)

    def done(self, order_id: str, report: Mapping[str, Any], actor: Actor) -> WorkOrder:
        """The work is done, with its report. The plan's task goes on; the event closes by data alone.

        Raises :class:`Invalid` when a required field of the order's form is missing.
        """
        means = self._means

        def work(connection: Connection, order: WorkOrder) -> WorkOrder:
            must_be(order, _WORKING, "reported done")
            _check_report(order, report)
            now = means.clock.now()
            release(connection, means, order)
            kept = put_order(
                connection,
                means,
                order,
                "done",
                actor=actor,
                state=OrderState.DONE,
                ended_at=now,
                report=dict(report),
            )
            if order.task is not None and means.plans is not None:
                means.plans.complete(order.task, dict(report), actor, connection=connection)
            self._again(connection, order)
            return kept

        return self._change(order_id, work)

    def _again(self, connection: Connection, order: WorkOrder) -> None:
        now = self._means.clock.now()
        store.wake(connection, f"dispatch:{order.scenario}", now)
        if order.slot.startswith("inspect:"):
            store.wake(connection, f"verify:{order.event}", now)

    def refuse(self, order_id: str, why: str, actor: Actor) -> WorkOrder:
        """Give the order back with a reason: another unit, or the next body of the duty list, gets it."""
        return self._return(order_id, why, actor, REFUSED, "refused", "free")

    def fail(self, order_id: str, why: str, actor: Actor) -> WorkOrder:
        """It cannot be done (a broken truck): the unit is out of service, the order goes to another.

        A department's order that failed is ended as failed, and the event's lead is told.
        """
        return self._return(order_id, why, actor, FAILED, "failed", "off")

    def _return(
        self, order_id: str, why: str, actor: Actor, words: Text, verb: str, unit_status: str
    ) -> WorkOrder:
        means = self._means
        if not why.strip():
            raise Invalid(
                "reason-missing",
                "an order is not given back without a reason",
                where=order_id,
                remedy="say why in one sentence",
            )
        reason = Reason(f"order.{verb}", words.fill(why=why), {"by": actor.id})

        def work(connection: Connection, order: WorkOrder) -> WorkOrder:
            must_be(order, _GIVEN, verb)
            if order.units:
                at = self._place(connection, order)
                kept = give_back(
                    connection,
                    means,
                    order,
                    reason,
                    by=actor,
                    said=why,
                    at=at,
                    unit_status=unit_status,
                    action="refused",
                )
                store.wake(connection, f"dispatch:{order.scenario}", means.clock.now())
                return kept
            if verb == "failed":
                return self._failed(connection, order, reason, actor)
            return self._next_body(connection, order, reason, actor, why)

        return self._change(order_id, work)

    def _place(self, connection: Connection, order: WorkOrder) -> tuple[float, float]:
        return whereabouts(store.unit(connection, order.units[0]), order, self._means.clock.now())

    def _failed(self, connection: Connection, order: WorkOrder, reason: Reason, actor: Actor) -> WorkOrder:
        means = self._means
        event = store.event(connection, order.event)
        now = means.clock.now()
        order = put_order(
            connection,
            means,
            order,
            "failed",
            actor=actor,
            why=reason,
            state=OrderState.FAILED,
            ended_at=now,
        )
        return put_order(connection, means, order, "escalated", why=reason, extra={"to": event.lead})

    def _next_body(
        self, connection: Connection, order: WorkOrder, reason: Reason, actor: Actor, why: str
    ) -> WorkOrder:
        """The next of the duty list that has not refused: assistants, stand-in, then the bodies above."""
        means = self._means
        duty = route(order.matter, order.area, means.city)
        refused = {refusal.unit for refusal in order.refusals} | {order.department}
        bodies = [duty.lead, *duty.assist, *([duty.fallback] if duty.fallback else [])]
        bodies += chain(order.department, duty.fallback, means.city)
        body = next((body for body in bodies if body not in refused), None)
        if body is None:
            raise Conflict(
                "order-nobody-left",
                "everybody the duty list names has given this order back",
                where=order.id,
                remedy="assign it to a department yourself",
            )
        if order.task is not None and means.plans is not None:
            means.plans.reassign(order.task, body, actor, why, connection=connection)
        refusal = Refusal(unit=order.department, at=means.clock.now(), why=why, by=actor.id)
        return assign_department(
            connection,
            means,
            order,
            body,
            reason,
            actor=actor,
            action="reassigned",
            handler="",
            refusals=(*order.refusals, refusal),
        )

    def assign(
        self,
        order_id: str,
        actor: Actor,
        *,
        why: str,
        units: Sequence[str] = (),
        department: str | None = None,
    ) -> WorkOrder:
        """A person decides who does it, and the hub keeps to it; a unit busy elsewhere is not taken away.

        Raises :class:`Conflict` for a unit that is busy or off, :class:`Invalid` when nobody is named.
        """
        means = self._means
        reason = Reason("order.chosen", CHOSEN.fill(why=why), {"by": actor.id, "units": list(units)})

        def work(connection: Connection, order: WorkOrder) -> WorkOrder:
            if not order.open:
                must_be(order, _GIVEN | {OrderState.CREATED, OrderState.PROPOSED}, "assigned")
            if units:
                return self._give(connection, order, units, actor, reason)
            if department is None:
                raise Invalid(
                    "assignee-missing", "nobody is named", where=order_id, remedy="name units or a department"
                )
            if department not in means.city.departments:
                raise Invalid(
                    "department-unknown",
                    f"there is no department {department!r}",
                    where=order_id,
                    remedy="use an id of departments.yaml",
                )
            release(connection, means, order)
            if order.task is not None and means.plans is not None:
                means.plans.reassign(order.task, department, actor, why, connection=connection)
            return assign_department(
                connection,
                means,
                order,
                department,
                reason,
                actor=actor,
                action="reassigned",
                units=(),
                pinned=True,
            )

        return self._change(order_id, work)

    def _give(
        self, connection: Connection, order: WorkOrder, units: Sequence[str], actor: Actor, reason: Reason
    ) -> WorkOrder:
        means = self._means
        chosen = [store.unit(connection, unit) for unit in units]
        for unit in chosen:
            _must_be_free(unit, order)
        if order.units and order.state in _GIVEN:
            at = self._place(connection, order)
            order = give_back(connection, means, order, reason, by=actor, at=at, action="withdrawn")
            chosen = [store.unit(connection, unit) for unit in units]
        path = None
        if order.lon is not None and order.lat is not None:
            closed = closed_edges(connection, means.roads)
            start = (chosen[0].lon, chosen[0].lat)
            path = path_between(means, start, (order.lon, order.lat), closed, means.clock.now())
        return assign_units(connection, means, order, chosen, path, reason, actor=actor, pinned=True)

    def approve(self, order_id: str, actor: Actor) -> WorkOrder:
        """An officer lets a proposed order go out, as proposed."""
        means = self._means

        def work(connection: Connection, order: WorkOrder) -> WorkOrder:
            must_be(order, frozenset({OrderState.PROPOSED}), "approved")
            reason = Reason.from_dict(order.reason)
            if order.units:
                units = order.units
                order = replace(order, units=(), state=OrderState.CREATED)
                return self._give(connection, order, units, actor, reason)
            return assign_department(connection, means, order, order.department, reason, actor=actor)

        return self._change(order_id, work)

    def reject(self, order_id: str, why: str, actor: Actor) -> WorkOrder:
        """An officer says no to a proposed order."""
        means = self._means

        def work(connection: Connection, order: WorkOrder) -> WorkOrder:
            must_be(order, frozenset({OrderState.PROPOSED}), "rejected")
            reason = Reason("order.rejected", Text.of(why), {"by": actor.id})
            return put_order(
                connection,
                means,
                order,
                "cancelled",
                actor=actor,
                why=reason,
                state=OrderState.CANCELLED,
                ended_at=means.clock.now(),
                report={"rejected": why},
                units=(),
            )

        return self._change(order_id, work)

    def cancel(self, order_id: str, why: str, actor: Actor) -> WorkOrder:
        """A person calls an order off. A task of the plan cannot be called off here: the plan owns it."""
        means = self._means

        def work(connection: Connection, order: WorkOrder) -> WorkOrder:
            must_be(order, _GIVEN | {OrderState.CREATED, OrderState.PROPOSED}, "cancelled")
            if order.task is not None:
                raise Conflict(
                    "order-of-plan",
                    f"work order {order_id} is a step of the plan",
                    where=order_id,
                    remedy="complete it, or give it to another department",
                )
            at = self._place(connection, order) if order.units and order.state in _GIVEN else None
            reason = Reason("order.cancelled", Text.of(why), {"by": actor.id})
            return recall(connection, means, order, reason, actor=actor, at=at)

        return self._change(order_id, work)

    def locate(self, unit_id: str, lon: float, lat: float) -> Unit:
        """A unit says where it is (its own device)."""
        means = self._means

        def work(connection: Connection) -> Unit:
            unit = store.unit(connection, unit_id)
            return put_unit(connection, means, unit, lon=lon, lat=lat, located_at=means.clock.now())

        return means.database.write(work)

    def set_unit(self, unit_id: str, status: str) -> Unit:
        """Put a unit out of service (``off``) or back (``free``). Raises :class:`Conflict` for a busy one."""
        means = self._means
        if status not in ("free", "off"):
            raise Invalid(
                "unit-status", f"{status!r} is no status to set", where=unit_id, remedy="use free or off"
            )

        def work(connection: Connection) -> Unit:
            unit = store.unit(connection, unit_id)
            if unit.order is not None:
                raise Conflict(
                    "unit-busy",
                    f"unit {unit_id} is busy with {unit.order}",
                    where=unit_id,
                    remedy="let it give the order back first",
                )
            kept = put_unit(connection, means, unit, status=status)
            for scenario in means.playbooks:
                store.wake(connection, f"dispatch:{scenario}", means.clock.now())
            return kept

        return means.database.write(work)

    def close(self, event_id: str, why: str, actor: Actor) -> Event:
        """A person closes an event without waiting for the data; the record says who and why."""
        if not why.strip():
            raise Invalid(
                "reason-missing",
                "an event is not closed by hand without a reason",
                where=event_id,
                remedy="say why in one sentence",
            )
        means = self._means
        return means.database.write(lambda c: close_by_person(c, means, event_id, actor, why))


def _must_be_free(unit: Unit, order: WorkOrder) -> None:
    if unit.status == "off" or unit.order not in (None, order.id):
        busy = "out of service" if unit.status == "off" else f"busy with {unit.order}"
        raise Conflict(
            "unit-busy",
            f"unit {unit.id} is {busy}",
            where=order.id,
            remedy="choose another, or free it first",
        )


def _check_report(order: WorkOrder, report: Mapping[str, Any]) -> None:
    """Raise :class:`Invalid` when the report lacks a required field of the form."""
    for field in order.form:
        if not isinstance(field, Mapping):
            continue
        key = field.get("name") or field.get("id")
        if field.get("required") in (True, "true") and report.get(str(key)) in (None, ""):
            raise Invalid("report-field", f"the report lacks {key!r}", where=order.id, remedy="fill it in")
