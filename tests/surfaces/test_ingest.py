"""``POST /ingest/{source}``: who may, what is answered, what is refused."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from tests.context.conftest import START, Room, open_room
from tests.sensing.conftest import GAUGES, declare

from chengshu.foundation.context import Entity
from chengshu.foundation.journal import Actor
from chengshu.foundation.sensing import Intake, Tokens, quarantined, store
from chengshu.kernel.clock import VirtualClock, iso
from chengshu.kernel.errors import ChengshuError
from chengshu.surfaces.ingest import router


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    room = open_room(tmp_path, VirtualClock(START), threaded=True)
    room.database.create(store.metadata)
    room.context.upsert(Entity("urn:ngsi-ld:RainGauge:1", "RainGauge"))
    yield room
    room.history.close()
    room.database.close()


class Client:
    """The surface as a device sees it."""

    def __init__(self, http: httpx.AsyncClient, token: str) -> None:
        self.http, self.token = http, token

    async def push(self, content: Any, source: str = "gauges", **headers: str) -> httpx.Response:
        given = {"authorization": f"Bearer {self.token}"} | {
            name.replace("_", "-"): text for name, text in headers.items()
        }
        return await self.http.post(f"/ingest/{source}", content=content, headers=given)


@pytest.fixture
async def client(room: Room) -> AsyncIterator[Client]:
    source = GAUGES | {"limits": {"bytes": 200_000, "records": 2000}}
    intake = Intake(room.database, room.clock, room.context, declare(source), ZoneInfo("UTC"))
    tokens = Tokens(room.database, room.clock)
    app = FastAPI()

    @app.exception_handler(ChengshuError)
    async def problem(_request: Request, error: ChengshuError) -> JSONResponse:
        return JSONResponse(error.as_problem(), error.status, media_type="application/problem+json")

    app.include_router(router(intake, tokens))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://hub") as http:
        yield Client(http, tokens.create("gauges", Actor("person:li")))


def body(*values: Any) -> bytes:
    return json.dumps(
        {"readings": [{"gauge": "1", "mm_h": value, "time": iso(START)} for value in values]}
    ).encode()


async def test_the_answer_comes_when_everything_is_kept(room: Room, client: Client) -> None:
    answer = await client.push(body(1.0, "wet", 3.0))
    assert answer.status_code == 200
    assert answer.json() == {
        "accepted": 2,
        "quarantined": [
            {"index": 1, "code": "value-not-number", "detail": "rainIntensity is 'wet', no number"}
        ],
    }
    assert [item.value for item in room.queries.latest()] == [3.0]
    assert [item.source for item in quarantined(room.database)] == ["gauges"]


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("application/json; charset=utf-8", body(4.0)),
        (
            "application/x-ndjson",
            json.dumps({"gauge": "1", "mm_h": 4.0, "time": iso(START)}).encode() + b"\n",
        ),
        ("text/csv", f"gauge,mm_h,time\n1,4.0,{iso(START)}\n".encode()),
    ],
)
async def test_json_lines_and_csv(client: Client, kind: str, content: bytes) -> None:
    answer = await client.push(content, content_type=kind)
    assert answer.json() == {"accepted": 1, "quarantined": []}


async def test_a_large_message_is_mapped_beside_the_loop(client: Client) -> None:
    content = body(*([1.5] * 1999))
    assert len(content) > 100_000
    assert (await client.push(content + b" " * 30_000)).json()["accepted"] == 1999


@pytest.mark.parametrize("token", ["", "wrong", None])
async def test_without_a_valid_token_nothing_is_read(room: Room, client: Client, token: str | None) -> None:
    headers = {} if token is None else {"authorization": f"Bearer {token}"}
    for source in ("gauges", "nobody"):  # the answer does not tell which sources there are
        answer = await client.http.post(f"/ingest/{source}", content=body(1.0), headers=headers)
        assert (answer.status_code, answer.headers["content-type"]) == (401, "application/problem+json")
        assert "token" in answer.json()["remedy"]
    assert room.queries.latest() == []


async def test_more_than_the_source_may_send_is_refused_as_a_whole(room: Room, client: Client) -> None:
    answer = await client.push(b" " * 200_001)
    assert (answer.status_code, answer.json()["type"]) == (413, "urn:chengshu:problem:message-too-large")

    async def endless() -> AsyncIterator[bytes]:  # no Content-Length: counted while it comes
        while True:
            yield b" " * 50_000

    answer = await client.push(endless())
    assert answer.status_code == 413
    answer = await client.push(body(*([1.0] * 2001)))
    assert (answer.status_code, answer.json()["type"]) == (413, "urn:chengshu:problem:message-too-long")
    assert room.queries.latest() == []


async def test_a_foreign_content_type_is_refused_with_a_remedy(client: Client) -> None:
    answer = await client.push(b"<rain/>", content_type="application/xml")
    assert answer.status_code == 415
    assert "text/csv" in answer.json()["remedy"]


async def test_what_is_no_json_is_quarantined_as_a_whole(room: Room, client: Client) -> None:
    answer = await client.push(b"{oops")
    assert (answer.status_code, answer.json()["accepted"]) == (200, 0)
    assert answer.json()["quarantined"][0]["code"] == "malformed"
    assert [item.raw for item in quarantined(room.database)] == ['"{oops"']


async def test_a_message_sent_twice_changes_nothing(room: Room, client: Client) -> None:
    for _ in range(2):
        assert (await client.push(body(1.0))).json()["accepted"] == 1
    room.pump.drain()
    assert room.history.sql("SELECT count(*) AS n FROM history").to_pylist() == [{"n": 1}]
