"""The level machine: hysteresis, dwell, order; by example and by property."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from chengshu.kernel.levels import WARNING_LEVELS, Level
from chengshu.scenes.vitals.levels import LevelState, keep, step
from chengshu.scenes.vitals.model import Levels, Threshold

START = datetime(2026, 7, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def made(*, above: bool = True, band: float = 2.0, dwell: int = 0, keep: int = 0, hold: int = 60) -> Levels:
    sign = 1 if above else -1
    thresholds = tuple(
        Threshold(level, sign * 10.0 * level, sign * (10.0 * level - band), MINUTE * dwell)
        for level in WARNING_LEVELS
    )
    return Levels(above, thresholds, MINUTE * keep, MINUTE * hold)


def run(levels: Levels, values: list[float | None], *, fall: list[bool] | None = None) -> list[Level]:
    state, result = LevelState(Level.NORMAL, START), []
    for index, value in enumerate(values):
        may_fall = True if fall is None else fall[index]
        state = step(levels, state, START + MINUTE * index, value, may_fall=may_fall)
        result.append(state.level)
    return result


def words(levels: list[Level]) -> str:
    return "".join(level.word[0] for level in levels)


def test_rises_at_the_threshold_and_falls_below_the_band() -> None:
    assert words(run(made(), [9.9, 10, 9, 8, 7.9, 30, 41, 27.9, 0])) == "nbbbnoryn"


def test_below_is_the_mirror() -> None:
    assert words(run(made(above=False), [-9.9, -10, -9, -8, -7.9, -30])) == "nbbbno"


def test_a_rise_waits_for_its_dwell_and_a_peak_shorter_than_that_is_nothing() -> None:
    assert words(run(made(dwell=2), [10, 10, 0, 10, 10, 10, 10])) == "nnnnnbb"


def test_each_level_waits_on_its_own() -> None:
    assert words(run(made(dwell=2), [10, 10, 20, 20, 20])) == "nnbby"


def test_a_fall_waits_until_it_was_quiet_long_enough() -> None:
    assert words(run(made(keep=2), [20, 0, 0, 19, 0, 0, 0])) == "yyyyyyn"


def test_it_falls_one_level_at_a_time_when_only_one_is_quiet() -> None:
    assert words(run(made(keep=2), [40, 25, 25, 25, 5, 5, 5])) == "rrryyyn"


def test_nothing_to_report_is_quiet() -> None:
    assert words(run(made(keep=1), [20, None, None])) == "yyn"


def test_a_held_level_does_not_fall_before_hold_is_over() -> None:
    values: list[float | None] = [20, *[0.0] * 5]
    assert words(run(made(hold=3), values, fall=[True, *[False] * 5])) == "yyyynn"


def test_keeping_starts_the_waiting_anew() -> None:
    levels = made(dwell=2)
    state = step(levels, LevelState(Level.NORMAL, START), START, 10)
    assert state.beyond
    assert keep(state) == LevelState(Level.NORMAL, START)


values_ = st.floats(-5, 55, allow_nan=False)
shapes = st.builds(made, band=st.floats(0, 9), dwell=st.integers(0, 3), keep=st.integers(0, 3))


@given(shapes, st.sampled_from(WARNING_LEVELS), st.data())
def test_never_moves_inside_the_band(levels: Levels, level: Level, data: st.DataObject) -> None:
    threshold = levels.threshold(level)
    assert threshold
    ceiling = 10.0 * (level + 1) if level < Level.RED else 60.0
    inside = (
        st.floats(threshold.clear, min(threshold.at, ceiling), exclude_max=True)
        if threshold.clear < threshold.at
        else st.just(threshold.at)
    )
    values = data.draw(st.lists(inside, min_size=1, max_size=20))
    state = LevelState(level, START)
    for index, value in enumerate(values):
        state = step(levels, state, START + MINUTE * index, value)
        assert state.level == level


@given(shapes, values_, values_, st.integers(1, 12))
def test_a_higher_constant_value_never_gives_a_lower_level(
    levels: Levels, a: float, b: float, count: int
) -> None:
    low, high = sorted((a, b))
    assert run(levels, [low] * count)[-1] <= run(levels, [high] * count)[-1]


@given(shapes, st.lists(values_, min_size=1, max_size=40))
def test_direction_is_only_a_sign(levels: Levels, values: list[float]) -> None:
    mirror = Levels(
        False,
        tuple(Threshold(item.level, -item.at, -item.clear, item.dwell) for item in levels.thresholds),
        levels.keep,
        levels.hold,
    )
    assert run(levels, list(values)) == run(mirror, [-value for value in values])


@given(shapes, st.lists(values_, min_size=1, max_size=40))
def test_a_constant_value_settles(levels: Levels, values: list[float]) -> None:
    tail = run(levels, [*values, *[values[-1]] * 16])[-8:]
    assert len(set(tail)) == 1


@given(shapes, st.lists(values_, min_size=2, max_size=40))
def test_the_level_moves_at_most_once_per_dwell(levels: Levels, values: list[float]) -> None:
    found = run(levels, list(values))
    wait = int(levels.keep / MINUTE)
    falls = [i for i in range(1, len(found)) if found[i] < found[i - 1]]
    for index in falls:
        before = values[max(0, index - wait) : index + 1]
        threshold = levels.threshold(found[index - 1])
        assert threshold and all(value < threshold.clear for value in before)
