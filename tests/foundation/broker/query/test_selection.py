"""Types, scopes, ids, names and entity selectors."""

from __future__ import annotations

from typing import Any

import pytest

from chengshu.foundation.broker.errors import BadRequestData
from chengshu.foundation.broker.query.model import Selector
from chengshu.foundation.broker.query.printing import print_groups
from chengshu.foundation.broker.query.selection import (
    read_ids,
    read_names,
    read_scopes,
    read_selectors,
    read_types,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A", (("A",),)),
        ("A,B|C", (("A",), ("B",), ("C",))),
        ("(A;B),C", (("A", "B"), ("C",))),
        ("A;B", (("A", "B"),)),
        ("*", ()),
        ("https://a.b/c#D", (("https://a.b/c#D",),)),
    ],
)
def test_types(text: str, expected: Any) -> None:
    assert read_types(text, str) == expected
    assert read_types(print_groups(expected), str) == expected


@pytest.mark.parametrize("text", ["", "A,", "(A;B", "A)", "((A;B)|C);D", "A==B", '"A"', "5"])
def test_types_refused(text: str) -> None:
    with pytest.raises(BadRequestData):
        read_types(text, str)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("/Madrid", (("/Madrid",),)),
        ("/Madrid/+/Parque,/#", (("/Madrid/+/Parque",), ("/#",))),
        ("(/A/#;/B)|/C", (("/A/#", "/B"), ("/C",))),
        ("/A/B;/C", (("/A/B", "/C"),)),
        ("/浦東/一_1", (("/浦東/一_1",),)),
    ],
)
def test_scopes(text: str, expected: Any) -> None:
    assert read_scopes(text) == expected


@pytest.mark.parametrize("text", ["Madrid", "/", "//A", "/A/", "/#/A", "/A/#B", "/5"])
def test_scopes_refused(text: str) -> None:
    with pytest.raises(BadRequestData) as refused:
        read_scopes(text)
    assert "scopeQ" in refused.value.fault.where


def test_ids_and_names() -> None:
    assert read_ids("urn:a:1, urn:a:2,urn:a:1") == ("urn:a:1", "urn:a:2")
    assert read_names("a,b,a", str.upper) == ("A", "B")
    for bad in ("", "urn:a:1,", "no uri", "x"):
        with pytest.raises(BadRequestData):
            read_ids(bad)
    with pytest.raises(BadRequestData):
        read_names("a,,b", str)


def test_selectors() -> None:
    read = read_selectors(
        [{"type": "A,B", "idPattern": "^urn:.*"}, {"id": "urn:x:1", "type": ["C", "D"]}, {"type": "*"}], str
    )
    assert read == (
        Selector(id_pattern="^urn:.*", types=(("A",), ("B",))),
        Selector(ids=("urn:x:1",), types=(("C",), ("D",))),
        Selector(),
    )


@pytest.mark.parametrize(
    "bad",
    [
        {},
        [],
        ["A"],
        [{"typ": "A"}],
        [{"type": 5}],
        [{"type": "A", "id": "x y"}],
        [{"type": "A", "idPattern": "["}],
    ],
)
def test_selectors_refused(bad: Any) -> None:
    with pytest.raises(BadRequestData) as refused:
        read_selectors(bad, str)
    assert refused.value.fault.where.startswith("entities")
