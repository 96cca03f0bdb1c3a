"""SensorThings over a real store: ways, options, observations, links, and what is refused."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from chengshu.app.problems import add_problems
from chengshu.engines.embedded.database import SqliteDatabase
from chengshu.foundation.broker import store, store_temporal
from chengshu.foundation.broker.commands import Broker
from chengshu.foundation.broker.edit import Upsert
from chengshu.foundation.broker.model import Attribute, Entity
from chengshu.foundation.broker.queries import BrokerQueries
from chengshu.foundation.journal import Actor
from chengshu.foundation.journal import store as journal_store
from chengshu.kernel.clock import VirtualClock, iso
from chengshu.surfaces import sensorthings

VOCAB = "https://uri.etsi.org/ngsi-ld/default-context/"
LOCATION = "https://uri.etsi.org/ngsi-ld/location"
NOW = datetime(2026, 5, 1, tzinfo=UTC)
ROOT = "/sensorthings/v1.1"
READINGS = 25
FLEET = "fleet"
BEGIN = "2026-05-01T08:20:00+08:00"
AREA = "geography'POLYGON((120 29,122.5 29,122.5 31,120 31,120 29))'"
BRIEN = "https://a.org/o'brien"


def gauge(number: int, step: int) -> Entity:
    at = iso(NOW + timedelta(minutes=step))
    observer = {f"{VOCAB}observedBy": (Attribute("Relationship", f"urn:ngsi-ld:Device:{number}"),)}
    attributes = {
        f"{VOCAB}level": (
            Attribute(
                "Property", float(number * 100 + step), observed_at=at, unit_code="MTR", attributes=observer
            ),
        ),
        f"{VOCAB}name": (Attribute("Property", f"Gauge {number}"),),
        f"{VOCAB}flow": (
            Attribute("Property", number, observed_at=at),
            Attribute("Property", number + 1, observed_at=at, dataset="urn:d:model~1"),
        ),
        LOCATION: (Attribute("GeoProperty", {"type": "Point", "coordinates": [120 + number, 30]}),),
    }
    return Entity(f"urn:ngsi-ld:Gauge:{number}", (f"{VOCAB}Gauge",), attributes=attributes)


def bus(step: int, lon: float, lat: float) -> Entity:
    at = iso(NOW + timedelta(minutes=step))
    place = Attribute("GeoProperty", {"type": "Point", "coordinates": [lon, lat]}, observed_at=at)
    return Entity("urn:ngsi-ld:Bus:1", (f"{VOCAB}Bus",), attributes={LOCATION: (place,)})


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    database = SqliteDatabase(tmp_path_factory.mktemp("sta") / "state.db", durable=False)
    for metadata in (journal_store.metadata, store.metadata, store_temporal.metadata):
        database.create(metadata)
    clock = VirtualClock(NOW)
    broker = Broker(database, clock)
    for step in range(READINGS):
        broker.submit(
            "", [Upsert(gauge(number, step)) for number in (1, 2, 3)], Actor("tester", "test")
        ).result()
    plain = Entity(
        "https://a.org/o'brien", (f"{VOCAB}Person",), attributes={f"{VOCAB}age": (Attribute("Property", 40),)}
    )
    broker.submit("", [Upsert(plain)], Actor("tester", "test")).result()
    for step, place in enumerate(((121, 30), (121, 30), (122, 30), (121, 30))):
        broker.submit(FLEET, [Upsert(bus(step, *place))], Actor("tester", "test")).result()
    app = FastAPI()
    add_problems(app)
    app.include_router(sensorthings.router(BrokerQueries(database, clock), clock))
    yield TestClient(app, base_url="http://hub.test")
    database.close()


def get(client: TestClient, path: str, **options: Any) -> Any:
    answer = client.get(f"{ROOT}/{path}", params={f"${name}": value for name, value in options.items()})
    assert answer.status_code == 200, answer.text
    return answer.json()


def ids(page: dict[str, Any]) -> list[str]:
    return [item["@iot.id"] for item in page["value"]]


def things(*numbers: int) -> list[str]:
    return [f"urn:ngsi-ld:Gauge:{number}" for number in numbers]


def test_the_root_names_the_sets(client: TestClient) -> None:
    sets = client.get(ROOT).json()["value"]
    assert {item["name"] for item in sets} == {
        "Things",
        "Locations",
        "HistoricalLocations",
        "Datastreams",
        "Sensors",
        "ObservedProperties",
        "Observations",
        "FeaturesOfInterest",
    }
    for item in sets:
        assert client.get(item["url"]).status_code == 200


@pytest.mark.slow
def test_every_link_leads_somewhere(client: TestClient) -> None:
    seen: set[str] = set()
    ahead = [item["url"] for item in client.get(ROOT).json()["value"]]
    while ahead and len(seen) < 250:
        url = ahead.pop(0)
        if url in seen:
            continue
        seen.add(url)
        answer = client.get(
            url, params={"$top": 3} if "?" not in url and "('" not in url.rsplit("/", 1)[-1] else None
        )
        assert answer.status_code == 200, url
        body = answer.json()
        for item in body.get("value", [body]):
            ahead += [link for name, link in item.items() if name.endswith(("selfLink", "navigationLink"))]
            if "@iot.selfLink" in item:
                assert client.get(item["@iot.selfLink"]).json()["@iot.id"] == item["@iot.id"]
    assert any("o%27%27brien" in url for url in seen)


def test_members(client: TestClient) -> None:
    thing = get(client, "Things('urn:ngsi-ld:Gauge:1')")
    assert thing["name"] == "Gauge 1"
    assert thing["description"] == "Gauge"
    stream = get(
        client, "Things('urn:ngsi-ld:Gauge:1')/Datastreams", filter="ObservedProperty/name eq 'level'"
    )["value"][0]
    assert stream["unitOfMeasurement"]["symbol"] == "MTR"
    assert stream["observedArea"]["type"] == "Point"
    assert get(client, f"Datastreams('{stream['@iot.id']}')/Sensor")["metadata"] == "urn:ngsi-ld:Device:1"
    assert get(client, "Things('urn:ngsi-ld:Gauge:1')/name") == {"name": "Gauge 1"}
    raw = client.get(f"{ROOT}/Things('urn:ngsi-ld:Gauge:1')/name/$value")
    assert raw.text == "Gauge 1"
    assert client.get(f"{ROOT}/Things('urn:ngsi-ld:Gauge:1')/Locations/$ref").json()["value"] == [
        {"@iot.selfLink": f"http://hub.test{ROOT}/Locations('urn:ngsi-ld:Gauge:1')"}
    ]


def test_streams_of_datasets_are_apart(client: TestClient) -> None:
    found = ids(get(client, "ObservedProperties('flow')/Datastreams", filter="Thing/name eq 'Gauge 1'"))
    assert found == ["flow~urn:ngsi-ld:Gauge:1", "flow~urn:ngsi-ld:Gauge:1~urn:d:model~1"]
    assert get(client, f"Datastreams('{found[1]}')")["properties"]["datasetId"] == "urn:d:model~1"
    page = get(client, f"Datastreams('{found[1]}')/Observations", top=1)
    assert page["value"][0]["result"] == 2


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, [*things(1, 2, 3), BRIEN]),
        ({"top": 2}, things(1, 2)),
        ({"top": 2, "skip": 1}, things(2, 3)),
        ({"filter": "name eq 'Gauge 2'"}, things(2)),
        ({"filter": "name ne 'Gauge 2' and properties/type eq 'Gauge'"}, things(1, 3)),
        ({"filter": "not (name eq 'Gauge 2') and not properties/type eq 'Person'"}, things(1, 3)),
        ({"filter": "id eq 'urn:ngsi-ld:Gauge:3' or @iot.id eq 'urn:ngsi-ld:Gauge:1'"}, things(1, 3)),
        ({"filter": "startswith(name, 'Gauge') and endswith(name,'3')"}, things(3)),
        ({"filter": "substringof('auge', name) and length(name) eq 7"}, things(1, 2, 3)),
        ({"filter": "toupper(substring(name, 6)) ge '2' and indexof(name,'Gauge') eq 0"}, things(2, 3)),
        ({"filter": "Datastreams/Observations/result gt 310"}, things(3)),
        ({"filter": f"st_within(Locations/location, {AREA})"}, things(1, 2)),
        ({"filter": "geo.distance(Locations/location, geography'POINT(123 30)') lt 1.5"}, things(2, 3)),
        ({"filter": "properties/nothing eq null and Datastreams/name ne null"}, [*things(1, 2, 3), BRIEN]),
        ({"filter": "name gt 5"}, []),
        ({"orderby": "name desc", "top": 2}, [BRIEN, "urn:ngsi-ld:Gauge:3"]),
        (
            {"orderby": "properties/type desc,name desc", "filter": "properties/type eq 'Gauge'"},
            things(3, 2, 1),
        ),
    ],
)
def test_options(client: TestClient, options: dict[str, Any], expected: list[str]) -> None:
    assert ids(get(client, "Things", **options)) == expected


def test_pages_and_counts(client: TestClient) -> None:
    page = get(client, "Datastreams('level~urn:ngsi-ld:Gauge:1')/Observations", top=10, count="true")
    assert page["@iot.count"] == READINGS
    results: list[float] = []
    while True:
        results += [item["result"] for item in page["value"]]
        if "@iot.nextLink" not in page:
            break
        page = client.get(page["@iot.nextLink"]).json()
    assert results == [100.0 + step for step in range(READINGS)]
    empty = get(client, "Things", top=0, count="true")
    assert empty == {"@iot.count": 4, "value": []}
    assert get(client, "Things", filter="name eq 'Gauge 2'", count="true")["@iot.count"] == 1


def test_select_and_expand(client: TestClient) -> None:
    page = get(
        client,
        "Things",
        top=1,
        select="name,Datastreams",
        expand="Datastreams($select=name;$filter=ObservedProperty/name eq 'level';"
        "$expand=Observations($orderby=phenomenonTime desc;$top=2;$count=true;$select=result),"
        "Sensor($select=id)),"
        "Locations/Things($select=id)",
    )
    thing = page["value"][0]
    assert thing.keys() == {"name", "Datastreams", "Locations"}
    (stream,) = thing["Datastreams"]
    assert stream["Observations"] == [{"result": 124.0}, {"result": 123.0}]
    assert stream["Observations@iot.count"] == READINGS
    assert stream["Sensor"] == {"@iot.id": "level~urn:ngsi-ld:Gauge:1"}
    older = client.get(stream["Observations@iot.nextLink"]).json()
    assert [item["result"] for item in older["value"]] == [122.0, 121.0]
    assert thing["Locations"][0]["Things"] == [{"@iot.id": "urn:ngsi-ld:Gauge:1"}]


@pytest.mark.parametrize(
    ("options", "steps"),
    [
        ({"filter": "phenomenonTime gt 2026-05-01T00:20:00Z"}, [21, 22, 23, 24]),
        (
            {"filter": f"phenomenonTime ge '{BEGIN}' and phenomenonTime lt 2026-05-01T00:22:00Z"},
            [20, 21],
        ),
        ({"filter": "phenomenonTime eq 2026-05-01T00:03:00Z"}, [3]),
        ({"filter": "minute(phenomenonTime) eq 5 or result eq 107"}, [5, 7]),
        ({"filter": "result mod 10 eq 4 and result div 2 lt 55"}, [4]),
        ({"filter": "result add 1 gt 122 sub 0 and round(result) lt 124"}, [22, 23]),
        ({"orderby": "phenomenonTime desc", "top": 2}, [24, 23]),
        ({"orderby": "result mod 10 desc, result asc", "top": 3}, [9, 19, 8]),
    ],
)
def test_observations(client: TestClient, options: dict[str, Any], steps: list[int]) -> None:
    page = get(client, "Datastreams('level~urn:ngsi-ld:Gauge:1')/Observations", **options)
    assert [item["result"] - 100 for item in page["value"]] == steps


def test_an_observation(client: TestClient) -> None:
    item = get(client, "Datastreams('level~urn:ngsi-ld:Gauge:1')/Observations", top=1)["value"][0]
    assert item["phenomenonTime"] == "2026-05-01T00:00:00Z"
    assert get(client, f"Observations('{item['@iot.id']}')") == item
    assert get(client, f"Observations('{item['@iot.id']}')/Datastream/Thing")["name"] == "Gauge 1"
    assert get(client, f"Observations('{item['@iot.id']}')/FeatureOfInterest")["feature"]["type"] == "Point"
    inside = f"Datastreams('level~urn:ngsi-ld:Gauge:1')/Observations('{item['@iot.id']}')/result"
    assert get(client, inside) == {"result": 100.0}
    assert (
        len(get(client, "Observations", filter="Datastream/Thing/name eq 'Gauge 1'", top=1000)["value"])
        == 3 * READINGS
    )


@pytest.mark.parametrize(
    "path",
    [
        "Nothing",
        "Things('urn:x:1')",
        "Things('urn:ngsi-ld:Gauge:1')/nothing",
        "Things('urn:ngsi-ld:Gauge:1')/Sensors",
        "Observations('5~level~urn:ngsi-ld:Gauge:1')",
        "Observations('x')",
        "Datastreams('name~urn:ngsi-ld:Gauge:1')",
        "Datastreams('level~urn:ngsi-ld:Gauge:9')",
        "ObservedProperties('name')",
        "Things('a",
        "Things(1)(2)",
        "Things//x",
        "Datastreams('level~urn:ngsi-ld:Gauge:1')/Observations('1~level~urn:ngsi-ld:Gauge:2')",
        "/".join(["Things('urn:ngsi-ld:Gauge:1')", *["Datastreams"] * 20]),
    ],
)
def test_what_is_not_there(client: TestClient, path: str) -> None:
    answer = client.get(f"{ROOT}/{path}")
    assert answer.status_code in {400, 404}, answer.text
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("options", "where"),
    [
        ({"$top": "x"}, "$top"),
        ({"$skip": "-1"}, "$skip"),
        ({"$count": "yes"}, "$count"),
        ({"$resultFormat": "dataArray"}, "$resultFormat"),
        ({"$nonsense": "1"}, "$nonsense"),
        ({"$filter": "name eq"}, "$filter, character 8"),
        ({"$filter": "name == 'a'"}, "$filter, character 6"),
        ({"$filter": "name eq 'a' b"}, "$filter, character 13"),
        ({"$filter": "drop(name)"}, "$filter, character 1"),
        ({"$filter": "length(name, 2) eq 1"}, "$filter, character 1"),
        ({"$filter": "Datastreams eq 5"}, "$filter, character 1"),
        ({"$filter": "st_within(location, geography'NOWHERE(1)')"}, "$filter, character 21"),
        ({"$filter": "(" * 100 + "true"}, "$filter, character 52"),
        ({"$filter": "not " * 100 + "true"}, "$filter, character 205"),
        ({"$filter": "length(" * 100}, "$filter, character 357"),
        ({"$orderby": "name up"}, "$orderby, character 6"),
        ({"$expand": "Nothing"}, "$expand"),
        ({"$expand": "Datastreams($top=1"}, "$expand"),
        ({"$expand": "Datastreams($top=x)"}, "$top"),
        ({"$expand": "/".join(["Datastreams/Thing"] * 9)}, "$expand"),
    ],
)
def test_refused(client: TestClient, options: dict[str, str], where: str) -> None:
    answer = client.get(f"{ROOT}/Things", params=options)
    assert answer.status_code == 400, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["where"] == where
    assert answer.json()["remedy"]


def test_no_request_looks_at_everything(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chengshu.surfaces.sensorthings.things._MOST_LOOKED_AT", 20)
    answer = client.get(f"{ROOT}/Observations", params={"$count": "true"})
    assert answer.status_code == 400
    assert answer.json()["type"] == "urn:chengshu:problem:too-much-to-look-at"
    assert client.get(f"{ROOT}/Observations", params={"$top": 5}).status_code == 200
    monkeypatch.setattr("chengshu.surfaces.sensorthings.expressions._MOST_PAIRS", 3)
    both = "Datastreams/name eq concat(Datastreams/name, Datastreams/description)"
    assert client.get(f"{ROOT}/Things", params={"$filter": both}).status_code == 400


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_nothing_is_written_here(client: TestClient, method: str) -> None:
    for path in ("Things", "Things('urn:ngsi-ld:Gauge:1')"):
        answer = client.request(method, f"{ROOT}/{path}")
        assert answer.status_code == 405
        assert answer.headers["allow"] == "GET"
        assert answer.headers["content-type"] == "application/problem+json"
    assert client.get(f"{ROOT}/Things", headers={"NGSILD-Tenant": "nobody"}).status_code == 404


def of_fleet(client: TestClient, path: str) -> Any:
    answer = client.get(f"{ROOT}/{path}", headers={"NGSILD-Tenant": FLEET})
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_where_a_thing_was(client: TestClient) -> None:
    thing = "Things('urn:ngsi-ld:Bus:1')"
    moments = of_fleet(client, f"{thing}/HistoricalLocations?$expand=Locations&$orderby=time")["value"]
    assert [item["time"].replace(".000", "") for item in moments] == [
        "2026-05-01T00:00:00Z",
        "2026-05-01T00:02:00Z",
        "2026-05-01T00:03:00Z",
    ]
    places = [item["Locations"][0] for item in moments]
    assert [place["location"]["coordinates"][0] for place in places] == [121, 122, 121]
    assert [place["description"] for place in places][1] == "Where urn:ngsi-ld:Bus:1 was"
    for found in (*moments, *places):
        link = found["@iot.selfLink"].partition(f"{ROOT}/")[2]
        assert of_fleet(client, link)["@iot.id"] == found["@iot.id"]
    assert of_fleet(client, f"HistoricalLocations('{moments[1]['@iot.id']}')/Thing")["@iot.id"].endswith(
        "Bus:1"
    )
    now = of_fleet(client, "Locations('urn:ngsi-ld:Bus:1')?$expand=HistoricalLocations,Things")
    assert len(now["HistoricalLocations"]) == 2 and len(now["Things"]) == 1
    then = of_fleet(client, f"Locations('{places[1]['@iot.id']}')?$expand=HistoricalLocations,Things")
    assert len(then["HistoricalLocations"]) == 1 and then["Things"] == []
    recent = "HistoricalLocations?$filter=time gt 2026-05-01T00:02:00Z&$count=true"
    assert of_fleet(client, recent)["@iot.count"] == 1
    for key in ("x~urn:ngsi-ld:Bus:1", "5~urn:ngsi-ld:Bus:1", "5~nobody"):
        answer = client.get(f"{ROOT}/HistoricalLocations('{key}')", headers={"NGSILD-Tenant": FLEET})
        assert answer.status_code == 404


@pytest.mark.parametrize(
    ("filter_", "holds"),
    [
        ("phenomenonTime le now() and now() eq 2026-05-01T00:00:00Z", True),
        ("date(phenomenonTime) eq '2026-05-01'", True),
        ("time(phenomenonTime) eq '00:00:00'", True),
        ("time(phenomenonTime) eq '01:00:00'", False),
        ("totaloffsetminutes('2026-05-01T08:00:00+08:00') eq 480", True),
        ("totaloffsetminutes(phenomenonTime) eq 0", True),
        ("phenomenonTime gt mindatetime() and phenomenonTime lt maxdatetime()", True),
        ("geo.length(geography'LINESTRING(0 0,3 4)') eq 5", True),
        ("st_relate(geography'POINT(1 1)',geography'POLYGON((0 0,2 0,2 2,0 2,0 0))','T*F**F***')", True),
        ("st_relate(geography'POINT(9 9)',geography'POLYGON((0 0,2 0,2 2,0 2,0 0))','T*F**F***')", False),
        ("st_relate(geography'POINT(1 1)',geography'POINT(1 1)','nonsense')", False),
    ],
)
def test_every_function_of_the_standard(client: TestClient, filter_: str, holds: bool) -> None:
    first = "Datastreams('level~urn:ngsi-ld:Gauge:1')/Observations"
    both = f"({filter_}) and phenomenonTime eq 2026-05-01T00:00:00Z"
    assert len(get(client, first, filter=both)["value"]) == int(holds)
