"""From a computed value to a standing: how far it can be trusted, and which level that gives. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from math import isfinite

from chengshu.kernel.levels import Level
from chengshu.scenes.vitals.levels import LevelState, cleared, keep, rise, step
from chengshu.scenes.vitals.model import Indicator, Status, Vital

Alive = Callable[[str], bool]
_DIGITS = 10  # sums of the same numbers in another order differ only beyond these


@dataclass(frozen=True, slots=True)
class Measure:
    """What was computed for an area: of ``expected`` sources ``fresh`` report; ``top`` gives most."""

    value: float | None
    fresh: int
    expected: int
    top: str | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """A vital with what the next judgement needs; ``cause`` is the entity that last held up the level."""

    vital: Vital
    state: LevelState
    cause: str | None = None

    def same_as(self, other: Standing | None) -> bool:
        """Whether nothing but the time differs."""
        if other is None or self.state != other.state or self.cause != other.cause:
            return False
        a, b = self.vital, other.vital
        return (a.value, a.level, a.status, a.coverage, a.fresh, a.expected, a.since, a.top) == (
            b.value, b.level, b.status, b.coverage, b.fresh, b.expected, b.since, b.top,
        )  # fmt: skip


def tidy(value: float | None) -> float | None:
    """``value`` to ten significant digits; what is not finite is nothing."""
    if value is None or not isfinite(value):
        return None
    return float(f"{value:.{_DIGITS}g}")


def judge(
    item: Indicator,
    area: str,
    at: datetime,
    measure: Measure,
    before: Standing | None,
    alive: Alive,
) -> Standing:
    """The standing of a measured indicator. ``alive`` tells whether an entity reports at ``at``."""
    state = before.state if before else LevelState(Level.NORMAL, at)
    value = tidy(measure.value)
    coverage = measure.fresh / measure.expected if measure.expected else 0.0
    if item.idle:
        status = Status.IDLE if value is None else Status.FRESH
        return _standing(
            item, area, at, measure, value, 1.0, status, _stepped(item, state, at, value), before
        )
    if value is not None and measure.fresh and coverage >= item.coverage:
        status = Status.FRESH if measure.fresh >= measure.expected else Status.PARTIAL
        may_fall = _may_fall(item, state, value, measure.top, before, alive)
        state = _stepped(item, state, at, value, may_fall=may_fall)
        return _standing(item, area, at, measure, value, coverage, status, state, before)
    known = before is not None and before.vital.status is not Status.SILENT
    status = Status.STALE if known or measure.fresh else Status.SILENT
    if item.levels and value is not None and telling(item):
        state = rise(item.levels, replace(state, quiet=()), at, value)
    else:
        state = keep(state)
    shown = value if value is not None else before.vital.value if before else None
    return _standing(item, area, at, measure, shown, coverage, status, state, before)


def judge_derived(
    item: Indicator,
    area: str,
    at: datetime,
    value: float | None,
    inputs: Sequence[Vital],
    before: Standing | None,
) -> Standing:
    """The standing of a derived indicator, whose ``value`` was computed from ``inputs``."""
    state = before.state if before else LevelState(Level.NORMAL, at)
    value = tidy(value)
    active = [vital for vital in inputs if vital.status is not Status.IDLE]
    fresh, expected = sum(vital.fresh for vital in active), sum(vital.expected for vital in active)
    coverage = fresh / expected if expected else 1.0
    measure = Measure(value, fresh, expected, _top(inputs))
    stale = any(vital.status is Status.STALE for vital in active)
    if value is None and not active:
        return _standing(
            item, area, at, measure, None, 1.0, Status.IDLE, _stepped(item, state, at, None), before
        )
    if value is None or coverage < item.coverage:
        status = Status.STALE if stale or fresh or before else Status.SILENT
        shown = value if value is not None else before.vital.value if before else None
        return _standing(item, area, at, measure, shown, coverage, status, keep(state), before)
    whole = not stale and fresh >= expected
    state = _stepped(item, state, at, value, may_fall=not stale)
    status = Status.FRESH if whole else Status.PARTIAL
    return _standing(item, area, at, measure, value, coverage, status, state, before)


def telling(item: Indicator) -> bool:
    """Whether a bad value from a few sources is bad whatever the silent ones would say."""
    above = item.levels is None or item.levels.above
    return item.rollup in ({"max", "sum", "count"} if above else {"min"})


def _may_fall(
    item: Indicator, state: LevelState, value: float, top: str | None, before: Standing | None, alive: Alive
) -> bool:
    """The level must not fall only because the sensor that saw the trouble fell silent."""
    if item.levels is None or before is None or before.cause is None or before.cause == top:
        return True
    threshold = item.levels.threshold(state.level)
    if threshold is None or not cleared(item.levels, threshold, value):
        return True
    return alive(before.cause)


def _stepped(
    item: Indicator, state: LevelState, at: datetime, value: float | None, *, may_fall: bool = True
) -> LevelState:
    return step(item.levels, state, at, value, may_fall=may_fall) if item.levels else state


def _standing(
    item: Indicator,
    area: str,
    at: datetime,
    measure: Measure,
    value: float | None,
    coverage: float,
    status: Status,
    state: LevelState,
    before: Standing | None,
) -> Standing:
    vital = Vital(
        item.id,
        area,
        at,
        value,
        state.level,
        status,
        round(coverage, 4),
        measure.fresh,
        measure.expected,
        state.since,
        measure.top,
    )
    cause = before.cause if before else None
    threshold = item.levels.threshold(state.level) if item.levels else None
    if threshold is None:
        cause = None
    elif item.levels and measure.value is not None and not cleared(item.levels, threshold, measure.value):
        cause = measure.top
    return Standing(vital, state, cause)


def _top(inputs: Sequence[Vital]) -> str | None:
    worst = max(inputs, key=lambda vital: vital.level, default=None)
    return worst.top if worst else None
