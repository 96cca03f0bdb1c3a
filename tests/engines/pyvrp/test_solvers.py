"""Both solvers keep the port's suite; the search is never worse than the greedy plan it starts from."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.examples import examples

from chengshu.engines.pyvrp import GreedySolver, PyVrpSolver
from chengshu.ports.suites.routing import assert_feasible, sample, yield_checks

SOLVERS = (GreedySolver(), PyVrpSolver())
CHECKS = [
    pytest.param(check, id=f"{solver.name}: {name}")
    for solver in SOLVERS
    for name, check in yield_checks(solver)
]


@pytest.mark.parametrize("check", CHECKS)
def test_suite(check):
    check()


@settings(max_examples=examples(25))
@given(st.integers(100, 10_000), st.integers(1, 6), st.integers(1, 15))
def test_search_is_feasible_and_not_worse_than_greedy(seed, vehicles, visits):
    problem = sample(seed, vehicles, visits)
    greedy, searched = GreedySolver().solve(problem), PyVrpSolver().solve(problem)
    assert_feasible(problem, greedy)
    assert_feasible(problem, searched)
    must = {visit.id for visit in problem.visits if visit.prize is None}
    left = [sum(each.visit in must for each in plan.unserved) for plan in (greedy, searched)]
    assert (left[1], searched.objective) <= (left[0], greedy.objective)
