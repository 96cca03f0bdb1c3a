"""Who goes where: the routing problem, its answer, and what every solver must keep.

Times are whole seconds from the start of the plan. Locations are rows of the travel-time matrix.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

import numpy as np
import numpy.typing as npt

UNREACHABLE = -1  # in a travel-time matrix: there is no way, as things stand
FAR = 10**7  # seconds; the end of an open time window


@dataclass(frozen=True, slots=True)
class Vehicle:
    """A unit: where it is, from when it can leave, what it can do, how much it carries.

    ``only`` restricts it to these visits (a commitment to keep); None leaves it free. It does not return.
    """

    id: str
    start: int
    skills: frozenset[str] = frozenset()
    capacity: int | None = None
    available_from: int = 0
    available_until: int = FAR
    only: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Visit:
    """A place to be served once. ``prize`` in seconds of travel it is worth; None: it must be served.

    ``earliest``..``latest`` bounds the start of the service; ``release`` the departure of the vehicle.
    """

    id: str
    location: int
    service_s: int = 0
    demand: int = 0
    earliest: int = 0
    latest: int = FAR
    release: int = 0
    skills: frozenset[str] = frozenset()
    prize: int | None = None


@dataclass(frozen=True, slots=True)
class RoutingProblem:
    """``travel[i, j]`` is the travel time from i to j, or UNREACHABLE. ``iterations`` is the whole budget:
    the same problem gives the same answer on a busy machine and on a quiet one.

    ``home`` makes vehicles return to their start, and its travel time counts (the benchmark instances do).
    """

    travel: npt.NDArray[np.int64]
    vehicles: tuple[Vehicle, ...]
    visits: tuple[Visit, ...]
    iterations: int = 400
    seed: int = 1
    home: bool = False


@dataclass(frozen=True, slots=True)
class Stop:
    """One visit of a tour, seconds from the start of the plan."""

    visit: str
    arrive: int
    start: int
    leave: int


@dataclass(frozen=True, slots=True)
class Tour:
    """What one vehicle does, in order; ``travel_s`` is the time it drives."""

    vehicle: str
    stops: tuple[Stop, ...]
    travel_s: int


class Why(StrEnum):
    """Why a visit was left out."""

    NO_SKILL = "no_skill"  # no vehicle has the skills (or may go there)
    UNREACHABLE = "unreachable"  # those that could have no open road to it
    TOO_LATE = "too_late"  # none arrives in its time window
    CAPACITY = "capacity"  # none carries so much
    NOT_WORTH = "not_worth"  # it could be served, and something else was worth more


@dataclass(frozen=True, slots=True)
class Unserved:
    """A visit nobody makes, and why."""

    visit: str
    why: Why


@dataclass(frozen=True, slots=True)
class RoutingPlan:
    """The answer. ``objective`` = seconds driven + prizes forgone: less is better.

    Visits that had to be served and cannot be stand in ``unserved`` as well, never silently dropped.
    """

    tours: tuple[Tour, ...]
    unserved: tuple[Unserved, ...]
    objective: int
    iterations: int
    notes: tuple[str, ...] = field(default=())


class RouteSolver(Protocol):
    """Finds tours. The answer is feasible in every respect and the same for the same problem."""

    name: str

    def solve(self, problem: RoutingProblem) -> RoutingPlan:
        """Plan the tours. Raises :class:`chengshu.kernel.errors.Invalid` for a contradictory problem."""
        ...


def reachable(problem: RoutingProblem, vehicle: Vehicle, visit: Visit) -> Why | None:
    """Why ``vehicle`` alone, fresh from its start, cannot make ``visit``; None when it can."""
    if vehicle.only is not None and visit.id not in vehicle.only:
        return Why.NO_SKILL
    if not visit.skills <= vehicle.skills:
        return Why.NO_SKILL
    travel = int(problem.travel[vehicle.start, visit.location])
    if travel == UNREACHABLE:
        return Why.UNREACHABLE
    if vehicle.capacity is not None and visit.demand > vehicle.capacity:
        return Why.CAPACITY
    arrive = max(vehicle.available_from, visit.release) + travel
    if max(arrive, visit.earliest) > visit.latest or max(arrive, visit.earliest) + visit.service_s > (
        vehicle.available_until
    ):
        return Why.TOO_LATE
    return None


_ORDER = (Why.NO_SKILL, Why.UNREACHABLE, Why.CAPACITY, Why.TOO_LATE)


def explain(problem: RoutingProblem, visit: Visit) -> Why:
    """Why nobody makes ``visit``: the hindrance of the vehicle that came nearest to being able to."""
    hindrances = [reachable(problem, vehicle, visit) for vehicle in problem.vehicles]
    if not hindrances:
        return Why.NO_SKILL
    if None in hindrances:
        return Why.NOT_WORTH
    return max((why for why in hindrances if why is not None), key=_ORDER.index)


def walk(problem: RoutingProblem, vehicle: Vehicle, visits: Sequence[Visit]) -> Tour | None:
    """The timed tour of ``vehicle`` over ``visits`` in this order, or None when it breaks a rule."""
    load = 0
    at, clock, driven = vehicle.start, max([vehicle.available_from, *(v.release for v in visits)]), 0
    stops: list[Stop] = []
    for visit in visits:
        travel = int(problem.travel[at, visit.location])
        if travel == UNREACHABLE or not visit.skills <= vehicle.skills:
            return None
        if vehicle.only is not None and visit.id not in vehicle.only:
            return None
        arrive = clock + travel
        start = max(arrive, visit.earliest)
        load += visit.demand
        if start > visit.latest or (vehicle.capacity is not None and load > vehicle.capacity):
            return None
        clock = start + visit.service_s
        driven += travel
        stops.append(Stop(visit.id, arrive, start, clock))
        at = visit.location
    if problem.home and stops:
        back = int(problem.travel[at, vehicle.start])
        if back == UNREACHABLE:
            return None
        clock, driven = clock + back, driven + back
    if clock > vehicle.available_until:
        return None
    return Tour(vehicle.id, tuple(stops), driven)


def assemble(
    problem: RoutingProblem,
    orders: Sequence[tuple[Vehicle, Sequence[Visit]]],
    iterations: int,
) -> RoutingPlan:
    """A plan from the visiting orders, with times, explanations and the objective computed in one place."""
    tours = []
    served: set[str] = set()
    for vehicle, visits in orders:
        tour = walk(problem, vehicle, visits)
        if tour is None:
            raise ValueError(f"the tour of {vehicle.id} is not feasible")
        if tour.stops:
            tours.append(tour)
            served |= {stop.visit for stop in tour.stops}
    left = [visit for visit in problem.visits if visit.id not in served]
    unserved = tuple(Unserved(visit.id, explain(problem, visit)) for visit in left)
    objective = sum(tour.travel_s for tour in tours) + sum(visit.prize or 0 for visit in left)
    return RoutingPlan(tuple(sorted(tours, key=lambda tour: tour.vehicle)), unserved, objective, iterations)
