"""Disturbed copies of a model: what the hub does not know about the pipes, as log-normal spreads."""

from __future__ import annotations

from collections.abc import Callable
from math import exp, sqrt

import numpy as np

from chengshu.engines.swmm.inp import Inp, Row, number
from chengshu.ports.twin import Variant

# (section, column, spread, upper bound): SWMM 5.2 manual, appendix D.2
_PARAMETERS: tuple[tuple[str, int, Callable[[Variant], float], float | None], ...] = (
    ("CONDUIT", 4, lambda v: v.roughness, None),
    ("SUBCATCHMENT", 4, lambda v: v.imperviousness, 100.0),
    ("SUBCATCHMENT", 5, lambda v: v.width, None),
)


def perturb(inp: Inp, variant: Variant) -> dict[int, Row]:
    """The rows that change, by line number. Half of each spread's variance is common to all elements."""
    changed: dict[int, Row] = {}
    rng = np.random.Generator(np.random.PCG64(variant.seed))
    for section, column, spread, bound in _PARAMETERS:
        sigma = spread(variant)
        common = float(rng.standard_normal())
        for row, tokens in inp.rows(section):
            local = float(rng.standard_normal())
            if sigma <= 0 or len(tokens) <= column:
                continue
            value = number(tokens[column], row, inp.name, "parameter") * exp(
                sigma * (common + local) / sqrt(2)
            )
            words = (changed[row.line].tokens if row.line in changed else tokens).copy()
            words[column] = f"{value if bound is None else min(value, bound):.6g}"
            changed[row.line] = Row(row.line, " ".join(words))
    return changed
