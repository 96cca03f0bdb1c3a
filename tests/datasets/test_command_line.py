"""A dataset's life on the command line, and its page."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from tests.app.terminal import run
from tests.datasets.room import ENTRY, LIN, Room, answers, labels, table

from chengshu.resources.datasets.showing import READINGS, shown


@pytest.mark.slow
def test_from_files_to_an_export(tmp_path: Path) -> None:
    data, sheet, key = ("--data", tmp_path / "data"), tmp_path / "sheet.yaml", tmp_path / "key"
    key.write_bytes(b"k" * 32)
    sheet.write_text(yaml.safe_dump({name: dict(value) for name, value in answers().items()}), "utf-8")
    files = tmp_path / "files"
    files.mkdir()
    table(files)
    added = run("dataset", "add", ENTRY, files, *data, "--title", "Reports", "--licence", "CC0-1.0", "--json")
    assert added.code == 0 and added.json["version"] == 1 and "purpose" in added.json["wanting"], added.err
    again = run("dataset", "add", ENTRY, files, *data, "--datasheet", sheet, "--note", "now with answers")
    assert "version 2, 1 files, 60 rows" in again.out
    split = run("dataset", "split", ENTRY, *data, "--by", "person", "--json").json
    assert sum(part["groups"] for part in split["parts"]) == 20 and split["twins"] == 0
    assert run("dataset", "split", ENTRY, *data, "--by", "person", "--shares", "all").code == 2
    lines = [f"r{at},{who},{'abc'[at % 3]}" for at in range(30) for who in ("an", "bo")]
    words = ("--name", "kind", "--unit", "report", "--values", "a,b,c")
    assert (
        "60 judgements of 30 units by 2"
        in run("dataset", "label", ENTRY, labels(tmp_path, lines), *data, *words).out
    )
    agreed = run("dataset", "agreement", ENTRY, *data, "--name", "kind", "--language", "zh-Hant")
    assert agreed.code == 0 and "標註者一致性可靠" in agreed.out and "alpha (nominal): 1.000" in agreed.out
    away = labels(tmp_path, [f"r{at},bo,{'bca'[at % 3]}" for at in range(30)])
    assert run("dataset", "label", ENTRY, away, *data, *words).code == 0
    found = run("dataset", "agreement", ENTRY, *data, "--name", "kind", "--json")
    assert found.code == 1 and found.json["alpha"] < 0 and len(found.json["disagreements"]) == 30
    assert len(found.json["undecided"]) == 30
    whom = ("--reader", "public", "--recipient", "everybody", "--key-file", key)
    left = run("dataset", "export", ENTRY, tmp_path / "out", *data, *whom, "--split", "main", "--json")
    assert left.code == 0 and left.json["rows"] == 60 and "croissant.json" in left.json["files"], left.err
    assert "1380013" not in (tmp_path / "out" / "data" / "reports.csv").read_text("utf-8")
    told = run("dataset", "show", ENTRY, *data).out
    assert "exported" in told and "split main by person" in told and "version 1" in told
    assert run("dataset", "show", "urn:x:none", *data).code == 2


@pytest.mark.parametrize("language", ["en", "zh-Hans", "zh-Hant"])
def test_a_page_says_it_in_words(language: str, room: Room) -> None:
    room.add()
    room.datasets.split(ENTRY, "main", "person", (("train", 0.5), ("test", 0.5)), LIN)
    labels_ = room.label(["r1,an,a", "r1,bo,b"])
    found = shown(
        room.queries.versions(ENTRY),
        room.queries.splits(ENTRY, 1),
        {"kind": (labels_, room.queries.agreement(ENTRY, "kind"))},
        [],
        language,
    )
    assert (found.version, found.rows, found.wanting, found.destroyed) == (1, 60, "", False)
    assert found.labels[0].reading == READINGS["unreliable"].say(language)
    assert found.labels[0].disagreements == (("r1", "an: a, bo: b"),)
    assert found.splits[0].warning == "" and sum(part[3] for part in found.splits[0].parts) == 60
    assert len({READINGS["unreliable"].say(one) for one in ("en", "zh-Hans", "zh-Hant")}) == 3
