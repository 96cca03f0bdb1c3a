"""The hub's own streams, indicators and plans stand in the ledger; what goes from the files is retired."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from chengshu.app.hub import DRILL, open_hub
from chengshu.app.inventory import book_own
from chengshu.foundation.city import read_city
from chengshu.kernel.clock import VirtualClock
from chengshu.kernel.ids import SequenceIds

NOW = datetime(2026, 7, 1, tzinfo=UTC)


def test_everything_declared_is_booked_once_and_its_lineage_is_known(city: Path, tmp_path: Path) -> None:
    hub = open_hub(
        read_city(city, city.parents[1] / "scenarios"),
        tmp_path / "data",
        VirtualClock(NOW),
        SequenceIds(),
        DRILL,
    )
    try:
        assert len(book_own(hub).added) == len(hub.sources) + len(hub.vitals.catalogue) + 3
        assert not book_own(hub)
        kinds = hub.ledger_queries.facet("kind")
        assert kinds["stream"] == len(hub.sources)
        assert kinds["indicator"] == len(hub.vitals.catalogue)
        measured = next(item for item in hub.vitals.catalogue if item.source is not None)
        entry = hub.ledger_queries.get(f"urn:chengshu:resource:hub:indicator:{measured.id}")
        assert all(":stream:" in related for related in entry.related)
    finally:
        hub.close()


def test_a_source_declared_no_longer_is_retired_with_its_past(city: Path, tmp_path: Path) -> None:
    packages = city.parents[1] / "scenarios"
    hub = open_hub(read_city(city, packages), tmp_path / "data", VirtualClock(NOW), SequenceIds(), DRILL)
    try:
        book_own(hub)
        gone = next(iter(hub.sources))
        del hub.sources[gone]  # type: ignore[attr-defined]
        assert book_own(hub).retired == (f"urn:chengshu:resource:hub:stream:{gone}",)
        assert hub.ledger_queries.get(f"urn:chengshu:resource:hub:stream:{gone}").state == "retired"
    finally:
        hub.close()


def test_retiring_what_a_stream_brings_is_followed_to_the_scenario_that_would_stop(
    city: Path, tmp_path: Path
) -> None:
    packages = city.parents[1] / "scenarios"
    hub = open_hub(read_city(city, packages), tmp_path / "data", VirtualClock(NOW), SequenceIds(), DRILL)
    try:
        book_own(hub)
        measured = next(item for item in hub.vitals.catalogue if item.source is not None)
        assert measured.source is not None
        stream = hub.ledger_queries.get(f"urn:chengshu:resource:hub:indicator:{measured.id}").related[0]
        found = hub.inspection.lineage_queries.impact(f"{stream}.{measured.source.attribute}", stream)
        assert f"urn:chengshu:resource:hub:indicator:{measured.id}.value" in dict(found.columns)
        assert f"urn:chengshu:resource:hub:scenario:{measured.scenario}" in [
            item.id for item in found.entries
        ]
        spared = hub.inspection.lineage_queries.impact(f"{stream}.nothing-uses-this", stream)
        assert not spared.columns and not spared.entries
    finally:
        hub.close()
