"""Value density (數據價值密度): how much use a stored unit of an entry is, weighted with its quality."""

from chengshu.resources.value.density import SMALLEST, UNIT, Basis, Density, density_of, lacking, size_of
from chengshu.resources.value.queries import Ranking, Valued, ValueQueries

__all__ = [
    "SMALLEST",
    "UNIT",
    "Basis",
    "Density",
    "Ranking",
    "ValueQueries",
    "Valued",
    "density_of",
    "lacking",
    "size_of",
]
