"""What changed between two versions: it adds up, and every change is named."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.app.terminal import run
from tests.datasets.room import ENTRY, LIN, TITLE, Room
from tests.examples import examples

from chengshu.kernel.errors import Invalid
from chengshu.resources.datasets import About, DatasetVersion
from chengshu.resources.datasets.differing import difference


def add(room: Room, *lines: str, header: str = "id,kind,mm", **more: str) -> DatasetVersion:
    files = {}
    for name, text in ({"t.csv": "\n".join([header, *lines]) + "\n"} | more).items():
        files[name] = room.folder / name
        files[name].write_text(text, "utf-8")
    return room.datasets.add(ENTRY, files, LIN, About(TITLE))


def test_rows_by_key(room: Room) -> None:
    old = add(room, "1,a,5", "2,b,6", "3,c,7", **{"gone.txt": "x", "same.txt": "s"})
    new = add(room, "1,a,5", "3,c,8", "4,d,9", **{"new.txt": "y", "same.txt": "s"})
    found = difference(room.vault, old, new, ["id"])
    assert (found.added, found.removed, found.changed) == (("new.txt",), ("gone.txt",), ("t.csv",))
    [rows] = found.tables
    assert (rows.before, rows.added, rows.removed, rows.changed, rows.after) == (3, 1, 1, 1, 3)
    assert rows.columns == {"mm": 1}
    assert rows.examples == (
        ("removed", {"id": "2"}),
        ("added", {"id": "4"}),
        ("changed", {"id": "3", "mm": ["7", "8"]}),
    )


def test_whole_rows_where_no_key_is_named(room: Room) -> None:
    old, new = add(room, "1,a,5", "1,a,5", "2,b,6"), add(room, "1,a,5", "2,b,7")
    [rows] = difference(room.vault, old, new).tables
    assert (rows.added, rows.removed, rows.changed) == (1, 2, 0)
    assert ("removed", {"id": "1", "kind": "a", "mm": "5"}) in rows.examples


def test_columns_that_came_and_went(room: Room) -> None:
    old, new = add(room, "1,a,5"), add(room, "1,a,x", header="id,kind,note")
    [rows] = difference(room.vault, old, new, ["id"]).tables
    assert (rows.gained, rows.lost, rows.changed) == (("note",), ("mm",), 0)


def test_keys_that_are_none(room: Room) -> None:
    old, new = add(room, "1,a,5", "1,b,5"), add(room, "1,a,5")
    with pytest.raises(Invalid, match="names two rows"):
        difference(room.vault, old, new, ["id"])
    with pytest.raises(Invalid, match="no column 'nobody'"):
        difference(room.vault, old, new, ["nobody"])
    assert difference(room.vault, old, new, ["id", "kind"]).tables[0].removed == 1


ROWS = st.dictionaries(st.integers(0, 8), st.tuples(st.sampled_from("ab"), st.sampled_from("12")), max_size=8)


@pytest.mark.slow
@settings(max_examples=examples(15))
@given(ROWS, ROWS)
def test_it_adds_up(
    tmp_path_factory: pytest.TempPathFactory,
    first: dict[int, tuple[str, str]],
    second: dict[int, tuple[str, str]],
) -> None:
    room = Room(tmp_path_factory.mktemp("differing"))
    old, new = (
        add(room, *(f"{key},{kind},{mm}" for key, (kind, mm) in rows.items()), "99,z,0", **{"n.txt": str(at)})
        for at, rows in enumerate((first, second))
    )
    tables = difference(room.vault, old, new, ["id"]).tables
    changed = [key for key in first.keys() & second.keys() if first[key] != second[key]]
    if not tables:
        assert list(first.items()) == list(second.items())
        return
    [rows] = tables
    assert rows.before + rows.added - rows.removed == rows.after
    assert (rows.added, rows.removed) == (len(second.keys() - first), len(first.keys() - second))
    assert rows.changed == len(changed)
    assert rows.columns.get("kind", 0) == sum(first[key][0] != second[key][0] for key in changed)
    room.database.close()


@pytest.mark.slow
def test_on_the_command_line(room: Room) -> None:
    add(room, "1,a,5", "2,b,6")
    add(room, "1,a,6", "3,b,6")
    room.database.close()
    (room.folder / "hub.db").rename(room.folder / "data.db")
    data = room.folder / "data"
    data.mkdir()
    (room.folder / "data.db").rename(data / "hub.db")
    (room.folder / "vault").rename(data / "datasets")
    told = run("dataset", "diff", ENTRY, "--data", data, "--key", "id")
    assert "t.csv: 2 rows + 1 - 1 = 2, 1 changed; mm in 1 rows" in told.out and "version 1 to 2" in told.out
    assert run("dataset", "diff", ENTRY, "--data", data, "--from", "2", "--json").json["tables"] == []
