"""Column by column gives what row by row gives."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chengshu.kernel.errors import Invalid
from chengshu.rules.feel import compile_expression, compile_unary_tests
from chengshu.rules.feel.vector import NotVectorised, Vectoriser, evaluate_rows, passes

ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "i": st.none() | st.integers(-5, 40),
            "x": st.none() | st.sampled_from([0.1, 0.3, 2.5, 30.0, -1.0, math.nan, math.inf]),
            "s": st.none() | st.sampled_from(["red", "orange", "", "雨"]),
            "b": st.none() | st.booleans(),
            "d": st.none() | st.dates(),
            "n": st.none(),
        }
    ),
    min_size=1,
    max_size=6,
)
SCHEMA = pa.schema(
    [
        ("i", pa.int32()),
        ("x", pa.float64()),
        ("s", pa.string()),
        ("b", pa.bool_()),
        ("d", pa.date32()),
        ("n", pa.null()),
    ]
)
TERMS = st.sampled_from(
    [
        "i",
        "x",
        "s",
        "b",
        "d",
        "n",
        "30",
        "0.3",
        "-1",
        '"red"',
        "true",
        "null",
        '@"2026-07-01"',
        "i + 1",
        "i * i - 2",
        "gone",
    ]
)
CELLS = st.sampled_from(
    [
        "-",
        "30",
        "> 0.3",
        "<= 2.5",
        "[0..30)",
        "1, 30",
        '"red", "orange"',
        'not("red")',
        "not(30)",
        "true",
        "false",
        "null",
    ]
)


def _extend(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.builds("({} {} {})".format, inner, st.sampled_from(["=", "!=", "<", "<=", ">", ">="]), inner),
        st.builds("({} {} {})".format, inner, st.sampled_from(["and", "or"]), inner),
        st.builds("not({})".format, inner),
        st.builds("(if {} then {} else {})".format, inner, inner, inner),
        st.builds("({} between {} and {})".format, inner, inner, inner),
        st.builds(
            "({} in ({}, {}))".format,
            inner,
            CELLS.filter(lambda c: c != "-"),
            CELLS.filter(lambda c: c != "-"),
        ),
        st.builds('contains(s, "r") and {}'.format, inner),
    )


EXPRESSIONS = st.recursive(TERMS, _extend, max_leaves=6)


def plain(value: Any) -> Any:
    return float(value) if isinstance(value, Decimal) else value


@given(EXPRESSIONS, ROWS)
def test_expressions(text: str, rows: list[dict[str, Any]]) -> None:
    table = pa.Table.from_pylist(rows, SCHEMA)
    expected = [plain(compile_expression(text)(row)) for row in rows]
    if len({type(value) for value in expected if value is not None}) > 1:
        return
    assert evaluate_rows(text, table).to_pylist() == expected


@given(CELLS, ROWS, st.sampled_from(["i", "x", "s", "b", "n"]))
def test_cells(text: str, rows: list[dict[str, Any]], name: str) -> None:
    values = pa.Table.from_pylist(rows, SCHEMA)[name]
    assert passes(text, values).to_pylist() == [compile_unary_tests(text)(row[name]) for row in rows]


def test_common_rules_go_by_column() -> None:
    table = pa.table({"age": [17, 65, None], "income": [0.0, 1200.5, 3.0], "area": ["a", "b", "b"]})
    text = 'age >= 65 and income < 1500.5 and area in ("b", "c")'
    found = Vectoriser(table, {}).column(compile_expression(text).tree)
    assert found.values.to_pylist() == [False, True, None]


def test_fractions_are_added_in_decimals() -> None:
    table = pa.table({"x": [0.1, 0.4], "y": [0.2, 0.3]})
    with pytest.raises(NotVectorised):
        Vectoriser(table, {}).column(compile_expression("x + y").tree)
    assert evaluate_rows("x + y = 0.3", table).to_pylist() == [True, False]


def test_large_whole_numbers_stay_exact() -> None:
    table = pa.table({"i": [2**60, 2**60 + 1]})
    assert evaluate_rows("i = 1152921504606846977", table).to_pylist() == [False, True]


def test_conditions_go_by_column() -> None:
    table = pa.table({"x": pa.array([1, 5, None]), "s": pa.array(["a", "b", "a"]).dictionary_encode()})
    found = Vectoriser(table, {}).column(compile_expression('if x > 3 then s else "none"').tree)
    assert found.values.to_pylist() == ["none", "b", "none"]


@pytest.mark.parametrize(
    "text",
    [
        "x / 3",
        "x ** 2",
        "f(x)",
        "y > 3",
        "x > 1234567890.1234567",
        "if x then 1 else 2",
        "t < t",
        "upper case(s)",
    ],
)
def test_what_goes_row_by_row(text: str) -> None:
    rows = [{"x": 1, "s": "a", "t": Decimal("1.5")}, {"x": 2, "s": "b", "t": None}]
    table = pa.Table.from_pylist(rows)
    with pytest.raises(NotVectorised):
        Vectoriser(table, {"y": 5}).column(compile_expression(text).tree)
    expected = [plain(compile_expression(text)({"y": 5, **row})) for row in rows]
    assert evaluate_rows(text, table, {"y": 5}).to_pylist() == expected


def test_cells_that_must_be_computed() -> None:
    values = pa.array([1, 4, None])
    for text in ("> limit", "limit", "[1..limit]", "? * 2 > limit"):
        expected = [compile_unary_tests(text)(value, {"limit": 3}) for value in (1, 4, None)]
        assert passes(text, values, {"limit": 3}).to_pylist() == expected


def test_constants_beside_the_columns() -> None:
    assert evaluate_rows("x > limit", pa.table({"x": [1, 5]}), {"limit": 3}).to_pylist() == [False, True]


def test_rows_of_different_kinds_are_refused() -> None:
    with pytest.raises(Invalid, match="values of different kinds"):
        evaluate_rows('if x > 1 then "a" else 1', pa.table({"x": [1, 5]}))
