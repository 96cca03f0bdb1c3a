"""The air city: readings come in over MQTT, HTTP and CSV, and all of them are there afterwards."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.cities.air import build_air_city

from chengshu.engines.embedded.database import SqliteDatabase
from chengshu.engines.embedded.history import DuckHistory
from chengshu.foundation.city.reader import read_city
from chengshu.foundation.context import Context, ContextQueries, decode_batch
from chengshu.foundation.context import store as context_store
from chengshu.foundation.journal import changes_after
from chengshu.foundation.journal import store as journal_store
from chengshu.foundation.sensing import Intake, quarantine_counts, store
from chengshu.foundation.sensing.connectors.file import FileReplay
from chengshu.foundation.sensing.declared import read_sources
from chengshu.kernel.clock import VirtualClock

pytestmark = pytest.mark.external


def test_readings_of_twelve_stations_arrive_three_ways(shared: Path, tmp_path: Path) -> None:
    air = build_air_city(shared, tmp_path)
    city = read_city(air.folder, air.packages)
    sources = read_sources(air.packages / "air" / "sources.yaml")
    clock = VirtualClock(datetime(2017, 1, 1, tzinfo=UTC))
    database = SqliteDatabase(tmp_path / "hub.db", durable=False, threaded=False)
    for metadata in (journal_store.metadata, context_store.metadata, store.metadata):
        database.create(metadata)
    context = Context(database, clock)
    context.load(city)
    intake = Intake(database, clock, context, sources, city.zone)
    accepted = sum(
        intake.receive("air-mqtt", payload, topic=topic).result().accepted for topic, payload in air.mqtt
    )
    accepted += sum(intake.receive("air-http", body).result().accepted for body in air.http)
    csv_source = next(source for source in sources if source.id == "air-csv")
    replay = FileReplay(database, clock, intake, csv_source, air.packages / "air")
    replay.tick(clock.now())
    assert quarantine_counts(database) == []
    assert len(replay) == 0
    history = DuckHistory(tmp_path / "history.duckdb")
    queries = ContextQueries(database, clock, context.series, history, city.areas)
    latest = {
        (item.series.entity.rsplit(":", 1)[1], item.series.attribute): item.value for item in queries.latest()
    }
    for key, value in air.last.items():
        assert latest[key] == pytest.approx(value), key
    assert len({station for station, _ in latest}) == 12
    assert _kept(database) == air.expected > accepted
    history.close()
    database.close()


def _kept(database: SqliteDatabase) -> int:
    """Observations in the change stream."""
    with database.read() as connection:
        changes = list(changes_after(connection, 0, ("observations",), 100_000))
    return sum(len(decode_batch(change.payload["batch"]).series) for change in changes)
