"""Regular expressions: meaning, and that none can be a bomb."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chengshu.foundation.broker.errors import BadRequestData
from chengshu.foundation.broker.query.patterns import finder, which


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        ("Tower", "Eiffel Tower", True),
        ("^Tower", "Eiffel Tower", False),
        ("^Eiffel.*", "Eiffel Tower", True),
        ("Tower$", "Tower Bridge", False),
        ("^Eiffel Tower$", "Eiffel Tower", True),
        ("^.*Tower$", "Eiffel Tower", True),
        ("[[:upper:]][[:lower:]]+", "eiffel Tower", True),
        ("(?i)^EIF", "Eiffel", True),
        ("a{2,3}b", "caab", True),
        (r"a\.b", "axb", False),
        (r"^a\.b$", "a.b", True),
        ("urn:ngsi-ld:Building:*", "urn:ngsi-ld:Building:7", True),
        ("^x.*y", "x\ny", False),
        ("塔$", "東方明珠塔", True),
    ],
)
def test_meaning(pattern: str, text: str, found: bool) -> None:
    assert finder(pattern)(text) is found
    assert which(pattern, [text]) == [found]


@pytest.mark.parametrize("bad", ["[", "(a", r"(a)\1", "(?=a)", "a**", "x" * 300, "(a{100}){100}", "\ud800"])
def test_refused(bad: str) -> None:
    with pytest.raises(BadRequestData):
        finder(bad, "idPattern")


def test_a_classic_bomb_is_harmless() -> None:
    assert finder("(a+)+$")("a" * 60_000 + "b") is False


@given(st.from_regex(r"\A\^?(\.\*)?[ab.]{0,3}(\.\*)?\$?\Z"), st.text("ab\n", max_size=6))
def test_the_short_cut_says_what_the_engine_says(pattern: str, text: str) -> None:
    assert finder(pattern)(text) == which(pattern, [text])[0]
