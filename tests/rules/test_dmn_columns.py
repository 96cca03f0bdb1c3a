"""Columns and hit policy are changed in the text of a file, and nothing else is."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chengshu.rules.dmn import DmnError, read_model
from chengshu.rules.dmn.analysis import tables_of
from chengshu.rules.dmn.model import Table
from chengshu.rules.dmn.writer import SetCell, edit_table
from chengshu.rules.dmn.writer_columns import InsertColumn, RemoveColumn, SetHitPolicy

SOURCE = (Path(__file__).parents[2] / "scenarios/waterlogging/rules/measures.dmn").read_bytes()


def table_of(data: bytes) -> Table:
    return tables_of(read_model(data).definitions)["measures"][1]


def test_a_note_column_is_added_filled_and_taken_away_without_a_trace() -> None:
    noted = edit_table(SOURCE, "measures", [InsertColumn("annotation", 1, "why", "as ever")])
    assert [rule.annotations for rule in table_of(noted).rules] == [("as ever",)] * 4
    filled = edit_table(noted, "measures", [SetCell(2, "annotation", 1, "streets & squares")])
    assert table_of(filled).rules[1].annotations == ("streets & squares",)
    assert edit_table(filled, "measures", [RemoveColumn("annotation", 1)]) == SOURCE


@pytest.mark.parametrize("at", [1, 2])
def test_an_input_column_comes_and_goes(at: int) -> None:
    column = InsertColumn("input", at, "severity", "-", "string", '"blue", "red"')
    wider = edit_table(SOURCE, "measures", [column])
    table = table_of(wider)
    assert len(table.inputs) == 2 and table.inputs[at - 1].allowed == '"blue", "red"'
    assert {rule.inputs[at - 1] for rule in table.rules} == {"-"}
    assert edit_table(wider, "measures", [RemoveColumn("input", at)]) == SOURCE


@pytest.mark.parametrize("at", [1, 4, 7])
def test_an_output_column_comes_and_goes(at: int) -> None:
    wider = edit_table(SOURCE, "measures", [InsertColumn("output", at, "drones", "false", "boolean")])
    table = table_of(wider)
    assert table.outputs[at - 1].name == "drones" and len(table.outputs) == 7
    assert read_model(wider).decide("measures", {"severity": "red"}).value["drones"] is False
    assert edit_table(wider, "measures", [RemoveColumn("output", at)]) == SOURCE


def test_the_hit_policy_is_set_where_it_stands() -> None:
    first = edit_table(SOURCE, "measures", [SetHitPolicy("FIRST")])
    assert table_of(first).hit_policy == "FIRST"
    assert len(first) == len(SOURCE) - 1
    summed = edit_table(first, "measures", [SetHitPolicy("COLLECT", "COUNT")])
    assert (table_of(summed).hit_policy, table_of(summed).aggregation) == ("COLLECT", "COUNT")
    assert edit_table(summed, "measures", [SetHitPolicy("UNIQUE")]) == SOURCE


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (InsertColumn("input", 9, "x"), "no place for an input 9"),
        (InsertColumn("wheel", 1, "x"), "no «wheel»"),
        (InsertColumn("output", 1, " "), "needs a name"),
        (RemoveColumn("input", 2), "no input 2"),
        (SetHitPolicy("BEST"), "no hit policy «BEST»"),
        (SetHitPolicy("FIRST", "SUM"), "does not go with"),
        (InsertColumn("input", 1, "bad\x01"), "cannot hold"),
    ],
)
def test_what_cannot_be_is_said(edit: InsertColumn | RemoveColumn | SetHitPolicy, said: str) -> None:
    with pytest.raises(DmnError, match=said):
        edit_table(SOURCE, "measures", [edit])


def test_the_last_output_stays() -> None:
    five = [RemoveColumn("output", 1)] * 5
    with pytest.raises(DmnError, match="at least one output"):
        edit_table(SOURCE, "measures", [*five, RemoveColumn("output", 1)])


@given(st.text(min_size=1, max_size=12).filter(str.strip), st.sampled_from(["output", "annotation"]))
def test_any_name_comes_back_or_is_refused(name: str, part: str) -> None:
    try:
        wider = edit_table(SOURCE, "measures", [InsertColumn(part, 1, name)])
    except DmnError:
        return
    assert edit_table(wider, "measures", [RemoveColumn(part, 1)]) == SOURCE
