"""CSVW: a table that holds what its metadata says, the faults of one that does not, and no network."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from chengshu.kernel.errors import Invalid
from chengshu.resources.quality.csvw import BASE, Shelf, as_json, faults_of
from chengshu.resources.quality.csvw_suite import run

METADATA = {
    "@context": "http://www.w3.org/ns/csvw",
    "url": "rain.csv",
    "tableSchema": {
        "columns": [
            {"name": "gauge", "titles": "gauge", "datatype": "string", "required": True},
            {"name": "rain", "titles": "rain", "datatype": {"base": "number", "minimum": 0}},
        ],
        "primaryKey": ["gauge"],
    },
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "rain.csv").write_text("gauge,rain\na,1.5\nb,0\n")
    (tmp_path / "rain.csv-metadata.json").write_text(json.dumps(METADATA))
    return tmp_path


def test_a_good_table_has_no_faults_and_reads_as_json(folder: Path) -> None:
    shelf = Shelf(folder)
    assert faults_of(shelf, BASE + "rain.csv") == []
    assert as_json(shelf, BASE + "rain.csv", minimal=True) == [
        {"gauge": "a", "rain": 1.5},
        {"gauge": "b", "rain": 0},
    ]


@pytest.mark.parametrize(
    "table", ["gauge,rain\na,wet\n", "gauge,rain\na,-1\n", "gauge,rain\na,1\na,2\n", "gauge,rain\n,1\n"]
)
def test_a_table_that_breaks_its_word_has_faults(folder: Path, table: str) -> None:
    (folder / "rain.csv").write_text(table)
    assert faults_of(Shelf(folder), BASE + "rain.csv")


@pytest.mark.parametrize("metadata", ['{"@context": "http://www.w3.org/ns/csvw"}', "[]", '{"url": 3}'])
def test_metadata_that_is_none_is_refused_with_words(folder: Path, metadata: str) -> None:
    (folder / "own.json").write_text(metadata)
    with pytest.raises(Invalid):
        faults_of(Shelf(folder), BASE + "rain.csv", BASE + "own.json")


def test_nothing_outside_the_shelf_is_seen(folder: Path) -> None:
    shelf = Shelf(folder / "none")
    (folder / "none").mkdir()
    assert shelf.find(BASE + "../rain.csv") is None
    assert shelf.find("http://data.example/rain.csv") is None
    with pytest.raises(Invalid):
        faults_of(shelf, "http://data.example/rain.csv", "http://data.example/metadata.json")


@pytest.mark.external
def test_the_tests_of_the_w3c(shared: Path) -> None:
    report = run(shared / "checks" / "csvw")
    assert set(report.failing) == {"validation/test092", "validation/test124", "json/test193"}
    assert {name: (group.passed, group.total) for name, group in report.groups.items()} == {
        "validation": (280, 282),
        "json": (269, 270),
    }
