"""What others read of vital signs and warnings: now, or as it stood at any past moment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from difflib import get_close_matches
from typing import Any

from chengshu.foundation.city import City
from chengshu.kernel.clock import Clock, from_millis, millis
from chengshu.kernel.errors import Missing
from chengshu.kernel.levels import Level
from chengshu.ports.database import Database
from chengshu.scenes.vitals import store
from chengshu.scenes.vitals.members import place_of
from chengshu.scenes.vitals.model import (
    Bulletin,
    Contribution,
    Group,
    Indicator,
    Status,
    Vital,
    VitalHistory,
    Warning,
    WarningStep,
)
from chengshu.scenes.vitals.room import Vitals


@dataclass(frozen=True, slots=True)
class Leaf:
    """An indicator in the tree; ``vital`` is None where the area has no source of it."""

    indicator: Indicator
    vital: Vital | None


@dataclass(frozen=True, slots=True)
class Branch:
    """A group of the tree with its worst level and how many sources below it report."""

    group: Group
    level: Level
    fresh: int
    expected: int
    branches: tuple[Branch, ...] = ()
    leaves: tuple[Leaf, ...] = ()


@dataclass(frozen=True, slots=True)
class AreaState:
    """An area's worst vital and its coverage; ``stale`` counts vitals whose value cannot be trusted."""

    area: str
    level: Level
    indicator: str | None
    fresh: int
    expected: int
    stale: int
    warnings: int


@dataclass(frozen=True, slots=True)
class SilentSource:
    """A source that should report and does not; ``last_at`` None when it never did."""

    entity: str
    type: str
    attribute: str
    last_at: datetime | None
    allowed: timedelta


@dataclass(frozen=True, slots=True)
class Coverage:
    """How many sources should report and how many do; ``silent`` are the others."""

    expected: int
    fresh: int
    silent: tuple[SilentSource, ...] = field(default_factory=tuple)


class VitalQueries:
    """Reads vitals and warnings; ``as_of`` None is now. Late values have corrected the past shown here."""

    def __init__(self, database: Database, clock: Clock, city: City, vitals: Vitals) -> None:
        self._database, self._clock, self._city, self._vitals = database, clock, city, vitals
        self._catalogue = vitals.catalogue

    # -- vitals ----------------------------------------------------------------------------------------

    def indicator(self, name: str) -> Indicator:
        """The definition of an indicator. Raises :class:`Missing`."""
        if name not in self._catalogue.indicators:
            near = get_close_matches(name, self._catalogue.indicators, n=1)
            raise Missing(
                "indicator-missing",
                f"indicator {name!r} does not exist",
                where=name,
                remedy=f"did you mean {near[0]!r}?" if near else "look at the tree of vital signs",
            )
        return self._catalogue[name]

    def evaluated_at(self, as_of: datetime | None = None) -> datetime | None:
        """Up to when everything is evaluated, or None before the first time."""
        with self._database.read() as connection:
            evaluated, _, _ = store.read_progress(connection)
        if evaluated is None:
            return None
        moment = from_millis(evaluated)
        return moment if as_of is None else min(moment, as_of)

    def vitals(
        self, *, area: str | None = None, indicator: str | None = None, as_of: datetime | None = None
    ) -> list[Vital]:
        """The vitals of an area, of an indicator, or all."""
        with self._database.read() as connection:
            if as_of is not None:
                found = store.standings_at(connection, millis(as_of), indicator=indicator, area=area)
            else:
                found = store.all_current(connection)
        return [
            item.vital
            for item in found
            if item.vital.indicator in self._catalogue.indicators
            and area in (None, item.vital.area)
            and indicator in (None, item.vital.indicator)
        ]

    def vital(self, indicator: str, area: str, as_of: datetime | None = None) -> Vital | None:
        """One vital; None where the area has no source of it. Raises :class:`Missing` for unknown names."""
        self.indicator(indicator)
        self._area(area)
        return next(iter(self.vitals(indicator=indicator, area=area, as_of=as_of)), None)

    def tree(self, area: str | None = None, as_of: datetime | None = None) -> tuple[Branch, ...]:
        """The tree of vital signs of an area (None: the whole city). Raises :class:`Missing`."""
        place = self._area(area)
        known = {vital.indicator: vital for vital in self.vitals(area=place, as_of=as_of)}
        return tuple(
            self._branch(group, known) for group in self._catalogue.groups.values() if group.parent is None
        )

    def _branch(self, group: Group, known: Mapping[str, Vital]) -> Branch:
        branches = tuple(
            self._branch(below, known)
            for below in self._catalogue.groups.values()
            if below.parent == group.id
        )
        leaves = tuple(Leaf(item, known.get(item.id)) for item in self._catalogue if item.group == group.id)
        vitals = [leaf.vital for leaf in leaves if leaf.vital]
        measured = [vital for vital in vitals if self._catalogue[vital.indicator].source and _counts(vital)]
        return Branch(
            group,
            max(
                [vital.level for vital in vitals] + [below.level for below in branches], default=Level.NORMAL
            ),
            sum(vital.fresh for vital in measured) + sum(below.fresh for below in branches),
            sum(vital.expected for vital in measured) + sum(below.expected for below in branches),
            branches,
            leaves,
        )

    def area_states(self, as_of: datetime | None = None) -> dict[str, AreaState]:
        """Every area's worst level, for the map."""
        by_area: dict[str, list[Vital]] = {}
        for vital in self.vitals(as_of=as_of):
            by_area.setdefault(vital.area, []).append(vital)
        warned: dict[str, int] = {}
        for warning in self.warnings(as_of=as_of):
            warned[warning.area] = warned.get(warning.area, 0) + 1
        return {
            area.id: self._state(area.id, by_area.get(area.id, []), warned.get(area.id, 0))
            for area in self._city.areas
        }

    def _state(self, area: str, vitals: Sequence[Vital], warnings: int) -> AreaState:
        worst = max(vitals, key=lambda vital: vital.level, default=None)
        level = worst.level if worst else Level.NORMAL
        measured = [vital for vital in vitals if self._catalogue[vital.indicator].source and _counts(vital)]
        stale = sum(vital.status in (Status.STALE, Status.SILENT) for vital in measured)
        return AreaState(
            area,
            level,
            worst.indicator if worst and level > Level.NORMAL else None,
            sum(vital.fresh for vital in measured),
            sum(vital.expected for vital in measured),
            stale,
            warnings,
        )

    def history(self, indicator: str, area: str, start: datetime, end: datetime) -> VitalHistory:
        """A vital between two moments; each row holds until the next. Raises :class:`Missing`."""
        item = self.indicator(indicator)
        self._area(area)
        with self._database.read() as connection:
            found = store.rows_between(connection, indicator, area, millis(start), millis(end))
        thresholds = {one.level.word: one.at for one in item.levels.thresholds} if item.levels else {}
        return VitalHistory(item, area, tuple(row.vital for row in found), thresholds)

    def spark(
        self, indicator: str, area: str, hours: float, as_of: datetime | None = None, steps: int = 48
    ) -> tuple[float | None, ...]:
        """The last ``hours`` in ``steps`` equal steps, None where nothing was known."""
        end = millis(as_of or self._clock.now())
        width = max(1, int(hours * 3_600_000 / steps))
        start = end - width * (steps - 1)
        with self._database.read() as connection:
            rows = store.rows_between(connection, indicator, area, start, end)
        values: list[float | None] = []
        position, value = 0, None
        for moment in range(start, end + 1, width):
            while position < len(rows) and millis(rows[position].vital.at) <= moment:
                vital = rows[position].vital
                value = None if vital.status in (Status.STALE, Status.SILENT) else vital.value
                position += 1
            values.append(value)
        return tuple(values[:steps])

    def inputs(self, indicator: str, area: str, as_of: datetime | None = None) -> list[Contribution | Vital]:
        """What a vital was computed from: every source with its value, or other vitals (of a derived one)."""
        item = self.indicator(indicator)
        self._area(area)
        if item.formula is not None:
            tree = self._city.areas
            found = (
                self.vital(need, place_of(tree, area, self._catalogue[need].by), as_of) for need in item.needs
            )
            return [vital for vital in found if vital is not None]
        evaluated = self.evaluated_at(as_of)
        moment = millis(as_of or evaluated or self._clock.now())
        pane = int(item.pane.total_seconds() * 1000)
        self._vitals.refresh()
        return list(self._vitals.evaluator.each(indicator, area, moment // pane * pane))

    def coverage(self, as_of: datetime | None = None) -> Coverage:
        """Which of the sources that should report do so, over the whole city."""
        moment = as_of or self._clock.now()
        self._vitals.refresh()
        last = self._vitals.last_heard(moment)
        allowed: dict[tuple[str, str], timedelta] = {}
        for item in self._catalogue:
            if item.source and item.stale_after is not None and not item.idle:
                key = (item.source.type, item.source.attribute)
                allowed[key] = min(item.stale_after, allowed.get(key, item.stale_after))
        silent: list[SilentSource] = []
        expected = 0
        for (kind, attribute), limit in sorted(allowed.items()):
            for entity in self._vitals.sources_of(kind, attribute):
                expected += 1
                heard = last.get((entity, attribute))
                if heard is None or moment - heard > limit:
                    silent.append(SilentSource(entity, kind, attribute, heard, limit))
        return Coverage(expected, expected - len(silent), tuple(silent))

    def definition(self, indicator: str) -> dict[str, Any]:
        """The definition as plain data, for pages and APIs. Raises :class:`Missing`."""
        item = self.indicator(indicator)
        source = item.source
        return {
            "id": item.id,
            "scenario": item.scenario,
            "name": item.name.as_dict(),
            "note": item.note.as_dict(),
            "unit": item.unit,
            "owner": item.owner,
            "by": item.by,
            "rollup": item.rollup,
            "expression": item.formula or item.value,
            "needs": list(item.needs),
            "pane_s": item.pane.total_seconds(),
            "window_s": item.window.total_seconds(),
            "interval_s": item.interval.total_seconds() if item.interval else None,
            "stale_after_s": item.stale_after.total_seconds() if item.stale_after else None,
            "coverage": item.coverage,
            "declared": item.where,
            "source": None
            if source is None
            else {
                "type": source.type,
                "attribute": source.attribute,
                "unit": source.unit,
                "where": source.where,
            },
            "levels": []
            if item.levels is None
            else [
                {
                    "level": one.level.word,
                    "at": one.at,
                    "clear": one.clear,
                    "for_s": one.dwell.total_seconds(),
                    "keep_s": item.levels.keep.total_seconds(),
                    "direction": "above" if item.levels.above else "below",
                }
                for one in item.levels.thresholds
            ],
        }

    def _area(self, area: str | None) -> str:
        if area is None:
            return self._city.areas.roots()[0].id
        if area not in self._city.areas:
            raise Missing("area-missing", f"area {area!r} does not exist", where=area)
        return area

    # -- warnings --------------------------------------------------------------------------------------

    def warnings(
        self, *, state: str = "open", as_of: datetime | None = None, limit: int = 1000
    ) -> list[Warning]:
        """Warnings by state (open, cleared, all), newest first."""
        with self._database.read() as connection:
            if as_of is not None:
                found = store.warnings_at(connection, millis(as_of))[::-1]
            elif state == "open":
                found = store.open_warnings(connection)[::-1]
            else:
                found = store.all_warnings(connection, limit)
        return [item for item in found if state == "all" or item.open == (state == "open")][:limit]

    def warning(self, warning: str, as_of: datetime | None = None) -> Warning:
        """One warning, as it is or was. Raises :class:`Missing`."""
        steps = [step for step in self.steps(warning) if as_of is None or step.at <= as_of]
        if not steps:
            raise Missing(
                "warning-missing",
                f"warning {warning} does not exist",
                where=warning,
                remedy="look for it in the list of warnings",
            )
        return steps[-1].state

    def steps(self, warning: str) -> list[WarningStep]:
        """Everything that happened to a warning, oldest first."""
        with self._database.read() as connection:
            return store.steps_of(connection, warning)

    # -- CAP messages ----------------------------------------------------------------------------------

    def bulletins(self, *, warning: str | None = None, limit: int = 100) -> list[Bulletin]:
        """The CAP messages of a warning (oldest first), or the newest of all (newest first)."""
        with self._database.read() as connection:
            if warning is not None:
                return store.messages_of(connection, warning)
            return store.latest_messages(connection, limit)

    def bulletin(self, identifier: str) -> Bulletin:
        """One CAP message. Raises :class:`Missing`."""
        with self._database.read() as connection:
            found = store.message(connection, identifier)
        if found is None:
            raise Missing(
                "cap-missing",
                f"CAP message {identifier} does not exist",
                where=identifier,
                remedy="look for it in the feed /cap/alerts.atom",
            )
        return found


def _counts(vital: Vital) -> bool:
    """Whether its sources are expected to report."""
    return vital.status is not Status.IDLE
