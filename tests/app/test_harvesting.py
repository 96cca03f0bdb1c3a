"""In service: a thread harvests what is due, then looks into what was found, and stops when it is told."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

from tests.inspection.house import House
from tests.waiting import until

from chengshu.app.harvesting import HarvestThread


class NoContracts:
    """Nothing was promised of these files; it only counts how often that was looked at."""

    looks = 0

    def look(self, stopping: Callable[[], bool]) -> None:
        assert not stopping()
        self.looks += 1


def test_what_is_due_is_harvested_and_looked_into_and_the_thread_stops(tmp_path: Path) -> None:
    sqlite3.connect(tmp_path / "register.db").close()
    house = House(tmp_path)
    (house.files / "a.csv").write_text("id,depth\n" + "".join(f"{n},1\n" for n in range(30)))
    watch = NoContracts()
    thread = HarvestThread(house.harvester, house.inspector, watch, house.clock)  # type: ignore[arg-type]
    thread.start()
    try:
        until(lambda: any(entry.grade for entry in house.queries.page()) and watch.looks > 0)
    finally:
        thread.stop()
    assert house.entry("a.csv").grade == "general-1"
    assert house.quality("a.csv").newest.score == 1.0
    house.database.close()
