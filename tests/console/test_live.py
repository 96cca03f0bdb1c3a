"""The live stream: nothing is lost between a page and its first message, and silence is told."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from chengshu.console.live import Live, squeeze
from chengshu.console.model import LiveChange

CHANGES = st.lists(
    st.tuples(
        st.sampled_from(["observations", "warning.raised", "event.opened"]), st.sampled_from(["a", "b", "c"])
    ),
    max_size=40,
)


@given(CHANGES)
def test_squeezing_keeps_the_last_of_each_in_order(pairs: list[tuple[str, str]]) -> None:
    changes = [LiveChange(seq, kind, subject) for seq, (kind, subject) in enumerate(pairs, 1)]
    kept = squeeze(changes)
    assert [c.seq for c in kept] == sorted(c.seq for c in kept)
    assert (kept[-1:] or [None]) == (changes[-1:] or [None])
    named = {(c.kind, "" if c.kind == "observations" else c.subject) for c in changes}
    assert len(kept) == len(named)


async def read(live: Live, start: int | None, until: str) -> list[tuple[str, dict[str, Any]]]:
    """Messages up to the first of the kind ``until``."""
    found: list[tuple[str, dict[str, Any]]] = []
    stream = live.stream(start)
    async for text in stream:
        for block in text.strip().split("\n\n"):
            lines = dict(
                line.split(": ", 1) for line in block.split("\n") if ": " in line and not line.startswith(":")
            )
            if "event" in lines:
                found.append((lines["event"], json.loads(lines["data"])))
        if found and found[-1][0] == until:
            break
    await stream.aclose()
    return found


async def test_a_page_gets_what_happened_after_it_was_made(view: Any) -> None:
    live = Live(view, watch_s=0.01, beat_s=0.05)
    seq = view.changes[-1].seq
    view.push("warning.raised", "w-1")
    view.push("event.opened", "e-9")
    found = await read(live, seq, "beat")
    assert [(name, data["subject"]) for name, data in found if name == "change"] == [
        ("change", "w-1"),
        ("change", "e-9"),
    ]
    assert found[-1][1]["seq"] == seq + 2


async def test_a_stream_without_a_position_starts_at_the_present(view: Any) -> None:
    view.push("warning.raised", "w-1")
    found = await read(Live(view, watch_s=0.01, beat_s=0.05), None, "beat")
    assert [name for name, _ in found] == ["hello", "beat"]


async def test_far_too_much_asks_for_a_fresh_page(view: Any) -> None:
    for number in range(1200):
        view.push("work_order.created", f"o-{number}")
    found = await read(Live(view, watch_s=0.01, beat_s=0.05), 1, "beat")
    assert [name for name, _ in found] == ["hello", "reload", "beat"]


async def test_a_hub_that_stops_is_told_and_one_that_returns_goes_on(view: Any) -> None:
    live = Live(view, watch_s=0.01, beat_s=0.02)
    view.broken = True
    assert (await read(live, 1, "trouble"))[-1][0] == "trouble"
    view.broken = False
    view.push("warning.raised", "w-1")
    found = await read(live, 1, "change")
    assert found[-1][1] == {"seq": 2, "kind": "warning.raised", "subject": "w-1"}


async def test_a_page_younger_than_what_was_watched_is_left_alone(view: Any) -> None:
    live = Live(view, watch_s=60, beat_s=0.02)  # it looks once, and then the page is made
    stream = live.stream(1)
    while "beat" not in await anext(stream):
        continue
    view.push("sharing.used", "share-1")
    found = await read(live, 2, "beat")
    await stream.aclose()
    assert [name for name, _ in found] == ["hello", "beat"]


async def test_a_hub_put_back_from_a_backup_asks_for_a_fresh_page(view: Any) -> None:
    found = await read(Live(view, watch_s=0.01, beat_s=0.05), 99, "beat")
    assert [name for name, _ in found] == ["hello", "reload", "beat"]
    assert found[-1][1]["seq"] == 1
