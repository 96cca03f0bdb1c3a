"""Pipelines report to the hub: events kept, told again, refused with a reason; who may."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI, Request
from fastapi.testclient import TestClient
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.examples import examples

from chengshu.app.problems import add_problems
from chengshu.engines.embedded.database import SqliteDatabase
from chengshu.foundation.journal import Actor
from chengshu.foundation.journal import store as journal_store
from chengshu.kernel.clock import VirtualClock
from chengshu.kernel.errors import Unauthenticated
from chengshu.resources.ledger import LedgerQueries
from chengshu.resources.ledger import store as ledger_store
from chengshu.resources.lineage import Lineage, LineageQueries, store
from chengshu.resources.lineage.openlineage import jobs_of_event
from chengshu.surfaces.openlineage import router

TOKEN = {"authorization": "Bearer airflow"}
URL = "/api/v1/lineage"


def event(kind: str = "COMPLETE", masking: bool = False) -> dict[str, Any]:
    """A nightly job that makes a table of counts by street of a register."""
    given = {
        "namespace": "civil",
        "name": "households",
        "field": "street",
        "transformations": [{"type": "DIRECT", "subtype": "IDENTITY", "masking": masking}],
    }
    facet = {"columnLineage": {"fields": {"street": {"inputFields": [given]}}}}
    return {
        "eventType": kind,
        "eventTime": "2026-07-01T00:00:00Z",
        "run": {"runId": "0197c2b0-0000-7000-8000-000000000000"},
        "job": {"namespace": "airflow", "name": "nightly"},
        "inputs": [{"namespace": "civil", "name": "households"}],
        "outputs": [{"namespace": "civil", "name": "by_street", "facets": facet}],
    }


class Room:
    def __init__(self, folder: Path) -> None:
        self.database = SqliteDatabase(folder / "hub.db", durable=False, threaded=False)
        for part in (journal_store, ledger_store, store):
            self.database.create(part.metadata)
        clock = VirtualClock(datetime(2026, 7, 1, tzinfo=UTC))
        self.queries = LineageQueries(self.database, LedgerQueries(self.database))
        app = FastAPI()
        add_problems(app)
        app.include_router(router(Lineage(self.database, clock), self.queries, clock, _who))
        self.web = TestClient(app)

    def told(self) -> list[dict[str, Any]]:
        answer = self.web.get(URL, headers=TOKEN)
        assert answer.status_code == 200
        return [json.loads(line) for line in answer.text.splitlines()]


def _who(request: Request) -> Actor:
    if request.headers.get("authorization") != TOKEN["authorization"]:
        raise Unauthenticated("client-token", "no valid token of a program came with the request")
    return Actor("client:airflow")


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    made = Room(tmp_path)
    yield made
    made.database.close()


def test_what_a_pipeline_says_is_kept_and_told_again(room: Room) -> None:
    assert room.web.post(URL, json=event(), headers=TOKEN).status_code == 201
    (again,) = room.told()
    assert jobs_of_event(again) == jobs_of_event(event())
    assert again["job"]["name"] == "airflow/nightly"
    assert room.queries.downstream("households.street") != {}


def test_the_newest_word_of_a_job_replaces_its_earlier_one(room: Room) -> None:
    room.web.post(URL, json=event(), headers=TOKEN)
    room.web.post(URL, json=event(masking=True), headers=TOKEN)
    (again,) = room.told()
    (field,) = again["outputs"][0]["facets"]["columnLineage"]["fields"]["street"]["inputFields"]
    assert field["transformations"][0]["masking"] is True


def test_starts_and_failures_say_nothing(room: Room) -> None:
    for kind in ("START", "RUNNING", "FAIL", "ABORT"):
        assert room.web.post(URL, json=event(kind), headers=TOKEN).status_code == 201
    assert room.told() == []


def test_strangers_neither_read_nor_write(room: Room) -> None:
    assert room.web.post(URL, json=event()).status_code == 401
    assert room.web.get(URL).status_code == 401


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"{", b'{"eventType":"COMPLETE","outputs":[{}]}', b'{"eventType":"COMPLETE","outputs":7}'],
)
def test_what_is_no_event_is_refused(room: Room, body: bytes) -> None:
    answer = room.web.post(URL, content=body, headers=TOKEN)
    assert answer.status_code == 422 and answer.json()["remedy"]
    assert room.told() == []


def test_an_event_beyond_the_limit_is_refused(room: Room) -> None:
    assert room.web.post(URL, content=b" " * 5_000_001, headers=TOKEN).status_code == 413


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["name", "field", "inputFields", "fields", "facets", "x"]), inner, max_size=3
        )
    ),
    max_leaves=12,
)


@settings(max_examples=examples(100))
@given(
    st.fixed_dictionaries(
        {"eventType": st.just("COMPLETE")},
        optional={"inputs": json_values, "outputs": json_values, "job": json_values},
    )
)
def test_any_json_is_taken_or_refused_with_a_reason(said: dict[str, Any]) -> None:
    from chengshu.kernel.errors import Invalid

    try:
        jobs_of_event(said)
    except Invalid as error:
        assert error.fault.remedy
