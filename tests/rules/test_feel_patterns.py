"""Regular expressions: the bounded matcher and Python's agree; hostile patterns end."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chengshu.rules.feel import compile_expression
from chengshu.rules.feel.errors import FeelError
from chengshu.rules.feel.pattern_machine import Machine
from chengshu.rules.feel.patterns import Pattern, compile_pattern

ATOMS = st.sampled_from(["a", "b", ".", "[ab]", "[^a]", "\\d", "(a|b)", "(?:ab)", "(b?)", "^", "$"])
PATTERNS = st.lists(
    st.tuples(ATOMS, st.sampled_from(["", "", "*", "+", "?", "*?", "{1,2}"])).map("".join),
    min_size=1,
    max_size=5,
).map(lambda parts: "|".join(["".join(parts[:3]), "".join(parts[3:])]) if len(parts) > 3 else "".join(parts))


def nothing(_steps: int) -> None:
    """No budget."""


@given(PATTERNS, st.text(alphabet="ab1\n", max_size=8), st.sampled_from(["", "i", "s"]))
def test_the_machine_finds_what_python_finds(text: str, subject: str, flags: str) -> None:
    pattern = Pattern(text, flags)
    machine = Machine(pattern.tree, pattern.groups, pattern.flags)
    found = machine.search(subject, 0, nothing)
    expected = pattern.fast_search(subject, 0)
    assert (found and found[:2]) == (expected and expected[:2])


@given(st.text(max_size=12))
def test_any_text_is_a_pattern_or_an_error(text: str) -> None:
    try:
        pattern = compile_pattern(text, "")
    except FeelError as error:
        assert error.code == "bad-pattern"
        return
    pattern.search("abc 123", nothing)


@pytest.mark.parametrize("pattern", ["(a+)+b", "(a|aa)+b", "(a*)*b", "(.*)*x", "a*a*a*a*a*a*b"])
def test_hostile_patterns_end(pattern: str) -> None:
    found = compile_expression("matches(x, p)").evaluate({"x": "a" * 3000, "p": pattern})
    assert found.value is False


@pytest.mark.parametrize(
    ("pattern", "subject", "flags", "expected"),
    [
        (r"\p{Lu}+", "城ABC", "", True),
        (r"^\p{IsCJKUnifiedIdeographs}+$", "城樞", "", True),
        (r"[a-z-[aeiou]]{3}", "bcd", "", True),
        (r"[a-z-[aeiou]]", "aei", "", False),
        (r"(.)\1", "hello", "", True),
        (r"h e l", "hello", "x", True),
        (r"\w", "。", "", False),
        (r"\W", "。", "", True),
        (r"\i\c*", "_a-1", "", True),
        ("a.b", "a\nb", "", False),
        ("a.b", "a\nb", "s", True),
        ("^b", "a\nb", "m", True),
        ("a$", "a\n", "", False),
    ],
)
def test_what_patterns_mean(pattern: str, subject: str, flags: str, expected: bool) -> None:
    found = compile_expression("matches(s, p, f)")({"s": subject, "p": pattern, "f": flags})
    assert found is expected


@pytest.mark.parametrize(
    "pattern", ["(", "a{2", "[a", "a**", r"\q", "(?=a)", r"\2", "[b-a]", r"\p{Xx}", "{", "a{3,1}"]
)
def test_patterns_that_are_none(pattern: str) -> None:
    with pytest.raises(FeelError):
        compile_pattern(pattern, "")


def test_python_never_sees_a_pattern_it_cannot_read() -> None:
    for char in map(chr, range(32, 127)):
        escaped = "\\" + char if char in "\\|.?*+(){}[]^$-" else char
        assert compile_expression("matches(c, p)")({"c": char, "p": f"^{escaped}$"}) is True, char
        assert re.escape(char)
