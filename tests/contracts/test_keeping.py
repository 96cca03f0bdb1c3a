"""Contracts kept with entries: versions stay, a changed one needs a new version, checks are noted."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml
from tests.app.terminal import ROOT, run
from tests.contracts.test_check import CASES, CONTRACT, table

from chengshu.engines.embedded.database import SqliteDatabase
from chengshu.foundation.journal import Actor, entries_about, verify
from chengshu.foundation.journal import store as journal_store
from chengshu.kernel.clock import VirtualClock
from chengshu.kernel.errors import Conflict, Invalid, Missing
from chengshu.kernel.ids import SequenceIds
from chengshu.kernel.texts import Text
from chengshu.resources.contracts import ContractQueries, Contracts, check_table, store
from chengshu.resources.ledger import Field, Ledger, LedgerQueries, Resource
from chengshu.resources.ledger import store as ledger_store

ENTRY = "urn:chengshu:resource:gauges"
LIN = Actor("person:lin")
DOCUMENT = yaml.safe_load(CONTRACT.read_text("utf-8"))


@dataclass
class Room:
    database: SqliteDatabase
    contracts: Contracts
    queries: ContractQueries


@pytest.fixture
def room(tmp_path: Path) -> Room:
    database = SqliteDatabase(tmp_path / "hub.db", durable=False, threaded=False)
    for metadata in (journal_store.metadata, ledger_store.metadata, store.metadata):
        database.create(metadata)
    clock = VirtualClock(datetime(2026, 7, 6, 1, 30, tzinfo=UTC))
    entry = Resource(ENTRY, "dataset", Text.of("gauges"), fields=(Field("station", "text"),))
    Ledger(database, clock, SequenceIds()).put(entry, LIN)
    return Room(database, Contracts(database, clock, LedgerQueries(database)), ContractQueries(database))


def test_versions_are_kept_and_told(room: Room) -> None:
    first = room.contracts.keep(ENTRY, DOCUMENT, LIN, why="agreed with the bureau")
    assert room.contracts.keep(ENTRY, DOCUMENT, LIN) == first and first.number == 1
    with pytest.raises(Conflict, match=r"version 1\.0\.0 of gauges was kept already"):
        room.contracts.keep(ENTRY, DOCUMENT | {"name": "other"}, LIN)
    second = room.contracts.keep(ENTRY, DOCUMENT | {"name": "other", "version": "1.1.0"}, LIN)
    assert [item.version for item in room.queries.versions(ENTRY)] == ["1.0.0", "1.1.0"]
    assert room.queries.kept(ENTRY) == second and room.queries.kept(ENTRY, 1) == first
    assert room.queries.contract(ENTRY).name == "other"
    with room.database.read() as connection:
        told = [item for item in entries_about(connection, ENTRY) if item.action == "contract.kept"]
        assert verify(connection).ok
    assert {item.body["sha256"] for item in told} == {first.digest, second.digest}
    assert "agreed with the bureau" in {item.body["why"] for item in told}


def test_what_cannot_be_kept(room: Room) -> None:
    with pytest.raises(Missing, match="no entry"):
        room.contracts.keep("urn:x:none", DOCUMENT, LIN)
    with pytest.raises(Invalid):
        room.contracts.keep(ENTRY, DOCUMENT | {"kind": "Poem"}, LIN)
    with pytest.raises(Missing, match="no contract is kept"):
        room.queries.kept(ENTRY)
    room.contracts.keep(ENTRY, DOCUMENT, LIN)
    with pytest.raises(Missing, match="number 7"):
        room.queries.kept(ENTRY, 7)


def test_checks_are_noted_and_a_breach_is_published(room: Room, tmp_path: Path) -> None:
    room.contracts.keep(ENTRY, DOCUMENT, LIN)
    now = datetime(2026, 7, 6, 1, 30, tzinfo=UTC)
    for case in (CASES[0], CASES[1]):
        verdict = check_table(
            room.queries.contract(ENTRY), table(tmp_path, case["rows"]), now, zone="Asia/Shanghai"
        )
        room.contracts.held(ENTRY, verdict, LIN)
    assert [(item.holds, item.broken) for item in room.queries.checks(ENTRY)] == [(True, 0), (False, 1)]
    with room.database.read() as connection:
        [breach] = [item for item in entries_about(connection, ENTRY) if item.action == "contract.broken"]
    assert breach.body["findings"][0]["check"] == "c1-required"


@pytest.mark.slow
def test_on_the_command_line(room: Room, tmp_path: Path) -> None:
    room.database.close()
    data = ("--data", tmp_path)
    shutil.copy(CONTRACT, tmp_path / "c.yaml")
    kept = run("contract", "import", tmp_path / "c.yaml", ENTRY, *data, "--json")
    assert kept.code == 0 and kept.json["number"] == 1, kept.err
    bad = table(tmp_path, CASES[4]["rows"])
    words = ("contract", "check", bad, "--entry", ENTRY, *data, "--zone", "Asia/Shanghai", "--note")
    found = run(*words, "--json")
    assert found.code == 1 and not found.json["holds"]
    assert {"row": 1, "mm": "much"}.items() <= next(
        item["failing"][0] for item in found.json["findings"] if item["check"] == "mm: number"
    ).items()
    assert "IT IS BROKEN" in run(*words).out
    shown = run("contract", "show", ENTRY, *data)
    assert "contract 1: 1.0.0" in shown.out and "BROKEN by" in shown.out
    out = tmp_path / "out.yaml"
    assert run("contract", "export", ENTRY, *data, "--out", out).code == 0
    assert yaml.safe_load(out.read_text("utf-8")) == DOCUMENT
    assert run("contract", "check", bad, "--contract", out, "--table", "gauges").code == 1
    assert '"tableSchema"' in run("contract", "export", ENTRY, *data, "--form", "csvw").out
    assert "kind: DataContract" in run("contract", "export", ENTRY, *data, "--draft").out
    assert run("contract", "check", bad).code == 2


@pytest.mark.slow
def test_on_the_command_line_over_what_the_city_harvests(tmp_path: Path) -> None:
    city, data = tmp_path / "city", ("--data", tmp_path / "data")
    shutil.copytree(ROOT / "cities" / "demo", city)
    (city / "files").mkdir()
    table(city / "files", CASES[1]["rows"])
    (city / "harvest.yaml").write_text(
        "sources:\n  - {id: files, department: water, connector: {kind: folder, path: files}}\n"
    )
    assert run("ledger", "harvest", city, *data, "--packages", ROOT / "scenarios").code == 0
    own = "urn:chengshu:resource:files:gauges.csv"
    assert run("contract", "import", CONTRACT, own, *data).code == 0
    words = ("contract", "check", "--entry", own, *data)
    found = run(*words, "--city", city, "--zone", "Asia/Shanghai", "--json")
    assert found.code == 1, found.err
    assert "c1-required" in {item["check"] for item in found.json["findings"]}
    assert run(*words).code == 2 and "say which rows" in run(*words).err
    (city / "harvest.yaml").unlink()
    assert "cannot read the rows" in run(*words, "--city", city).err
