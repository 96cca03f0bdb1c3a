"""The parts of a sewer network: nodes, links, catchments. Lengths m, flows m3/s, heights m above datum."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import log10, pi, sqrt

Key = tuple[int, int]  # column and row of the street grid
Places = dict[Key, tuple[float, float]]
Toward = dict[Key, Key | None]

RIVER_STAGE = 2.5
ROUGHNESS = 0.013
CIRCLES = (0.6, 0.8, 1.0, 1.2, 1.35, 1.5, 1.65, 1.8, 2.0, 2.2)
BOXES = ((2.4, 2.0), (2.8, 2.0), (3.0, 2.2), (3.4, 2.4), (4.0, 2.4), (4.6, 2.6), (5.2, 2.8))


@dataclass
class Node:
    """A junction, storage or outfall; ``kind`` says what stands there."""

    id: str
    x: float
    y: float
    ground: float
    invert: float
    kind: str  # manhole | underpass | sump | pond | forebay | chamber | outfall
    ponded_area: float = 0.0
    storage_area: float = 0.0
    start_depth: float = 0.0

    @property
    def depth(self) -> float:
        """From invert to ground."""
        return round(self.ground - self.invert, 3)


@dataclass
class Link:
    """A pipe, pump, gate (orifice) or spillway (weir)."""

    id: str
    source: str
    target: str
    kind: str  # pipe | pump | gate | spillway
    length: float = 0.0
    width: float = 0.0
    height: float = 0.0  # 0 for a circle of diameter `width`
    flow: float = 0.0  # pumps: capacity
    running: bool = True
    crest: float = 0.0


@dataclass
class Catchment:
    """Ground that drains to ``node``; area in hectares."""

    id: str
    node: str
    x: float
    y: float
    hectares: float
    sealed: float
    width: float


@dataclass
class Drainage:
    """The whole network."""

    nodes: dict[str, Node] = field(default_factory=dict)
    links: list[Link] = field(default_factory=list)
    catchments: list[Catchment] = field(default_factory=list)
    upstream_hectares: dict[str, float] = field(default_factory=dict)


def node_id(key: Key) -> str:
    """The name of the manhole at this crossing."""
    return f"J{key[0]:02d}{key[1]:02d}"


def section(flow: float, slope: float) -> tuple[float, float]:
    """The smallest (width, height) that carries ``flow`` full (Manning); height 0 is a circle."""
    for diameter in CIRCLES:
        area, radius = pi * diameter**2 / 4, diameter / 4
        if area * radius ** (2 / 3) * sqrt(slope) / ROUGHNESS >= flow:
            return diameter, 0.0
    for width, height in BOXES:
        area, radius = width * height, width * height / (2 * (width + height))
        if area * radius ** (2 / 3) * sqrt(slope) / ROUGHNESS >= flow:
            return width, height
    return BOXES[-1]


def flow_per_hectare(minutes: float, years: float) -> float:
    """Runoff of a sealed hectare (m3/s) in the ``years``-year rain of this length, by the formula Suzhou
    published on 2025-01-27: i = 17.969 (1 + 1.24 lg P) / (t + 18.415)^0.785 in mm/min."""
    mm_per_minute: float = 17.969 * (1 + 1.24 * log10(years)) / (minutes + 18.415) ** 0.785
    return mm_per_minute / 1000 / 60 * 10_000
