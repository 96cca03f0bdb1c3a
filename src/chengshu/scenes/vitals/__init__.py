"""Vital signs (體徵): indicators computed over the areas of the city, their levels, and warnings."""

from chengshu.scenes.vitals.model import (
    Bulletin,
    Contribution,
    Group,
    Indicator,
    Levels,
    Status,
    Threshold,
    Vital,
    VitalHistory,
    Warning,
    WarningStep,
)
from chengshu.scenes.vitals.queries import AreaState, Branch, Coverage, Leaf, SilentSource, VitalQueries
from chengshu.scenes.vitals.reader import Catalogue, read_catalogue
from chengshu.scenes.vitals.room import Vitals

__all__ = [
    "AreaState",
    "Branch",
    "Bulletin",
    "Catalogue",
    "Contribution",
    "Coverage",
    "Group",
    "Indicator",
    "Leaf",
    "Levels",
    "SilentSource",
    "Status",
    "Threshold",
    "Vital",
    "VitalHistory",
    "VitalQueries",
    "Vitals",
    "Warning",
    "WarningStep",
    "read_catalogue",
]
