"""Whatever is sent: a query, or a refusal that says where; never anything else, and never slowly."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from tests.foundation.broker.query import strategies as some

from chengshu.foundation.broker.errors import BrokerError
from chengshu.foundation.broker.query.geo import boxes_of, compile_geo, read_geo, read_geo_body
from chengshu.foundation.broker.query.grammar import read_q
from chengshu.foundation.broker.query.matching import compile_condition
from chengshu.foundation.broker.query.planning import plan_condition
from chengshu.foundation.broker.query.printing import print_condition
from chengshu.foundation.broker.query.selection import read_ids, read_scopes, read_selectors, read_types

_SIGNS = "abT{}[]()<>=!~|;,.:\"'\\*+?^$ \n#/@-_"
_ODD = ("塔", "\ud800", "\0")
_WORDS = ("==", "!=", "~=", "..", "1", "2.5", "true", '"x"', "2020-05-01", "urn:a:b", "https://x.y/z")
pieces = st.lists(st.sampled_from([*_SIGNS, *_ODD, *_WORDS]), max_size=12).map("".join)
json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=3) | st.just("Point"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["type", "id", "k"]), inner),
    max_leaves=8,
)


@given(pieces, st.lists(some.entities, max_size=2))
def test_q(text: str, entities: list[Any]) -> None:
    def expand(name: str) -> str:
        return f"x:{name}"

    def compact(iri: str) -> str:
        return iri.removeprefix("x:")

    try:
        condition = read_q(text, expand)
    except BrokerError as refusal:
        assert refusal.fault.where
        assert refusal.fault.remedy
        return
    holds = compile_condition(condition)
    plan_condition(condition)
    assert read_q(print_condition(condition, compact), expand) == condition
    for entity in entities:
        assert holds(entity) in {True, False}


@given(pieces)
def test_selections(text: str) -> None:
    for read in (lambda: read_types(text, str), lambda: read_scopes(text), lambda: read_ids(text)):
        try:
            read()
        except BrokerError as refusal:
            assert refusal.fault.where


@given(json_values)
def test_selectors_and_places(value: Any) -> None:
    for read in (
        lambda: read_selectors(value, str),
        lambda: read_geo_body(value),
        lambda: read_geo("within", "Polygon", value),
        lambda: read_geo("within", "Point", value),
    ):
        try:
            read()
        except BrokerError as refusal:
            assert refusal.fault.where


@given(some.geos, json_values)
def test_geometries(query: Any, value: Any) -> None:
    holds = compile_geo(query)
    boxes_of(query)
    if isinstance(value, dict):
        assert holds(value) in {True, False}
