"""OGC API Features over a real store: pages, filters, reference systems, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from chengshu.app.problems import add_problems
from chengshu.engines.embedded.database import SqliteDatabase
from chengshu.foundation.broker import store
from chengshu.foundation.broker.commands import Broker
from chengshu.foundation.broker.edit import Upsert
from chengshu.foundation.broker.model import Attribute, Entity
from chengshu.foundation.broker.queries import BrokerQueries
from chengshu.foundation.journal import Actor
from chengshu.foundation.journal import store as journal_store
from chengshu.kernel.clock import VirtualClock
from chengshu.surfaces import ogc_features

VOCAB = "https://uri.etsi.org/ngsi-ld/default-context/"
LOCATION = "https://uri.etsi.org/ngsi-ld/location"
NOW = datetime(2026, 5, 1, tzinfo=UTC)
EPSG = "http://www.opengis.net/def/crs/EPSG/0/"


def gauge(number: int) -> Entity:
    attributes = {
        f"{VOCAB}level": (
            Attribute(
                "Property", number * 1.5, observed_at=f"2026-04-{number:02}T10:00:00Z", unit_code="MTR"
            ),
        ),
        f"{VOCAB}label": (Attribute("Property", f"Gauge {chr(64 + number)}"),),
        f"{VOCAB}address": (Attribute("Property", {"city": "A" if number % 2 else "B"}),),
        f"{VOCAB}tags": (Attribute("Property", ["all", f"n{number}"] if number < 4 else ["all"]),),
        f"{VOCAB}number": (Attribute("Property", number),),
        f"{VOCAB}limit": (Attribute("Property", 2 * number - 3),),
        f"{VOCAB}catchment": (Attribute("GeoProperty", {"type": "Point", "coordinates": [120.3, 30.0]}),),
        f"{VOCAB}dry": (Attribute("Property", number > 3),),
        LOCATION: (Attribute("GeoProperty", {"type": "Point", "coordinates": [120 + number / 10, 30.0]}),),
    }
    if number == 5:
        del attributes[f"{VOCAB}level"]
    return Entity(f"urn:ngsi-ld:Gauge:{number}", (f"{VOCAB}Gauge",), attributes=attributes)


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    database = SqliteDatabase(tmp_path_factory.mktemp("ogc") / "state.db", durable=False)
    for metadata in (journal_store.metadata, store.metadata):
        database.create(metadata)
    clock = VirtualClock(NOW)
    road = {"type": "LineString", "coordinates": [[120, 30], [121, 31]]}
    others = [
        Entity(
            "https://a.org/road/1",
            ("https://a.org/ns#Road",),
            attributes={"https://a.org/ns#shape": (Attribute("GeoProperty", road),)},
        ),
        Entity("urn:x:1", ("https://b.org/Thing",)),
        Entity("urn:x:2", ("https://c.org/Thing",)),
    ]
    done = Broker(database, clock).submit(
        "", [Upsert(entity) for entity in [*map(gauge, range(1, 7)), *others]], Actor("tester", "test")
    )
    assert len(done.result()) == 9
    app = FastAPI()
    add_problems(app)
    app.include_router(ogc_features.router(BrokerQueries(database, clock), clock))
    yield TestClient(app, base_url="http://hub.test")
    database.close()


def items(client: TestClient, **params: Any) -> dict[str, Any]:
    answer = client.get(
        "/ogc/collections/Gauge/items", params={name.replace("_", "-"): v for name, v in params.items()}
    )
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/geo+json"
    return dict(answer.json())


def numbers(page: dict[str, Any]) -> set[int]:
    return {int(feature["id"].rpartition(":")[2]) for feature in page["features"]}


def test_the_way_in(client: TestClient) -> None:
    landing = client.get("/ogc").json()
    links = {link["rel"]: link["href"] for link in landing["links"]}
    assert client.get("/ogc/").json() == landing
    assert client.get(links["service-desc"]).json()["openapi"].startswith("3")
    conforms = client.get(links["conformance"]).json()["conformsTo"]
    assert "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core" in conforms
    collections = client.get(links["data"]).json()["collections"]
    assert [item["id"] for item in collections] == ["Gauge", "Road", "https_b_org_Thing", "https_c_org_Thing"]
    for item in collections:
        own = {link["rel"]: link["href"] for link in item["links"]}
        assert client.get(own["self"]).json() == item
        assert client.get(own["items"]).status_code == 200
        assert client.get(own["http://www.opengis.net/def/rel/ogc/1.0/queryables"]).status_code == 200


def test_queryables(client: TestClient) -> None:
    answer = client.get("/ogc/collections/Gauge/queryables")
    assert answer.headers["content-type"] == "application/schema+json"
    properties = answer.json()["properties"]
    assert {"id", "geometry", "level", "label", "address", "dry", "createdAt"} <= properties.keys()
    assert properties["level"]["x-iri"] == f"{VOCAB}level"


def test_pages_follow_each_other(client: TestClient) -> None:
    seen: list[int] = []
    address = "/ogc/collections/Gauge/items?limit=4"
    while address:
        page = client.get(address).json()
        assert page["numberReturned"] == len(page["features"])
        assert page["numberMatched"] == 6
        assert page["timeStamp"] == "2026-05-01T00:00:00Z"
        seen += sorted(numbers(page))
        address = next((link["href"] for link in page["links"] if link["rel"] == "next"), "")
    assert seen == [1, 2, 3, 4, 5, 6]


def test_a_feature(client: TestClient) -> None:
    answer = client.get("/ogc/collections/Gauge/items/urn:ngsi-ld:Gauge:2")
    assert answer.headers["content-crs"] == "<http://www.opengis.net/def/crs/OGC/1.3/CRS84>"
    body = answer.json()
    assert body["geometry"] == {"type": "Point", "coordinates": [120.2, 30.0]}
    assert body["properties"]["level"] == 3.0
    assert body["properties"]["type"] == ["Gauge"]
    assert body["properties"]["modifiedAt"] == "2026-05-01T00:00:00.000Z"
    assert (
        client.get("/ogc/collections/Road/items/https%3A%2F%2Fa.org%2Froad%2F1").json()["geometry"]["type"]
        == "LineString"
    )


@pytest.mark.parametrize(
    ("crs", "coordinates"),
    [
        (EPSG + "4326", [30.0, 120.2]),
        (EPSG + "4490", [30.0, 120.2]),
        (EPSG + "3857", [13380602.7938, 3503549.8435]),
    ],
)
def test_reference_systems(client: TestClient, crs: str, coordinates: list[float]) -> None:
    answer = client.get("/ogc/collections/Gauge/items/urn:ngsi-ld:Gauge:2", params={"crs": crs})
    assert answer.headers["content-crs"] == f"<{crs}>"
    assert answer.json()["geometry"]["coordinates"] == pytest.approx(coordinates, rel=1e-9)
    x, y = coordinates
    step = 1 if "3857" in crs else 1e-6
    page = items(client, bbox=f"{x - step},{y - step},{x + step},{y + step}", bbox_crs=crs)
    assert numbers(page) == {2}
    written = f"S_INTERSECTS(geometry, BBOX({x - step}, {y - step}, {x + step}, {y + step}))"
    assert numbers(items(client, filter=written, filter_crs=crs)) == {2}


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"bbox": "120.05,29,120.25,31"}, {1, 2}),
        ({"bbox": "120.05,29,0,120.25,31,9"}, {1, 2}),
        ({"bbox": "120.55,29,-120,31"}, {6}),  # over the date line
        ({"bbox": "120.1,30,120.1,30"}, {1}),
        ({"datetime": "2026-04-02T10:00:00Z"}, {2}),
        ({"datetime": "2026-04-02T00:00:00Z/2026-04-03T23:00:00Z"}, {2, 3}),
        ({"datetime": "../2026-04-02T23:00:00Z"}, {1, 2}),
        ({"datetime": "2026-04-06T00:00:00Z/.."}, {5, 6}),  # 5 was never observed, and written in May
        ({"label": "Gauge A"}, {1}),
        ({"level": "3"}, {2}),
        ({"dry": "true", "address.city": "B"}, {4, 6}),
        ({"id": "urn:ngsi-ld:Gauge:3"}, {3}),
    ],
)
def test_parameters(client: TestClient, params: dict[str, str], expected: set[int]) -> None:
    assert numbers(items(client, **params)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("level > 3", {3, 4, 6}),
        ("3 < level", {3, 4, 6}),
        ("level >= 3 AND level < 6", {2, 3}),
        ("level = 1.5 OR label = 'Gauge B'", {1, 2}),
        ("level <> 3", {1, 3, 4, 6}),
        ("NOT level > 3", {1, 2}),  # 5 has no level: unknown, not false
        ("NOT (level > 3 OR label = 'Gauge A')", {2}),
        ("NOT NOT level = 3", {2}),
        ("level IS NULL", {5}),
        ("level IS NOT NULL AND dry", {4, 6}),
        ("NOT dry", {1, 2, 3}),
        ("dry = FALSE", {1, 2, 3}),
        ("level BETWEEN 3 AND 4.5", {2, 3}),
        ("level NOT BETWEEN 3 AND 4.5", {1, 4, 6}),
        ("label IN ('Gauge A', 'Gauge C')", {1, 3}),
        ("label NOT IN ('Gauge A', 'Gauge C')", {2, 4, 5, 6}),
        ("label LIKE '%A'", {1}),
        ("label LIKE 'Gauge _' AND label NOT LIKE '%[AB]'", {1, 2, 3, 4, 5, 6}),
        ("CASEI(label) = CASEI('GAUGE b')", {2}),
        ("CASEI(label) LIKE casei('gauge C%')", {3}),
        ("address.city = 'B'", {2, 4, 6}),
        ("\"label\" = 'Gauge A'", {1}),
        ("S_INTERSECTS(geometry, POLYGON((120.05 29, 120.25 29, 120.25 31, 120.05 31, 120.05 29)))", {1, 2}),
        ("S_WITHIN(location, BBOX(120.05, 29, 120.25, 31))", {1, 2}),
        ("S_CONTAINS(BBOX(120.05, 29, 120.25, 31), geometry)", {1, 2}),
        ("NOT S_INTERSECTS(geometry, POINT(120.1 30))", {2, 3, 4, 5, 6}),
        ("S_DISJOINT(geometry, MULTIPOINT((120.1 30), (120.2 30)))", {3, 4, 5, 6}),
        ("T_AFTER(createdAt, DATE('2026-04-30'))", {1, 2, 3, 4, 5, 6}),
        ("T_BEFORE(createdAt, TIMESTAMP('2026-05-01T00:00:00Z'))", set()),
        ("T_DURING(createdAt, INTERVAL('2026-04-30', '..'))", {1, 2, 3, 4, 5, 6}),
        ("createdAt = TIMESTAMP('2026-05-01T00:00:00Z') AND id = 'urn:ngsi-ld:Gauge:1'", {1}),
        ("TRUE AND NOT FALSE", {1, 2, 3, 4, 5, 6}),
        ("FALSE", set()),
    ],
)
def test_filters(client: TestClient, text: str, expected: set[int]) -> None:
    assert numbers(items(client, filter=text)) == expected


def test_filter_as_json(client: TestClient) -> None:
    square = [[[120.05, 29], [120.25, 29], [120.25, 31], [120.05, 31], [120.05, 29]]]
    node = {
        "op": "and",
        "args": [
            {"op": "not", "args": [{"op": "=", "args": [{"property": "level"}, 3]}]},
            {
                "op": "s_within",
                "args": [{"property": "geometry"}, {"type": "Polygon", "coordinates": square}],
            },
            {"op": "like", "args": [{"property": "label"}, "Gauge%"]},
            {"op": "in", "args": [{"property": "label"}, ["Gauge A", "Gauge B"]]},
        ],
    }
    assert numbers(items(client, filter=json.dumps(node), filter_lang="cql2-json")) == {1}


@pytest.mark.parametrize(
    ("params", "where"),
    [
        ({"limit": "0"}, "limit"),
        ({"limit": "x"}, "limit"),
        ({"offset": "-1"}, "offset"),
        ({"bbox": "1,2,3"}, "bbox"),
        ({"bbox": "1,2,3,x"}, "bbox"),
        ({"bbox": "1,5,3,2"}, "bbox"),
        ({"bbox": "1,2,3,400"}, "bbox"),
        ({"bbox": "1,2,3,4", "bbox-crs": "EPSG:4326"}, "bbox-crs"),
        ({"crs": "http://www.opengis.net/def/crs/EPSG/0/9999"}, "crs"),
        ({"datetime": "yesterday"}, "datetime"),
        ({"nonsense": "1"}, "nonsense"),
        ({"f": "html"}, "f"),
        ({"filter": "level >"}, "filter, character 8"),
        ({"filter": "level > 5 5"}, "filter, character 11"),
        ({"filter": "level ! 5"}, "filter, character 7"),
        ({"filter": "nonsense = 5"}, "filter"),
        ({"filter": "level = 'a"}, "filter, character 9"),
        ({"filter": "S_TOUCHES(geometry, POINT(1 2))"}, "filter"),
        ({"filter": "S_INTERSECTS(label, POINT(1 2))"}, "filter"),
        ({"filter": "S_INTERSECTS(geometry, POINT(1000 2))"}, "coordinates"),
        ({"filter": "DROP(level)"}, "filter, character 1"),
        ({"filter": "(" * 100 + "dry" + ")" * 100}, "filter, character 51"),
        ({"filter": "NOT " * 100 + "dry"}, "filter, character 201"),
        ({"filter": "level IN " + "(" * 100}, "filter, character 59"),
        ({"filter": " OR ".join(["dry"] * 600)}, "filter"),
        ({"filter": "[", "filter-lang": "cql2-json"}, "filter"),
        ({"filter": "{}", "filter-lang": "cql2-json"}, "filter"),
        ({"filter": "dry", "filter-lang": "sql"}, "filter-lang"),
    ],
)
def test_refused(client: TestClient, params: dict[str, str], where: str) -> None:
    answer = client.get("/ogc/collections/Gauge/items", params=params)
    assert answer.status_code == 400, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["where"] == where
    assert answer.json()["remedy"]


def test_what_is_not_there(client: TestClient) -> None:
    for path in ("Nothing", "Nothing/items", "Gauge/items/urn:x:1", "Gauge/items/urn:nothing"):
        answer = client.get(f"/ogc/collections/{path}")
        assert answer.status_code == 404
        assert answer.headers["content-type"] == "application/problem+json"
    assert client.get("/ogc/collections", params={"q": "x"}).status_code == 400
    assert client.post("/ogc/collections/Gauge/items").status_code == 405
    assert client.get("/ogc/collections", headers={"NGSILD-Tenant": "nobody"}).status_code == 404


SQUARE = "S_INTERSECTS(geometry,BBOX(120.15,29,120.35,31))"
EVERY_CLASS = {  # one filter or more of every class of CQL2 that is declared, with what it finds
    "cql2-text": ["number = 2", {2}],
    "cql2-json": [{"op": "=", "args": [{"property": "number"}, 2]}, {2}],
    "basic-cql2": ["number >= 2 AND NOT (number > 3 OR dry = TRUE) AND level IS NOT NULL", {2, 3}],
    "advanced-comparison-operators": [
        "number BETWEEN 2 AND 4 AND number IN (1,2,3) AND label LIKE '%C'",
        {3},
    ],
    "case-insensitive-comparison": ["CASEI(label) = CASEI('GAUGE C')", {3}],
    "basic-spatial-functions": [SQUARE, {2, 3}],
    "basic-spatial-functions-plus": ["S_INTERSECTS(geometry,POINT(120.2 30))", {2}],
    "property-property": ["limit < number AND NOT (number = limit)", {1, 2}],
    "arithmetic": ["number * 2 - 3 = limit AND (number + 1) ^ 2 DIV 5 = 5 AND -number < 0", {4}],
    "array-functions": ["A_CONTAINS(tags,('all','n2')) OR A_EQUALS(tags,('n3','all'))", {2, 3}],
}


@pytest.mark.parametrize("name", EVERY_CLASS)
def test_every_class_that_is_declared(client: TestClient, name: str) -> None:
    said, wanted = EVERY_CLASS[name]
    language = "cql2-text" if isinstance(said, str) else "cql2-json"
    text = said if isinstance(said, str) else json.dumps(said)
    assert numbers(items(client, filter=text, filter_lang=language)) == wanted


def test_no_other_class_is_declared(client: TestClient) -> None:
    declared = client.get("/ogc/conformance").json()["conformsTo"]
    cql2 = {item.rpartition("/")[2] for item in declared if "/cql2/" in item}
    assert cql2 == EVERY_CLASS.keys()


@pytest.mark.parametrize(
    ("filter_", "wanted"),
    [
        ("number = limit", {3}),
        ("limit > number", {4, 5, 6}),
        ("NOT limit > number", {1, 2, 3}),
        ("level = level", {1, 2, 3, 4, 6}),
        ("NOT (level <> level)", {1, 2, 3, 4, 6}),
        ("number BETWEEN limit AND limit + 2", {1, 2, 3}),
        ("number NOT BETWEEN limit AND 2", {3, 4, 5, 6}),
        ("5 - number > 3", {1}),
        ("number -1 > 4", {6}),
        ("2 * (number + 1) > 12", {6}),
        ("number / 0 = 1 OR number % 4 = 1", {1, 5}),
        ("label = label AND 1 = 1 AND number = 1", {1}),
        ("label + 1 = 2", set()),
        ("2 ^ 2 ^ 3 = 256 AND number = 1", {1}),
        ("A_OVERLAPS(tags,('n1','n2','n9'))", {1, 2}),
        ("A_CONTAINEDBY(tags,('all','n1'))", {1, 4, 5, 6}),
        ("NOT A_CONTAINEDBY(tags,('all','n1'))", {2, 3}),
        ("A_EQUALS(('all'),tags)", {4, 5, 6}),
        ("S_EQUALS(geometry,catchment)", {3}),
        ("NOT S_EQUALS(geometry,catchment) AND number < 4", {1, 2}),
    ],
)
def test_terms_on_both_sides(client: TestClient, filter_: str, wanted: set[int]) -> None:
    assert numbers(items(client, filter=filter_)) == wanted
