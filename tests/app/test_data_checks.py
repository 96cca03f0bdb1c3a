"""``chengshu check`` on what a city declares of its data: every mistake at once, with place and remedy."""

from __future__ import annotations

from pathlib import Path

import pytest

from chengshu.app.data_checks import data_faults
from chengshu.foundation.city import City, read_city
from chengshu.kernel.errors import Fault

HARVEST = """\
sources:
  - id: files
    department: water
    connector: {kind: folder, path: files}
  - id: register
    connector: {kind: database, url: "sqlite:///register.db"}
"""
QUALITY = """\
entry: files/rain.csv
rules:
  - {id: filled, kind: filled, columns: [id]}
"""


@pytest.fixture(scope="module")
def made(pristine: Path, root: Path) -> City:
    return read_city(pristine, root / "scenarios")


@pytest.fixture
def place(made: City, tmp_path: Path) -> tuple[City, Path]:
    """The city as it was read, with a folder for declarations of its data."""
    from dataclasses import replace

    (tmp_path / "files").mkdir()
    (tmp_path / "quality").mkdir()
    (tmp_path / "models").mkdir()
    (tmp_path / "harvest.yaml").write_text(HARVEST)
    return replace(made, folder=tmp_path), tmp_path


def told(place: tuple[City, Path], files: dict[str, str]) -> list[Fault]:
    city, folder = place
    for name, text in files.items():
        (folder / name).write_text(text)
    return data_faults(city)


def test_what_is_right_has_no_fault(place: tuple[City, Path]) -> None:
    grading = "entries: [{entry: files/rain.csv, sector: health, persons: 10}]\n"
    sharing = "bureau: water\nperiods: {supply: 15}\n"
    assert told(place, {"quality/a.yaml": QUALITY, "grading.yaml": grading, "sharing.yaml": sharing}) == []


CASES: list[tuple[str, str, str, str, str]] = [
    # file, its text, the place, a word of the sentence, a word of the remedy
    (
        "harvest.yaml",
        HARVEST.replace("department: water", "department: watter"),
        "harvest.yaml:3",
        "watter",
        "'water'",
    ),
    (
        "harvest.yaml",
        HARVEST.replace("path: files", "path: fils"),
        "harvest.yaml:4",
        "no folder 'fils'",
        "relative",
    ),
    ("harvest.yaml", HARVEST.replace("sqlite:", "sqlitt:"), "harvest.yaml:6", "sqlitt", "postgresql+psycopg"),
    (
        "harvest.yaml",
        HARVEST.replace("sqlite:///register.db", "postgresql+psycopg://me:secret@host/db"),
        "harvest.yaml:6",
        "password",
        "password_env",
    ),
    ("harvest.yaml", HARVEST.replace("kind: folder", "kind: foldr"), "harvest.yaml:4", "foldr", "correct"),
    ("sharing.yaml", "bureau: nobody\n", "sharing.yaml:1", "nobody", "departments.yaml"),
    ("sharing.yaml", "periods: {suply: 15}\n", "sharing.yaml:1", "suply", "supply"),
    ("quality/a.yaml", QUALITY.replace("files/", "fils/"), "a.yaml:1", "nothing is harvested", "'files'"),
    ("quality/a.yaml", QUALITY.replace("columns: [id]", "columns: []"), "a.yaml:3", "columns", "correct"),
    (
        "quality/a.yaml",
        QUALITY + '  - {id: form, kind: pattern, column: id, pattern: "(["}\n',
        "a.yaml:4",
        "regular expression",
        "correct",
    ),
    (
        "quality/a.yaml",
        QUALITY + "  - {id: span, kind: range, column: id, least: 5, most: 2}\n",
        "a.yaml:4",
        "least is above most",
        "correct",
    ),
    (
        "quality/a.yaml",
        QUALITY + '  - {id: sum, kind: holds, expression: "a + "}\n',
        "a.yaml:4",
        "expression",
        "correct",
    ),
    (
        "quality/a.yaml",
        QUALITY + "  - {id: known, kind: reference, column: id, file: ids.csv, to: id}\n",
        "a.yaml:4",
        "no file 'ids.csv'",
        "quality",
    ),
    ("grading.yaml", "entries: [{entry: files/a, depth: deep}]\n", "grading.yaml:1", "depth", "correct"),
    ("grading.yaml", "entries: [{entry: fils/a}]\n", "grading.yaml:1", "'fils'", "'files'"),
    ("models/a.yaml", "typ: Road\n", "models/a.yaml", "typ", ""),
    ("policies.cedar", "permit (principal, action, resource)\n", "policies.cedar", "", ""),
]


@pytest.mark.parametrize(("name", "text", "where", "word", "cure"), CASES)
def test_a_mistake_has_its_place_and_remedy(
    place: tuple[City, Path], name: str, text: str, where: str, word: str, cure: str
) -> None:
    found = told(place, {name: text})
    assert found, "no mistake was found"
    hit = [fault for fault in found if where in fault.where and word in fault.detail]
    assert hit, [str(fault) for fault in found]
    assert hit[0].remedy and cure in hit[0].remedy


def test_every_mistake_of_every_file_is_told_at_once(place: tuple[City, Path]) -> None:
    files = {
        "harvest.yaml": HARVEST.replace("department: water", "department: nobody").replace(
            "path: files", "path: x"
        ),
        "sharing.yaml": "bureau: nobody\n",
        "quality/a.yaml": QUALITY.replace("[id]", "[]"),
        "quality/b.yaml": QUALITY.replace("filled, columns", "filed, columns"),
        "grading.yaml": "entries: [{entry: files/a, persons: -1}]\n",
    }
    places = " ".join(fault.where for fault in told(place, files))
    for name in (
        "harvest.yaml:3",
        "harvest.yaml:4",
        "sharing.yaml:1",
        "a.yaml:3",
        "b.yaml:3",
        "grading.yaml:1",
    ):
        assert name in places, name


def test_two_files_with_rules_of_one_entry(place: tuple[City, Path]) -> None:
    [fault] = told(place, {"quality/a.yaml": QUALITY, "quality/b.yaml": QUALITY})
    assert fault.code == "quality-double" and "a.yaml" in fault.detail
