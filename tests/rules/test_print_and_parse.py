"""Printing a tree and reading the text again gives the same tree."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chengshu.rules.feel import ast
from chengshu.rules.feel.parser import parse_expression, parse_unary_tests
from chengshu.rules.feel.printer import print_tree

NAMES = st.sampled_from(["fill", "rain 1h", "x", "水位", "_a1", "Monthly Salary", "item"])
TYPES = st.deferred(
    lambda: st.one_of(
        st.sampled_from(
            ["number", "string", "date and time", "years and months duration", "Any", "tFoo"]
        ).map(ast.TypeRef),
        TYPES.map(lambda item: ast.TypeRef("list", (item,))),
        TYPES.map(lambda item: ast.TypeRef("range", (item,))),
        st.tuples(TYPES, TYPES).map(lambda two: ast.TypeRef("context", two, ("a", "b c"))),
        st.tuples(TYPES, TYPES).map(lambda two: ast.TypeRef("function", two[:1], (), two[1])),
    )
)
LEAVES = st.one_of(
    st.decimals(min_value=0, max_value=10**20, allow_nan=False, allow_infinity=False)
    .map(abs)
    .map(ast.Number),
    st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=6).map(ast.String),
    st.booleans().map(ast.Boolean),
    st.just(ast.Null()),
    st.sampled_from(["2026-07-01", "PT1H", "08:00:00"]).map(ast.AtLiteral),
    NAMES.map(ast.Name),
)


def _extend(inner: st.SearchStrategy[ast.Node]) -> st.SearchStrategy[ast.Node]:
    several = st.lists(inner, max_size=3).map(tuple)
    tests = st.one_of(
        st.builds(ast.Test, st.sampled_from(["<", "<=", ">", ">=", "=", "!="]), inner),
        st.builds(ast.Test, st.just(""), inner),
    )
    iterations = st.lists(
        st.builds(ast.Iteration, NAMES, inner, st.none() | inner), min_size=1, max_size=2
    ).map(tuple)
    return st.one_of(
        st.builds(ast.Negation, inner),
        st.builds(ast.Arithmetic, st.sampled_from(["+", "-", "*", "/", "**"]), inner, inner),
        st.builds(ast.Comparison, st.sampled_from(["=", "!=", "<", "<=", ">", ">="]), inner, inner),
        st.builds(
            ast.Junction, st.sampled_from(["and", "or"]), st.lists(inner, min_size=2, max_size=3).map(tuple)
        ),
        st.builds(ast.Between, inner, inner, inner),
        st.builds(ast.In, inner, st.lists(tests, min_size=2, max_size=3).map(tuple)),
        st.builds(ast.In, inner, tests.map(lambda test: (test,))),
        st.builds(ast.InstanceOf, inner, TYPES),
        st.builds(ast.If, inner, inner, inner),
        st.builds(ast.For, iterations, inner),
        st.builds(ast.Quantified, st.sampled_from(["some", "every"]), iterations, inner),
        st.builds(
            ast.FunctionDefinition,
            st.lists(st.builds(ast.Parameter, NAMES, st.none() | TYPES), max_size=2).map(tuple),
            inner,
        ),
        st.builds(ast.Path, inner, NAMES),
        st.builds(ast.Filter, inner, inner),
        st.builds(ast.Call, inner, several),
        st.builds(lambda f, a: ast.Call(f, (a, a), ("from", "decimal separator")), inner, inner),
        st.builds(ast.ListLiteral, several),
        st.builds(
            ast.ContextLiteral,
            st.lists(st.builds(ast.Entry, NAMES | st.text(max_size=4), inner), max_size=3).map(tuple),
        ),
        st.builds(ast.RangeLiteral, inner, inner, st.booleans(), st.booleans()),
        st.builds(ast.UnaryRange, st.sampled_from(["<", "<=", ">", ">=", "=", "!="]), inner),
    )


def _flat(node: ast.Node) -> bool:
    """Junctions directly within the same junction read as one."""
    return not any(
        isinstance(part, ast.Junction)
        and isinstance(part.operands[0], ast.Junction)
        and part.operands[0].op == part.op
        for part in ast.walk(node)
    )


TREES = st.recursive(LEAVES, _extend, max_leaves=12).filter(_flat)


@given(TREES)
def test_reading_what_was_printed_gives_the_same_tree(tree: ast.Node) -> None:
    assert parse_expression(print_tree(tree)) == tree


@pytest.mark.parametrize(
    "text",
    [
        "-",
        "> 3, [10..20), not(5)",
        '"a", "b"',
        "not(< 3, > 7)",
        "< x + 1",
        "? > 3 and ? < 9",
        "null",
        "(< 5)",
    ],
)
def test_unary_tests_come_back_as_they_were(text: str) -> None:
    assert print_tree(parse_unary_tests(text)) == text


def test_numbers_keep_their_digits() -> None:
    assert parse_expression("1.50e-3") == ast.Number(Decimal("1.50e-3"))


@pytest.mark.parametrize("word", ['function() ""', "if x then 1 else 2", "for x in y return x", "not(x)"])
def test_a_filter_at_the_end_of_a_range_is_no_open_end(word: str) -> None:
    assert print_tree(parse_expression(f"(1..y[{word}])")) == f"(1..y[{word}])"
