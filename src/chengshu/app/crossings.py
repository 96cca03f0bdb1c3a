"""The wiring of the crossings: what a city declares, over the harvest and the record of its hub."""

from __future__ import annotations

from chengshu.app.harvesting import harvest_of
from chengshu.foundation.city import City
from chengshu.kernel.texts import Text
from chengshu.ports.database import Database
from chengshu.resources.crossings import CrossingQueries, read_crossings


def crossings_of(city: City, database: Database) -> CrossingQueries:
    """The crossings of a city. Raises :class:`Invalid` with the mistakes of ``crossings.yaml``."""
    sources = {source.id: source.name or Text.of(source.id) for source in harvest_of(city)}
    departments = {name: department.name for name, department in city.departments.items()}
    return CrossingQueries(database, read_crossings(city.folder), sources, departments)
