"""The wiring of the base libraries: what a city declares, over its ledger and its registers."""

from __future__ import annotations

from chengshu.app.sharing import sources_of
from chengshu.foundation.city import City
from chengshu.ports.database import Database
from chengshu.resources.ledger import LedgerQueries
from chengshu.resources.libraries import LibraryQueries, read_libraries


def libraries_of(city: City, database: Database, ledger: LedgerQueries) -> LibraryQueries:
    """The base libraries of a city. Raises :class:`Invalid` with the mistakes of ``libraries.yaml``."""
    return LibraryQueries(database, ledger, read_libraries(city.folder), sources_of(city))
