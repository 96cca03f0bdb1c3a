"""The catalogue for others: who sees what, in which forms, and that any entry makes a sound graph."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from hypothesis import given, settings
from hypothesis import strategies as st
from rdflib import DCAT, DCTERMS, RDF, Graph, URIRef
from rdflib.compare import isomorphic
from tests.examples import examples

from chengshu.app.problems import add_problems
from chengshu.engines.embedded.database import SqliteDatabase
from chengshu.foundation.city import read_city
from chengshu.foundation.journal import Actor
from chengshu.foundation.journal import store as journal_store
from chengshu.kernel.clock import VirtualClock
from chengshu.kernel.ids import SequenceIds
from chengshu.kernel.texts import Text
from chengshu.resources.ledger import Distribution, Ledger, LedgerQueries, Resource, store
from chengshu.surfaces.dcat import CatalogGraph, router
from chengshu.surfaces.dcat.conformance import MUTATIONS, example, read_shapes, run, violations

NOW = datetime(2026, 7, 1, tzinfo=UTC)
CYCLES = st.sampled_from(["", "PT5M", "PT1H", "P1D", "P1W", "P1M", "P1Y", "P10Y"])
WORDS = st.text(min_size=1, max_size=12)


def title(word: str) -> Text:
    return Text(word, "", word)


ENTRIES = st.builds(
    Resource,
    id=st.sampled_from(["urn:chengshu:resource:a", "http://data.example/a b", "urn:x:水"]),
    kind=st.sampled_from(["dataset", "api", "indicator", "document"]),
    title=WORDS.map(title),
    provider=st.text(max_size=10),
    contact=st.sampled_from(["", "a@b.cn", "line 12345"]),
    themes=st.lists(WORDS, max_size=3).map(tuple),
    keywords=st.lists(WORDS, max_size=3).map(tuple),
    update_cycle=CYCLES,
    published_on=st.sampled_from(["", "2026-01-01", "2026-01-01T01:02:03Z", "last year"]),
    temporal=st.sampled_from([None, ("2020-01-01", ""), ("2020-01-01", "2021-01-01")]),
    bbox=st.sampled_from([None, (113.0, 22.0, 114.0, 23.0)]),
    licence=st.sampled_from(["", "CC BY 4.0", "http://licence.example/x"]),
    sharing=st.sampled_from(["unconditional", "conditional", "none"]),
    distributions=st.lists(
        st.builds(
            Distribution,
            url=st.sampled_from(
                ["http://data.example/a.csv", "/ingest/a", "mqtt:a/#", "file with spaces.csv"]
            ),
            format=st.sampled_from(["", "csv", "CSV", "odd"]),
            media_type=st.sampled_from(["", "text/csv", "text/plain; charset=x"]),
            size=st.integers(0, 10**12),
            local=st.booleans(),
        ),
        max_size=2,
    ).map(tuple),
)


def written(*items: Resource) -> Graph:
    graph = CatalogGraph("http://hub.example", title("Ledger"), title("Bureau"), issued=NOW, modified=NOW)
    graph.add(items)
    return graph.graph


@settings(max_examples=examples(60))
@given(ENTRIES)
def test_any_entry_reads_back_from_every_form(item: Resource) -> None:
    graph = written(item)
    count = len(graph)
    for form in ("turtle", "json-ld", "xml"):
        assert len(Graph().parse(data=graph.serialize(format=form), format=form)) == count, form


ODD = (
    Resource("urn:x:chinese-only", "dataset", Text("", "水位", "")),
    Resource("urn:x:nameless", "dataset", Text("", "", "")),
    Resource("urn:x:blank", "dataset", Text("   ", "", ""), provider="  ", contact=" ", licence=" "),
    Resource("urn:x:unprintable", "dataset", Text("\x00\x01\ud800", "", ""), contact="\x00"),
    Resource("urn:x:huge", "dataset", Text("a"), summary=Text("<script>水</script>&amp; " * 50_000)),
    Resource(
        "urn:x:marked", "dataset", Text('<b> & "q" ]]>'), keywords=("", "<a>"), themes=("", "a/b", "<t>")
    ),
    Resource("urn:x:nowhere", "dataset", Text("a"), bbox=(float("nan"), 0.0, float("inf"), 0.0)),
    Resource(
        "urn:x:never", "dataset", Text("a"), published_on="2026-13-41", updated_on="2026", temporal=("", "x")
    ),
    Resource("urn:x:mail", "dataset", Text("a"), contact="a@b@c <x>", update_cycle="P1.2.3D"),
    Resource('urn:x: <>"{}|^`', "dataset", Text("a"), licence="http://x y/<>"),
    Resource(
        "urn:x:api", "api", Text("", "接口", ""), distributions=(Distribution(""), Distribution("mailto:x"))
    ),
    Resource(
        "urn:x:files",
        "document",
        Text("a"),
        distributions=(
            Distribution(""),
            Distribution("http://[bad"),
            Distribution("http://x/中文 文件.csv#a b", format="CSV", size=10**15),
            Distribution("http://x", media_type="not a type", format="weird"),
        ),
    ),
)


@pytest.mark.external
def test_odd_entries_have_no_violation_in_any_form(shared: Path) -> None:
    shapes, graph = read_shapes(shared / "checks" / "dcat"), written(*ODD)
    assert len(set(graph.subjects(RDF.type, DCAT.Dataset))) == len(ODD) - 1
    for form in ("turtle", "json-ld", "xml"):
        again = Graph().parse(data=graph.serialize(format=form), format=form)
        assert len(again) == len(graph), form
        assert violations(again, shapes) == [], form


@pytest.mark.slow
@pytest.mark.external
def test_the_export_has_no_violation_and_every_mutation_has_one(shared: Path) -> None:
    report = run(shared / "checks" / "dcat")
    assert report.failing == ()
    assert report.total == 1 + len(MUTATIONS) == 100


@pytest.mark.external
def test_no_entry_makes_a_violation(shared: Path) -> None:
    shapes = read_shapes(shared / "checks" / "dcat")

    @settings(max_examples=examples(25))
    @given(ENTRIES)
    def check(item: Resource) -> None:
        assert violations(written(item), shapes) == []

    check()


def test_mutations_really_change_the_graph() -> None:
    for name, mutate in MUTATIONS.items():
        graph = example()
        mutate(graph)
        assert not isomorphic(graph, example()), name


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory, root: Path) -> TestClient:
    database = SqliteDatabase(tmp_path_factory.mktemp("dcat") / "hub.db", durable=False)
    database.create(journal_store.metadata)
    database.create(store.metadata)
    clock = VirtualClock(NOW)
    ledger = Ledger(database, clock, SequenceIds())
    many = [
        Resource(f"urn:chengshu:resource:s{n:04d}", "dataset", title(f"set {n}"), open=n % 2 == 0)
        for n in range(250)
    ]
    ledger.put(many, Actor("person:lin"))
    ledger.retire([many[0].id], Actor("person:lin"), why="test")
    app = FastAPI()
    add_problems(app)
    city = read_city(root / "cities" / "demo", root / "scenarios")
    app.include_router(
        router(LedgerQueries(database), city, clock, lambda request: "authorization" in request.headers)
    )
    return TestClient(app, base_url="http://hub.test")


def graph_of(client: TestClient, path: str, **headers: str) -> Graph:
    answer = client.get(path, headers=headers)
    assert answer.status_code == 200, answer.text
    form = {"ttl": "turtle", "jsonld": "json-ld", "rdf": "xml"}[path.partition("?")[0].rsplit(".", 1)[1]]
    return Graph().parse(data=answer.content, format=form)


@pytest.mark.slow
@pytest.mark.parametrize("form", ["ttl", "jsonld", "rdf"])
def test_strangers_see_what_is_open_and_never_what_is_retired(client: TestClient, form: str) -> None:
    seen = set(graph_of(client, f"/dcat/catalog.{form}").subjects(RDF.type, DCAT.Dataset))
    assert len(seen) == 99
    assert URIRef("urn:chengshu:resource:s0000") not in seen


def test_pages_lead_on_until_everything_was_seen(client: TestClient) -> None:
    seen: set[object] = set()
    path = "/dcat/catalog.ttl"
    for _ in range(5):
        graph = graph_of(client, path, authorization="Bearer x")
        seen |= set(graph.subjects(RDF.type, DCAT.Dataset))
        following = [str(o) for _, p, o in graph if str(p).endswith("hydra/core#next")]
        if not following:
            break
        path = following[0].removeprefix("http://hub.test")
    assert len(seen) == 249


def test_one_entry_by_its_id(client: TestClient) -> None:
    graph = graph_of(client, "/dcat/dataset/urn:chengshu:resource:s0002.ttl")
    assert str(graph.value(URIRef("urn:chengshu:resource:s0002"), DCTERMS.title)) == "set 2"
    assert client.get("/dcat/dataset/urn:chengshu:resource:s0001.ttl").status_code == 404
    assert client.get("/dcat/dataset/urn:chengshu:resource:s0000.ttl").status_code == 404
    assert client.get("/dcat/catalog.odt").status_code == 422
