"""What is behind an entry: files as they are, sheets, JSON and tables of databases as bounded text."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import openpyxl
import pyarrow as pa
import pytest

from chengshu.kernel.errors import Invalid, Missing, Unavailable
from chengshu.kernel.texts import Text
from chengshu.resources.ledger import Field, Resource
from chengshu.resources.ledger.harvest import RowSource
from chengshu.resources.ledger.harvest.connectors import sheets
from chengshu.resources.ledger.harvest.connectors.database import DatabaseConnector
from chengshu.resources.ledger.harvest.connectors.folder import FolderConnector, describe
from chengshu.resources.ledger.harvest.declared import Database
from chengshu.resources.ledger.model import Origin


def entry(native: str, *names: str, form: str = "", rows: int | None = None) -> Resource:
    fields = tuple(Field(name) for name in names)
    origin = Origin("src", native, "abc")
    return Resource("r", "dataset", Text.of(native), format=form, fields=fields, origin=origin, rows=rows)


def test_a_csv_file_is_handed_on_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a,b\n1,2\n")
    connector = FolderConnector(tmp_path, "**/*")
    assert isinstance(connector, RowSource)
    found = entry("a.csv", "a", "b", form="csv")
    assert connector.rows(found).table == tmp_path / "a.csv"
    assert connector.content(found) == "abc"


def test_a_sheet_is_read_as_text_with_gaps_as_gaps(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for row in (["编号", "名称", ""], ["007", "水务局", 1], ["008", None, 2.5], [None, "x", True]):
        book.active.append(row)  # type: ignore[union-attr]
    book.save(tmp_path / "s.xlsx")
    described = describe("s.xlsx", tmp_path / "s.xlsx")
    names = [part.name for part in described.fields]
    rows = FolderConnector(tmp_path, "**/*").rows(entry("s.xlsx", *names, form="xlsx", rows=3))
    assert isinstance(rows.table, pa.Table) and rows.total == 3
    assert rows.table.column(0).to_pylist() == ["007", "008", None]
    assert rows.table.column(2).to_pylist() == ["1", "2.5", "True"]


def test_features_of_a_map_are_rows_with_their_geometry_as_text(tmp_path: Path) -> None:
    point = {"type": "Point", "coordinates": [113.2, 23.1]}
    feature = {"type": "Feature", "properties": {"name": "泵站"}, "geometry": point}
    (tmp_path / "m.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": [feature, 5]}))
    rows = FolderConnector(tmp_path, "**/*").rows(entry("m.geojson", "name", "geometry", form="geojson"))
    assert isinstance(rows.table, pa.Table)
    [row] = rows.table.to_pylist()
    assert row["name"] == "泵站" and json.loads(row["geometry"]) == point


def test_a_file_that_is_gone_broken_or_outside_the_folder(tmp_path: Path) -> None:
    connector = FolderConnector(tmp_path / "in", "**/*")
    (tmp_path / "in").mkdir()
    (tmp_path / "secret.csv").write_text("a\n1\n")
    (tmp_path / "in" / "broken.xlsx").write_bytes(b"PK\x03\x04")
    for native in ("gone.csv", "../secret.csv", ""):
        with pytest.raises(Missing):
            connector.rows(entry(native, "a", form="csv"))
    with pytest.raises(Invalid, match="xlsx"):
        connector.rows(entry("broken.xlsx", "a", form="xlsx"))


@pytest.fixture
def register(tmp_path: Path) -> DatabaseConnector:
    path = tmp_path / "register.db"
    with sqlite3.connect(path) as db:
        db.executescript(
            """
            CREATE TABLE firms (code TEXT PRIMARY KEY, "na""me; DROP TABLE firms --" TEXT, logo BLOB);
            INSERT INTO firms VALUES ('007', 'One', x'00ff'), ('008', NULL, NULL);
            CREATE VIEW codes AS SELECT code FROM firms;
            """
        )
    return DatabaseConnector(Database(kind="database", url=f"sqlite:///{path}"))


def test_rows_of_a_table_with_hostile_names(register: DatabaseConnector) -> None:
    found = entry("firms", "code", 'na"me; DROP TABLE firms --', "logo", rows=2)
    rows = register.rows(found)
    assert isinstance(rows.table, pa.Table) and rows.total == 2
    assert rows.table.to_pylist() == [
        {"code": "007", 'na"me; DROP TABLE firms --': "One", "logo": "2 bytes"},
        {"code": "008", 'na"me; DROP TABLE firms --': None, "logo": None},
    ]
    assert register.content(found) == ""


def test_a_look_is_bounded_and_the_whole_is_what_was_counted(
    register: DatabaseConnector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chengshu.resources.ledger.harvest.connectors.database.MOST_ROWS", 1)
    rows = register.rows(entry("firms", "code", rows=2))
    assert isinstance(rows.table, pa.Table) and (rows.table.num_rows, rows.total) == (1, 2)
    assert sheets.MOST_ROWS == 10_000


def test_what_makes_a_view_is_told_with_its_dialect(register: DatabaseConnector) -> None:
    assert register.dialect == "sqlite"
    assert register.made() == {"codes": "CREATE VIEW codes AS SELECT code FROM firms"}


def test_a_table_that_is_gone_and_a_database_that_is(register: DatabaseConnector, tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="no such table"):
        register.rows(entry("none", "a"))
    with pytest.raises(Missing):
        register.rows(entry("firms"))
    away = DatabaseConnector(Database(kind="database", url=f"sqlite:///{tmp_path}/no/where.db"))
    with pytest.raises(Unavailable, match="does not answer"):
        away.made()
