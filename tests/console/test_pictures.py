"""Pictures drawn on the server: every edge ends at its boxes, trends stay in their frame."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.examples import examples

from chengshu.console.model.grading import EntryHead, LineageEdge, LineageNode, LineageView, TrendPoint
from chengshu.console.pictures import lineage_picture, trend_picture
from chengshu.kernel.texts import Text

START = datetime(2026, 7, 1, tzinfo=UTC)
HEAD = EntryHead("e0", Text.of("Entry"), "dataset", "active", 1)


def say(text: Text) -> str:
    return text.en


@given(st.lists(st.one_of(st.none(), st.floats(0, 1)), max_size=30))
@settings(max_examples=examples(60))
def test_a_trend_stays_in_its_frame_and_leaves_out_what_was_not_measured(scores: list[float | None]) -> None:
    trend = [TrendPoint(START + timedelta(days=n), 1, score, ()) for n, score in enumerate(scores)]
    found = trend_picture(trend)
    known = [score for score in scores if score is not None]
    if len(known) < 2:
        assert found is None
        return
    assert found is not None and len(found.points) == len(known)
    assert all(0 <= x <= found.width and 0 <= y <= found.height for x, y in found.points)
    assert [x for x, _ in found.points] == sorted(x for x, _ in found.points)


def views() -> st.SearchStrategy[LineageView]:
    def build(nodes: list[tuple[int, int, str]], pairs: list[tuple[int, int]]) -> LineageView:
        made = {}
        for entry, rank, column in nodes:
            key = f"e{entry}.{column}" if column else f"e{entry}"
            made.setdefault(key, LineageNode(key, f"e{entry}", Text.of("城市" * 30), "dataset", column, rank))
        keys = list(made)
        edges = tuple(LineageEdge(keys[a % len(keys)], keys[b % len(keys)], "copy") for a, b in pairs)
        return LineageView(HEAD, "", (), tuple(made.values()), edges)

    node = st.tuples(st.integers(0, 5), st.integers(-3, 3), st.sampled_from(["", "a", "b.c", "列" * 40]))
    pair = st.tuples(st.integers(0, 50), st.integers(0, 50))
    return st.builds(build, st.lists(node, min_size=1, max_size=20), st.lists(pair, max_size=20))


@given(views())
@settings(max_examples=examples(60))
def test_every_edge_is_drawn_and_no_two_boxes_of_a_rank_overlap(view: LineageView) -> None:
    found = lineage_picture(view, say)
    if not view.edges:
        assert found is None
        return
    assert found is not None and len(found.lines) == len(view.edges)
    assert sum(max(len(box.rows), 1) for box in found.boxes) <= len(view.nodes)
    for box in found.boxes:
        assert box.x + box.width <= found.width and box.y + box.height <= found.height
        assert len(box.title) <= 25 and all(len(row.text) <= 25 for row in box.rows)
    for x in {box.x for box in found.boxes}:
        column = sorted((box.y, box.y + box.height) for box in found.boxes if box.x == x)
        assert all(end <= start for (_, end), (start, _) in pairwise(column))
