"""Problems that contradict themselves are refused before a solver sees them."""

from __future__ import annotations

from chengshu.kernel.errors import Findings
from chengshu.ports.routing import UNREACHABLE, RoutingProblem


def check(problem: RoutingProblem) -> None:
    """Raise :class:`Invalid` with every contradiction: shapes, indices, doubles, negative numbers."""
    findings = Findings()
    shape = problem.travel.shape
    if len(shape) != 2 or shape[0] != shape[1]:
        findings.add(
            "routing-matrix",
            f"the travel matrix is {shape}, not square",
            where="travel",
            remedy="give one row and one column for each location",
        )
        findings.raise_any()
    if (problem.travel < UNREACHABLE).any():
        findings.add(
            "routing-matrix",
            "the travel matrix has negative times",
            where="travel",
            remedy=f"use {UNREACHABLE} where there is no way",
        )
    if problem.iterations < 1:
        findings.add(
            "routing-budget",
            "the budget is below one iteration",
            where="iterations",
            remedy="give at least 1",
        )
    for kind, things in (("vehicle", problem.vehicles), ("visit", problem.visits)):
        seen: set[str] = set()
        for thing in things:
            if thing.id in seen:
                findings.add(
                    "routing-double",
                    f"{kind} {thing.id!r} stands twice",
                    where=thing.id,
                    remedy="give each its own id",
                )
            seen.add(thing.id)
    places = [(vehicle.id, vehicle.start) for vehicle in problem.vehicles]
    places += [(visit.id, visit.location) for visit in problem.visits]
    for id_, place in places:
        if not 0 <= place < shape[0]:
            findings.add(
                "routing-location",
                f"location {place} is no row of the travel matrix",
                where=id_,
                remedy=f"use 0 to {shape[0] - 1}",
            )
    for visit in problem.visits:
        if min(visit.service_s, visit.demand, visit.earliest, visit.release, visit.prize or 0) < 0:
            findings.add(
                "routing-negative",
                "a visit has a negative time, demand or prize",
                where=visit.id,
                remedy="use 0 or more",
            )
        if visit.latest < visit.earliest:
            findings.add(
                "routing-window",
                f"it may start from {visit.earliest} to {visit.latest}",
                where=visit.id,
                remedy="the window ends before it begins: correct it",
            )
    findings.raise_any()
