"""The five crossings between real hubs on this machine: data pass, and only then does a line turn fresh."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from tests.app.sharing_office import BODIES, people_of
from tests.waiting import PATIENCE_S, listening, until

from chengshu.app.crossings import crossings_of
from chengshu.app.harvesting import harvester_of
from chengshu.app.http import make_app
from chengshu.app.hub import Manner, open_hub
from chengshu.app.newcity import make_city
from chengshu.app.serve import doors_of
from chengshu.engines.http import AddressGuard, ThreadedHttp
from chengshu.foundation.city import read_city
from chengshu.foundation.journal import Actor, Pump, entries_about
from chengshu.foundation.journal.queries import earlier_entries
from chengshu.kernel.clock import VirtualClock
from chengshu.kernel.errors import Denied
from chengshu.kernel.ids import SequenceIds
from chengshu.kernel.texts import Text
from chengshu.resources.crossings import Line
from chengshu.resources.ledger import Field, Resource
from chengshu.resources.sharing import Ask, Party

pytestmark = pytest.mark.slow

NOW = datetime(2026, 7, 21, 2, tzinfo=UTC)  # Tuesday, 10 in the morning
ROOT = Actor("test:root")
URN = "urn:chengshu:resource:"
PEOPLE = f"{URN}files:people.csv"
PURPOSE = "call those who need help before the storm"
LI, WANG = Party("li", "civil"), Party("wang", "emergency")
PARTNERS = """partners:
- {id: province, crossing: level, name: {en: The province}, clients: [province-hub]}
- {id: neighbour, crossing: region, name: {en: The city beyond}, sources: [neighbour]}
- {id: relief, crossing: business, clients: [relief-service], entries: ["urn:chengshu:resource:relief:*"]}
"""
UPPER = "partners:\n- {id: city, crossing: level, sources: [city]}\n"


class Served:
    """A hub on a port of this machine, with what it harvests and whom it lets in."""

    def __init__(
        self, folder: Path, name: str, door: socket.socket, harvest: str, partners: str, root: Path
    ) -> None:
        place = make_city(name, folder)
        (place / "files").mkdir()
        (place / "files" / "people.csv").write_text(people_of(40), "utf-8")
        (place / "harvest.yaml").write_text(harvest)
        (place / "crossings.yaml").write_text(partners)
        with (place / "departments.yaml").open("a", encoding="utf-8") as file:
            file.write(BODIES)
        self.clock, self.port = VirtualClock(NOW), door.getsockname()[1]
        manner = Manner(durable=False, workers=1)
        city = read_city(place, root / "scenarios")
        self.hub = open_hub(city, folder / f"{name}-data", self.clock, SequenceIds(), manner)
        self.doors = doors_of(self.hub, folder / "drills", reach=["127.0.0.1"])
        self.tokens = {
            who: self.doors.guard.clients.create(who, ["read", "write"], ROOT)
            for who in ("province-hub", "relief-service", "city-hub")
        }
        doors = self.doors
        app = make_app(self.hub, doors.view, doors.tokens, doors.guard, doors.broker)
        config = uvicorn.Config(app, log_level="error", timeout_graceful_shutdown=1)
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, args=([door],), daemon=True)
        self._thread.start()
        self.pump = Pump(
            self.hub.database, self.clock, [self.hub.ledger_search], [self.hub.sharing.clocks], strict=True
        )

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(PATIENCE_S)
        self.hub.close()

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def call(self, who: str, method: str, path: str, body: Any = None) -> httpx.Response:
        headers = {"authorization": f"Bearer {self.tokens[who]}"}
        return httpx.request(method, self.url(path), json=body, headers=headers, timeout=PATIENCE_S)

    def harvest(self, source: str) -> None:
        calls = ThreadedHttp(AddressGuard(["127.0.0.1"]))
        try:
            hub = self.hub
            run = harvester_of(hub.city, hub.database, self.clock, hub.ledger, calls).run(source)
        finally:
            calls.close()
        assert run.state == "done", run.error

    def granted(self, manner: str, recipient: str) -> str:
        desk = self.hub.sharing.desk
        names = tuple(field.name for field in self.hub.ledger_queries.get(PEOPLE).fields)
        ask = Ask(PEOPLE, names, "", f"{PURPOSE} {recipient}", "條例", "P90D", (recipient,), manner)
        made = desk.grant(desk.submit(ask, WANG).id, LI, "needed for the storm")
        return desk.supply(made.id, LI, "the hub").grant_id

    def lines(self) -> tuple[Line, ...]:
        return crossings_of(self.hub.city, self.hub.database).lines(self.clock.now())

    def line(self, crossing: str) -> Line:
        return next(line for line in self.lines() if line.crossing == crossing)

    def sealed(self, crossing: str) -> str:
        """What the journal says of the newest use of a line, once the record of uses is sealed into it."""
        assert self.line(crossing).paths[0].journal == 0
        self.clock.advance_to(self.clock.now() + timedelta(minutes=15))
        self.pump.drain()
        return journalled(self, "uses ", self.line(crossing).paths[0].journal)

    def rows(self, grant: str, program: str) -> httpx.Response:
        """A program reads by its grant over HTTP."""
        body = {"purpose": f"{PURPOSE} client:{program}", "limit": 7}
        return self.call(program, "POST", f"/shared/grants/{grant}/rows", body)


def catalogue(source: str, door: socket.socket, variable: str) -> str:
    """A source of harvest.yaml: the catalogue of another hub."""
    port = door.getsockname()[1]
    return (
        f"{{id: {source}, connector: {{kind: dcat, url: 'http://127.0.0.1:{port}/dcat/catalog.ttl', "
        f"token_env: {variable}}}}}"
    )


@pytest.fixture(scope="module")
def hubs(tmp_path_factory: pytest.TempPathFactory, root: Path) -> Iterator[tuple[Served, Served]]:
    """A city's hub, and another's beside or above it; each reads the catalogue of the other."""
    folder, here, there = tmp_path_factory.mktemp("hubs"), listening(), listening()
    files = "{id: files, department: civil, connector: {kind: folder, path: files}}"
    one = f"sources:\n- {files}\n- {catalogue('neighbour', there, 'TOKEN_THERE')}\n"
    two = f"sources:\n- {catalogue('city', here, 'TOKEN_HERE')}\n"
    city = Served(folder, "mycity", here, one, PARTNERS, root)
    other = Served(folder, "other", there, two, UPPER, root)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TOKEN_HERE", city.tokens["province-hub"])
        patch.setenv("TOKEN_THERE", other.tokens["city-hub"])
        try:
            for hub in (city, other):
                until(lambda hub=hub: hub._server.started)
            assert [(line.state, line.paths) for line in city.lines()] == [("never", ())] * 5
            city.harvest("files")
            yield city, other
        finally:
            city.stop()
            other.stop()


def test_systems_are_crossed_by_harvest(hubs: tuple[Served, Served]) -> None:
    city, _ = hubs
    path = city.line("system").paths[0]
    assert (path.how, path.about, path.count, path.state) == ("harvest", "files", 1, "fresh")
    assert journalled(city, path.subject, path.journal) == "harvest.ended"


def test_departments_are_crossed_by_a_grant_at_the_desk(hubs: tuple[Served, Served]) -> None:
    city, _ = hubs
    grant = city.granted("query", "emergency")
    with pytest.raises(Denied):
        city.hub.sharing.gate.query(grant, WANG, "another purpose")
    assert city.line("department").state == "never"  # a denied use passes nothing
    city.hub.sharing.gate.query(grant, WANG, f"{PURPOSE} emergency", limit=5)
    (path,) = city.line("department").paths
    assert (path.how, path.about, path.count, path.state) == ("use", PEOPLE, 5, "fresh")
    assert city.sealed("department") == "sharing.uses_sealed"


def test_levels_are_crossed_when_the_province_harvests_and_asks_over_http(
    hubs: tuple[Served, Served],
) -> None:
    city, province = hubs
    province.harvest("city")
    assert province.line("level").state == "fresh" and province.line("system").state == "never"
    assert any("people.csv" in item.id for item in province.hub.ledger_queries.below(f"{URN}city:"))
    grant = city.granted("api", "client:province-hub")
    answer = city.rows(grant, "province-hub")
    assert answer.status_code == 200 and len(answer.json()["rows"]) == 7
    (path,) = city.line("level").paths
    assert (path.taker.en, path.count, path.state) == ("The province", 7, "fresh")
    assert city.sealed("level") == "sharing.uses_sealed"


def test_matters_are_crossed_by_the_program_of_another(hubs: tuple[Served, Served]) -> None:
    city, _ = hubs
    grant = city.granted("api", "client:relief-service")
    assert city.rows(grant, "province-hub").status_code == 404  # nobody else learns of the grant
    assert city.line("business").state == "never"
    assert city.rows(grant, "relief-service").status_code == 200
    (path,) = city.line("business").paths
    assert (path.count, path.state) == (7, "fresh")
    assert city.sealed("business") == "sharing.uses_sealed"


def test_regions_are_crossed_by_the_catalogue_and_the_broker_beyond(hubs: tuple[Served, Served]) -> None:
    city, beyond = hubs
    offered = Resource(f"{URN}pumps", "dataset", Text.of("Pumps"), open=True, fields=(Field("id"),))
    beyond.hub.ledger.put([offered], ROOT)
    city.harvest("neighbour")
    (path,) = city.line("region").paths
    assert (path.giver.en, path.how, path.state) == ("The city beyond", "harvest", "fresh")
    assert journalled(city, path.subject, path.journal) == "harvest.ended"
    assert "Pumps" in [item.title.en for item in city.hub.ledger_queries.below(f"{URN}neighbour:")]
    assert pump_beyond(city, beyond)["level"]["value"] == 2.5


def test_a_line_is_stale_when_nothing_passed_lately(hubs: tuple[Served, Served]) -> None:
    city, _ = hubs
    later = city.clock.now() + timedelta(days=31)
    lines = crossings_of(city.hub.city, city.hub.database).lines(later)
    assert {line.state for line in lines} == {"stale"}
    assert all(path.state == "stale" for line in lines for path in line.paths)
    before = crossings_of(city.hub.city, city.hub.database).lines(NOW - timedelta(days=1))
    assert {line.state for line in before} == {"never"}  # a look back knows nothing of what came after


def journalled(city: Served, subject: str, seq: int) -> str:
    """What the journal says at that place, about subjects that begin so."""
    with city.hub.database.read() as connection:
        (found,) = earlier_entries(connection, seq + 1, 1)
    assert found.seq == seq and found.subject.startswith(subject)
    return found.action


def pump_beyond(city: Served, other: Served) -> dict[str, Any]:
    """An entity of the other hub, read through this one, which has the other as a context source."""
    id_ = "urn:ngsi-ld:Pump:beyond"
    body = {"id": id_, "type": "Pump", "level": {"type": "Property", "value": 2.5}}
    assert other.call("city-hub", "POST", "/ngsi-ld/v1/entities", body).status_code == 201
    registration = {
        "id": "urn:ngsi-ld:ContextSourceRegistration:beyond",
        "type": "ContextSourceRegistration",
        "information": [{"entities": [{"type": "Pump"}]}],
        "endpoint": other.url("").rstrip("/"),
        "contextSourceInfo": [{"key": "Authorization", "value": f"Bearer {other.tokens['city-hub']}"}],
    }
    made = city.call("city-hub", "POST", "/ngsi-ld/v1/csourceRegistrations", registration)
    assert made.status_code == 201, made.text
    found = city.call("city-hub", "GET", f"/ngsi-ld/v1/entities/{id_}")
    assert found.status_code == 200, found.text
    known = city.call("city-hub", "GET", f"/ngsi-ld/v1/csourceRegistrations/{registration['id']}").json()
    assert known["timesSent"] >= 1 and known["status"] == "ok"
    with city.hub.database.read() as connection:
        assert [entry.action for entry in entries_about(connection, registration["id"])] == [
            "csource.registered"
        ]
    answer: dict[str, Any] = found.json()
    return answer
