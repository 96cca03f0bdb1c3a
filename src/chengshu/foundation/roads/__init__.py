"""The roads of a city: a directed graph, travel times and routes, and what water takes away of it."""

from chengshu.foundation.roads.graph import RoadGraph
from chengshu.foundation.roads.model import Edge, Path, PathPoint, Snap
from chengshu.foundation.roads.reader import read_roads, roads_from

__all__ = ["Edge", "Path", "PathPoint", "RoadGraph", "Snap", "read_roads", "roads_from"]
