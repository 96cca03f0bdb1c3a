"""Which unit goes where: the routing problem made of needs and units, and its answer with reasons. Pure.

Commitments are kept first: the plan with all of them kept is weighed against a free one, and the free
one wins only when it gains more than ``switch_gain`` seconds' worth for each commitment it breaks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from chengshu.foundation.roads import RoadGraph
from chengshu.ports.routing import (
    UNREACHABLE,
    RouteSolver,
    RoutingPlan,
    RoutingProblem,
    Vehicle,
    Visit,
    explain,
)
from chengshu.scenes.response.declared import Dispatch

_ACCESS_MS = 5.0  # metres a second between a place and the road node it is reached from


@dataclass(frozen=True, slots=True)
class Want:
    """One slot to fill: a place, what it takes, what it is worth (in the need's own unit)."""

    slot: str
    order_kind: str
    unit_type: str
    skills: frozenset[str]
    lon: float
    lat: float
    worth: float
    stays: bool
    site_s: int
    not_units: frozenset[str] = frozenset()
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Hand:
    """A unit that can be sent: where it is now. ``slot`` is the commitment it is on the way to."""

    id: str
    type: str
    skills: frozenset[str]
    lon: float
    lat: float
    capacity: float
    slot: str | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """One assignment and why: seconds of travel, what it is worth, who else could have gone."""

    slot: str
    unit: str
    travel_s: int
    kept: bool
    alternatives: tuple[dict[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """The whole round. ``broken``: commitments given up, slot → why. ``unserved``: slot → why."""

    choices: tuple[Choice, ...]
    unserved: Mapping[str, str]
    broken: Mapping[str, str]
    objective: int
    greedy: int | None = None


def assign(
    wants: Sequence[Want],
    hands: Sequence[Hand],
    closed: frozenset[int],
    roads: RoadGraph,
    solver: RouteSolver,
    rule: Dispatch,
) -> Answer:
    """Solve one round. A unit gets at most one order now; later stops of a tour are planned again then."""
    if not wants:
        return Answer((), {}, {}, 0)
    problem = _problem(wants, hands, closed, roads, rule)
    held = {hand.id: hand.slot for hand in hands if hand.slot is not None}
    cut = {unit: slot for unit, slot in held.items() if not _can_reach(problem, unit, slot)}
    kept = {unit: slot for unit, slot in held.items() if unit not in cut}
    plan = solver.solve(_pinned(problem, kept))
    if kept:
        free = solver.solve(problem)
        broken = {slot for unit, slot in kept.items() if _first(free).get(unit) != slot}
        if broken and plan.objective - free.objective > rule.switch_gain * len(broken):
            plan = free
    first = _first(plan)
    choices = tuple(
        _choice(problem, unit, slot, held.get(unit) == slot, first) for unit, slot in sorted(first.items())
    )
    served = set(first.values())
    visits = {visit.id: visit for visit in problem.visits}
    unserved = {
        want.slot: explain(problem, visits[want.slot]).value for want in wants if want.slot not in served
    }
    given_up = {
        slot: "unreachable" if unit in cut else "not_worth"
        for unit, slot in held.items()
        if first.get(unit) != slot
    }
    return Answer(choices, unserved, given_up, plan.objective)


def _first(plan: RoutingPlan) -> dict[str, str]:
    return {tour.vehicle: tour.stops[0].visit for tour in plan.tours}


def _problem(
    wants: Sequence[Want], hands: Sequence[Hand], closed: frozenset[int], roads: RoadGraph, rule: Dispatch
) -> RoutingProblem:
    snaps = [roads.snap(hand.lon, hand.lat) for hand in hands]
    snaps += [roads.snap(want.lon, want.lat) for want in wants]
    nodes = [snap.node for snap in snaps]
    travel = roads.travel(nodes, nodes, closed)
    access = np.array([round(snap.away_m / _ACCESS_MS) for snap in snaps], dtype=np.int64)
    travel = np.where(travel == UNREACHABLE, UNREACHABLE, travel + access[:, None] + access[None, :])
    np.fill_diagonal(travel, 0)
    horizon = int(rule.horizon.total_seconds())
    longest = int(rule.max_travel.total_seconds())
    everyone = {hand.id for hand in hands}
    vehicles = tuple(
        Vehicle(
            hand.id,
            index,
            hand.skills
            | {f"type:{hand.type}"}
            | {f"may:{w.slot}" for w in wants if hand.id not in w.not_units},
        )
        for index, hand in enumerate(hands)
    )
    visits = tuple(
        Visit(
            want.slot,
            len(hands) + index,
            service_s=horizon if want.stays else want.site_s,
            latest=longest if want.stays else horizon,
            skills=want.skills
            | {f"type:{want.unit_type}"}
            | ({f"may:{want.slot}"} if want.not_units & everyone else set()),
            prize=max(1, round(want.worth * rule.prize_seconds)),
        )
        for index, want in enumerate(wants)
    )
    return RoutingProblem(travel, vehicles, visits, rule.iterations, rule.seed)


def _can_reach(problem: RoutingProblem, unit: str, slot: str) -> bool:
    vehicle = next(vehicle for vehicle in problem.vehicles if vehicle.id == unit)
    visit = next((visit for visit in problem.visits if visit.id == slot), None)
    return visit is not None and problem.travel[vehicle.start, visit.location] != UNREACHABLE


def _pinned(problem: RoutingProblem, kept: Mapping[str, str]) -> RoutingProblem:
    """The problem in which commitments are fixed: the unit does only that, and nobody else may."""
    if not kept:
        return problem
    slots = set(kept.values())
    free = frozenset(visit.id for visit in problem.visits if visit.id not in slots)
    vehicles = tuple(
        replace(vehicle, only=frozenset({kept[vehicle.id]}) if vehicle.id in kept else free)
        for vehicle in problem.vehicles
    )
    visits = tuple(
        replace(visit, prize=None, latest=10**7 - 1) if visit.id in slots else visit
        for visit in problem.visits
    )
    return replace(problem, vehicles=vehicles, visits=visits)


def _choice(problem: RoutingProblem, unit: str, slot: str, kept: bool, first: Mapping[str, str]) -> Choice:
    vehicle = next(vehicle for vehicle in problem.vehicles if vehicle.id == unit)
    visit = next(visit for visit in problem.visits if visit.id == slot)
    travel = int(problem.travel[vehicle.start, visit.location])
    others = []
    for other in problem.vehicles:
        if other.id == unit:
            continue
        seconds = int(problem.travel[other.start, visit.location])
        if not visit.skills <= other.skills:
            continue  # never a candidate
        if seconds == UNREACHABLE:
            why = "unreachable"
        elif (elsewhere := first.get(other.id)) is not None:
            why = f"sent to {elsewhere}"
        else:
            why = f"{seconds - travel:+d} s"
        others.append({"unit": other.id, "travel_s": None if seconds == UNREACHABLE else seconds, "why": why})
    others.sort(key=lambda item: (item["travel_s"] is None, item["travel_s"] or 0, item["unit"]))
    return Choice(slot, unit, travel, kept, tuple(others[:3]))
