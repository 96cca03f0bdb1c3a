"""Bad and enormous requests: the right problem each, in bounded time and memory, and nothing half-done."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from tools.broker import Standing

from chengshu.surfaces.ngsi_ld import Limits, Surface

JSON = {"content-type": "application/json"}
SMALL = Limits(body=2000, depth=10, query=500, batch=3, page=5, joins=2)
ERRORS = "https://uri.etsi.org/ngsi-ld/errors/"


def nested(depth: int, left: str = "[", right: str = "]") -> str:
    return left * depth + "1" + right * depth


def whole(value: str) -> bytes:
    return ('{"id":"urn:x:1","type":"T","a":{"type":"Property","value":' + value + "}}").encode()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b'{"id": "urn:x:1",}',
        b'{"id": NaN}',
        b"\xff\xfe",
        b'{"id": "\xff"}',
        b'"a text"',
        b"7",
        b"null",
        b"[" * 100_000,
        nested(100_000).encode(),
    ],
)
async def test_what_is_no_json_object_is_an_invalid_request(api: httpx.AsyncClient, body: bytes) -> None:
    answer = await api.post("entities", content=body, headers=JSON)
    assert answer.status_code == 400 and answer.json()["type"] in (
        ERRORS + "InvalidRequest",
        ERRORS + "BadRequestData",
    )


@pytest.mark.parametrize("pair", [("[", "]"), ('{"a":', "}")])
async def test_nesting_is_bounded(api: httpx.AsyncClient, pair: tuple[str, str]) -> None:
    assert (await api.post("entities", content=whole(nested(40, *pair)), headers=JSON)).status_code == 201
    for depth in (64, 500, 900, 5000):
        answer = await api.post("entities", content=whole(nested(depth, *pair)), headers=JSON)
        assert answer.status_code == 400, depth
        assert answer.json()["type"] in (ERRORS + "BadRequestData", ERRORS + "InvalidRequest")
    inner = '{"type":"Property","value":1,"a":' * 70 + "7" + "}" * 70
    content = f'{{"id":"urn:x:2","type":"T","a":{inner}}}'
    assert (await api.post("entities", content=content, headers=JSON)).status_code == 400


async def test_ten_thousand_attributes_are_kept_and_given(api: httpx.AsyncClient) -> None:
    entity: dict[str, object] = {
        f"a{number}": {"type": "Property", "value": number} for number in range(10_000)
    }
    entity |= {"id": "urn:x:1", "type": "T"}
    assert (await api.post("entities", json=entity)).status_code == 201
    assert (await api.get("entities/urn:x:1")).json() == entity
    assert (await api.get("entities?q=a9999==9999&options=keyValues&attrs=a5")).json() == [
        {"id": "urn:x:1", "type": "T", "a5": 5}
    ]


@pytest.fixture
async def small(standing: Standing) -> AsyncIterator[httpx.AsyncClient]:
    surface = Surface(replace(standing.rooms, limits=SMALL), standing.surface.operations)
    transport = httpx.ASGITransport(app=surface)
    async with httpx.AsyncClient(transport=transport, base_url="http://hub/ngsi-ld/v1/") as client:
        yield client


async def test_a_body_beyond_the_limit_is_refused_however_it_comes(small: httpx.AsyncClient) -> None:
    async def parts() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield b" " * 100

    for answer in (
        await small.post("entities", content=b" " * 2001, headers=JSON),
        await small.post("entities", content=parts(), headers=JSON),
        await small.post("entities", content=b"{}", headers=JSON | {"content-length": "999999999999"}),
    ):
        assert answer.status_code == 413 and "2000" in answer.json()["detail"]
    assert (await small.get(f"entities?type=T&q={'a' * 500}")).status_code == 413


async def test_bombs_in_the_query_are_refused(api: httpx.AsyncClient) -> None:
    await api.post("entities", json={"id": "urn:x:" + "a" * 60, "type": "T", "a": {"value": "a" * 60}})
    bombs = [
        {"type": "T", "q": "(" * 3000 + "a" + ")" * 3000},
        {"type": "T", "q": ";".join(["a==1"] * 5000)},
        {"type": "T", "idPattern": "(a)\\1"},
        {"type": "T", "idPattern": "((a{50}){50}){50}"},
        {"type": "T", "idPattern": "(a|a)*b" + "x" * 300},
        {"type": "T", "georel": "within", "geometry": "Polygon", "coordinates": "[" * 5000},
        {"type": "T", "georel": "within", "geometry": "Point", "coordinates": "[1e400,1]"},
        {"type": "T", "georel": "near;maxDistance==-1", "geometry": "Point", "coordinates": "[8,40]"},
        {"type": "T", "georel": "within", "geometry": "Polygon", "coordinates": "[[[0,0],[1,1]]]"},
        {"type": ",".join(["T"] * 5000)},
        {"type": "T", "pick": "a{" * 500},
        {"type": "T", "scopeQ": "/" * 3000},
        {"type": "T", "limit": "9" * 5000},
        {"type": "T", "lang": "x\ud800".encode("utf-8", "surrogatepass").decode("latin-1"), "joinLevel": "x"},
    ]
    for bomb in bombs:
        answer = await api.get("entities", params=bomb)
        assert answer.status_code in (400, 403), (bomb, answer.status_code, answer.text[:200])
        assert answer.json()["type"] in (
            ERRORS + "BadRequestData",
            ERRORS + "TooComplexQuery",
            ERRORS + "InvalidRequest",
        )
    for harmless in ({"q": 'a~="(a+)+b$"'}, {"idPattern": "((a*)*)*b"}):  # found in linear time
        answer = await api.get("entities", params={"type": "T"} | harmless)
        assert (answer.status_code, answer.json()) == (200, [])
    many = "&".join(f"id=urn:x:{number}" for number in range(300))
    assert (await api.get(f"entities?type=T&{many}")).status_code == 400


async def test_absurd_geometries_are_refused(api: httpx.AsyncClient) -> None:
    absurd = [
        {"type": "Point", "coordinates": []},
        {"type": "Point", "coordinates": ["a", 1]},
        {"type": "Point", "coordinates": [1e308, 1]},
        {"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [0, 0]]]},
        {"type": "Blob", "coordinates": [0, 0]},
        {"type": "LineString", "coordinates": [[0, 0]]},
        "POINT(1 2)",
    ]
    for number, value in enumerate(absurd):
        entity = {"id": f"urn:g:{number}", "type": "T", "location": {"type": "GeoProperty", "value": value}}
        answer = await api.post("entities", json=entity)
        assert answer.status_code == 400 and "location" in answer.json()["where"], value


async def test_linked_entities_in_one_answer_are_bounded(small: httpx.AsyncClient) -> None:
    for number in range(4):
        entity = {"id": f"urn:l:{number}", "type": "L", "a": {"object": [f"urn:l:{n}" for n in range(4)]}}
        assert (await small.post("entities", json=entity)).status_code == 201
    answer = await small.get("entities/urn:l:1?join=flat&joinLevel=3")
    assert answer.status_code == 403 and answer.json()["type"] == ERRORS + "TooManyResults"


async def test_strange_paths_and_headers(api: httpx.AsyncClient) -> None:
    for path in (
        "entities/%00",
        "entities/urn:a%0D%0Ab",
        "entities/%ff%fe",
        "types/%3Cscript%3E",
        "%2e%2e/x",
    ):
        answer = await api.get(path)
        assert answer.status_code in (400, 404), path
        json.loads(answer.content)
    answer = await api.get("types", headers={"accept": "," * 1000, "link": "<" * 1000})
    assert answer.status_code in (200, 406)


async def test_an_accepted_write_is_there_after_the_broker_was_opened_anew(tmp_path: Path) -> None:
    first = Standing(tmp_path / "data", durable=False)
    transport = httpx.ASGITransport(app=first.surface)
    async with httpx.AsyncClient(transport=transport, base_url="http://hub/ngsi-ld/v1/") as client:
        assert (await client.post("entities", json={"id": "urn:x:1", "type": "T"})).status_code == 201
    first.close()
    second = Standing(tmp_path / "data", durable=False)
    transport = httpx.ASGITransport(app=second.surface)
    async with httpx.AsyncClient(transport=transport, base_url="http://hub/ngsi-ld/v1/") as client:
        assert (await client.get("entities/urn:x:1")).status_code == 200
    second.close()
