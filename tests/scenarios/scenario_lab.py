"""The demo city with its waterlogging scenario, as far as the scenario's own cases need it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from chengshu.engines.embedded.database import SqliteDatabase
from chengshu.engines.embedded.history import DuckHistory
from chengshu.foundation.city import City
from chengshu.foundation.city.reader import read_city
from chengshu.foundation.context import Context, HistoryFeed, Observation
from chengshu.foundation.context import store as context_store
from chengshu.foundation.journal import Pump
from chengshu.foundation.journal import store as journal_store
from chengshu.kernel.clock import VirtualClock
from chengshu.kernel.ids import SequenceIds
from chengshu.scenes.vitals import Vital, store
from chengshu.scenes.vitals.queries import VitalQueries
from chengshu.scenes.vitals.reader import read_catalogue
from chengshu.scenes.vitals.room import Vitals

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "scenarios" / "waterlogging"
START = datetime(2026, 7, 17, 7, 0, tzinfo=UTC)
MEASURES = {
    "RainGauge": ("rainIntensity", "mm/h", 5),
    "WaterLevelSensor": ("waterLevel", "m", 1),
    "Underpass": ("pondingDepth", "m", 1),
    "DrainageNode": ("floodProbability", "1", 1),
}


def cases(name: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The head and the cases of a file of the package."""
    content = yaml.safe_load((PACKAGE / "cases" / f"{name}.yaml").read_text(encoding="utf-8"))
    return content, content["cases"]


@cache
def demo_city() -> City:
    """The demo city as it is in the repository."""
    return read_city(ROOT / "cities" / "demo", ROOT / "scenarios")


class Watch:
    """Vitals of the demo city over an empty database."""

    def __init__(self, folder: Path) -> None:
        self.city = demo_city()
        self.clock = VirtualClock(START)
        self._database = SqliteDatabase(folder / "hub.db", durable=False, threaded=False)
        for metadata in (journal_store.metadata, context_store.metadata, store.metadata):
            self._database.create(metadata)
        self._history = DuckHistory(folder / "history.duckdb")
        self._context = Context(self._database, self.clock)
        self._context.load(self.city)
        feed = HistoryFeed(self._history, self.clock)
        catalogue = read_catalogue(self.city)
        vitals = Vitals(
            self._database,
            self._history,
            self.clock,
            SequenceIds(),
            self.city,
            self._context.series,
            catalogue,
        )
        self._queries = VitalQueries(self._database, self.clock, self.city, vitals)
        self._pump = Pump(self._database, self.clock, [feed, vitals], [feed, vitals], strict=True)

    def close(self) -> None:
        """Give everything back."""
        self._history.close()
        self._database.close()

    def stands(self, kind: str, minutes: int, value: float | None, fill: float | None) -> None:
        """Every thing of this kind reports the same for so long."""
        attribute, unit, every = MEASURES[kind]
        things = [e for e in self.city.entities if e["type"] == kind]
        for _ in range(0, minutes, every):
            now = self.clock.now()
            self._context.record(
                [
                    Observation(
                        e["id"], kind, attribute, value if fill is None else fill * e["fullDepth"], unit, now
                    )
                    for e in things
                ],
                source="case",
            )
            self._run(now + timedelta(minutes=every))

    def _run(self, until: datetime) -> None:
        self._pump.drain()
        while (due := self._pump.next_due()) is not None and due <= until:
            self.clock.advance_to(max(due, self.clock.now()))
            self._pump.drain()
        self.clock.advance_to(until)
        self._pump.drain()

    def worst(self, indicator: str) -> Vital:
        """The vital value with the highest level, of any area."""
        found = [self._queries.vital(indicator, area.id) for area in self.city.areas]
        return max((vital for vital in found if vital is not None), key=lambda vital: vital.level)
