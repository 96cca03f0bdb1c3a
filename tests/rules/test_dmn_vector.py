"""Rule by rule over columns gives what row by row gives."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.examples import examples

from chengshu.rules.dmn import DmnError
from chengshu.rules.dmn.vector import _plain_table, decide_rows

CELLS = st.sampled_from(["-", "1", "< 2", ">= 1", "[1..3]", "not(2)", "1, 3", "null"])
WORDS = st.sampled_from(["-", '"low"', '"high", "top"', 'not("low")'])
ROWS = st.lists(
    st.fixed_dictionaries(
        {"x": st.none() | st.integers(0, 4), "w": st.none() | st.sampled_from(["low", "high", "top"])}
    ),
    min_size=1,
    max_size=8,
)


@given(
    st.lists(st.tuples(CELLS, WORDS, st.sampled_from(["1", '"a"', "true"])), min_size=1, max_size=5),
    st.sampled_from(["UNIQUE", "ANY", "FIRST"]),
    st.sampled_from(["", '"none"']),
    ROWS,
)
def test_tables(
    build: Any, rules: list[tuple[str, ...]], policy: str, default: str, rows: list[dict[str, Any]]
) -> None:
    text = build.table(["x", "w"], rules, policy, (("", "", default),))
    model = build.of_table(["x", "w"], text)
    table = pa.Table.from_pylist(rows, pa.schema([("x", pa.int64()), ("w", pa.string())]))
    assert _plain_table(model, "d", table) is not None
    assert decide_rows(model, "d", table) == [model.decide("d", row).value for row in rows]


def test_other_decisions_go_row_by_row(build: Any) -> None:
    model = build.model(
        build.input_data("x", "number"), build.decision("d", build.literal("x / 3 * 3"), ["x"])
    )
    assert decide_rows(model, "d", pa.table({"x": [1, 2]})) == [
        model.decide("d", {"x": x}).value for x in (1, 2)
    ]


def test_an_unknown_decision(build: Any) -> None:
    with pytest.raises(DmnError, match="no decision «e»"):
        decide_rows(build.model(build.decision("d", build.literal("1"))), "e", pa.table({"x": [1]}))


@settings(max_examples=examples(60))
@given(
    st.lists(st.tuples(CELLS, WORDS, st.sampled_from(["1", '"a"', "true", "[1]"])), min_size=1, max_size=5),
    st.sampled_from(["UNIQUE", "ANY", "FIRST"]),
    st.sampled_from(["", "0, 1, 2", "[1..3]", "null, 1"]),
    st.sampled_from(["", "number", "string"]),
    ROWS,
)
def test_typed_tables_with_allowed_values(
    build: Any, rules: list[tuple[str, ...]], policy: str, allowed: str, kind: str, rows: list[dict[str, Any]]
) -> None:
    """A whole table as it is written in service: declared types, values that inputs may have."""
    cells = "".join(
        f"<rule><inputEntry><text>{x.replace('<', '&lt;')}</text></inputEntry>"
        f"<inputEntry><text>{w}</text></inputEntry><outputEntry><text>{out}</text></outputEntry></rule>"
        for x, w, out in rules
    )
    values = f"<inputValues><text>{allowed}</text></inputValues>" if allowed else ""
    declared = f' typeRef="{kind}"' if kind else ""
    table = (
        f'<decisionTable hitPolicy="{policy}">'
        f'<input><inputExpression typeRef="number"><text>x</text></inputExpression>{values}</input>'
        f'<input><inputExpression typeRef="string"><text>w</text></inputExpression></input>'
        f"<output{declared}/>{cells}</decisionTable>"
    )
    model = build.model(
        build.input_data("x", "number"),
        build.input_data("w", "string"),
        build.decision("d", table, ["x", "w"]),
    )
    people = pa.Table.from_pylist(rows, pa.schema([("x", pa.int64()), ("w", pa.string())]))
    lists = any(out == "[1]" for *_, out in rules)
    assert (_plain_table(model, "d", people) is not None) is not lists
    assert decide_rows(model, "d", people) == [model.decide("d", row).value for row in rows]


def test_a_column_of_another_type_goes_row_by_row(build: Any) -> None:
    text = build.table(["x"], [("> 1", '"a"')], "FIRST", (("", "", '"b"'),))
    model = build.model(build.input_data("x", "number"), build.decision("d", text, ["x"]))
    people = pa.table({"x": ["2", "0"]})
    assert _plain_table(model, "d", people) is None
    assert decide_rows(model, "d", people) == [model.decide("d", {"x": x}).value for x in ("2", "0")]
