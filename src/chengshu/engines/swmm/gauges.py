"""Which of our gauges each subcatchment of a model listens to."""

from __future__ import annotations

from collections.abc import Mapping
from math import hypot

from chengshu.engines.swmm.inp import Inp, number
from chengshu.kernel.errors import Invalid
from chengshu.ports.twin import TwinSetup

Points = dict[str, tuple[float, float]]


def gauges_of(inp: Inp, setup: TwinSetup) -> tuple[tuple[str, ...], dict[str, str]]:
    """Our gauges in a fixed order, and per subcatchment the gauge it listens to.

    Raises :class:`Invalid` for subcatchments whose gauge has no counterpart or whose place is not known.
    """
    catchments = {tokens[0]: (tokens, row.line) for row, tokens in inp.rows("SUBCATCHMENT")}
    if not catchments:
        return tuple(sorted(set(setup.gauges.values()) or setup.gauge_positions)), {}
    if setup.gauge_positions and not setup.gauges:
        heard = _nearest(inp, catchments, setup.gauge_positions)
        return tuple(setup.gauge_positions), heard
    own = {
        name: tokens[1] for name, (tokens, _) in catchments.items() if len(tokens) > 1 and tokens[1] != "*"
    }
    if not setup.gauges:
        used = set(own.values())
        return tuple(tokens[0] for _, tokens in inp.rows("RAINGAGE") if tokens[0] in used), own
    missing = sorted(set(own.values()) - set(setup.gauges))
    if missing:
        line = next(
            line for tokens, line in catchments.values() if len(tokens) > 1 and tokens[1] == missing[0]
        )
        raise Invalid(
            "twin-gauge-unmapped",
            f"model gauge {missing[0]!r} has no gauge of the city",
            where=f"{inp.name}:{line}",
            remedy=f"map it in [gauges]: {', '.join(missing)}",
        )
    return tuple(dict.fromkeys(setup.gauges.values())), {name: setup.gauges[own[name]] for name in own}


def _nearest(
    inp: Inp, catchments: dict[str, tuple[list[str], int]], positions: Mapping[str, tuple[float, float]]
) -> dict[str, str]:
    centres, nodes = _centres(inp), _points(inp)
    heard: dict[str, str] = {}
    for name, (_, line) in catchments.items():
        place = centres.get(name) or _outlet_place(name, catchments, nodes)
        if place is None:
            raise Invalid(
                "twin-place-unknown",
                f"subcatchment {name!r} has neither polygon nor outlet coordinates",
                where=f"{inp.name}:{line}",
                remedy="map the model's gauges by name in [gauges]",
            )
        x, y = place
        heard[name] = min(
            positions, key=lambda gauge: (hypot(positions[gauge][0] - x, positions[gauge][1] - y), gauge)
        )
    return heard


def _centres(inp: Inp) -> Points:
    corners: dict[str, list[tuple[float, float]]] = {}
    for row, tokens in inp.rows("POLYGON"):
        if len(tokens) > 2:
            corners.setdefault(tokens[0], []).append(
                (
                    number(tokens[1], row, inp.name, "x coordinate"),
                    number(tokens[2], row, inp.name, "y coordinate"),
                )
            )
    return {
        name: (sum(x for x, _ in ring) / len(ring), sum(y for _, y in ring) / len(ring))
        for name, ring in corners.items()
    }


def _points(inp: Inp) -> Points:
    return {
        tokens[0]: (
            number(tokens[1], row, inp.name, "x coordinate"),
            number(tokens[2], row, inp.name, "y coordinate"),
        )
        for row, tokens in inp.rows("COORDINATE")
        if len(tokens) > 2
    }


def _outlet_place(
    name: str, catchments: dict[str, tuple[list[str], int]], nodes: Points
) -> tuple[float, float] | None:
    """The place of the node the catchment drains to, through other catchments if need be."""
    seen: set[str] = set()
    while name in catchments and name not in seen:
        seen.add(name)
        tokens = catchments[name][0]
        name = tokens[2] if len(tokens) > 2 else ""
    return nodes.get(name)
