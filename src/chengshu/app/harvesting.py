"""Harvesting in service: connectors for what a city declares, and a thread of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import structlog

from chengshu.foundation.city import City
from chengshu.kernel.clock import Clock
from chengshu.ports.database import Database
from chengshu.ports.http import HttpCalls
from chengshu.resources.contracts import ContractWatch
from chengshu.resources.inspection import Inspector
from chengshu.resources.ledger import Ledger
from chengshu.resources.ledger.harvest import Connector, Harvester, HarvestSource, read_harvest
from chengshu.resources.ledger.harvest.connectors.database import DatabaseConnector
from chengshu.resources.ledger.harvest.connectors.folder import FolderConnector
from chengshu.resources.ledger.harvest.connectors.records import RecordsConnector
from chengshu.resources.ledger.harvest.connectors.web import WebConnector
from chengshu.resources.ledger.harvest.declared import Database as DatabaseSource
from chengshu.resources.ledger.harvest.declared import Folder, Records

FILE = "harvest.yaml"
_LONGEST = 60.0  # seconds between two looks at what is due
_log = structlog.get_logger("chengshu.harvest")


def harvest_of(city: City) -> tuple[HarvestSource, ...]:
    """What the city declares to be harvested; nothing when it has no such file."""
    path = city.folder / FILE
    return read_harvest(path) if path.is_file() else ()


def harvester_of(city: City, database: Database, clock: Clock, ledger: Ledger, calls: HttpCalls) -> Harvester:
    """The harvester of a city. Raises :class:`Invalid` with the mistakes of ``harvest.yaml``."""
    sources = harvest_of(city)
    return Harvester(database, clock, ledger, sources, connectors_of(sources, city.folder, calls))


def connectors_of(
    sources: Sequence[HarvestSource], folder: Path, calls: HttpCalls
) -> Mapping[str, Connector]:
    """A connector for each source; paths are relative to ``folder``."""
    return {source.id: _connector(source, folder, calls) for source in sources}


def _connector(source: HarvestSource, folder: Path, calls: HttpCalls) -> Connector:
    declared = source.connector
    if isinstance(declared, DatabaseSource):
        return DatabaseConnector(declared)
    if isinstance(declared, Folder):
        return FolderConnector(folder / declared.path, declared.pattern)
    if isinstance(declared, Records):
        return RecordsConnector(declared, folder)
    return WebConnector(declared, calls)


class HarvestThread:
    """Looks at each source when its time has come, then into what was found there, beside the pump, which
    must not wait for databases. ``after`` is done after each round of harvests.
    """

    def __init__(
        self,
        harvester: Harvester,
        inspector: Inspector,
        watch: ContractWatch,
        clock: Clock,
        after: Callable[[], object] = bool,
    ) -> None:
        self._harvester, self._inspector, self._watch = harvester, inspector, watch
        self._clock, self._after = clock, after
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="chengshu-harvest", daemon=True)

    def start(self) -> None:
        """Begin, when there is anything to harvest."""
        if self._harvester.sources:
            self._thread.start()

    def stop(self) -> None:
        """Finish the page under way; the run is taken up at the next start."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(timeout=30)

    def _run(self) -> None:
        while not self._stop.is_set():
            due, now = self._harvester.next_due(), self._clock.now()
            try:
                if due is not None and due <= now:
                    self._harvester.tick(now, self._stop.is_set)
                    self._after()
                    continue
                if self._inspector.look(self._stop.is_set).left:
                    continue
                self._watch.look(self._stop.is_set)
            except Exception:  # one source's surprise must not end the others' harvest
                _log.exception("harvest failed")
                self._stop.wait(_LONGEST)
            wait = _LONGEST if due is None else min((due - now).total_seconds(), _LONGEST)
            self._stop.wait(max(wait, 1.0))
