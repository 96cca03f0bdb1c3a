"""Splits: nobody is in two parts, later rows move nobody, and shares come out."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.datasets.room import ENTRY, LIN, Room
from tests.examples import examples

from chengshu.kernel.errors import Invalid, Missing
from chengshu.resources.datasets.splitting import check_shares, part_of, parted, spread

HALVES = (("train", 0.5), ("test", 0.5))
THREE = (("train", 0.7), ("validation", 0.1), ("test", 0.2))


@settings(max_examples=examples(60))
@given(st.sets(st.text(max_size=8), min_size=1, max_size=60), st.text(max_size=5))
def test_the_part_of_a_group_does_not_hang_on_the_others(keys: set[str], salt: str) -> None:
    whole = parted(keys, THREE, salt)
    some = parted(sorted(keys)[: len(keys) // 2], THREE, salt)
    assert all(whole[key] == part for key, part in some.items())
    assert set(whole.values()) <= {"train", "validation", "test"}


@settings(max_examples=examples(60))
@given(st.text(max_size=10), st.floats(0.05, 0.9), st.floats(0.0, 0.05))
def test_a_part_that_grows_loses_nobody(key: str, share: float, more: float) -> None:
    before = part_of(key, (("train", share), ("test", 1 - share)), "s")
    after = part_of(key, (("train", share + more), ("test", 1 - share - more)), "s")
    assert not (before == "train" and after == "test")


def test_shares_come_out_and_the_salt_matters() -> None:
    keys = [f"site-{at}" for at in range(4000)]
    found = parted(keys, THREE, "2026")
    expected = spread(dict.fromkeys(keys, 1), 0.7)
    assert abs(sum(part == "train" for part in found.values()) / 4000 - 0.7) < 4 * expected < 0.03
    assert found != parted(keys, THREE, "2027")
    assert part_of("site-1", HALVES, "a") == part_of("site-1", HALVES, "a")


@pytest.mark.parametrize(
    "shares",
    [
        (("train", 1.0),),
        (("train", 0.5), ("train", 0.5)),
        (("train", 0.5), ("test", 0.4)),
        (("train", 1.0), ("test", 0.0)),
        (("train", 1.5), ("test", -0.5)),
        ((" ", 0.5), ("test", 0.5)),
    ],
)
def test_shares_that_are_no_whole(shares: tuple[tuple[str, float], ...]) -> None:
    with pytest.raises(Invalid):
        check_shares(shares)


def test_a_person_is_never_in_two_parts(room: Room) -> None:
    room.add()
    split = room.datasets.split(ENTRY, "main", "person", HALVES, LIN)
    assert split.total == 60 and sum(split.groups) == 20 and split.twins == 0
    _, parts = room.datasets.parts(ENTRY, 0, "main")
    assert len(parts) == 20  # one part for each person
    counted = {name: 3 * sum(part == name for part in parts.values()) for name, _ in HALVES}
    assert tuple(counted.values()) == split.rows and split.got("train") == counted["train"] / 60
    room.add(90)
    again = room.datasets.split(ENTRY, "main", "person", HALVES, LIN)
    _, later = room.datasets.parts(ENTRY, 2, "main")
    assert {key: later[key] for key in parts} == parts and again.total == 90
    assert room.queries.split(ENTRY, 1, "main") == split


def test_rows_that_one_part_has_learned_from_another_are_counted(room: Room) -> None:
    path = room.folder / "twins.csv"
    path.write_text(
        "id,words\n" + "".join(f"{at},{at // 2 if at < 20 else 'x'}\n" for at in range(40)), "utf-8"
    )
    from tests.datasets.room import TITLE

    from chengshu.resources.datasets import About

    room.datasets.add(ENTRY, {"twins.csv": path}, LIN, About(TITLE))
    split = room.datasets.split(ENTRY, "main", "id", HALVES, LIN)
    _, parts = room.datasets.parts(ENTRY, 0, "main")
    pairs = sum(parts[str(at)] != parts[str(at + 1)] for at in range(0, 20, 2))
    assert split.twins == pairs + 1 > 1


@pytest.mark.slow
def test_what_cannot_be_split(room: Room) -> None:
    with pytest.raises(Missing, match="no version"):
        room.datasets.split(ENTRY, "main", "person", HALVES, LIN)
    room.add()
    with pytest.raises(Invalid, match="no column 'age'"):
        room.datasets.split(ENTRY, "main", "age", HALVES, LIN)
    with pytest.raises(Invalid, match="cannot be a name"):
        room.datasets.split(ENTRY, "Main Part", "person", HALVES, LIN)
    room.add(3)
    with pytest.raises(Invalid, match="would be empty: there are only 1 values of person"):
        room.datasets.split(ENTRY, "main", "person", HALVES, LIN)
    (room.folder / "gap.csv").write_text("a,b\n1,2\n,3\n", "utf-8")
    room.datasets.add(ENTRY, {"gap.csv": room.folder / "gap.csv"}, LIN)
    with pytest.raises(Invalid, match="1 rows have no a"):
        room.datasets.split(ENTRY, "main", "a", HALVES, LIN)
    with pytest.raises(Missing, match="no split 'main'"):
        room.datasets.parts(ENTRY, 3, "main")
