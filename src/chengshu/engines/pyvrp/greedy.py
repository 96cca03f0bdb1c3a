"""The plain way: put in the visit that gains most, where it costs least. The baseline."""

from __future__ import annotations

from chengshu.engines.pyvrp.checking import check
from chengshu.ports.routing import (
    RoutingPlan,
    RoutingProblem,
    Tour,
    Vehicle,
    Visit,
    assemble,
    reachable,
    walk,
)

MUST = 10**9  # the gain of a visit that has to be made, above any prize


class GreedySolver:
    """Best insertion: at each step the visit, vehicle and place with the greatest gain."""

    name = "greedy"

    def solve(self, problem: RoutingProblem) -> RoutingPlan:
        check(problem)
        return assemble(problem, insert(problem), 0)


def insert(problem: RoutingProblem) -> list[tuple[Vehicle, list[Visit]]]:
    """The visiting orders of the greedy plan, in the order of the problem's vehicles."""
    orders: list[tuple[Vehicle, list[Visit]]] = [(vehicle, []) for vehicle in problem.vehicles]
    tours: list[Tour] = [Tour(vehicle.id, (), 0) for vehicle in problem.vehicles]
    waiting = list(problem.visits)
    # what each vehicle would gain from each visit; only the vehicle that changed is computed anew
    offers = [
        [_offer(problem, vehicle, order, tour, visit) for visit in waiting]
        for (vehicle, order), tour in zip(orders, tours, strict=True)
    ]
    while waiting:
        choices = [
            (offer[0], -v, -w, offer[1])
            for v, row in enumerate(offers)
            for w, offer in enumerate(row)
            if offer is not None
        ]
        if not choices or (best := max(choices))[0] <= 0:
            break
        _, v, w, position = best[0], -best[1], -best[2], best[3]
        visit = waiting.pop(w)
        vehicle, order = orders[v]
        order.insert(position, visit)
        tour = walk(problem, vehicle, order)
        assert tour is not None  # noqa: S101  the offer was walked
        tours[v] = tour
        for row in offers:
            row.pop(w)
        offers[v] = [_offer(problem, vehicle, order, tour, visit) for visit in waiting]
    return orders


def _offer(
    problem: RoutingProblem, vehicle: Vehicle, order: list[Visit], tour: Tour, visit: Visit
) -> tuple[int, int] | None:
    """(gain, position) of putting ``visit`` into the order, or None when it does not fit."""
    if reachable(problem, vehicle, visit) is not None:
        return None
    worth = MUST if visit.prize is None else visit.prize
    best: tuple[int, int] | None = None
    for position in range(len(order) + 1):
        walked = walk(problem, vehicle, [*order[:position], visit, *order[position:]])
        if walked is not None:
            offer = (worth - (walked.travel_s - tour.travel_s), -position)
            best = offer if best is None else max(best, offer)
    return (best[0], -best[1]) if best else None
