"""Units of measure by UCUM code, and conversion within one dimension (factors: SI brochure, 9th ed.)."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches

from chengshu.kernel.errors import Invalid


@dataclass(frozen=True, slots=True)
class Unit:
    """``base = value * factor + offset`` in the dimension's base unit."""

    code: str
    dimension: str
    factor: float
    offset: float = 0.0


_FOOT = 0.3048
_UNITS = {
    unit.code: unit
    for unit in (
        Unit("1", "ratio", 1.0),
        Unit("%", "ratio", 0.01),
        Unit("m", "length", 1.0),
        Unit("mm", "length", 1e-3),
        Unit("cm", "length", 1e-2),
        Unit("km", "length", 1e3),
        Unit("[ft_i]", "length", _FOOT),
        Unit("[in_i]", "length", 0.0254),
        Unit("m2", "area", 1.0),
        Unit("har", "area", 1e4),
        Unit("km2", "area", 1e6),
        Unit("m3", "volume", 1.0),
        Unit("L", "volume", 1e-3),
        Unit("[cft_i]", "volume", _FOOT**3),
        Unit("m3/s", "flow", 1.0),
        Unit("L/s", "flow", 1e-3),
        Unit("m3/h", "flow", 1 / 3600),
        Unit("[cft_i]/s", "flow", _FOOT**3),
        Unit("mm/h", "intensity", 1.0),
        Unit("mm/min", "intensity", 60.0),
        Unit("[in_i]/h", "intensity", 25.4),
        Unit("m/s", "speed", 1.0),
        Unit("km/h", "speed", 1 / 3.6),
        Unit("s", "time", 1.0),
        Unit("min", "time", 60.0),
        Unit("h", "time", 3600.0),
        Unit("d", "time", 86400.0),
        Unit("Cel", "temperature", 1.0),
        Unit("K", "temperature", 1.0, -273.15),
        Unit("[degF]", "temperature", 5 / 9, -160 / 9),
        Unit("Pa", "pressure", 1.0),
        Unit("hPa", "pressure", 100.0),
        Unit("kPa", "pressure", 1e3),
        Unit("MPa", "pressure", 1e6),
        Unit("bar", "pressure", 1e5),
        Unit("ug/m3", "concentration", 1.0),
        Unit("mg/m3", "concentration", 1e3),
        Unit("W", "power", 1.0),
        Unit("kW", "power", 1e3),
        Unit("V", "voltage", 1.0),
        Unit("A", "current", 1.0),
        Unit("deg", "angle", 1.0),
        Unit("{count}", "count", 1.0),
        Unit("%[LEL]", "gas", 1.0),
    )
}


def unit(code: str) -> Unit:
    """The unit with this UCUM code. Raises :class:`Invalid` with near codes when there is none."""
    try:
        return _UNITS[code]
    except KeyError:
        near = get_close_matches(code, _UNITS, n=3) or sorted(_UNITS)[:8]
        raise Invalid(
            "unit-unknown", f"unit {code!r} is not known", remedy=f"use a UCUM code such as {', '.join(near)}"
        ) from None


def convert(value: float, source: str, target: str) -> float:
    """``value`` of unit ``source`` in unit ``target``. Raises :class:`Invalid` across dimensions."""
    if source == target:
        return value
    a, b = unit(source), unit(target)
    if a.dimension != b.dimension:
        raise Invalid(
            "unit-dimension",
            f"{source} is a {a.dimension}, {target} is a {b.dimension}",
            remedy="declare the unit the source really sends",
        )
    return (value * a.factor + a.offset - b.offset) / b.factor
