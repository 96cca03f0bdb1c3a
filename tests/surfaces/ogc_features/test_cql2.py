"""CQL2 whatever is sent: a condition, or a refusal that says where; text and JSON mean the same."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chengshu.foundation.broker.query.model import Path
from chengshu.kernel.errors import ChengshuError
from chengshu.surfaces.ogc_features.cql2_text import read_text
from chengshu.surfaces.ogc_features.filters import Filter

_WORDS = (
    *"()=<>,'\"-. ",
    "<>",
    "<=",
    " AND ",
    " OR ",
    " NOT ",
    " LIKE ",
    " IN ",
    " BETWEEN ",
    " IS NULL",
    "a",
    "b",
    "TRUE",
    "1",
    "2.5",
    "'x%'",
    "DATE('2020-01-01')",
    "INTERVAL('..','2020-01-01')",
    "POINT(1 2)",
    "BBOX(1,2,3,4)",
    "S_INTERSECTS(a,",
    "T_AFTER(",
    "CASEI(a)",
    *(" + ", " - ", " * ", " / ", " ^ ", " DIV ", "A_CONTAINS(a,", "(1,2)"),
    "\0",
    "塔",
)
_OPS = (
    "+",
    "^",
    "div",
    "a_equals",
    "and",
    "or",
    "not",
    "=",
    "in",
    "like",
    "casei",
    "s_within",
    "t_during",
    "isNull",
    "between",
)
json_values: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.floats()
    | st.integers()
    | st.sampled_from(["and", "=", "a", "Point", "like", "not"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.fixed_dictionaries({"op": st.sampled_from(_OPS), "args": st.lists(inner, max_size=3)})
        | st.fixed_dictionaries({"property": inner})
        | st.fixed_dictionaries({"type": inner, "coordinates": inner})
        | st.fixed_dictionaries({"interval": st.lists(inner, max_size=2)})
        | st.fixed_dictionaries({"bbox": inner})
    ),
    max_leaves=10,
)


def translate(node: Any) -> Any:
    return Filter(lambda name: Path((name,)), str).condition(node)


@given(st.lists(st.sampled_from(_WORDS), max_size=12).map("".join))
def test_text(text: str) -> None:
    try:
        translate(read_text(text))
    except ChengshuError as refusal:
        assert refusal.status in {400, 403}
        assert refusal.fault.where
        assert refusal.fault.remedy


@given(json_values)
def test_json(node: Any) -> None:
    try:
        translate(node)
    except ChengshuError as refusal:
        assert refusal.status in {400, 403}
        assert refusal.fault.where


@pytest.mark.parametrize(
    ("text", "node"),
    [
        ("a = 1", {"op": "=", "args": [{"property": "a"}, 1]}),
        (
            "a <> -2.5e1 OR b",
            {"op": "or", "args": [{"op": "<>", "args": [{"property": "a"}, -25.0]}, {"property": "b"}]},
        ),
        (
            "NOT a LIKE 'it''s%'",
            {"op": "not", "args": [{"op": "like", "args": [{"property": "a"}, "it's%"]}]},
        ),
        ("a IN (1, 'x')", {"op": "in", "args": [{"property": "a"}, [1, "x"]]}),
        ("a >= DATE('2020-01-01')", {"op": ">=", "args": [{"property": "a"}, {"date": "2020-01-01"}]}),
        (
            "T_DURING(a, INTERVAL('2020-01-01', '..'))",
            {"op": "t_during", "args": [{"property": "a"}, {"interval": ["2020-01-01", ".."]}]},
        ),
        (
            "S_WITHIN(g, MULTIPOLYGON(((0 0, 1 0, 1 1, 0 0))))",
            {
                "op": "s_within",
                "args": [
                    {"property": "g"},
                    {"type": "MultiPolygon", "coordinates": [[[[0, 0], [1, 0], [1, 1], [0, 0]]]]},
                ],
            },
        ),
        ("a IS NOT NULL", {"op": "not", "args": [{"op": "isNull", "args": [{"property": "a"}]}]}),
    ],
)
def test_text_is_json(text: str, node: Any) -> None:
    assert read_text(text) == node
    translate(node)
