"""What has really been done to the water, from the changes that tell it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from chengshu.foundation.twins.model import Taken
from chengshu.ports.runtime import Change
from chengshu.ports.twin import Action, TwinSpec

MOBILE = "mobile:"

#: Reads actions out of a change (of kinds it was asked for); handed in by whoever knows the change's body.
ReadTaken = Callable[[Change], Sequence[Taken]]


def from_work_orders(node_of: Mapping[str, str]) -> ReadTaken:
    """Reads the bodies of ``work_order.*``: a pump truck that has arrived pumps until its order ends, and a
    setting counts from when its order is done. ``node_of`` names the model node of a site's entity."""

    def read(change: Change) -> Sequence[Taken]:
        order = change.payload.get("work_order")
        if not isinstance(order, Mapping):
            return ()
        return _of_order(order, change.at, node_of)

    return read


def _of_order(order: Mapping[str, Any], at: datetime, node_of: Mapping[str, str]) -> Sequence[Taken]:
    state, by = str(order.get("state")), str(order.get("id"))
    setting = order.get("setting")
    if isinstance(setting, Mapping):
        done = state == "done"
        return (Taken(str(setting["element"]), float(setting["value"]), by, at),) if done else ()
    node = node_of.get(str(order.get("site")))
    capacity = float(order.get("capacity") or 0.0)
    if node is None or capacity <= 0:
        return ()
    if state == "arrived":
        return (Taken(f"{MOBILE}{node}", capacity, by, at),)
    if state in ("done", "failed", "cancelled", "assigned", "created"):
        return (Taken(f"{MOBILE}{node}", None, by, at),)
    return ()


def in_force(taken: Iterable[Taken], at: datetime) -> dict[str, float | None]:
    """Element → value at ``at``. Trucks at one node add up; of a fixed element the newest word counts."""
    holders: dict[str, dict[str, float | None]] = {}
    for one in sorted(taken, key=lambda t: t.at):  # stable: equal times stay in the order they were told
        if one.at > at:
            break
        by = one.by if one.element.startswith(MOBILE) else ""
        holders.setdefault(one.element, {})[by] = one.value
    return {element: _together(element, values) for element, values in holders.items()}


def _together(element: str, values: Mapping[str, float | None]) -> float | None:
    if element.startswith(MOBILE):
        return round(sum(value for value in values.values() if value is not None), 6)
    return next(iter(values.values()))


def actions_between(
    taken: Sequence[Taken], start: datetime, end: datetime, spec: TwinSpec
) -> tuple[Action, ...]:
    """The actions of a run from ``start`` to ``end``: all in force at its start, then each change within.

    Elements the twin does not have are left out; flows are cut to what is possible at the node. What is given
    back within the run is given back at the start of the next one.
    """
    moments = [start, *sorted({one.at for one in taken if start < one.at < end})]
    actions: list[Action] = []
    before: dict[str, float | None] = {}
    for moment in moments:
        values = in_force(taken, moment)
        for element in sorted(values):
            value = values[element]
            actuator = spec.actuator(element)
            if actuator is None or (element in before and before[element] == value):
                continue
            after = int((moment - start).total_seconds())
            if value is None and after:
                continue
            bounded = None if value is None else min(max(value, actuator.low), actuator.high)
            actions.append(Action(element, bounded, after))
        before = values
    return tuple(actions)
