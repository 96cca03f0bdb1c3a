"""What every RouteSolver must keep. ``yield_checks(solver)`` gives named checks; each raises AssertionError.

Third parties run it over their own solver: ``for name, check in yield_checks(MySolver()): check()``.
"""

# ruff: noqa: S101  a conformance suite asserts

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

import numpy as np

from chengshu.kernel.errors import Invalid
from chengshu.ports.routing import (
    UNREACHABLE,
    RouteSolver,
    RoutingPlan,
    RoutingProblem,
    Vehicle,
    Visit,
    Why,
    walk,
)

Check = Callable[[], None]


def yield_checks(solver: RouteSolver) -> Iterator[tuple[str, Check]]:
    """Every check by name."""
    for check in (
        _answers_are_feasible,
        _same_problem_same_answer,
        _no_way_through_closed_roads,
        _skills_are_kept,
        _windows_and_release,
        _capacity,
        _commitments,
        _must_before_prize,
        _worthless_is_left,
        _empty,
        _nobody,
        _contradictions,
    ):
        yield check.__name__.removeprefix("_").replace("_", " "), partial(check, solver)


def sample(seed: int, vehicles: int = 5, visits: int = 12) -> RoutingProblem:
    """A mixed problem: points in a plane, some without a road, skills, windows, prizes, demands."""
    random = np.random.default_rng(seed)
    size = vehicles + visits
    points = random.uniform(0, 3000, (size, 2))
    travel = np.rint(np.hypot(*(points[:, None] - points[None]).transpose(2, 0, 1)) / 10).astype(np.int64)
    cut = random.random((size, size)) < 0.05
    np.fill_diagonal(cut, False)
    travel[cut] = UNREACHABLE
    skills = [frozenset(), frozenset({"pump"}), frozenset({"pump", "traffic"})]
    fleet = tuple(
        Vehicle(
            f"v{i}",
            i,
            skills[int(random.integers(3))],
            int(random.integers(1, 5)),
            int(random.integers(0, 100)),
        )
        for i in range(vehicles)
    )
    places = []
    for i in range(visits):
        early = int(random.integers(0, 300))
        places.append(
            Visit(
                f"s{i}",
                vehicles + i,
                int(random.integers(0, 200)),
                int(random.integers(0, 3)),
                early,
                early + int(random.integers(50, 2000)),
                int(random.integers(0, 50)),
                skills[int(random.integers(2))],
                int(random.integers(0, 400)) if random.random() < 0.8 else None,
            )
        )
    return RoutingProblem(travel, fleet, tuple(places), iterations=60, seed=seed)


def assert_feasible(problem: RoutingProblem, plan: RoutingPlan) -> None:
    """Every tour can be driven as timed; every visit is made once or explained; the objective is right."""
    vehicles = {vehicle.id: vehicle for vehicle in problem.vehicles}
    visits = {visit.id: visit for visit in problem.visits}
    made = [stop.visit for tour in plan.tours for stop in tour.stops]
    assert len(made) == len(set(made)), "a visit is made twice"
    assert len({tour.vehicle for tour in plan.tours}) == len(plan.tours), "a vehicle has two tours"
    assert {left.visit for left in plan.unserved} == set(visits) - set(made), "a visit was silently dropped"
    for tour in plan.tours:
        assert walk(problem, vehicles[tour.vehicle], [visits[stop.visit] for stop in tour.stops]) == tour
    forgone = sum(visits[left.visit].prize or 0 for left in plan.unserved)
    assert plan.objective == sum(tour.travel_s for tour in plan.tours) + forgone


def _answers_are_feasible(solver: RouteSolver) -> None:
    for seed in range(12):
        problem = sample(seed)
        assert_feasible(problem, solver.solve(problem))


def _same_problem_same_answer(solver: RouteSolver) -> None:
    for seed in range(4):
        assert solver.solve(sample(seed)) == solver.solve(sample(seed))


def _line(length: int) -> np.ndarray[tuple[int, int], np.dtype[np.int64]]:
    """Places on a line, 100 s apart."""
    return np.abs(np.subtract.outer(np.arange(length), np.arange(length))) * 100


def _no_way_through_closed_roads(solver: RouteSolver) -> None:
    travel = _line(3)
    travel[0, 2] = travel[1, 2] = UNREACHABLE
    plan = solver.solve(RoutingProblem(travel, (Vehicle("a", 0),), (Visit("near", 1), Visit("cut off", 2))))
    assert [stop.visit for tour in plan.tours for stop in tour.stops] == ["near"]
    assert [(left.visit, left.why) for left in plan.unserved] == [("cut off", Why.UNREACHABLE)]


def _skills_are_kept(solver: RouteSolver) -> None:
    problem = RoutingProblem(
        _line(3),
        (Vehicle("near", 0), Vehicle("able", 2, frozenset({"pump"}))),
        (Visit("x", 0, skills=frozenset({"pump"}), prize=900),),
    )
    assert [tour.vehicle for tour in solver.solve(problem).tours] == ["able"]
    unable = replace(problem, vehicles=problem.vehicles[:1])
    assert [left.why for left in solver.solve(unable).unserved] == [Why.NO_SKILL]


def _windows_and_release(solver: RouteSolver) -> None:
    visits = (
        Visit("late", 1, latest=50),
        Visit("waits", 2, earliest=1000, service_s=10),
        Visit("released", 2, release=2000, prize=5000),
    )
    plan = solver.solve(RoutingProblem(_line(3), (Vehicle("a", 0), Vehicle("b", 0)), visits))
    stops = {stop.visit: stop for tour in plan.tours for stop in tour.stops}
    assert [(left.visit, left.why) for left in plan.unserved] == [("late", Why.TOO_LATE)]
    assert stops["waits"].start >= 1000
    assert stops["released"].arrive >= 2000


def _capacity(solver: RouteSolver) -> None:
    visits = tuple(Visit(f"s{i}", i, demand=1, prize=1000) for i in (1, 2))
    plan = solver.solve(RoutingProblem(_line(3), (Vehicle("a", 0, capacity=1),), visits))
    assert sum(len(tour.stops) for tour in plan.tours) == 1
    heavy = solver.solve(RoutingProblem(_line(3), (Vehicle("a", 0, capacity=1),), (Visit("s", 1, demand=2),)))
    assert [left.why for left in heavy.unserved] == [Why.CAPACITY]


def _commitments(solver: RouteSolver) -> None:
    vehicles = (Vehicle("far", 0, only=frozenset({"x"})), Vehicle("near", 2))
    plan = solver.solve(RoutingProblem(_line(3), vehicles, (Visit("x", 2), Visit("y", 2, prize=500))))
    far = next((tour for tour in plan.tours if tour.vehicle == "far"), None)
    assert far is None or [stop.visit for stop in far.stops] == ["x"]
    only = solver.solve(RoutingProblem(_line(3), vehicles[:1], (Visit("y", 1, prize=500),)))
    assert not only.tours


def _must_before_prize(solver: RouteSolver) -> None:
    visits = (Visit("must", 2, demand=1), Visit("rich", 1, demand=1, prize=100_000))
    plan = solver.solve(RoutingProblem(_line(3), (Vehicle("a", 0, capacity=1),), visits))
    assert [left.visit for left in plan.unserved] == ["rich"]


def _worthless_is_left(solver: RouteSolver) -> None:
    plan = solver.solve(RoutingProblem(_line(3), (Vehicle("a", 0),), (Visit("x", 2, prize=150),)))
    assert not plan.tours
    assert [left.why for left in plan.unserved] == [Why.NOT_WORTH]


def _empty(solver: RouteSolver) -> None:
    plan = solver.solve(RoutingProblem(_line(1), (Vehicle("a", 0),), ()))
    assert (plan.tours, plan.unserved, plan.objective) == ((), (), 0)


def _nobody(solver: RouteSolver) -> None:
    plan = solver.solve(RoutingProblem(_line(1), (), (Visit("x", 0, prize=5),)))
    assert (plan.tours, plan.objective) == ((), 5)


def _contradictions(solver: RouteSolver) -> None:
    wrong = (
        RoutingProblem(_line(2)[:1], (), ()),
        RoutingProblem(_line(2), (Vehicle("a", 7),), ()),
        RoutingProblem(_line(2), (Vehicle("a", 0), Vehicle("a", 1)), ()),
        RoutingProblem(_line(2), (), (Visit("x", 0, earliest=5, latest=1),)),
        RoutingProblem(_line(2), (), (Visit("x", 0, service_s=-5),)),
        RoutingProblem(_line(2) - 7, (), ()),
    )
    for problem in wrong:
        try:
            solver.solve(problem)
        except Invalid as error:
            assert error.fault.remedy, "a mistake without a remedy"
        else:
            raise AssertionError(f"a contradiction was accepted: {problem}")
