"""A table that begins from nothing is a model that decides, and says what cannot be a column."""

from __future__ import annotations

import pytest

from chengshu.foundation.rulebook.fresh import new_table, read_columns
from chengshu.kernel.errors import Invalid
from chengshu.rules.dmn import read_model
from chengshu.rules.dmn.writer import InsertRule, SetCell, edit_table


def test_it_is_a_model_with_one_empty_rule_that_can_be_edited() -> None:
    inputs = read_columns("water depth: number\n 片區：string \n\n", "inputs")
    data = new_table("pumps", "urn:city:pumps", inputs, read_columns("on: boolean\nwhy: string", "outputs"))
    assert read_model(data).decide("pumps", {"water depth": 1}).value == {"on": None, "why": None}
    edits = [
        InsertRule(1, ("> 0.3", '"north"'), ("true", '"deep"'), ()),
        SetCell(2, "output", 1, "false"),
    ]
    model = read_model(edit_table(data, "pumps", edits))
    assert dict(model.inputs) == {"water depth": "number", "片區": "string"}
    assert model.decide("pumps", {"water depth": 0.4, "片區": "north"}).value == {"on": True, "why": "deep"}
    assert model.decide("pumps", {"water depth": 0.4, "片區": "south"}).value["on"] is False


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("depth: litre", "rule-column-kind"),
        ("a + b: number", "rule-column-name"),
        ("if: number", "rule-column-name"),
        ("a\na", "rule-column-name"),
        ("  \n", "rule-columns"),
        ("\n".join(f"c{at}" for at in range(31)), "rule-columns"),
    ],
)
def test_columns_that_cannot_be_are_named(text: str, code: str) -> None:
    with pytest.raises(Invalid) as error:
        read_columns(text, "inputs")
    assert error.value.fault.code == code


@pytest.mark.parametrize("name", ["", "Pumps", "../x", "a b", "a" * 42, "1a"])
def test_names_of_files_are_plain(name: str) -> None:
    with pytest.raises(Invalid):
        new_table(name, "urn:x", [("a", "")], [("b", "")])
