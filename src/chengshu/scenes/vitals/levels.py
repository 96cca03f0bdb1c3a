"""From a value to a level: thresholds with hysteresis and dwell, as one pure state machine.

A level rises when the value has been at or beyond its threshold for its dwell, and falls when the value has
been on the quiet side of its clear threshold for ``keep``. In between nothing moves, so it never flaps.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from chengshu.kernel.levels import Level
from chengshu.scenes.vitals.model import Levels, Threshold

Times = tuple[tuple[Level, datetime], ...]


@dataclass(frozen=True, slots=True)
class LevelState:
    """``beyond``: since when each level above is reached; ``quiet``: since when each level held is not.

    ``held``: since when a fall is held back because the sensor that caused the level is silent.
    """

    level: Level
    since: datetime
    beyond: Times = ()
    quiet: Times = ()
    held: datetime | None = None


def reached(levels: Levels, threshold: Threshold, value: float) -> bool:
    """Whether ``value`` is at or beyond where the level begins."""
    return value >= threshold.at if levels.above else value <= threshold.at


def cleared(levels: Levels, threshold: Threshold, value: float | None) -> bool:
    """Whether ``value`` is on the quiet side of the band; None (nothing to report) is quiet."""
    if value is None:
        return True
    return value < threshold.clear if levels.above else value > threshold.clear


def step(
    levels: Levels, state: LevelState, at: datetime, value: float | None, *, may_fall: bool = True
) -> LevelState:
    """The state at ``at`` given the value there. None is the value of something with nothing to report.

    ``may_fall=False`` keeps the level (and says since when in ``held``), at most for ``levels.hold``.
    """
    return _fall(levels, rise(levels, state, at, value), at, value, may_fall=may_fall)


def keep(state: LevelState) -> LevelState:
    """The state while nothing can be said: the level stays, all waiting starts anew."""
    return replace(state, beyond=(), quiet=())


def rise(levels: Levels, state: LevelState, at: datetime, value: float | None) -> LevelState:
    """The upward half of :func:`step`: the level may rise, never fall."""
    above = [
        item
        for item in levels.thresholds
        if item.level > state.level and value is not None and reached(levels, item, value)
    ]
    beyond = _timed(state.beyond, (item.level for item in above), at)
    since = dict(beyond)
    risen = [item.level for item in above if at - since[item.level] >= item.dwell]
    if not risen:
        return state if beyond == state.beyond else replace(state, beyond=beyond)
    level = max(risen)
    return LevelState(level, at, tuple(pair for pair in beyond if pair[0] > level))


def _fall(
    levels: Levels, state: LevelState, at: datetime, value: float | None, *, may_fall: bool
) -> LevelState:
    below = [item for item in levels.thresholds if item.level <= state.level and cleared(levels, item, value)]
    if below and not may_fall:
        held = state.held or at
        if at - held < levels.hold:
            return replace(state, quiet=(), held=held)
        state = replace(state, held=held)
    elif state.held is not None:
        state = replace(state, held=None)
    quiet = _timed(state.quiet, (item.level for item in below), at)
    since = dict(quiet)
    level = state.level
    for item in reversed(levels.thresholds):
        if item.level == level and item.level in since and at - since[item.level] >= levels.keep:
            level = _next_lower(levels, level)
    if level == state.level:
        return state if quiet == state.quiet else replace(state, quiet=quiet)
    return LevelState(level, at, state.beyond, tuple(pair for pair in quiet if pair[0] <= level), state.held)


def _timed(before: Times, active: Iterable[Level], at: datetime) -> Times:
    since = dict(before)
    return tuple((level, since.get(level, at)) for level in sorted(active))


def _next_lower(levels: Levels, level: Level) -> Level:
    lower = [item.level for item in levels.thresholds if item.level < level]
    return max(lower) if lower else Level.NORMAL
