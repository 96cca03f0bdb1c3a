"""The semantic tables of the standard once more, each expectation written before it was run.

``second_look.txt`` has one expression a line and its value as FEEL writes it: null and wrong kinds of
arguments, arguments by name, lists of one, far years, zones, escapes, recursion (DMN 1.5, 10.3.2 and 10.3.4).
"""

from __future__ import annotations

from pathlib import Path

import pytest

from chengshu.rules.feel import compile_expression
from chengshu.rules.feel.errors import FeelSyntaxError
from chengshu.rules.feel.runtime import Budget, Run
from chengshu.rules.feel.text import quoted, text_of

LINES = (Path(__file__).parent / "second_look.txt").read_text("utf-8").splitlines()


def written(expression: str) -> str:
    """The value of an expression as FEEL writes it; ``no FEEL`` for a text that does not parse."""
    try:
        compiled = compile_expression(expression)
    except FeelSyntaxError:
        return "no FEEL"
    value = compiled._code({}, Run({}, Budget()))
    return f'"{value}"' if isinstance(value, str) else text_of(value)


def test_every_expression_has_the_value_of_the_standard() -> None:
    pairs = [line.split(" ==> ") for line in LINES]
    found = {expression: (written(expression), value) for expression, value in pairs}
    assert len(found) == len(LINES) > 900
    assert {key: both for key, both in found.items() if both[0] != both[1]} == {}


@pytest.mark.parametrize("name", ["text", "a\nb", '"'])
def test_strings_are_written_so_that_they_can_be_read(name: str) -> None:
    assert compile_expression(quoted(name))() == name


def test_a_function_of_a_context_calls_itself() -> None:
    factorial = "{f: function(n) if n <= 1 then 1 else n * f(n - 1), r: f(20)}.r"
    assert compile_expression(factorial)() == 2432902008176640000


def test_its_name_means_what_it_meant_before_where_it_meant_something() -> None:
    outer = "{f: function(n) n + 100, inner: {f: function(n) f(n) + 1, r: f(1)}.r}.inner"
    assert compile_expression(outer)() == 102
    assert compile_expression("{abs: function(n) abs(n) + 1, r: abs(-1)}.r")() == 2


def test_a_function_without_end_is_null() -> None:
    assert compile_expression("{f: function(n) f(n), r: f(1)}.r").evaluate().diagnostics[0].code == "limit"
