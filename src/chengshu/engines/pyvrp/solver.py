"""PyVRP behind the routing port.

Every visit and every start is a location of its own and the end is a place at distance nothing, so that a
vehicle need not return. Skills and commitments are routing profiles (PyVRP#842: as capacities they search
badly): a visit a vehicle may not make lies very far away in its profile. All visits are optional for the
solver, those that must be served with a prize beyond every distance, so that there always is an answer; what
stays unserved is explained. The greedy plan is where the search starts, so the answer is never worse.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyvrp
from pyvrp.stop import MaxIterations

from chengshu.engines.pyvrp.checking import check
from chengshu.engines.pyvrp.greedy import insert
from chengshu.ports.routing import (
    FAR,
    UNREACHABLE,
    RoutingPlan,
    RoutingProblem,
    Vehicle,
    Visit,
    assemble,
    reachable,
    walk,
)

_BARRED = 10 * FAR  # longer than any window: a tour over it is infeasible, and dear besides
_MUST = 100 * FAR

Orders = list[tuple[Vehicle, list[Visit]]]


class PyVrpSolver:
    """Iterated local search with a budget of iterations and a fixed seed: deterministic, one thread."""

    name = "pyvrp"

    def solve(self, problem: RoutingProblem) -> RoutingPlan:
        check(problem)
        greedy = insert(problem)
        first = assemble(problem, greedy, 0)
        visits = [
            v
            for v in problem.visits
            if any(reachable(problem, vehicle, v) is None for vehicle in problem.vehicles)
        ]
        if not visits:
            return first
        found = _search(problem, visits, greedy)
        second = assemble(problem, found, problem.iterations) if found is not None else None
        if second is None or _rank(problem, second) > _rank(problem, first):
            return RoutingPlan(
                first.tours,
                first.unserved,
                first.objective,
                problem.iterations,
                ("the greedy plan was not improved",),
            )
        return second


def _rank(problem: RoutingProblem, plan: RoutingPlan) -> tuple[int, int]:
    must = {visit.id for visit in problem.visits if visit.prize is None}
    return sum(left.visit in must for left in plan.unserved), plan.objective


@dataclass(frozen=True, slots=True)
class _Translation:
    data: pyvrp.ProblemData
    visits: list[Visit]
    groups: list[list[Vehicle]]  # vehicle type → the vehicles alike


def _search(problem: RoutingProblem, visits: list[Visit], start: Orders) -> Orders | None:
    translation = _translate(problem, visits)
    result = pyvrp.solve(
        translation.data,
        MaxIterations(problem.iterations),
        seed=problem.seed,
        collect_stats=False,
        display=False,
        initial_solution=_as_solution(translation, start),
    )
    best = result.best
    if not best.is_feasible():
        return None
    orders: Orders = []
    free = [list(group) for group in translation.groups]
    for route in best.routes():
        order = [visits[activity.idx] for activity in _clients(route)]
        vehicle = free[route.vehicle_type()].pop(0)
        if walk(problem, vehicle, order) is None:
            return None
        orders.append((vehicle, order))
    return orders


def _clients(route: pyvrp.Route) -> list[pyvrp.Activity]:
    return [activity for activity in route if activity.is_client()]


def _translate(problem: RoutingProblem, visits: list[Visit]) -> _Translation:
    alike: dict[Vehicle, list[Vehicle]] = defaultdict(list)
    for vehicle in problem.vehicles:
        alike[_nameless(vehicle)].append(vehicle)
    groups = list(alike.values())
    starts = sorted({vehicle.start for vehicle in problem.vehicles})
    rows = [visit.location for visit in visits] + starts
    base = _matrix(problem, rows)
    profiles: dict[tuple[frozenset[str], frozenset[str] | None], int] = {}
    matrices: list[Any] = []
    types = []
    end = len(starts)
    for group in groups:
        vehicle = group[0]
        key = (vehicle.skills, vehicle.only)
        if key not in profiles:
            profiles[key] = len(matrices)
            matrices.append(_barred(base, visits, vehicle))
        depot = starts.index(vehicle.start)
        types.append(
            pyvrp.VehicleType(
                num_available=len(group),
                start_depot=depot,
                end_depot=depot if problem.home else end,
                capacity=[vehicle.capacity if vehicle.capacity is not None else FAR],
                tw_early=vehicle.available_from,
                tw_late=vehicle.available_until,
                profile=profiles[key],
            )
        )
    clients = [
        pyvrp.Client(
            location=index,
            delivery=[visit.demand],
            service_duration=visit.service_s,
            tw_early=visit.earliest,
            tw_late=visit.latest,
            release_time=visit.release,
            required=False,
            prize=_MUST if visit.prize is None else visit.prize,
        )
        for index, visit in enumerate(visits)
    ]
    locations = [pyvrp.Location(0, 0) for _ in range(len(rows) + 1)]
    depots = [pyvrp.Depot(location=len(visits) + index) for index in range(len(starts) + 1)]
    data = pyvrp.ProblemData(locations, clients, depots, types, matrices, matrices)
    return _Translation(data, visits, groups)


def _nameless(vehicle: Vehicle) -> Vehicle:
    return Vehicle(
        "",
        vehicle.start,
        vehicle.skills,
        vehicle.capacity,
        vehicle.available_from,
        vehicle.available_until,
        vehicle.only,
    )


def _matrix(problem: RoutingProblem, rows: list[int]) -> npt.NDArray[np.int64]:
    size = len(rows) + 1
    matrix = np.zeros((size, size), dtype=np.int64)
    matrix[:-1, :-1] = problem.travel[np.ix_(rows, rows)]
    matrix[matrix == UNREACHABLE] = _BARRED
    np.fill_diagonal(matrix, 0)
    return matrix


def _barred(base: npt.NDArray[np.int64], visits: list[Visit], vehicle: Vehicle) -> npt.NDArray[np.int64]:
    matrix = base.copy()
    for index, visit in enumerate(visits):
        if not visit.skills <= vehicle.skills or (vehicle.only is not None and visit.id not in vehicle.only):
            matrix[:, index] = _BARRED
            matrix[index, index] = 0
    return matrix


def _as_solution(translation: _Translation, orders: Orders) -> pyvrp.Solution:
    index = {visit.id: at for at, visit in enumerate(translation.visits)}
    type_of = {vehicle.id: at for at, group in enumerate(translation.groups) for vehicle in group}
    routes = [
        pyvrp.Route(translation.data, [index[visit.id] for visit in order], type_of[vehicle.id])
        for vehicle, order in orders
        if order
    ]
    return pyvrp.Solution(translation.data, routes)
