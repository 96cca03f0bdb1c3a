"""Design storms: the storm-intensity formula of a city, spread over time by the Chicago pattern.

Source of the formula and of the ratios: Suzhou municipal storm-intensity formula and design storm pattern
(設計暴雨), published by the city on 2025-01-27: ``i = A (1 + c lg P) / (t + b)^n`` in mm/min, t in minutes,
P in years; peak ratio r = 0.43 for 180 minutes, 0.77 for 1440 minutes. Pattern: C. J. Keifer and H. H. Chu,
"Synthetic storm pattern for drainage design", J. Hydraulics Division ASCE 83(4), 1957.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log10

import numpy as np

from chengshu.kernel.errors import Invalid
from chengshu.ports.twin import Floats


@dataclass(frozen=True, slots=True)
class IntensityFormula:
    """``i = A (1 + c lg P) / (t + b)^n``: mean intensity in mm/min of a storm of t minutes, once in P
    years."""

    a: float
    c: float
    b: float
    n: float

    def depth_mm(self, return_period: float, minutes: float) -> float:
        """Rain of the heaviest ``minutes`` that come once in ``return_period`` years."""
        return self._strength(return_period) * minutes / float((minutes + self.b) ** self.n)

    def intensity(self, return_period: float, after_peak_min: float, share: float) -> float:
        """Keifer–Chu: mm/min at a distance from the peak, on the side that has ``share`` of the time."""
        t = after_peak_min / share
        return (
            self._strength(return_period) * ((1 - self.n) * t + self.b) / float((t + self.b) ** (self.n + 1))
        )

    def _strength(self, return_period: float) -> float:
        return self.a * (1 + self.c * log10(return_period))


SUZHOU = IntensityFormula(a=17.969, c=1.24, b=18.415, n=0.785)


def chicago(
    return_period: float,
    duration_min: float = 180,
    peak_ratio: float = 0.43,
    step_min: float = 5,
    formula: IntensityFormula = SUZHOU,
) -> Floats:
    """Mean intensity in mm/h of each step of a Chicago storm.

    The amounts are exact: between two moments the pattern's integral has a closed form, because over any
    window split r : 1-r around the peak it equals the formula's depth for that window. So the sum over all
    steps is ``formula.depth_mm(return_period, duration_min)``. Raises :class:`Invalid` for values out of
    range.
    """
    if not (return_period >= 1 and duration_min > 0 and 0 < peak_ratio < 1 and step_min > 0):
        raise Invalid(
            "storm-parameters",
            f"no storm has return period {return_period} a, duration {duration_min} min, "
            f"peak ratio {peak_ratio}, step {step_min} min",
            remedy="give a return period of at least 1 year, a peak ratio between 0 and 1, positive times",
        )
    edges = np.append(np.arange(0.0, duration_min, step_min), duration_min)
    fallen = np.array([_fallen(formula, return_period, edge, duration_min, peak_ratio) for edge in edges])
    return np.asarray(np.diff(fallen) * 60 / step_min, dtype=np.float64)


def _fallen(formula: IntensityFormula, years: float, minute: float, duration: float, ratio: float) -> float:
    """mm fallen from the beginning until ``minute``."""
    peak = ratio * duration
    before = ratio * formula.depth_mm(years, duration)
    if minute <= peak:
        return before - ratio * formula.depth_mm(years, (peak - minute) / ratio)
    return before + (1 - ratio) * formula.depth_mm(years, (minute - peak) / (1 - ratio))
