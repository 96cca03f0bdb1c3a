"""Versions of datasets: content decides, everything stays, nothing stray is left."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.datasets.room import ENTRY, LIN, TITLE, Room, answers, table

from chengshu.foundation.declared import Document
from chengshu.foundation.journal import entries_about, verify
from chengshu.kernel.errors import Conflict, Invalid, Missing
from chengshu.resources.datasets import About, datasheet
from chengshu.resources.datasets.datasheet import answers_of, as_markdown, form, read_datasheet, wanting
from chengshu.resources.datasets.model import StoredFile, manifest_digest
from chengshu.resources.quality.rules import Filled, Range


def test_content_makes_a_version(room: Room) -> None:
    first = room.add()
    assert (first.number, first.rows, len(first.files)) == (1, 60, 1)
    assert first.files[0].columns[0] == ("report", "VARCHAR")
    assert room.add() == first
    second = room.add(61)
    assert second.number == 2 and second.digest != first.digest
    assert second.datasheet == first.datasheet and second.licence == "CC-BY-4.0"
    assert room.queries.version(ENTRY) == second and room.queries.version(ENTRY, 1) == first
    entry = room.entries.get(ENTRY)
    assert entry.rows == 61 and entry.extra["dataset.version"] == "2" and entry.version == 2
    assert entry.extra["dataset.sha256"] == second.digest and entry.licence == "CC-BY-4.0"
    with room.database.read() as connection:
        told = [item for item in entries_about(connection, ENTRY) if item.action == "dataset.added"]
        assert verify(connection).ok and len(told) == 2
    with pytest.raises(Missing, match="no version 9"):
        room.queries.version(ENTRY, 9)


def test_a_datasheet_alone_makes_a_version_too(room: Room) -> None:
    first = room.add()
    sheet = answers() | {"funding": {"en": "the city"}}
    second = room.datasets.add(ENTRY, {"reports.csv": table(room.folder)}, LIN, About(datasheet=sheet))
    assert second.number == 2 and second.digest == first.digest


def test_what_people_wrote_of_fields_stays(room: Room) -> None:
    from msgspec.structs import replace

    room.add()
    entry = room.entries.get(ENTRY)
    graded = tuple(replace(field, grade="general-3") for field in entry.fields)
    room.ledger.put(replace(entry, fields=graded), LIN)
    room.add(70)
    assert {field.grade for field in room.entries.get(ENTRY).fields} == {"general-3"}


def test_the_digest_is_of_names_and_contents_in_any_order() -> None:
    one, two = StoredFile("a", "00" * 32, 1), StoredFile("b", "11" * 32, 2)
    assert manifest_digest([one, two]) == manifest_digest([two, one])
    assert manifest_digest([one]) != manifest_digest([StoredFile("c", "00" * 32, 1)])
    assert manifest_digest([one]) != manifest_digest([one, one])


@pytest.mark.parametrize("name", ["../x.csv", "/x.csv", "a//b.csv", "", "a/../b.csv", "a\nb.csv", "a\\b.csv"])
def test_names_do_not_lead_out(name: str, room: Room) -> None:
    with pytest.raises(Invalid):
        room.datasets.add(ENTRY, {name: table(room.folder)}, LIN, About(TITLE))


def test_what_cannot_be_added(room: Room, tmp_path: Path) -> None:
    with pytest.raises(Missing, match="give it a title"):
        room.datasets.add(ENTRY, {"a.csv": table(tmp_path)}, LIN)
    with pytest.raises(Missing, match="does not exist"):
        room.datasets.add(ENTRY, {"a.csv": tmp_path / "none.csv"}, LIN, About(TITLE))
    with pytest.raises(Invalid, match="one file at least"):
        room.datasets.add(ENTRY, {}, LIN, About(TITLE))
    with pytest.raises(Missing):
        room.queries.versions(ENTRY)


def test_the_vault_keeps_equal_files_once_and_notices_a_change(room: Room) -> None:
    path = table(room.folder)
    version = room.datasets.add(ENTRY, {"a.csv": path, "b/c.csv": path}, LIN, About(TITLE))
    assert len({item.sha256 for item in version.files}) == 1
    blob = room.vault.path(version.files[0].sha256)
    assert room.vault.proven(version.files[0].sha256) == blob
    blob.write_bytes(blob.read_bytes() + b"x")
    with pytest.raises(Conflict, match="was changed in the vault"):
        room.vault.proven(version.files[0].sha256)
    blob.unlink()
    with pytest.raises(Missing, match="not in the vault"):
        room.vault.path(version.files[0].sha256)


def test_what_a_dead_process_left_is_swept(room: Room) -> None:
    room.add()
    stray, _ = room.vault.put([b"written, and then the light went out"])
    (room.folder / "vault" / "new-abc").write_bytes(b"half")
    room.add(61)
    assert not room.vault.holds(stray) and not list((room.folder / "vault").glob("new-*"))
    assert all(room.vault.holds(item.sha256) for one in room.queries.versions(ENTRY) for item in one.files)


def test_the_questions_are_whole_in_three_languages() -> None:
    found = form().questions
    assert len({item.id for item in found}) == len(found) >= 20
    for item in found:
        texts = item.text.as_dict()
        assert all(texts.values()) and len(set(texts.values())) == 3 and item.part in form().parts


def test_answers_are_read_and_mistakes_told(tmp_path: Path) -> None:
    path = tmp_path / "sheet.yaml"
    path.write_text("purpose: find floods\ncreators: {zh-Hans: 水务局}\n", "utf-8")
    found = read_datasheet(path)
    assert found["creators"]["zh-Hans"] == "水务局"
    assert {item.id for item in wanting(found)} == {item.id for item in form().questions if item.required} - {
        "purpose",
        "creators",
    }
    path.write_text("purpse: x\nerrors: [1]\n", "utf-8")
    with pytest.raises(Invalid) as error:
        read_datasheet(path)
    told = error.value.extra["faults"]
    assert "did you mean 'purpose'" in told[0]["remedy"] and told[0]["where"].endswith("sheet.yaml:1")
    assert told[1]["code"] == "datasheet-answer"
    with pytest.raises(Invalid, match="write question: answer"):
        answers_of(Document(path, ["x"]))


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ("# Datasheet of Rain", "## Motivation", "about purpose", "Not answered.")),
        ("zh-Hans", ("# Rain 数据说明书", "## 采集", "关于purpose", "未作答。")),
        ("zh-Hant", ("# Rain 資料說明書", "## 採集", "关于purpose", "未作答。")),
    ],
)
def test_the_datasheet_in_words(language: str, words: tuple[str, ...]) -> None:
    text = as_markdown(answers(), "Rain", language)
    assert all(word in text for word in words) and text.count("**") == 2 * len(datasheet.form().questions)


@pytest.mark.slow
def test_the_score_stands_beside_the_datasheet(room: Room) -> None:
    rules = (
        Filled(id="phone", kind="filled", columns=("mobile",)),
        Range(id="long", kind="range", column="hours", least=0, most=20),
    )
    path = table(room.folder)
    about = About(TITLE, "CC0-1.0", datasheet=answers(), rules=rules)
    version = room.datasets.add(ENTRY, {"reports.csv": path}, LIN, about)
    assert version.quality is not None
    assert version.quality.scores == {"completeness": 1.0, "validity": pytest.approx(41 / 60)}
    assert version.quality.broken == (("long", 19, 60),) and version.quality.rules == 2
    assert room.datasets.add(ENTRY, {"reports.csv": path}, LIN) == version  # measured once, it stays
    assert room.add(61).quality is None  # other rows were not measured
    for language, words in (
        ("en", "rule long: 19 of 60 rows"),
        ("zh-Hant", "規則 long：60 列中有 19 列不符"),
    ):
        sheet = as_markdown(version.datasheet, "x", language, version.quality)
        assert words in sheet and "100.0%" in sheet and "84.2%" in sheet
    room.exports.export(room.order(version=1), LIN)
    assert "完整性: 100.0%" in (room.folder / "out" / "datasheet.zh-Hans.md").read_text("utf-8")


def test_a_retired_entry_comes_back_with_a_version(room: Room) -> None:
    room.add()
    room.ledger.retire([ENTRY], LIN, why="no longer kept")
    room.add(61)
    assert room.entries.get(ENTRY).state == "active"
    assert [item.what for item in room.entries.versions(ENTRY)] == ["added", "retired", "restored"]
