"""Whatever is typed: a value in bounded time, or a FeelSyntaxError, and nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.examples import examples

from chengshu.rules.feel import Evaluation, FeelSyntaxError, Limits, compile_expression, compile_unary_tests
from chengshu.rules.feel.builtins import BUILTINS
from chengshu.rules.feel.builtins.signature import Signature


def words(text: str) -> list[str]:
    return text.split()


SMALL = Limits(steps=20_000, text=20_000, members=5_000)
WORDS = st.sampled_from(
    [
        *words("if then else for in return some every satisfies function instance of and or not between"),
        *words("( ) [ ] { } < > <= >= = != + - * / ** . .. , : ? @ -> ' \" \\ // /*"),
        *words("x xs item partial true false null number list<number> context range date"),
        *words('1 0 -1 2.5 1e30 "a" "b" "(a*)*b" @"2026-07-01" @"P1D" @"P1M" [1..3] {a:1} [1,2]'),
        *sorted(BUILTINS),
    ]
)
CONTEXT = {"x": 3, "xs": [1, "a", None, [2.5], {"a": True}], "s": "rain", "deep": {"a": {"b": [1]}}}


def check(text: str) -> None:
    for compiler in (compile_expression, compile_unary_tests):
        try:
            compiled = compiler(text, limits=SMALL)
        except FeelSyntaxError as error:
            assert 0 <= error.position <= len(text)
            assert error.message
            continue
        found = (
            compiled.evaluate(CONTEXT) if compiler is compile_expression else compiled.evaluate(3, CONTEXT)
        )
        assert isinstance(found, Evaluation)
        assert all(str(note) for note in found.diagnostics)


@settings(max_examples=examples(400))
@given(st.lists(WORDS, max_size=14).map(" ".join))
def test_words_of_the_language_in_any_order(text: str) -> None:
    check(text)


@given(st.text(max_size=40))
def test_any_text(text: str) -> None:
    check(text)


ARGUMENTS = st.sampled_from(
    [
        *words('1 0 -1 2.5 -7 1e-30 1e6144 "" "a" "abc" "(a+)+b" "$1" "i" null true false [] [1] [1,2,3]'),
        *words('[null] [[1],[2]] ["a","b"] {} {a:1} {key:"a",value:1} [1..3] (1..3) (<5) ["a".."c"] x xs'),
        *words('@"2026-07-01" @"2026-07-01T10:00:00" @"2026-07-01T10:00:00Z" @"10:00:00" abs'),
        *words('@"10:00:00@Asia/Macau" @"P1D" @"-PT1H" @"P1Y" @"-P13M" @"999999999-12-31"'),
        *words("function(a,b)a<b function(a)a"),
    ]
)


@settings(max_examples=examples(600))
@given(st.sampled_from(sorted(BUILTINS)), st.lists(ARGUMENTS, max_size=4))
def test_any_builtin_with_any_arguments(name: str, arguments: list[str]) -> None:
    check(f"{name}({', '.join(arguments)})")


NAMED = st.sampled_from(
    [(builtin.name, signature) for builtin in BUILTINS.values() for signature in builtin.signatures]
)


@settings(max_examples=examples(400))
@given(NAMED, st.lists(ARGUMENTS, min_size=4, max_size=4), st.integers(0, 4))
def test_any_builtin_with_named_arguments(
    form: tuple[str, Signature], arguments: list[str], left_out: int
) -> None:
    name, signature = form
    names = [p.name for p in signature.parameters]
    pairs = [f"{key}: {value}" for key, value in zip(names, arguments, strict=False)]
    check(f"{name}({', '.join(pairs[:left_out] + pairs[left_out + 1 :])})")


@given(st.sampled_from(words("+ - * / ** = < in between")), ARGUMENTS, ARGUMENTS)
def test_any_operator_on_any_values(op: str, left: str, right: str) -> None:
    check(f"{left} {op} {right}" + (f" and {left}" if op == "between" else ""))


@pytest.mark.slow
def test_nesting_is_bounded() -> None:
    for text in ("(" * 5000, "[" * 5000 + "]" * 5000, "-" * 5000 + "1", "if a then " * 3000, "1 in (" * 3000):
        check(text)
    check("1" + "+1" * 5000)
    check("a" + ".b" * 5000)
    check("a or " * 20_000 + "b")
