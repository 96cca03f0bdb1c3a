"""Expressions, paths and options whatever is sent; and that a span never loses an observation."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from chengshu.kernel.clock import iso, millis
from chengshu.kernel.errors import ChengshuError
from chengshu.surfaces.sensorthings.expressions import holds, read_expression
from chengshu.surfaces.sensorthings.node import Node
from chengshu.surfaces.sensorthings.options import read_options
from chengshu.surfaces.sensorthings.path import read_path
from chengshu.surfaces.sensorthings.spans import span_of

NOW = "2026-05-01T00:00:00Z"
_WORDS = (
    *"()',/$=-. ",
    " eq ",
    " gt ",
    " and ",
    " or ",
    " not ",
    " add ",
    " div ",
    "name",
    "properties/x",
    "Datastreams",
    "Datastreams/name",
    "Thing",
    "'x'",
    "1",
    "0",
    "2020-01-01",
    "null",
    "true",
    "length(",
    "substring(",
    "round(",
    "year(",
    "st_within(",
    "geography'POINT(1 2)'",
    "$top=1",
    ";",
    "$expand=",
    "\0",
    "塔",
)
texts = st.lists(st.sampled_from(_WORDS), max_size=12).map("".join)
START = datetime(2026, 5, 1, tzinfo=UTC)


def node() -> Node:
    def streams() -> Iterator[Node]:
        yield Node("Datastreams", "d", {"name": "level"})

    return Node(
        "Things",
        "t",
        {"name": "x", "properties": {"x": 5}},
        {"Datastreams": streams, "Locations": lambda: iter(())},
    )


@given(texts)
def test_expressions(text: str) -> None:
    try:
        expression = read_expression(text, "Things", NOW)
    except ChengshuError as refusal:
        assert refusal.status == 400
        assert refusal.fault.where.startswith("$filter, character ")
        return
    assert holds(expression, node()) in {True, False}


@given(texts)
def test_paths_and_options(text: str) -> None:
    for read in (
        lambda: read_path(text),
        lambda: read_path(f"Things('{text}')"),
        lambda: read_options([("$expand", text)], "Things", NOW),
        lambda: read_options([("$orderby", text), ("$select", text)], "Things", NOW),
    ):
        try:
            read()
        except ChengshuError as refusal:
            assert refusal.status in {400, 404}


terms = st.builds(
    lambda order, minutes, quote: (
        f"phenomenonTime {order} {quote}{iso(START + timedelta(minutes=minutes))}{quote}"
    ),
    st.sampled_from(["gt", "ge", "lt", "le", "eq", "ne"]),
    st.integers(0, 9),
    st.sampled_from(["", "'"]),
) | st.sampled_from(["result gt 3", "result eq 'and'"])


@given(
    st.lists(terms, min_size=1, max_size=4), st.sampled_from([" and ", " or "]), st.sampled_from(["", "not "])
)
def test_a_span_loses_no_observation(parts: list[str], word: str, prefix: str) -> None:
    text = prefix + word.join(parts)
    expression, span = read_expression(text, "Observations", NOW), span_of(text)
    for minutes in range(10):
        at = START + timedelta(minutes=minutes)
        if holds(expression, Node("Observations", "o", {"phenomenonTime": iso(at), "result": minutes})):
            assert span.low is None or span.low < millis(at)
            assert span.high is None or millis(at) < span.high
