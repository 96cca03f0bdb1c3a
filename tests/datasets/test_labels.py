"""Labels: rows that cannot be taken are told and none is kept; versions add up; people agree or do not."""

from __future__ import annotations

import pytest
from tests.datasets.room import ENTRY, Room

from chengshu.foundation.journal import entries_about
from chengshu.kernel.errors import Invalid, Missing
from chengshu.resources.datasets import Judgement


def test_versions_of_labels_add_up(room: Room) -> None:
    room.add()
    first = room.label(["r1,an,a", "r1,bo,b", "r2,an,c"])
    second = room.label(["r1,bo,a", "r3,cy,b"])
    assert (first.number, first.count, first.units, first.annotators) == (1, 3, 2, 2)
    assert (second.number, second.count, second.units, second.annotators) == (2, 4, 3, 3)
    assert room.queries.judgements(second) == (
        *(Judgement("r1", "an", "a"), Judgement("r1", "bo", "a")),
        *(Judgement("r2", "an", "c"), Judgement("r3", "cy", "b")),
    )
    assert len(room.queries.judgements(room.queries.labels(ENTRY, "kind", 1))) == 3
    assert room.queries.label_sets(ENTRY) == [second]
    assert room.queries.agreement(ENTRY, "kind", 1).kappa == pytest.approx(0)  # they chose otherwise once
    assert room.queries.agreement(ENTRY, "kind").share == 1
    with room.database.read() as connection:
        told = [item for item in entries_about(connection, ENTRY) if item.action == "dataset.labelled"]
    assert {item.body["sha256"] for item in told} == {first.sha256, second.sha256}


def test_an_adjudicator_decides_and_is_no_party_to_the_agreement(room: Room) -> None:
    room.add()
    found = room.label(["r1,an,a", "r1,bo,b", "r1,judge,c"], adjudicators=("judge",))
    assert room.queries.agreement(ENTRY, "kind").annotators == ("an", "bo")
    assert [(item.value, item.how) for item in room.queries.decided(ENTRY, "kind")] == [("c", "adjudicated")]
    assert found.adjudicators == ("judge",)


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (["r1,an,z"], "'z' is no label"),
        (["r999,an,a"], "no unit 'r999'"),
        (["r1,,a"], "is empty"),
        (["r1,an,a", "r1,an,b"], "says two things"),
        (["r1,an,a", "r2,an,q", "r999,an,a"], "and 1 more"),
    ],
)
def test_a_row_that_cannot_be_taken_is_told_and_none_is_kept(lines: list[str], said: str, room: Room) -> None:
    room.add()
    with pytest.raises(Invalid, match=said) as error:
        room.label(lines)
    assert "labels.csv:" in error.value.fault.where
    with pytest.raises(Missing, match="no labels 'kind'"):
        room.queries.labels(ENTRY, "kind")


def test_plans_that_cannot_be(room: Room) -> None:
    room.add()
    for parts, said in (
        ({"scale": "cosmic"}, "no scale"),
        ({"scale": "ordinal", "values": ()}, "in their order"),
        ({"unit": "age"}, "no column 'age'"),
        ({"name": "A B"}, "cannot be a name"),
        ({"scale": "interval"}, "'a' is no number"),
        ({"file": "other.csv"}, "no table 'other.csv'"),
    ):
        with pytest.raises(Invalid, match=said):
            room.label(["r1,an,a"], **parts)
    (room.folder / "bad.csv").write_text("who,what\n1,2\n", "utf-8")
    from tests.datasets.room import LIN

    from chengshu.resources.datasets import LabelPlan

    with pytest.raises(Invalid, match="no column unit, annotator, label"):
        room.datasets.label(ENTRY, room.folder / "bad.csv", LabelPlan("kind", "report"), LIN)


def test_values_are_learned_where_none_are_declared(room: Room) -> None:
    room.add()
    assert room.label(["r1,an,水浸", "r2,an,噪音"], values=()).values == ("噪音", "水浸")
