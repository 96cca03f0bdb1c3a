"""Contexts kept: built in, in a folder, hosted, fetched once from allowed hosts only."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from tests.examples import examples
from tests.foundation.broker.ld.test_bounds import anything

from chengshu.engines.embedded.database import SqliteDatabase
from chengshu.foundation import journal
from chengshu.foundation.broker.errors import BadRequestData, LdContextNotAvailable, ResourceNotFound
from chengshu.foundation.broker.ld import store
from chengshu.foundation.broker.ld.contexts import CORE
from chengshu.foundation.broker.ld.core import CORE_URL, DEFAULT_VOCAB
from chengshu.foundation.broker.ld.library import SERVED_AT, ContextLibrary
from chengshu.foundation.journal import Actor
from chengshu.foundation.journal.store import metadata as journal_metadata
from chengshu.kernel.clock import VirtualClock, millis
from chengshu.kernel.errors import Invalid
from chengshu.kernel.ids import SequenceIds

CLERK = Actor("clerk")
START = datetime(2026, 11, 22, 8, tzinfo=UTC)
TERMS = {"@context": {"A1": "urn:ngsi-ld:attributes:A1"}}
REMOTE = "https://allowed.org/c/one.jsonld"


class Web:
    """Documents by URL, and how often each was asked for."""

    def __init__(self) -> None:
        self.pages: dict[str, Any] = {}
        self.asked: list[str] = []

    def fetch(self, url: str, limit: int) -> bytes:
        self.asked.append(url)
        if url not in self.pages:
            raise LdContextNotAvailable("no answer", where=url)
        said = self.pages[url]
        return said if isinstance(said, bytes) else json.dumps(said).encode()


@pytest.fixture
def database(tmp_path: Path) -> Iterator[SqliteDatabase]:
    database = SqliteDatabase(tmp_path / "broker.sqlite")
    database.create(journal_metadata)
    database.create(store.metadata)
    yield database
    database.close()


@pytest.fixture
def web() -> Web:
    return Web()


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(START)


@pytest.fixture
def ids() -> SequenceIds:
    return SequenceIds()


@pytest.fixture
def library(database: SqliteDatabase, web: Web, clock: VirtualClock, ids: SequenceIds) -> ContextLibrary:
    return ContextLibrary(database, clock, ids, fetcher=web, hosts=["Allowed.org"])


def test_the_core_needs_nothing(library: ContextLibrary, web: Web) -> None:
    assert library.get(None) is CORE
    assert library.get(CORE_URL).terms == CORE.terms
    assert library.get([CORE_URL.replace("1.8", "1.3")]).terms == CORE.terms
    assert web.asked == []
    served = json.loads(library.find(CORE_URL).body)["@context"]
    assert served["value"] == "ngsi-ld:hasValue"


def test_inline_terms_and_lists(library: ContextLibrary) -> None:
    source = [{"a": "https://x/a"}, {"a": "https://x/2"}]
    assert library.ready(source) is None
    context = library.get(source)
    assert context.expand("a") == "https://x/2"
    assert library.ready(json.loads(json.dumps(source))) is context


def test_a_hosted_context(library: ContextLibrary, clock: VirtualClock, database: SqliteDatabase) -> None:
    kept = library.add(TERMS, CLERK)
    assert kept.kind == "Hosted"
    for address in (kept.id, SERVED_AT + kept.id, f"https://hub.org{SERVED_AT}{kept.id}"):
        assert library.find(address).id == kept.id
    assert json.loads(kept.body) == TERMS
    clock.advance_to(START + timedelta(seconds=5))
    assert library.find(kept.id).hits == 0
    assert library.get([f"https://hub.org{SERVED_AT}{kept.id}"]).expand("A1") == "urn:ngsi-ld:attributes:A1"
    found = library.find(kept.id)
    assert (found.hits, found.used_at) == (1, millis(START) + 5_000)
    library.delete(kept.id, CLERK)
    with pytest.raises(ResourceNotFound):
        library.find(kept.id)
    with pytest.raises(LdContextNotAvailable):
        library.get([f"https://hub.org{SERVED_AT}{kept.id}"])
    with database.read() as connection:
        actions = [entry.action for entry in journal.entries_about(connection, kept.id)]
    assert sorted(actions) == ["linked.context_deleted", "linked.context_kept"]


@pytest.mark.parametrize(
    "document",
    [
        None,
        7,
        [],
        {},
        {"A1": "x"},
        {"@context": 7},
        {"@context": []},
        {"@context": [[]]},
        {"@context": {"a": 7}},
    ],
)
def test_what_cannot_be_hosted(library: ContextLibrary, document: Any) -> None:
    with pytest.raises(BadRequestData):
        library.add(document, CLERK)
    assert library.listed() == []


def test_contexts_outlive_the_process(
    library: ContextLibrary, database: SqliteDatabase, web: Web, clock: VirtualClock, ids: SequenceIds
) -> None:
    hosted = library.add(TERMS, CLERK)
    web.pages[REMOTE] = {"@context": {"b": "https://x/b"}}
    library.get(REMOTE)
    library.get(hosted.id)
    library.flush()
    web.pages.clear()
    again = ContextLibrary(database, clock, ids, fetcher=web, hosts=["allowed.org"])
    assert again.get(REMOTE).expand("b") == "https://x/b"
    assert again.find(hosted.id).hits == 1
    assert [kept.kind for kept in again.listed()] == ["Hosted", "Cached"]


def test_only_allowed_hosts_are_asked(library: ContextLibrary, web: Web) -> None:
    for url in (
        "https://other.org/c.jsonld",
        "https://allowed.org.evil.org/c.jsonld",
        "https://allowed.org@evil.org/c.jsonld",
        "http://127.0.0.1/c.jsonld",
        "ftp://allowed.org/c.jsonld",
        "file:///etc/passwd",
        "nothing",
        "",
    ):
        with pytest.raises(LdContextNotAvailable) as caught:
            library.get(url)
        assert caught.value.fault.remedy
    assert web.asked == []


def test_nothing_is_asked_without_a_fetcher(
    database: SqliteDatabase, clock: VirtualClock, ids: SequenceIds
) -> None:
    with pytest.raises(LdContextNotAvailable):
        ContextLibrary(database, clock, ids, hosts=["allowed.org"]).get(REMOTE)


def test_a_remote_context_is_fetched_once(library: ContextLibrary, web: Web) -> None:
    web.pages[REMOTE] = {"@context": [{"b": "https://x/b"}, "two.jsonld"]}
    web.pages["https://allowed.org/c/two.jsonld"] = {"@context": {"c": "https://x/c"}}
    for source in (REMOTE, [REMOTE], [REMOTE, {"d": "https://x/d"}]):
        context = library.get(source)
        assert (context.expand("b"), context.expand("c")) == ("https://x/b", "https://x/c")
    assert web.asked == [REMOTE, "https://allowed.org/c/two.jsonld"]
    assert {kept.url for kept in library.listed("Cached")} == set(web.asked)


def test_imports(library: ContextLibrary, web: Web) -> None:
    web.pages[REMOTE] = {"@context": {"b": "https://x/b", "c": "https://x/c"}}
    context = library.get({"@import": REMOTE, "c": "https://x/own"})
    assert (context.expand("b"), context.expand("c")) == ("https://x/b", "https://x/own")


@pytest.mark.parametrize("said", [b"not json", [], {"terms": 1}, b"[" * 100_000])
def test_a_remote_document_that_is_no_context(library: ContextLibrary, web: Web, said: Any) -> None:
    web.pages[REMOTE] = said
    with pytest.raises(LdContextNotAvailable):
        library.get(REMOTE)


def test_circles_and_crowds_are_refused(library: ContextLibrary, web: Web) -> None:
    base = "https://allowed.org/c/"
    web.pages[REMOTE] = {"@context": "two.jsonld"}
    web.pages[base + "two.jsonld"] = {"@context": ["one.jsonld"]}
    web.pages |= {f"{base}d{n}": {"@context": f"d{n + 1}"} for n in range(40)}
    web.pages[base + "many"] = {"@context": [f"m{n}" for n in range(100)]}
    web.pages |= {f"{base}m{n}": {"@context": {}} for n in range(100)}
    for url in (REMOTE, base + "d0", base + "many"):
        with pytest.raises(BadRequestData):
            library.get(url)


@pytest.mark.parametrize("source", [7, True, [[]], [7], {"a": 7}, {"@import": 7}])
def test_a_source_that_is_no_context(library: ContextLibrary, source: Any) -> None:
    with pytest.raises(BadRequestData):
        library.get(source)


def test_reloading(library: ContextLibrary, web: Web) -> None:
    hosted = library.add(TERMS, CLERK)
    web.pages[REMOTE] = {"@context": {"b": "https://x/1"}}
    assert library.get(REMOTE).expand("b") == "https://x/1"
    web.pages[REMOTE] = {"@context": {"b": "https://x/2"}}
    assert library.get(REMOTE).expand("b") == "https://x/1"
    library.delete(REMOTE, CLERK, reload=True)
    assert library.get(REMOTE).expand("b") == "https://x/2"
    web.pages.clear()
    with pytest.raises(LdContextNotAvailable):
        library.delete(REMOTE, CLERK, reload=True)
    assert library.get(REMOTE).expand("b") == "https://x/2"  # what was there stays
    for name in (hosted.id, "unknown"):
        with pytest.raises(BadRequestData):
            library.delete(name, CLERK, reload=True)
    library.delete(REMOTE, CLERK)
    with pytest.raises(LdContextNotAvailable):
        library.get(REMOTE)


def test_deleting_what_cannot_be_deleted(library: ContextLibrary) -> None:
    with pytest.raises(ResourceNotFound):
        library.delete("unknown", CLERK)
    with pytest.raises(BadRequestData):
        library.delete(CORE_URL, CLERK)
    library.delete(CORE_URL, CLERK, reload=True)
    assert library.get(None) is CORE


def test_an_implicit_context_has_one_address(library: ContextLibrary) -> None:
    source = [{"a": "https://x/a"}, CORE_URL]
    kept = library.implicit(source)
    assert kept.kind == "ImplicitlyCreated"
    assert library.implicit(source).id == kept.id
    assert library.implicit(source, "other").id != kept.id
    assert library.get(kept.id).expand("a") == "https://x/a"


def test_lists_by_kind_and_tenant(library: ContextLibrary, web: Web) -> None:
    web.pages[REMOTE] = TERMS
    mine, theirs = library.add(TERMS, CLERK, "mine"), library.add(TERMS, CLERK, "theirs")
    library.get(REMOTE)
    assert {kept.kind for kept in library.listed()} == {"Cached"}
    assert [kept.id for kept in library.listed("Hosted", "mine")] == [mine.id]
    assert library.listed("ImplicitlyCreated", "mine") == []
    with pytest.raises(BadRequestData):
        library.listed("other")
    with pytest.raises(ResourceNotFound):
        library.delete(theirs.id, CLERK, "mine")
    library.delete(theirs.id, CLERK, "theirs")


def test_the_folder_comes_before_the_web(
    tmp_path: Path, database: SqliteDatabase, web: Web, clock: VirtualClock, ids: SequenceIds
) -> None:
    folder = tmp_path / "contexts"
    folder.mkdir()
    (folder / "one.jsonld").write_text(json.dumps({"@context": [{"b": "https://x/b"}, "https://far.org/c"]}))
    (folder / "two.jsonld").write_text(json.dumps({"@context": {"c": "https://x/c"}}))
    (folder / "own.jsonld").write_text(json.dumps({"@context": {"d": "https://x/d"}}))
    (folder / "index.json").write_text(json.dumps({REMOTE: "one.jsonld", "https://far.org/c": "two.jsonld"}))
    library = ContextLibrary(database, clock, ids, folder=folder, fetcher=web)
    context = library.get(REMOTE)
    assert (context.expand("b"), context.expand("c")) == ("https://x/b", "https://x/c")
    assert {kept.url for kept in library.listed("Cached")} == {REMOTE, "https://far.org/c"}
    assert library.get("own.jsonld").expand("d") == "https://x/d"
    assert "https://x/d" in library.find("own.jsonld").body
    (folder / "one.jsonld").write_text(json.dumps({"@context": {"b": "https://x/new"}}))
    library.delete(REMOTE, CLERK, reload=True)
    assert library.get(REMOTE).expand("b") == "https://x/new"
    assert library.get(REMOTE).expand("c") == DEFAULT_VOCAB + "c"
    library.delete(REMOTE, CLERK)
    assert library.get(REMOTE).expand("b") == "https://x/new"  # the operator's file is still there
    assert web.asked == []


@pytest.mark.parametrize(
    ("index", "detail"),
    [
        ("nonsense", "map"),
        (json.dumps({REMOTE: "gone.jsonld"}), "no file"),
        (json.dumps({REMOTE: "../x"}), "no file"),
    ],
)
def test_a_folder_that_is_not_in_order(
    tmp_path: Path, database: SqliteDatabase, clock: VirtualClock, ids: SequenceIds, index: str, detail: str
) -> None:
    folder = tmp_path / "contexts"
    folder.mkdir()
    (tmp_path / "x").write_text("{}")
    (folder / "index.json").write_text(index)
    with pytest.raises(Invalid, match=detail):
        ContextLibrary(database, clock, ids, folder=folder)


def test_a_broken_file_says_so(
    tmp_path: Path, database: SqliteDatabase, clock: VirtualClock, ids: SequenceIds
) -> None:
    (tmp_path / "bad.jsonld").write_text("{")
    with pytest.raises(LdContextNotAvailable, match="cannot be read"):
        ContextLibrary(database, clock, ids, folder=tmp_path).get("bad.jsonld")


def test_compiled_contexts_take_bounded_memory(library: ContextLibrary) -> None:
    for n in range(3000):
        library.get({f"term{n}": f"https://x/{n}"})
    assert library._terms <= 400_000
    assert library._terms == sum(context.size for context, _ in library._compiled.values())
    assert library.ready({"term2999": "https://x/2999"}) is not None


@settings(max_examples=examples(200))
@given(anything)
def test_any_json_is_a_context_or_refused(library: ContextLibrary, source: Any) -> None:
    try:
        context = library.get(source)
    except (BadRequestData, LdContextNotAvailable) as error:
        assert error.fault.detail
    else:
        assert context.expand("location") == CORE.expand("location")
        assert library.ready(source) is context


def test_what_many_ask_for_at_once_is_kept_once(library: ContextLibrary, web: Web) -> None:
    web.pages[REMOTE] = {"@context": {"b": "https://x/b"}}
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: library.get([REMOTE]).expand("b"), range(40)))
        kept = set(pool.map(lambda _: library.implicit([REMOTE, TERMS["@context"]]).id, range(40)))
    assert set(found) == {"https://x/b"}
    assert len(kept) == 1
    assert [item.kind for item in library.listed()] == ["Cached", "ImplicitlyCreated"]


def test_bodies_are_read_when_they_are_asked_for(library: ContextLibrary, web: Web) -> None:
    hosted = library.add(TERMS, CLERK, "mine")
    web.pages[REMOTE] = TERMS
    library.get(REMOTE)
    assert all(kept.body == "" for kept in library._kept.values())
    bodies = {kept.kind: kept.body for kept in library.listed(tenant="mine")}
    assert bodies == {"Hosted": json.dumps(TERMS, separators=(",", ":")), "Cached": ""}
    assert json.loads(library.find(REMOTE).body) == json.loads(library.find(hosted.id).body) == TERMS
