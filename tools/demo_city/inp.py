"""Write the network as a SWMM 5.2 input file. Heights and lengths m, flows m3/s (CMS)."""

from __future__ import annotations

from collections.abc import Iterable
from math import hypot

from chengshu.foundation.twins.storm import chicago
from tools.demo_city.network import RIVER_STAGE, ROUGHNESS, Drainage, Link

Gauge = tuple[str, float, float]


def write_inp(net: Drainage, gauges: list[Gauge], years: float = 5.0) -> str:
    """The text of drainage.inp; the rain in it is the design storm of ``years`` from 03:00 on all gauges."""
    parts = [
        _HEAD,
        _rain(gauges, years),
        _surface(net, gauges),
        _nodes(net),
        _links(net),
        _places(net, gauges),
    ]
    return "\n".join(parts)


_HEAD = """[TITLE]
;; Storm sewers of Tingpu, a made-up city. Written by tools/make_demo_city.py; do not edit by hand.

[OPTIONS]
FLOW_UNITS           CMS
INFILTRATION         HORTON
FLOW_ROUTING         DYNWAVE
LINK_OFFSETS         DEPTH
MIN_SLOPE            0
ALLOW_PONDING        YES
SKIP_STEADY_STATE    NO
START_DATE           07/17/2026
START_TIME           00:00:00
REPORT_START_DATE    07/17/2026
REPORT_START_TIME    00:00:00
END_DATE             07/18/2026
END_TIME             00:00:00
DRY_DAYS             3
REPORT_STEP          00:05:00
WET_STEP             00:05:00
DRY_STEP             00:15:00
ROUTING_STEP         0:00:15
INERTIAL_DAMPING     PARTIAL
NORMAL_FLOW_LIMITED  BOTH
FORCE_MAIN_EQUATION  H-W
SURCHARGE_METHOD     EXTRAN
VARIABLE_STEP        0.75
LENGTHENING_STEP     15
MIN_SURFAREA         2.5
MAX_TRIALS           8
HEAD_TOLERANCE       0.0015
MINIMUM_STEP         1.0
THREADS              1

[EVAPORATION]
CONSTANT             0.0
DRY_ONLY             NO
"""


def _table(title: str, rows: Iterable[Iterable[object]], note: str = "") -> str:
    lines = [f"[{title}]"] + ([f";;{note}"] if note else [])
    for row in rows:
        lines.append("  ".join(str(cell).ljust(9) for cell in row).rstrip())
    return "\n".join(lines) + "\n"


def storm(years: float) -> list[tuple[int, float]]:
    """The design storm from 03:00 on: minute of the day, mm/h from then on."""
    rates = [round(float(value), 3) for value in chicago(years)]
    return [(180 + 5 * i, rate) for i, rate in enumerate(rates)] + [(360, 0.0)]


def _rain(gauges: list[Gauge], years: float) -> str:
    rows = [("DESIGN", f"{m // 60}:{m % 60:02d}", rate) for m, rate in storm(years)]
    listening = [(g, "INTENSITY", "0:05", "1.0", "TIMESERIES", "DESIGN") for g, _, _ in gauges]
    note = f"mm/h, Chicago pattern, P = {years:g} years"
    return _table("RAINGAGES", listening) + "\n" + _table("TIMESERIES", rows, note)


def _surface(net: Drainage, gauges: list[Gauge]) -> str:
    def nearest(x: float, y: float) -> str:
        return min(gauges, key=lambda g: hypot(g[1] - x, g[2] - y))[0]

    c = net.catchments
    return "\n".join(
        [
            _table(
                "SUBCATCHMENTS",
                [(s.id, nearest(s.x, s.y), s.node, s.hectares, s.sealed, s.width, "0.6", "0") for s in c],
                "name gauge outlet ha %sealed width %slope",
            ),
            _table("SUBAREAS", [(s.id, "0.013", "0.2", "1.6", "5.0", "25", "OUTLET") for s in c]),
            _table(
                "INFILTRATION", [(s.id, "65", "7", "4", "7", "0") for s in c], "Horton mm/h mm/h 1/h d mm"
            ),
        ]
    )


def _nodes(net: Drainage) -> str:
    nodes = list(net.nodes.values())
    open_nodes = [n for n in nodes if n.kind in ("manhole", "underpass", "chamber")]
    stores = [n for n in nodes if n.kind in ("pond", "forebay", "sump")]
    return "\n".join(
        [
            _table(
                "JUNCTIONS",
                [
                    (n.id, f"{n.invert:.3f}", f"{n.depth:.3f}", "0", "0", f"{n.ponded_area:g}")
                    for n in open_nodes
                ],
                "name invert depth init surcharge ponded m2",
            ),
            _table(
                "STORAGE",
                [
                    (
                        n.id,
                        f"{n.invert:.3f}",
                        f"{n.depth:.3f}",
                        n.start_depth,
                        "FUNCTIONAL",
                        *_shape(n.kind, n.storage_area),
                        "0",
                        "0",
                    )
                    for n in stores
                ],
            ),
            _table(
                "OUTFALLS",
                [
                    (n.id, f"{n.invert:.3f}", "FIXED", RIVER_STAGE, "YES")
                    for n in nodes
                    if n.kind == "outfall"
                ],
                "name invert type stage flap",
            ),
        ]
    )


def _shape(kind: str, area: float) -> tuple[object, object, object]:
    """Coefficient, exponent, constant of area = A·depth^B + C; pond banks slope."""
    return (area * 0.12, 1.0, area) if kind == "pond" else (0, 1, area)


def _links(net: Drainage) -> str:
    def of(kind: str) -> list[Link]:
        return [link for link in net.links if link.kind == kind]

    shapes: list[tuple[object, ...]] = [
        (p.id, "RECT_CLOSED", p.height, p.width, "0", "0", "1")
        if p.height
        else (p.id, "CIRCULAR", p.width, "0", "0", "0", "1")
        for p in of("pipe")
    ]
    shapes += [(g.id, "RECT_CLOSED", g.height, g.width, "0", "0") for g in of("gate")]
    shapes += [(w.id, "RECT_OPEN", w.height, w.width, "0", "0") for w in of("spillway")]
    curves: list[tuple[object, ...]] = []
    for pump in of("pump"):
        low = 0.5 if pump.id.startswith("PS") else 0.3
        curves += [
            (f"K{pump.id}", "PUMP4", low, "0"),
            (f"K{pump.id}", "", low * 2, pump.flow * 0.6),
            (f"K{pump.id}", "", low * 3, pump.flow),
            (f"K{pump.id}", "", 12, pump.flow),
        ]
    rules = "\n".join(
        f"RULE SHUT_{g.id}\nIF SIMULATION TIME < 0:01\nTHEN ORIFICE {g.id} SETTING = 0\n" for g in of("gate")
    )
    return "\n".join(
        [
            _table(
                "CONDUITS",
                [(p.id, p.source, p.target, p.length, ROUGHNESS, "0", "0", "0", "0") for p in of("pipe")],
                "name from to length n",
            ),
            _table(
                "PUMPS",
                [
                    (p.id, p.source, p.target, f"K{p.id}", "ON" if p.running else "OFF", "0", "0")
                    for p in of("pump")
                ],
                "reserve pumps stand still until they are ordered on",
            ),
            _table(
                "ORIFICES",
                [(g.id, g.source, g.target, "SIDE", "0", "0.62", "NO", "0.083") for g in of("gate")],
                "the gates of the ponds; 0.083 h from open to shut",
            ),
            _table(
                "WEIRS",
                [
                    (w.id, w.source, w.target, "TRANSVERSE", w.crest, "1.8", "NO", "0", "0", "YES")
                    for w in of("spillway")
                ],
            ),
            _table("XSECTIONS", shapes),
            _table("CURVES", curves),
            f"[CONTROLS]\n;; ponds are held at their summer level until someone opens the gates\n{rules}",
            "[REPORT]\nINPUT NO\nCONTROLS NO\nSUBCATCHMENTS NONE\nNODES NONE\nLINKS NONE\n",
        ]
    )


def _places(net: Drainage, gauges: list[Gauge]) -> str:
    return "\n".join(
        [
            "[MAP]\nDIMENSIONS -3900 -2900 3900 2900\nUNITS Meters\n",
            _table(
                "COORDINATES",
                [(n.id, f"{n.x:.1f}", f"{n.y:.1f}") for n in net.nodes.values()],
                "metres east and north of 120.9 E, 31.6 N",
            ),
            _table("SYMBOLS", [(g, f"{x:.1f}", f"{y:.1f}") for g, x, y in gauges]),
        ]
    )
