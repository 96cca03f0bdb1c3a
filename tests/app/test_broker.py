"""The broker over a hub: its entities as NGSI-LD, what programs write as its observations, who may."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from chengshu.app.http import make_app
from chengshu.app.hub import Hub, Manner, open_hub
from chengshu.app.serve import Doors, doors_of
from chengshu.foundation.access import Clients
from chengshu.foundation.city import read_city
from chengshu.foundation.context import Observation
from chengshu.foundation.journal import Actor
from chengshu.kernel.clock import VirtualClock
from chengshu.kernel.ids import SequenceIds

NOW = datetime(2026, 7, 1, 8, tzinfo=UTC)
GAUGE = "urn:ngsi-ld:RainGauge:RG1"
MANNER = Manner(durable=False, threaded=True, strict=True, exercise=True, workers=1)


@dataclass
class Running:
    hub: Hub
    doors: Doors
    http: TestClient
    clock: VirtualClock

    def follow(self) -> None:
        """Let everything that follows the stream come to rest, and the mirror write."""
        for _ in range(2):
            self.hub.pump.drain()
            self.clock.advance_to(self.clock.now() + timedelta(seconds=5))
            self.doors.broker.pump.drain()


@contextmanager
def opened(city: Path, tmp_path: Path) -> Iterator[Running]:
    clock = VirtualClock(NOW)
    packages = city.parents[1] / "scenarios"
    hub = open_hub(read_city(city, packages), tmp_path / "data", clock, SequenceIds(), MANNER)
    doors = doors_of(hub, tmp_path / "drills")
    app = make_app(hub, doors.view, doors.tokens, doors.guard, doors.broker)
    yield Running(hub, doors, TestClient(app, base_url="http://hub.test"), clock)
    hub.close()


@pytest.fixture
def running(city: Path, tmp_path: Path) -> Iterator[Running]:
    with opened(city, tmp_path) as found:
        yield found


def bearer(running: Running, *rights: str) -> dict[str, str]:
    clients: Clients = running.doors.guard.clients
    return {"authorization": f"Bearer {clients.create('-'.join(rights), rights, Actor('operator:root'))}"}


@pytest.mark.slow
def test_the_hubs_entities_and_newest_values_are_ngsi_ld(running: Running) -> None:
    reader = bearer(running, "read")
    seen = Observation(GAUGE, "RainGauge", "rainIntensity", 12.5, "mm/h", NOW)
    running.hub.context.record([seen], source="gauges")
    running.follow()
    found = running.http.get(f"/ngsi-ld/v1/entities/{GAUGE}", headers=reader).json()
    assert found["type"] == "RainGauge"
    assert found["rainIntensity"]["value"] == 12.5
    assert found["rainIntensity"]["observedAt"] == "2026-07-01T08:00:00Z"
    assert found["location"]["value"]["type"] == "Point"


@pytest.mark.slow
def test_what_a_program_writes_is_an_observation_of_the_hub(running: Running) -> None:
    writer = bearer(running, "read", "write")
    running.follow()
    sent = {"rainIntensity": {"type": "Property", "value": 33.0, "observedAt": "2026-07-01T08:00:30Z"}}
    answer = running.http.post(f"/ngsi-ld/v1/entities/{GAUGE}/attrs", json=sent, headers=writer)
    assert answer.status_code == 204, answer.text
    running.follow()
    state = running.hub.readings.entity(GAUGE)
    assert state.value("rainIntensity") == 33.0
    assert (
        running.http.get(f"/ngsi-ld/v1/entities/{GAUGE}", headers=writer).json()["rainIntensity"]["value"]
        == 33.0
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    "path", ["/ngsi-ld/v1/entities?type=RainGauge", "/ogc/collections", "/sensorthings/v1.1/Things"]
)
def test_strangers_are_not_let_in_and_readers_are(running: Running, path: str) -> None:
    assert running.http.get(path).status_code == 401
    assert running.http.get(path, headers=bearer(running, "read")).status_code == 200


@pytest.mark.slow
def test_who_may_only_read_does_not_write(running: Running) -> None:
    answer = running.http.delete(f"/ngsi-ld/v1/entities/{GAUGE}", headers=bearer(running, "read"))
    assert answer.status_code == 403
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.slow
def test_the_document_of_the_application_has_every_interface(running: Running) -> None:
    paths = running.http.get("/openapi.json").json()["paths"]
    for path in ("/ngsi-ld/v1/entities", "/ogc/collections", "/dcat/catalog.{form}", "/ingest/{source}"):
        assert path in paths


@pytest.mark.slow
def test_the_newest_values_of_an_area_come_at_once(running: Running) -> None:
    reader = bearer(running, "read")
    seen = Observation(GAUGE, "RainGauge", "rainIntensity", 12.5, "mm/h", NOW)
    running.hub.context.record([seen], source="gauges")
    running.follow()
    root = running.hub.city.areas.roots()[0].id
    rows = running.http.get(f"/ngsi-ld/v1/extensions/latest?area={root}", headers=reader).json()
    assert [(row["id"], row["attribute"], row["value"], row["age"]) for row in rows] == [
        (GAUGE, "rainIntensity", 12.5, 10.0)
    ]
    assert running.http.get("/ngsi-ld/v1/extensions/latest?area=nowhere", headers=reader).json() == []
    assert running.http.get("/ngsi-ld/v1/extensions/latest", headers=reader).status_code == 400


@pytest.mark.slow
def test_silent_sensors_are_told_longest_first(running: Running) -> None:
    reader = bearer(running, "read")
    seen = Observation(GAUGE, "RainGauge", "rainIntensity", 12.5, "mm/h", NOW)
    running.hub.context.record([seen], source="gauges")
    running.follow()
    path = "/ngsi-ld/v1/extensions/silent?type=RainGauge&attribute=rainIntensity&for="
    gauges = [item for item in running.hub.city.entities if item["type"] == "RainGauge"]
    never = running.http.get(path + "PT1H", headers=reader).json()
    assert len(never) == len(gauges) - 1
    assert all(row["lastSeen"] is None for row in never)
    every = running.http.get(path + "PT5S", headers=reader).json()
    assert every[-1] == {"id": GAUGE, "lastSeen": "2026-07-01T08:00:00Z", "silentFor": 10.0}
    assert running.http.get(path + "soon", headers=reader).status_code == 400


@pytest.mark.slow
def test_what_differs_from_the_declared_models_is_flagged_and_taken_back(city: Path, tmp_path: Path) -> None:
    (city / "models").mkdir()
    (city / "models" / "gauge.yaml").write_text(
        "type: RainGauge\nattributes:\n"
        "  rainIntensity: {kind: Property, value: number, minimum: 0, maximum: 400}\n"
    )
    with opened(city, tmp_path) as running:
        writer = bearer(running, "read", "write")
        running.follow()
        path = f"/ngsi-ld/v1/entities/{GAUGE}/attrs"
        sent = {"rainIntensity": {"type": "Property", "value": 4000}}
        assert running.http.post(path, json=sent, headers=writer).status_code == 204
        running.follow()
        flagged = "/ngsi-ld/v1/extensions/flags"
        rows = running.http.get(flagged, headers=writer).json()
        assert [(row["entity"], row["attribute"], row["code"]) for row in rows] == [
            (GAUGE, "rainIntensity", "out-of-range")
        ]
        sent = {"rainIntensity": {"type": "Property", "value": 40}}
        assert running.http.post(path, json=sent, headers=writer).status_code == 204
        running.follow()
        assert running.http.get(flagged, headers=writer).json() == []
