"""Search for programs: who finds what, filters and facets, the why, and mistakes said plainly."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from fastapi import FastAPI, Request
from fastapi.testclient import TestClient

from chengshu.app.problems import add_problems
from chengshu.engines.embedded.database import SqliteDatabase
from chengshu.engines.tantivy import TantivyIndex
from chengshu.foundation.journal import Actor, Pump
from chengshu.foundation.journal import store as journal_store
from chengshu.kernel.clock import VirtualClock
from chengshu.kernel.ids import SequenceIds
from chengshu.kernel.texts import Text
from chengshu.resources.grading.model import Grade
from chengshu.resources.knowledge import store as knowledge_store
from chengshu.resources.knowledge.commands import About, Knowledge
from chengshu.resources.knowledge.queries import KnowledgeQueries
from chengshu.resources.knowledge.readers import STRANGER, Reader
from chengshu.resources.knowledge.search import LAYOUT as DOCUMENTS
from chengshu.resources.knowledge.search import KnowledgeSearch
from chengshu.resources.ledger import Ledger, LedgerQueries, Resource, store
from chengshu.resources.ledger.search import LAYOUT, LedgerSearch
from chengshu.surfaces.find import router

STEWARD = Actor("person:lin")
KNOWN = {"authorization": "Bearer known"}


def entry(name: str, en: str, zh: str, **parts: object) -> Resource:
    return Resource(f"urn:chengshu:resource:{name}", "dataset", Text(en, zh, ""), **parts)  # type: ignore[arg-type]


SHELF = (
    entry("gauges", "Rain gauges", "雨量站数据", provider="water", open=True, themes=("weather",)),
    entry("flows", "Rain drains", "雨水管网流量", provider="water", sharing="none"),
    entry("lots", "Parking lots", "停车场", provider="traffic", open=True),
    entry("old", "Rain, old", "旧雨量数据", provider="water", open=True),
)


class Room:
    def __init__(self, folder: Path) -> None:
        self.database = SqliteDatabase(folder / "hub.db", durable=False, threaded=False)
        self.database.create(journal_store.metadata)
        self.database.create(store.metadata)
        self.database.create(knowledge_store.metadata)
        clock = VirtualClock(datetime(2026, 7, 1, tzinfo=UTC))
        self.ledger = Ledger(self.database, clock, SequenceIds())
        self.index = TantivyIndex(None, LAYOUT)
        search = LedgerSearch(self.index, LedgerQueries(self.database))
        app = FastAPI()
        add_problems(app)
        knowledge = Knowledge(self.database, clock, self.ledger)
        self.documents = TantivyIndex(None, DOCUMENTS)
        pages = KnowledgeQueries(self.database, LedgerQueries(self.database))
        answers = KnowledgeSearch(self.documents, pages)
        self.pump = Pump(self.database, clock, [search, answers], strict=True)
        self.add = knowledge.add
        app.include_router(router(search, _known, answers, pages, _reader, lambda: clock.now().date()))
        self.web = TestClient(app)

    def found(self, question: str, headers: dict[str, str] | None = None) -> list[str]:
        body = self.web.get(f"/find/ledger?{question}", headers=headers or {}).json()
        return [hit["id"].rsplit(":", 1)[-1] for hit in body["hits"]]


def _known(request: Request) -> bool:
    return request.headers.get("authorization") == KNOWN["authorization"]


def _reader(request: Request) -> Reader:
    return Reader(Grade.GENERAL_2) if _known(request) else STRANGER


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    room = Room(tmp_path)
    room.ledger.put(SHELF, STEWARD)
    room.ledger.retire(["urn:chengshu:resource:old"], STEWARD, why="replaced")
    room.pump.drain()
    yield room
    room.index.close()
    room.documents.close()
    room.database.close()


def test_strangers_find_what_is_open_and_nothing_else_is_counted(room: Room) -> None:
    assert room.found("q=rain") == ["gauges"]
    assert sorted(room.found("q=rain", KNOWN)) == ["flows", "gauges"]
    stranger = room.web.get("/find/ledger?q=rain").json()
    assert (stranger["total"], stranger["facets"]["provider"]) == (1, {"water": 1})
    assert room.found("q=rain&state=retired") == []
    assert room.found("q=rain&state=retired", KNOWN) == ["old"]


def test_what_was_closed_a_moment_ago_is_not_shown(room: Room) -> None:
    room.ledger.put(entry("gauges", "Rain gauges", "雨量站数据", provider="water"), STEWARD)
    assert room.found("q=rain") == []  # before the index knows


def test_filters_facets_pages_and_the_why(room: Room) -> None:
    assert room.found("kind=dataset&provider=traffic&provider=nobody", KNOWN) == ["lots"]
    assert room.found("limit=1&offset=1", KNOWN) == ["gauges"]
    body = room.web.get("/find/ledger?q=雨量&facet=provider", headers=KNOWN).json()
    assert body["facets"] == {"provider": {"water": body["total"]}}
    first = body["hits"][0]
    assert first["title"]["zh-Hans"] == "雨量站数据"
    assert {"part": "title", "word": "雨量", "how": "word"} in first["why"]


@pytest.mark.parametrize(
    "question", ["colour=red", "facet=colour", "limit=0", "offset=10000", f"q={'x' * 500}"]
)
def test_a_question_that_cannot_be_answered_is_a_problem_with_words(room: Room, question: str) -> None:
    answer = room.web.get(f"/find/ledger?{question}")
    assert answer.status_code == 422
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert answer.json()["detail"]


def test_documents_answer_with_their_clause_to_those_who_may_read_them(room: Room) -> None:
    rules = "第一条 本市停车免费三十分钟。\n第二条 违停罚款二百元。\n".encode()
    added = room.add("停车.txt", rules, About(date(2026, 1, 1)), STEWARD)
    room.pump.drain()
    asked = "/find/documents?q=违停罚款多少"
    body = room.web.get(asked, headers=KNOWN).json()
    assert (body["found"], body["passages"][0]["place"]) == (True, "第二条")
    assert room.web.get(asked).json() == {
        "found": False,
        "documents": 0,
        "unknown": [],
        "passages": [],
    }
    assert not room.web.get(f"{asked}&day=2025-12-31", headers=KNOWN).json()["found"]
    address = f"/find/documents/{added.edition.document}"
    assert room.web.get(address).status_code == 404
    whole = room.web.get(address, headers=KNOWN).json()
    assert "".join(part["text"] for part in whole["passages"]).encode() == rules
    rest = room.web.get(f"{address}?edition=1&after=0", headers=KNOWN).json()
    assert [part["place"] for part in rest["passages"]] == ["第二条"]
    assert room.web.get(f"{address}?edition=2", headers=KNOWN).status_code == 404
    assert room.web.get("/find/documents?q=是什么", headers=KNOWN).status_code == 422
