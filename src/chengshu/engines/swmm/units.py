"""SWMM's units and ours. A model's flow unit decides all the others (SWMM 5.2 manual, appendix A.1)."""

from __future__ import annotations

from dataclasses import dataclass

from chengshu.kernel.errors import Invalid

_FOOT = 0.3048
_FLOW = {  # model flow unit → m3/s
    "CFS": _FOOT**3,
    "GPM": 3.785411784e-3 / 60,
    "MGD": 3785.411784 / 86400,
    "CMS": 1.0,
    "LPS": 1e-3,
    "MLD": 1000.0 / 86400,
}


@dataclass(frozen=True, slots=True)
class Units:
    """Factors from the model's units to SI: metres, m3, m3/s, and rain to mm/h."""

    length: float
    volume: float
    flow: float
    rain: float

    @classmethod
    def of(cls, flow_unit: str, where: str) -> Units:
        """The units of a model with FLOW_UNITS ``flow_unit``. Raises :class:`Invalid` for another word."""
        if flow_unit not in _FLOW:
            raise Invalid(
                "model-units",
                f"FLOW_UNITS {flow_unit!r} is not one of SWMM's",
                where=where,
                remedy=f"use one of {', '.join(_FLOW)}",
            )
        if flow_unit in ("CMS", "LPS", "MLD"):
            return cls(1.0, 1.0, _FLOW[flow_unit], 1.0)
        return cls(_FOOT, _FOOT**3, _FLOW[flow_unit], 25.4)
