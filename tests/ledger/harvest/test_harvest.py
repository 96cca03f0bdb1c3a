"""Harvesting: what is found is booked, what changed is said, a broken run goes on, people's word stays."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from chengshu.engines.embedded.database import SqliteDatabase
from chengshu.foundation.journal import Actor, changes_after
from chengshu.foundation.journal import store as journal_store
from chengshu.kernel.clock import VirtualClock
from chengshu.kernel.errors import Unavailable
from chengshu.kernel.ids import SequenceIds
from chengshu.kernel.texts import Text
from chengshu.ports.http import HttpAnswer, HttpRequest
from chengshu.resources.ledger import Field, Ledger, LedgerQueries, Resource, store
from chengshu.resources.ledger.harvest import Connector, Harvester, HarvestSource, Page, Record, read_harvest
from chengshu.resources.ledger.harvest import store as harvest_store
from chengshu.resources.ledger.harvest.connectors.database import DatabaseConnector
from chengshu.resources.ledger.harvest.connectors.folder import FolderConnector
from chengshu.resources.ledger.harvest.connectors.web import WebConnector
from chengshu.resources.ledger.harvest.declared import Database, Folder, Web

START = datetime(2026, 7, 1, tzinfo=UTC)


class Office:
    def __init__(self, folder: Path) -> None:
        self.database = SqliteDatabase(folder / "hub.db", durable=False, threaded=False)
        for part in (journal_store, store, harvest_store):
            self.database.create(part.metadata)
        self.clock = VirtualClock(START)
        self.ledger = Ledger(self.database, self.clock, SequenceIds())
        self.queries = LedgerQueries(self.database)

    def harvester(self, connector: Connector, **declared: Any) -> Harvester:
        source = HarvestSource(id="src", connector=Folder(kind="folder", path="x"), **declared)
        return Harvester(self.database, self.clock, self.ledger, [source], {"src": connector})

    def wait(self, **period: float) -> None:
        self.clock.advance_to(self.clock.now() + timedelta(**period))

    def states(self) -> dict[str, str]:
        return {item.origin.native_id: item.state for item in self.queries.page() if item.origin}

    def get(self, native: str) -> Resource:
        return next(item for item in self.queries.page() if item.origin and item.origin.native_id == native)

    def problems(self) -> dict[str, str]:
        with self.database.read() as connection:
            last = harvest_store.last_run(connection, "src")
            assert last is not None
            return {
                item.native_id: item.code
                for item in harvest_store.problems_of(connection, "src", last.number)
            }


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


class Shelf:
    """A source made by hand: pages of records, that may break off."""

    def __init__(self, *names: str, page: int = 2) -> None:
        self.names, self.page, self.breaks_after = list(names), page, 99
        self.fields: dict[str, tuple[Field, ...]] = {}
        self.read: list[str] = []

    def pages(self, cursor: str, known: Mapping[str, str]) -> Iterator[Page]:
        todo = [name for name in sorted(self.names) if name > cursor]
        for number, start in enumerate(range(0, len(todo), self.page)):
            if number == self.breaks_after:
                raise Unavailable("gone", "the source went away")
            bite = todo[start : start + self.page]
            self.read += bite
            yield Page(
                tuple(
                    Record(
                        name,
                        str(self.fields.get(name)),
                        Resource("", "dataset", Text.of(name), fields=self.fields.get(name, ())),
                    )
                    for name in bite
                ),
                cursor=bite[-1],
            )


def test_what_is_found_is_booked_and_the_same_again_changes_nothing(office: Office) -> None:
    shelf = Shelf("a", "b", "c")
    harvester = office.harvester(shelf, department="water")
    first = harvester.run("src")
    assert (first.state, first.seen, first.added) == ("done", 3, 3)
    office.wait(days=1)
    second = harvester.run("src")
    assert (second.number, second.added, second.changed, second.unchanged) == (2, 0, 0, 3)
    assert office.get("a").provider == "water"
    assert office.queries.balance(START - timedelta(days=1), office.clock.now()).reconciles


def test_what_is_gone_has_vanished_and_may_come_back(office: Office) -> None:
    shelf = Shelf("a", "b")
    harvester = office.harvester(shelf)
    harvester.run("src")
    shelf.names.remove("a")
    assert harvester.run("src").vanished == 1
    assert office.states() == {"a": "vanished", "b": "active"}
    shelf.names.append("a")
    harvester.run("src")
    assert office.states() == {"a": "active", "b": "active"}


def test_a_dropped_column_is_flagged_within_one_cycle(office: Office) -> None:
    shelf = Shelf("a")
    shelf.fields["a"] = (Field("id", "integer"), Field("name", "string"), Field("old", "string"))
    harvester = office.harvester(shelf)
    harvester.run("src")
    shelf.fields["a"] = (Field("id", "string"), Field("name", "string"), Field("new", "date"))
    assert harvester.run("src").drifts == 1
    with office.database.read() as connection:
        [drift] = harvest_store.drifts_of(connection)
        kinds = [change.kind for change in changes_after(connection, 0)]
    assert (drift.dropped, drift.added, drift.retyped) == (("old",), ("new",), (("id", "integer", "string"),))
    assert "ledger.drifted" in kinds


def test_what_is_older_than_promised_is_stale(office: Office) -> None:
    class Dated:
        def pages(self, cursor: str, known: Mapping[str, str]) -> Iterator[Page]:
            entry = Resource(
                "", "dataset", Text.of("x"), update_cycle="P1D", updated_on="2026-07-01T00:00:00Z"
            )
            yield Page((Record("x", "1", entry),))

    harvester = office.harvester(Dated())
    harvester.run("src")
    assert office.states() == {"x": "active"}
    office.wait(days=3)
    assert harvester.run("src").stale == 1
    assert office.states() == {"x": "stale"}


def test_a_run_that_broke_off_is_taken_up_where_it_was(office: Office) -> None:
    shelf = Shelf("a", "b", "c", "d", "e")
    shelf.breaks_after = 1
    harvester = office.harvester(shelf)
    broken = harvester.run("src")
    assert (broken.state, broken.seen, broken.cursor) == ("broken", 2, "b")
    assert "went away" in broken.error
    assert office.states() == {"a": "active", "b": "active"}
    shelf.breaks_after, shelf.read = 99, []
    ended = harvester.run("src")
    assert (ended.number, ended.state, ended.seen, ended.vanished) == (broken.number, "done", 5, 0)
    assert shelf.read == ["c", "d", "e"]


def test_what_people_said_of_an_entry_stays(office: Office) -> None:
    shelf = Shelf("a")
    shelf.fields["a"] = (Field("name", "string"),)
    harvester = office.harvester(shelf)
    harvester.run("src")
    entry = office.get("a")
    said = replace(
        entry,
        sharing="none",
        sharing_condition="state secrets law, art. 9",
        grade="important",
        fields=(Field("name", "string", Text.of("Full name"), grade="3"),),
    )
    office.ledger.put(said, Actor("person:lin"))
    shelf.fields["a"] = (Field("name", "text"), Field("born", "date"))
    harvester.run("src")
    after = office.get("a")
    assert (after.sharing, after.grade) == ("none", "important")
    assert after.fields == (Field("name", "text", Text.of("Full name"), grade="3"), Field("born", "date"))


def test_declared_words_name_an_entry_and_its_columns_whenever_they_are_declared(
    office: Office, tmp_path: Path
) -> None:
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "a.csv").write_text("xm,born\n王以,1990-01-01\n", "utf-8")
    (folder / "b.csv").write_text("x\n1\n", "utf-8")
    office.harvester(FolderConnector(folder)).run("src")
    assert office.get("a.csv").title.say("zh-Hant") == "a"
    title = {"en": "Residents", "zh-Hans": "常住人口", "zh-Hant": "常住人口"}
    words = {"title": title, "themes": ["people"], "fields": {"xm": "姓名"}}
    named = office.harvester(FolderConnector(folder), entries={"a.csv": words, "c.csv": {"title": "gone"}})
    run = named.run("src")  # the files are as they were
    assert (run.changed, run.unchanged, run.problems) == (1, 2, 1)
    assert office.problems() == {"c.csv": "declared-missing"}
    after = office.get("a.csv")
    assert (after.title.en, after.title.zh_hant, after.themes) == ("Residents", "常住人口", ("people",))
    assert [part.title.en for part in after.fields] == ["姓名", ""]
    (folder / "a.csv").write_text("xm,sex\n王以,女\n", "utf-8")
    assert (named.run("src").changed, named.run("src").changed) == (1, 0)
    assert (office.get("a.csv").title.en, office.get("b.csv").title.en) == ("Residents", "b")


def test_sources_come_due_by_their_cycle(office: Office) -> None:
    harvester = office.harvester(Shelf("a"), every=timedelta(hours=6))
    due = harvester.next_due()
    assert due is not None and due <= START
    harvester.tick(office.clock.now())
    assert harvester.next_due() == START + timedelta(hours=6)


def test_a_source_never_looked_at_is_due_by_a_clock_that_runs(office: Office) -> None:
    """Whoever asks what is due asks the clock first; by the next look at it some time has gone."""

    class Running(VirtualClock):
        def now(self) -> datetime:
            self.advance_to(super().now() + timedelta(milliseconds=7))
            return super().now()

    office.clock = Running(START)
    harvester = office.harvester(Shelf("a"), every=timedelta(hours=6))
    harvester.tick(office.clock.now())
    assert office.states() == {"a": "active"}


# ---- a real database


@pytest.fixture
def register(tmp_path: Path) -> Path:
    path = tmp_path / "register.db"
    with sqlite3.connect(path) as db:
        db.executescript(
            """
            CREATE TABLE firms (code TEXT PRIMARY KEY, name TEXT NOT NULL, capital REAL);
            CREATE TABLE "odd; DROP TABLE firms; --" ("a""b" INTEGER);
            CREATE VIEW big AS SELECT * FROM firms WHERE capital > 100;
            INSERT INTO firms VALUES ('1', 'One', 5), ('2', 'Two', 500);
            """
        )
    return path


def test_tables_and_views_of_a_database_with_hostile_names(office: Office, register: Path) -> None:
    connector = DatabaseConnector(Database(kind="database", url=f"sqlite:///{register}"))
    run = office.harvester(connector).run("src")
    assert (run.state, run.seen, run.problems) == ("done", 3, 0)
    firms = office.get("firms")
    assert [(part.name, part.type, part.key, part.nullable) for part in firms.fields] == [
        ("code", "text", True, True),
        ("name", "text", False, False),
        ("capital", "real", False, True),
    ]
    assert (firms.rows, office.get("big").rows) == (2, 1)
    with sqlite3.connect(register) as db:
        assert db.execute("SELECT count(*) FROM firms").fetchone() == (2,)
        db.execute("ALTER TABLE firms DROP COLUMN capital") if sqlite3.sqlite_version_info >= (9,) else None


def test_a_database_that_is_not_there_breaks_off_and_says_what_to_do(office: Office, tmp_path: Path) -> None:
    connector = DatabaseConnector(Database(kind="database", url=f"sqlite:///{tmp_path}/no/where.db"))
    run = office.harvester(connector).run("src")
    assert run.state == "broken"
    assert "does not answer" in run.error


# ---- files


def files(folder: Path) -> None:
    (folder / "sub").mkdir(parents=True)
    (folder / "utf8.csv").write_text("站点,雨量,时间\n甲,1.5,2026-07-01\n乙,,2026-07-02\n", "utf-8")
    (folder / "gb.csv").write_bytes("编号;名称\n007;水务局\n".encode("gb18030"))
    (folder / "bom.csv").write_bytes(b"\xef\xbb\xbfa,b\n1,true\n")
    (folder / "ragged.csv").write_text("a,b\n1\n1,2,3\n1,2\n")
    (folder / "sub" / "rows.jsonl").write_text('{"a": 1}\n{"a": 2, "b": {"c": 1}}\n')
    (folder / "points.geojson").write_text(
        json.dumps({"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {"n": 1}}]})
    )
    (folder / "empty.csv").write_text("")
    (folder / "broken.json").write_text("{")
    (folder / "broken.xlsx").write_bytes(b"PK\x03\x04 no zip")
    (folder / "broken.parquet").write_bytes(b"PAR1")
    (folder / "notes.docx").write_text("not looked at")


def test_files_of_every_kind_are_described_and_bad_ones_are_named(office: Office, tmp_path: Path) -> None:
    folder = tmp_path / "files"
    files(folder)
    run = office.harvester(FolderConnector(folder)).run("src")
    assert run.state == "done"
    assert office.problems() == {
        "empty.csv": "harvest-empty",
        "broken.json": "harvest-unreadable",
        "broken.xlsx": "harvest-unreadable",
        "broken.parquet": "harvest-unreadable",
    }
    rain = office.get("utf8.csv")
    assert [(part.name, part.type) for part in rain.fields] == [
        ("站点", "string"),
        ("雨量", "number"),
        ("时间", "date"),
    ]
    assert rain.rows == 2
    gb = office.get("gb.csv")
    assert [(part.name, part.type) for part in gb.fields] == [("编号", "string"), ("名称", "string")]
    assert gb.extra["encoding"] == "gb18030"
    assert [part.name for part in office.get("bom.csv").fields] == ["a", "b"]
    assert "2 of 3" in office.get("ragged.csv").extra["ragged"]
    assert [(part.name, part.type) for part in office.get("sub/rows.jsonl").fields] == [
        ("a", "integer"),
        ("b", "object"),
    ]
    assert [part.name for part in office.get("points.geojson").fields] == ["n", "geometry"]


def test_an_unchanged_file_is_not_opened_again(
    office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "files"
    files(folder)
    harvester = office.harvester(FolderConnector(folder))
    harvester.run("src")
    opened: list[str] = []
    monkeypatch.setattr(
        "chengshu.resources.ledger.harvest.connectors.folder.describe",
        lambda name, path: opened.append(name) or pytest.fail("opened"),
    )
    for name in ("empty.csv", "broken.json", "broken.xlsx", "broken.parquet"):
        (folder / name).unlink()
    assert harvester.run("src").unchanged == 6
    assert opened == []


def test_a_zip_bomb_is_not_unpacked(office: Office, tmp_path: Path) -> None:
    import zipfile

    folder = tmp_path / "files"
    folder.mkdir()
    with zipfile.ZipFile(folder / "bomb.xlsx", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"\0" * 50_000_000)
    office.harvester(FolderConnector(folder)).run("src")
    assert office.problems() == {"bomb.xlsx": "harvest-unreadable"}


def test_a_table_of_five_thousand_columns(office: Office, tmp_path: Path) -> None:
    folder = tmp_path / "files"
    folder.mkdir()
    names = [f"c{n}" for n in range(5000)]
    (folder / "wide.csv").write_text(",".join(names) + "\n" + ",".join("1" * 5000) + "\n")
    office.harvester(FolderConnector(folder)).run("src")
    assert len(office.get("wide.csv").fields) == 5000


def test_a_link_out_of_the_folder_is_not_followed(office: Office, tmp_path: Path) -> None:
    folder = tmp_path / "files"
    folder.mkdir()
    (tmp_path / "secret.csv").write_text("a\n1\n")
    (folder / "link.csv").symlink_to(tmp_path / "secret.csv")
    assert office.harvester(FolderConnector(folder)).run("src").seen == 0


# ---- catalogues on the web


class Net:
    """Answers by address, without a network."""

    def __init__(self, answers: Mapping[str, tuple[str, str] | Exception]) -> None:
        self.answers, self.asked = dict(answers), []

    asked: list[str]

    def submit(self, request: HttpRequest) -> Future[HttpAnswer]:
        self.asked.append(request.url)
        future: Future[HttpAnswer] = Future()
        found = self.answers.get(request.url, ("", ""))
        if isinstance(found, Exception):
            future.set_exception(found)
        else:
            future.set_result(
                HttpAnswer(200 if found[0] else 404, {"content-type": found[1]}, found[0].encode())
            )
        return future

    def close(self) -> None: ...


def web(office: Office, kind: Any, url: str, answers: Mapping[str, Any]) -> Harvester:
    return office.harvester(WebConnector(Web(kind=kind, url=url), Net(answers)))


CKAN = "https://ckan.example/api/3/action/package_search?rows=100&start={}&sort=name+asc"


def test_a_ckan_catalogue_page_by_page_with_one_bad_record(office: Office) -> None:
    good = {
        "id": "1",
        "name": "rain",
        "title": "Rain",
        "notes": "Daily rain",
        "organization": {"title": "Water"},
        "tags": [{"name": "rain"}],
        "resources": [{"url": "https://d.example/rain.csv", "format": "CSV", "size": "12"}],
    }
    answers = {
        CKAN.format(0): (
            json.dumps({"success": True, "result": {"results": [good, {"title": "no id"}]}}),
            "application/json",
        ),
        CKAN.format(2): (json.dumps({"success": True, "result": {"results": []}}), "application/json"),
    }
    run = web(office, "ckan", "https://ckan.example/", answers).run("src")
    assert (run.state, run.seen, run.problems) == ("done", 1, 1)
    entry = office.get("1")
    assert (entry.provider, entry.distributions[0].format, entry.distributions[0].size) == (
        "Water",
        "csv",
        12,
    )


TURTLE = """
@prefix dcat: <http://www.w3.org/ns/dcat#> . @prefix dct: <http://purl.org/dc/terms/> .
@prefix hydra: <http://www.w3.org/ns/hydra/core#> .
<https://d.example/1> a dcat:Dataset ; dct:title "Rain"@en, "雨量"@zh ; dcat:keyword "rain" ;
  dcat:distribution [ dcat:accessURL <https://d.example/1.csv> ] .
<https://d.example/page> hydra:next <https://d.example/catalog?page=2> .
"""
JSON_LD = json.dumps(
    {
        "@context": "https://elsewhere.example/context.jsonld",
        "@id": "https://d.example/2",
        "@type": "dcat:Dataset",
        "dct:title": "Second",
    }
)


def test_a_dcat_catalogue_over_pages_without_fetching_contexts(office: Office) -> None:
    answers = {
        "https://d.example/catalog": (TURTLE, "text/turtle"),
        "https://d.example/catalog?page=2": (JSON_LD, "application/ld+json"),
    }
    harvester = web(office, "dcat", "https://d.example/catalog", answers)
    assert harvester.run("src").seen == 2
    assert office.get("https://d.example/1").title == Text("Rain", "雨量", "")
    assert office.get("https://d.example/2").title.en == "Second"


@pytest.mark.parametrize(
    ("body", "media"),
    [
        ("<?xml version='1.0'?><!DOCTYPE x [<!ENTITY a 'b'>]><x>&a;</x>", "application/rdf+xml"),
        ("this is no turtle", "text/turtle"),
        ("[" * 5000, "application/ld+json"),
        ("{", "application/ld+json"),
    ],
)
def test_a_hostile_document_breaks_the_run_off_with_words(office: Office, body: str, media: str) -> None:
    run = web(office, "dcat", "https://d.example/catalog", {"https://d.example/catalog": (body, media)}).run(
        "src"
    )
    assert run.state == "broken"
    assert "cannot be read as RDF" in run.error


def test_an_ogc_api_and_an_ngsi_ld_broker(office: Office) -> None:
    collections = {
        "collections": [{"id": "roads", "title": "Roads", "extent": {"spatial": {"bbox": [[1, 2, 3, 4]]}}}]
    }
    types = [{"id": "RainGauge", "typeName": "RainGauge", "attributeNames": ["rainIntensity"]}]
    web(
        office,
        "ogc",
        "https://o.example",
        {"https://o.example/collections?f=json": (json.dumps(collections), "")},
    ).run("src")
    assert office.get("roads").bbox == (1.0, 2.0, 3.0, 4.0)
    broker = {"https://b.example/ngsi-ld/v1/types?details=true": (json.dumps(types), "")}
    web(office, "ngsi-ld", "https://b.example/ngsi-ld/v1", broker).run("src")
    assert office.states() == {"roads": "vanished", "RainGauge": "active"}


@pytest.mark.parametrize(
    "answer", [("no json", ""), ("[]", ""), ("", ""), Unavailable("slow", "no answer in 30 s")]
)
@pytest.mark.parametrize("kind", ["ckan", "ogc"])
def test_an_endpoint_that_hangs_or_answers_rubbish_is_said(office: Office, kind: str, answer: Any) -> None:
    answers = {CKAN.format(0): answer, "https://ckan.example/collections?f=json": answer}
    run = web(office, kind, "https://ckan.example", answers).run("src")
    assert run.state == "broken"
    assert run.error


def test_the_declared_file_names_every_mistake(tmp_path: Path) -> None:
    path = tmp_path / "harvest.yaml"
    path.write_text(
        "sources:\n  - id: register\n    connector: {kind: database, url: 'sqlite:///x.db'}\n"
        "  - id: files\n    every: PT6H\n    connector: {kind: folder, path: files}\n"
    )
    assert [source.id for source in read_harvest(path)] == ["register", "files"]
