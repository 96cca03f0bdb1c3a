"""Exports: nobody sees more than he may, and Croissant's own reader reads what we wrote."""

from __future__ import annotations

import copy
import csv
import hashlib
import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from tests.datasets.room import ENTRY, LIN, TITLE, Room, answers, table

from chengshu.foundation.journal import entries_about
from chengshu.kernel.errors import Conflict, Denied, Invalid
from chengshu.resources.datasets import About
from chengshu.resources.datasets.model import manifest_digest

SHARES = (("train", 0.6), ("validation", 0.2), ("test", 0.2))
LINES = [
    f"r{at},{who},{'abc'[(at + step) % 3]}" for at in range(0, 60, 2) for step, who in ((0, "an"), (0, "bo"))
]


@pytest.fixture
def full(room: Room) -> Room:
    room.add()
    room.datasets.split(ENTRY, "main", "person", SHARES, LIN)
    room.label([*LINES, "r1,an,a", "r1,bo,b"])
    return room


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def croissants(folder: Path) -> Any:
    """Croissant's own reader; its temporary warnings about style are looked at, not printed."""
    mlcroissant = pytest.importorskip("mlcroissant")
    return mlcroissant.Dataset(jsonld=folder / "croissant.json")


def test_columns_leave_as_their_reader_may_see_them(full: Room) -> None:
    noted = full.exports.export(full.order(split="main", labels=("kind",), purpose="research"), LIN)
    found = rows(full.folder / "out" / "data" / "reports.csv")
    assert len(found) == noted.rows == 60
    assert list(found[0])[-2:] == ["split", "label_kind"]
    assert not any(row.get("mobile", "").startswith("1380013") for row in found)
    _, parts = full.datasets.parts(ENTRY, 1, "main")
    original = rows(table(full.folder))
    assert [row["kind"] for row in found] == [row["kind"] for row in original]
    assert [row["split"] for row in found] == [parts[row["person"]] for row in original]
    assert found[2]["label_kind"] == "c" and found[1]["label_kind"] == found[3]["label_kind"] == ""
    said = rows(full.folder / "out" / "labels" / "kind.csv")
    assert {row["annotator"] for row in said} == {"a1", "a2"} and len(said) == len(LINES) + 2
    assert {"row": "3", "annotator": "a1", "label": "c"} in said
    for item in noted.files:
        assert hashlib.sha256((full.folder / "out" / item.name).read_bytes()).hexdigest() == item.sha256
    assert manifest_digest(noted.files) == noted.digest
    with full.database.read() as connection:
        [entry] = [item for item in entries_about(connection, ENTRY) if item.action == "dataset.exported"]
    assert entry.body["recipient"] == "university" and entry.body["sha256"] == noted.digest
    assert entry.body["columns"]["reports.csv"]["mobile"] != "show" and entry.body["purpose"] == "research"
    assert full.queries.exports(ENTRY) == [noted]


@pytest.mark.slow
def test_croissants_own_reader_reads_it(full: Room, caplog: pytest.LogCaptureFixture) -> None:
    full.exports.export(full.order(reader="owner", split="main", labels=("kind",)), LIN)
    out = full.folder / "out"
    with caplog.at_level(logging.WARNING):
        dataset = croissants(out)
    issues = dataset.metadata.ctx.issues
    assert not issues.errors and not issues.warnings
    assert not [record for record in caplog.records if "not standard" in record.getMessage()]
    assert dataset.metadata.name == {
        "en": "Reports of residents",
        "zh-Hans": "市民诉求",
        "zh-Hant": "市民訴求",
    }
    assert dataset.metadata.version == "1.0.0" and dataset.metadata.data_use_cases == ["about uses"]
    read = list(dataset.records("reports"))
    assert len(read) == 60
    first = {key.rpartition("_")[2]: value for key, value in read[0].items()}
    assert (
        first["report"] == b"r0"
        and first["hours"] == 0.0
        and first["split"] in (b"train", b"validation", b"test")
    )
    assert [row["reports_splits/name"] for row in dataset.records("reports_splits")] == [
        *("train", "validation", "test")
    ]
    assert len(list(dataset.records("kind"))) == len(LINES) + 2


MUTATIONS: dict[str, Callable[[dict[str, Any]], object]] = {
    "no checksum": lambda it: it["distribution"][0].pop("sha256"),
    "no place": lambda it: it["distribution"][0].pop("contentUrl"),
    "no form": lambda it: it["distribution"][0].pop("encodingFormat"),
    "no type of a file": lambda it: it["distribution"][0].update({"@type": "cr:Thing"}),
    "another standard": lambda it: it.update(conformsTo="http://mlcommons.org/croissant/9.9", name="reports"),
    "a field from nowhere": lambda it: it["recordSet"][1]["field"][0]["source"].update(
        fileObject={"@id": "none.csv"}
    ),
    "a field without type": lambda it: it["recordSet"][1]["field"][0].pop("dataType"),
    "two ways to take a field": lambda it: it["recordSet"][1]["field"][0]["source"]["extract"].update(
        jsonPath="$.x"
    ),
    "records that are none": lambda it: it["recordSet"][1].update({"@type": "cr:Thing"}),
    "a split that is not told": lambda it: it["recordSet"][0]["data"][0].pop("reports_splits/name"),
    "splits without data": lambda it: it["recordSet"][0].update(data=[]),
    "a reference to nothing": lambda it: it["recordSet"][1]["field"][-2]["references"]["field"].update(
        {"@id": "reports_splits/none"}
    ),
    "two files of one name": lambda it: it["distribution"][1].update({"@id": it["distribution"][0]["@id"]}),
}


@pytest.fixture(scope="module")
def described(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    room = Room(tmp_path_factory.mktemp("described"))
    room.add()
    room.datasets.split(ENTRY, "main", "person", SHARES, LIN)
    room.label(LINES)
    room.exports.export(room.order(reader="owner", split="main", labels=("kind",)), LIN)
    path = room.folder / "out" / "croissant.json"
    return path, json.loads(path.read_text("utf-8"))


@pytest.mark.slow
@pytest.mark.parametrize("name", MUTATIONS)
def test_a_mutation_is_caught(name: str, described: tuple[Path, dict[str, Any]], tmp_path: Path) -> None:
    mlcroissant = pytest.importorskip("mlcroissant")
    body = copy.deepcopy(described[1])
    MUTATIONS[name](body)
    path = described[0].with_name("mutated.json")
    path.write_text(json.dumps(body), "utf-8")
    with pytest.raises((mlcroissant.ValidationError, ValueError, KeyError)):
        mlcroissant.Dataset(jsonld=path)


@pytest.mark.slow
def test_a_file_that_was_changed_is_caught_by_its_checksum(full: Room) -> None:
    full.exports.export(full.order(reader="owner"), LIN)
    path = full.folder / "out" / "data" / "reports.csv"
    path.write_text(path.read_text("utf-8").replace("r0", "x0"), "utf-8")
    with pytest.raises(Exception, match="Download") as error:
        list(croissants(full.folder / "out").records("reports"))
    assert "hash" in str(error.value.__cause__).lower()


def test_rows_graver_than_the_entry_says_do_not_leave(full: Room) -> None:
    full.ledger.put(replace(full.entries.get(ENTRY), grade="general-1"), LIN)
    with pytest.raises(Denied, match=r"reports\.csv is general-\d, the entry says general-1"):
        full.exports.export(full.order(), LIN)
    assert not (full.folder / "out").exists() and not (full.folder / "out.part").exists()
    assert full.queries.exports(ENTRY) == []


def test_what_a_steward_booked_counts_where_it_is_higher(full: Room) -> None:
    entry = full.entries.get(ENTRY)
    fields = tuple(replace(one, grade="core") if one.name == "kind" else one for one in entry.fields)
    full.ledger.put(replace(entry, fields=fields), LIN)
    full.exports.export(full.order(), LIN)
    assert "kind" not in rows(full.folder / "out" / "data" / "reports.csv")[0]


@pytest.mark.slow
def test_a_file_that_is_no_table_leaves_as_it_is_or_not_at_all(room: Room) -> None:
    picture = room.folder / "p.png"
    picture.write_bytes(b"\x89PNG a picture")
    about = About(TITLE, "CC0-1.0", datasheet=answers())
    room.datasets.add(ENTRY, {"pictures/p.png": picture}, LIN, about)
    with pytest.raises(Denied, match="it is no table"):
        room.exports.export(room.order(reader="public"), LIN)
    room.exports.export(room.order(reader="owner"), LIN)
    assert (room.folder / "out" / "data" / "pictures" / "p.png").read_bytes() == picture.read_bytes()
    assert not croissants(room.folder / "out").metadata.ctx.issues.errors


def test_what_cannot_be_exported(room: Room) -> None:
    room.datasets.add(ENTRY, {"reports.csv": table(room.folder)}, LIN, About(TITLE))
    with pytest.raises(Invalid, match="the datasheet does not answer: purpose, creators"):
        room.exports.export(room.order(), LIN)
    room.add()
    (room.folder / "out").mkdir()
    with pytest.raises(Conflict, match="something already"):
        room.exports.export(room.order(), LIN)
    with pytest.raises(Invalid, match="there is no reader 'spy'"):
        room.exports.export(room.order(folder=room.folder / "o", reader="spy"), LIN)
    assert not (room.folder / "o").exists() and not (room.folder / "o.part").exists()


@pytest.mark.slow
def test_tables_of_any_form_and_names_of_any_kind(room: Room) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.table({"站点 名": ["一", "二"], "mm": [1.5, None]}), room.folder / "t.parquet")
    files = {"雨 量.parquet": room.folder / "t.parquet", "reports.csv": table(room.folder, 9)}
    room.datasets.add(ENTRY, files, LIN, About(TITLE, "CC0-1.0", datasheet=answers()))
    room.exports.export(room.order(reader="owner"), LIN)
    dataset = croissants(room.folder / "out")
    assert not dataset.metadata.ctx.issues.errors
    assert sorted(len(list(dataset.records(one.id))) for one in dataset.metadata.record_sets) == [2, 9]
