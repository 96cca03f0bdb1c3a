"""Frozen pieces of the road graph."""

from __future__ import annotations

from dataclasses import dataclass

Point = tuple[float, float]  # longitude, latitude, WGS-84


@dataclass(frozen=True, slots=True)
class Edge:
    """One direction of a road between two nodes. ``points`` run from start to end; ``seconds`` at free speed.

    ``underpass`` is the id of the underpass it goes through; ``feature`` the road it is a direction of.
    """

    index: int
    start: int
    end: int
    seconds: float
    length_m: float
    name: str
    points: tuple[Point, ...]
    underpass: str | None
    feature: int


@dataclass(frozen=True, slots=True)
class Snap:
    """The road node a place is reached from, and the metres between them."""

    node: int
    away_m: float


@dataclass(frozen=True, slots=True)
class PathPoint:
    """A vertex of a path and when it is passed, seconds after departure."""

    lon: float
    lat: float
    after_s: float


@dataclass(frozen=True, slots=True)
class Path:
    """A way between two nodes: its edges, vertices with times, length and travel time."""

    edges: tuple[int, ...]
    points: tuple[PathPoint, ...]
    length_m: float
    seconds: float
