"""Many of the same in a minute stand together; nothing is lost, nothing else moves."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from chengshu.console.model import TimelineItem
from chengshu.console.timelines import in_runs
from chengshu.kernel.levels import Level
from chengshu.kernel.texts import Text

START = datetime(2026, 7, 17, 11, 29, tzinfo=UTC)
steps = st.lists(st.tuples(st.integers(0, 90), st.sampled_from(["a", "b", ""])), max_size=20)


def item(seconds: int, action: str, level: Level | None = None, word: str = "") -> TimelineItem:
    return TimelineItem(START + timedelta(seconds=seconds), Text.of(word or action), "", action, level)


def test_three_warnings_of_a_minute_are_one_line_the_worst_first() -> None:
    items = [
        item(1, "joined", Level.YELLOW),
        item(2, "order"),
        item(3, "joined", Level.RED),
        item(4, "joined", Level.BLUE),
        item(61, "joined", Level.RED),
    ]
    shown = in_runs(items)
    assert [[one.action for one in run] for run in shown] == [["joined"] * 3, ["order"], ["joined"]]
    assert [one.level for one in shown[0]] == [Level.RED, Level.YELLOW, Level.BLUE]


def test_two_are_no_crowd() -> None:
    assert [len(run) for run in in_runs([item(1, "a"), item(2, "b"), item(3, "a")])] == [1, 1, 1]


@given(steps)
def test_each_is_shown_once_and_minutes_keep_their_order(said: list[tuple[int, str]]) -> None:
    items = [item(seconds, action) for seconds, action in sorted(said)]
    runs = in_runs(items)
    assert sorted(map(id, items)) == sorted(id(one) for run in runs for one in run)
    minutes = [run[0].at.minute for run in runs]
    assert minutes == sorted(minutes)
