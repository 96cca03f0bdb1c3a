"""Routing by PyVRP (iterated local search), and the greedy insertion it starts from."""

from chengshu.engines.pyvrp.greedy import GreedySolver
from chengshu.engines.pyvrp.solver import PyVrpSolver

__all__ = ["GreedySolver", "PyVrpSolver"]
