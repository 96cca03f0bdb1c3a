"""The five crossings (五跨): data that passes between levels, regions, systems, departments and matters."""

from chengshu.resources.crossings.declared import CrossingsFile, Partner, read_crossings
from chengshu.resources.crossings.model import CROSSINGS, Crossing, Exchange, Line, State
from chengshu.resources.crossings.queries import CrossingQueries

__all__ = [
    "CROSSINGS",
    "Crossing",
    "CrossingQueries",
    "CrossingsFile",
    "Exchange",
    "Line",
    "Partner",
    "State",
    "read_crossings",
]
