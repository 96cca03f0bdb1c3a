"""What a drill shows: each figure from the hub's own records, held against the truth that nobody acted on.

Warnings are judged against the flooding of the *untouched* truth (the same storm without any action): where
the hub's actions prevent the flooding, the warning was still right. Scores as in forecast verification (WMO):
POD = hits / (hits + misses), FAR = false alarms / (hits + false alarms), CSI = hits / all three.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import Any

from chengshu.app.drill.truth import Flooding
from chengshu.kernel.areas import AreaTree
from chengshu.kernel.clock import iso
from chengshu.scenes.response.model import Event, WorkOrder
from chengshu.scenes.vitals.model import Warning as CityWarning


@dataclass(frozen=True, slots=True)
class SubArea:
    """One area of the finest kind that warnings are raised for, and what came of it.

    ``stood``: the warning still stood when the flooding began; it may have been lifted before because what
    was done had made the flooding unlikely.
    """

    area: str
    first_flood_at: datetime | None
    warned_at: datetime | None
    stood: bool = False

    @property
    def outcome(self) -> str:
        """hit, miss, false_alarm, or quiet."""
        if self.first_flood_at is None:
            return "quiet" if self.warned_at is None else "false_alarm"
        return "hit" if self.warned_at is not None and self.warned_at <= self.first_flood_at else "miss"

    @property
    def lead_time_s(self) -> float | None:
        """Seconds between the first warning and the first flooding; negative when the warning came late."""
        if self.first_flood_at is None or self.warned_at is None:
            return None
        return (self.first_flood_at - self.warned_at).total_seconds()


def first_floods(
    flooding: Flooding, node_area: Mapping[str, str], areas: AreaTree, start: datetime
) -> dict[str, datetime]:
    """When each area (and every area above it) first floods."""
    found: dict[str, datetime] = {}
    for node, seconds in zip(flooding.nodes, flooding.first_s, strict=True):
        if math.isnan(seconds) or node not in node_area:
            continue
        moment = start + timedelta(seconds=float(seconds))
        for area in areas.ancestors(node_area[node]):
            if area not in found or moment < found[area]:
                found[area] = moment
    return found


def sub_areas(
    warnings: Sequence[CityWarning],
    floods: Mapping[str, datetime],
    node_area: Mapping[str, str],
    areas: AreaTree,
    kind: str | None = None,
) -> list[SubArea]:
    """Every area of ``kind`` (none: the finest kind warned of) that holds part of the network."""
    depth = {area.id: len(areas.ancestors(area.id)) for area in areas}
    if kind is None:
        warned = [warning.area for warning in warnings if warning.area in depth]
        kind = areas[max(warned or list(depth), key=lambda area: (depth[area], area))].kind
    holding = {
        area for leaf in set(node_area.values()) for area in areas.ancestors(leaf) if areas[area].kind == kind
    }
    own: dict[str, list[CityWarning]] = {}
    for warning in warnings:
        own.setdefault(warning.area, []).append(warning)
    return [_judged(area, floods.get(area), own.get(area, [])) for area in sorted(holding)]


def _judged(area: str, flood: datetime | None, own: Sequence[CityWarning]) -> SubArea:
    """The warning that counts: the earliest of those that stood when it flooded; where none stood, the last
    one raised before. A warning of the morning that was lifted does not lengthen the evening's lead time."""
    raised = [warning.raised_at for warning in own]
    if flood is None or not any(moment <= flood for moment in raised):
        return SubArea(area, flood, min(raised, default=None))
    standing = [
        warning.raised_at
        for warning in own
        if warning.raised_at <= flood and (warning.cleared_at is None or warning.cleared_at > flood)
    ]
    if standing:
        return SubArea(area, flood, min(standing), stood=True)
    return SubArea(area, flood, max(moment for moment in raised if moment <= flood))


def scores(found: Sequence[SubArea]) -> dict[str, Any]:
    """hits, misses, false alarms and the three scores (None where there is nothing to divide by)."""
    count = {word: sum(item.outcome == word for item in found) for word in ("hit", "miss", "false_alarm")}
    hits, misses, false = count["hit"], count["miss"], count["false_alarm"]
    return {
        "hits": hits,
        "misses": misses,
        "false_alarms": false,
        "pod": _ratio(hits, hits + misses),
        "far": _ratio(false, hits + false),
        "csi": _ratio(hits, hits + misses + false),
    }


def _ratio(part: float, whole: float) -> float | None:
    return round(part / whole, 4) if whole else None


def warning_rows(warnings: Sequence[CityWarning], floods: Mapping[str, datetime]) -> list[dict[str, Any]]:
    """Each warning with its lead time before the first flooding of its area (None: it never flooded)."""
    rows = []
    for warning in sorted(warnings, key=lambda item: (item.raised_at, item.id)):
        flood = floods.get(warning.area)
        rows.append(
            {
                "id": warning.id,
                "indicator": warning.indicator,
                "area": warning.area,
                "level": warning.peak,
                "area_name": warning.area_name,
                "name": warning.name,
                "raised_at": iso(warning.raised_at),
                "cleared_at": iso(warning.cleared_at) if warning.cleared_at else None,
                "acknowledged_at": iso(warning.acknowledged_at) if warning.acknowledged_at else None,
                "first_flood_at": iso(flood) if flood else None,
                "lead_time_s": (flood - warning.raised_at).total_seconds() if flood else None,
            }
        )
    return rows


def event_rows(events: Sequence[Event], orders: Sequence[WorkOrder]) -> list[dict[str, Any]]:
    """Each event with its clocks: first signal → first accepted order, opening → closing."""
    rows = []
    for event in sorted(events, key=lambda item: (item.opened_at, item.id)):
        own = [order for order in orders if order.event == event.id]
        accepted = min((order.accepted_at for order in own if order.accepted_at), default=None)
        signal = event.first_signal_at or event.opened_at
        rows.append(
            {
                "id": event.id,
                "name": event.name,
                "area": event.area,
                "severity": event.severity,
                "highest": event.highest,
                "state": event.state.value,
                "opened_at": iso(event.opened_at),
                "warnings": [joined.id for joined in event.warnings],
                "work_orders": len(own),
                "work_orders_done": sum(order.state.value == "done" for order in own),
                "signal_to_accepted_s": (accepted - signal).total_seconds() if accepted else None,
                "time_to_close_s": (event.closed_at - event.opened_at).total_seconds()
                if event.closed_at
                else None,
                "closed_at": iso(event.closed_at) if event.closed_at else None,
                "closed_by": event.closed_by,
            }
        )
    return rows


def middle(rows: Sequence[Mapping[str, Any]], key: str) -> float | None:
    """The median of ``key`` over the rows that have it."""
    values = [row[key] for row in rows if row[key] is not None]
    return float(median(values)) if values else None


def travel(orders: Sequence[WorkOrder]) -> dict[str, Any]:
    """The ways that crews and trucks really went: metres and seconds, in all and by unit."""
    by_unit: dict[str, dict[str, float]] = {}
    for order in orders:
        if order.route is None or order.arrived_at is None:
            continue
        for unit in order.units:
            own = by_unit.setdefault(unit, {"orders": 0, "length_m": 0.0, "travel_s": 0.0})
            own["orders"] += 1
            own["length_m"] = round(own["length_m"] + order.route.length_m, 1)
            own["travel_s"] = round(own["travel_s"] + order.route.travel_s, 1)
    return {
        "length_m": round(sum(unit["length_m"] for unit in by_unit.values()), 1),
        "travel_s": round(sum(unit["travel_s"] for unit in by_unit.values()), 1),
        "by_unit": dict(sorted(by_unit.items())),
    }


def clocks(orders: Sequence[WorkOrder]) -> dict[str, Any]:
    """How the orders ended, and how many kept the clock of acceptance and arrival."""
    ends: dict[str, int] = {}
    for order in orders:
        ends[order.state.value] = ends.get(order.state.value, 0) + 1
    timed = [
        (order.accept_by, order.accepted_at) for order in orders if order.accept_by and order.accepted_at
    ]
    arrived = [
        (order.arrive_by, order.arrived_at) for order in orders if order.arrive_by and order.arrived_at
    ]
    return {
        "total": len(orders),
        "by_state": dict(sorted(ends.items())),
        "escalations": sum(len(order.escalations) for order in orders),
        "accepted_in_time": _ratio(sum(met <= due for due, met in timed), len(timed)),
        "arrived_in_time": _ratio(sum(met <= due for due, met in arrived), len(arrived)),
    }


def volumes(acted: Flooding, untouched: Flooding) -> dict[str, Any]:
    """Flood volume, flooded nodes and the course of both, with and without the dispatched actions."""
    return {
        "flood_volume_m3": {"with": round(acted.total_m3, 1), "without": round(untouched.total_m3, 1)},
        "flooded_nodes": {"with": len(acted.flooded()), "without": len(untouched.flooded())},
        "avoided_share": _ratio(untouched.total_m3 - acted.total_m3, untouched.total_m3),
        "course": {
            "with": _course(acted),
            "without": _course(untouched),
        },
        "mass_balance_error": {"with": round(acted.error, 6), "without": round(untouched.error, 6)},
    }


def _course(flooding: Flooding, every_s: float = 600.0) -> list[list[float]]:
    """[seconds, m3] every ten minutes."""
    rows: list[list[float]] = []
    due = 0.0
    for moment, volume in zip(flooding.times_s, flooding.course_m3, strict=True):
        if moment >= due:
            rows.append([float(moment), round(float(volume), 1)])
            due = moment + every_s
    return rows
