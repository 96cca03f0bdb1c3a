"""The view's reading of the situation: overview, vital signs, warnings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from typing import Literal

from chengshu.app.view import words
from chengshu.app.view.base import freshness, reason
from chengshu.app.view.response import Responses
from chengshu.console import model as shown
from chengshu.kernel.levels import Level
from chengshu.scenes.response import EventState
from chengshu.scenes.vitals import Branch, Contribution, Indicator, Leaf, Status, Vital
from chengshu.scenes.vitals import Warning as CityWarning

_STATUS: dict[Status, Literal["fresh", "stale", "silent", "never", "idle"]] = {
    Status.FRESH: "fresh",
    Status.PARTIAL: "fresh",
    Status.STALE: "stale",
    Status.SILENT: "never",
    Status.IDLE: "idle",
}
SPARK_HOURS = 6.0
FORECAST_UNITS = {"floodProbability", "floodLeadTime", "forecastDepth"}


class Situation(Responses):
    """Overview, vitals and warnings, now or at a past moment."""

    def overview(self, person: shown.Person, as_of: datetime | None) -> shown.Overview:
        """The whole city at a glance."""
        queries, response = self.hub.vital_queries, self.hub.response.queries
        now = as_of or self.means.clock.now()
        states = queries.area_states(as_of)
        warnings = queries.warnings(as_of=as_of)
        events = response.events(at=as_of)
        joined = {item.id: event.id for event in events for item in event.warnings}
        orders = [order for order in response.orders(at=as_of) if order.open]
        units = response.units(at=as_of)
        coverage = queries.coverage(as_of)
        areas = tuple(
            shown.AreaLevel(
                self.area(state.area),
                state.level,
                shown.Coverage(state.expected, state.fresh, state.expected - state.fresh),
                queries.indicator(state.indicator).name if state.indicator else None,
                state.warnings,
            )
            for state in states.values()
        )
        highest = max((Level.parse(item.level) for item in warnings), default=Level.NORMAL)
        open_events = [event for event in events if event.state is not EventState.CLOSED]
        return shown.Overview(
            now,
            highest,
            areas,
            tuple(self._warning_row(item, joined) for item in _ranked(warnings)),
            tuple(self.event_row(event, orders, now) for event in open_events),
            len(orders),
            sum(any(clock.due < now for clock in response.clocks(order)) for order in orders),
            sum(place.unit.status == "busy" for place in units),
            len(units),
            shown.Coverage(coverage.expected, coverage.fresh, 0, len(coverage.silent)),
            tuple(
                self._silent(item.entity, item.type, item.last_at, now, item.allowed)
                for item in coverage.silent
            ),
        )

    def _silent(
        self, entity: str, kind: str, last: datetime | None, now: datetime, allowed: timedelta
    ) -> shown.EntityRef:
        thing = self.things.get(entity, {})
        return shown.EntityRef(
            entity,
            kind,
            self.thing(entity),
            thing.get("lon"),
            thing.get("lat"),
            None,
            "",
            last,
            freshness(last, now, allowed.total_seconds()),
        )

    def vitals(self, person: shown.Person, area: str | None, as_of: datetime | None) -> shown.VitalsTree:
        """The tree of vital signs of an area."""
        place = area or self.root
        branches = self.hub.vital_queries.tree(place, as_of)
        areas = tuple(self.area(item.id) for item in self.city.areas if item.kind != "community")
        return shown.VitalsTree(
            as_of or self.means.clock.now(),
            self.area(place),
            areas,
            SPARK_HOURS,
            tuple(self._branch(branch, place, as_of) for branch in branches),
        )

    def _branch(self, branch: Branch, area: str, as_of: datetime | None) -> shown.VitalNode:
        children = [self._branch(below, area, as_of) for below in branch.branches]
        children += [self._leaf(leaf, area, as_of) for leaf in branch.leaves if leaf.vital is not None]
        fresh = "fresh" if branch.fresh == branch.expected else "stale" if branch.fresh else "silent"
        return shown.VitalNode(
            branch.group.id,
            branch.group.name,
            "group",
            branch.level,
            shown.Freshness(fresh),  # type: ignore[arg-type]
            shown.Coverage(branch.expected, branch.fresh, branch.expected - branch.fresh),
            children=tuple(children),
        )

    def _leaf(self, leaf: Leaf, area: str, as_of: datetime | None) -> shown.VitalNode:
        spark = self.hub.vital_queries.spark(leaf.indicator.id, area, SPARK_HOURS, as_of)
        return self._vital_node(leaf.indicator, leaf.vital, spark)

    def _vital_node(
        self, item: Indicator, vital: Vital | None, spark: Sequence[float | None] = ()
    ) -> shown.VitalNode:
        limit = item.stale_after.total_seconds() if item.stale_after else None
        if vital is None:
            return shown.VitalNode(
                item.id,
                item.name,
                "indicator",
                Level.NORMAL,
                shown.Freshness("never"),
                shown.Coverage(0, 0),
                unit=item.unit,
            )
        age = (self.means.clock.now() - vital.at).total_seconds()
        return shown.VitalNode(
            item.id,
            item.name,
            "indicator",
            vital.level,
            shown.Freshness(_STATUS[vital.status], age, limit),
            shown.Coverage(0, 0)
            if vital.status is Status.IDLE
            else shown.Coverage(vital.expected, vital.fresh, vital.expected - vital.fresh),
            vital.value,
            item.unit,
            vital.at,
            tuple(spark),
        )

    def vital(
        self, person: shown.Person, indicator: str, area: str | None, hours: float, as_of: datetime | None
    ) -> shown.VitalView:
        """One indicator of one area, opened up."""
        queries, place = self.hub.vital_queries, area or self.root
        now = as_of or self.means.clock.now()
        item = queries.indicator(indicator)
        vital = queries.vital(indicator, place, as_of)
        history = queries.history(indicator, place, now - timedelta(hours=hours), now)
        thresholds = item.levels.thresholds if item.levels else ()
        above = item.levels.above if item.levels else True
        minutes = round(item.window.total_seconds() / 60)
        return shown.VitalView(
            self._vital_node(item, vital),
            self.area(place),
            now,
            item.note,
            item.formula or item.value,
            words.WINDOW.fill(minutes=minutes),
            tuple(
                shown.Threshold(one.level, one.at, "above" if above else "below", one.clear)
                for one in thresholds
            ),
            tuple(
                shown.Sample(row.at, None if row.status in (Status.STALE, Status.SILENT) else row.value)
                for row in history.rows
            ),
            tuple(self._input(one, item, now) for one in queries.inputs(indicator, place, as_of)),
        )

    def _input(self, one: Contribution | Vital, item: Indicator, now: datetime) -> shown.VitalInput:
        if isinstance(one, Vital):
            name = self.hub.vital_queries.indicator(one.indicator)
            return shown.VitalInput(
                name.name,
                "indicator",
                one.indicator,
                one.value,
                name.unit,
                shown.Freshness(_STATUS[one.status]),
                one.at,
                one.area,
            )
        limit = item.stale_after.total_seconds() if item.stale_after else 3600.0
        return shown.VitalInput(
            self.thing(one.entity),
            "entity",
            one.entity,
            one.value,
            item.unit,
            freshness(one.last_at, now, limit),
            one.last_at,
            item.source.attribute if item.source else "",
        )

    def warnings(
        self, person: shown.Person, state: Literal["current", "past", "all"], as_of: datetime | None
    ) -> Sequence[shown.WarningRow]:
        """Warnings by state, the worst first."""
        wanted = {"current": "open", "past": "cleared", "all": "all"}[state]
        found = self.hub.vital_queries.warnings(state=wanted, as_of=as_of)
        joined = {
            item.id: event.id
            for event in self.hub.response.queries.events(at=as_of)
            for item in event.warnings
        }
        rows = [self._warning_row(item, joined) for item in (_ranked(found) if state == "current" else found)]
        if as_of:
            return rows
        may = cache(lambda area: self.may(person, "acknowledge_warning", "warning", area=area).allowed)
        return [replace(row, for_you=row.state == "raised" and may(row.area.id)) for row in rows]

    def _warning_row(self, item: CityWarning, joined: dict[str, str]) -> shown.WarningRow:
        indicator = self.hub.vital_queries.indicator(item.indicator)
        state: Literal["raised", "acknowledged", "cleared", "corrected"] = (
            "acknowledged"
            if item.state == "acknowledged"
            else "cleared"
            if item.state == "cleared"
            else "raised"
        )
        forecast = indicator.source is not None and indicator.source.attribute in FORECAST_UNITS
        return shown.WarningRow(
            item.id,
            item.scenario,
            self.scenario(item.scenario),
            item.indicator,
            indicator.name,
            self.area(item.area),
            Level.parse(item.level),
            Level.parse(item.previous),
            state,
            item.value,
            item.unit,
            item.raised_at,
            item.changed_at,
            item.observed_at,
            item.lead_time_s,
            item.probability,
            forecast,
            self.who(item.acknowledged_by) if item.acknowledged_by else None,
            item.escalate_at,
            joined.get(item.id),
        )

    def warning(self, person: shown.Person, warning: str, as_of: datetime | None) -> shown.WarningView:
        """One warning in full."""
        queries = self.hub.vital_queries
        item = queries.warning(warning, as_of)
        now = as_of or self.means.clock.now()
        joined = {
            one.id: event.id for event in self.hub.response.queries.events(at=as_of) for one in event.warnings
        }
        history = tuple(
            shown.TimelineItem(
                step.at,
                self.sentence(step.kind, step.state.body(), step.by),
                self.who(step.by),
                step.kind,
                Level.parse(step.state.level),
                reason(step.state.reason),
            )
            for step in queries.steps(warning)
            if step.at <= now
        )
        bulletins = queries.bulletins(warning=warning)
        why = reason(item.reason)
        assert why is not None  # noqa: S101  every warning has a reason
        return shown.WarningView(
            self._warning_row(item, joined),
            why,
            tuple(self._cause(one, now) for one in item.entities),
            history,
            self.may(person, "acknowledge_warning", "warning", warning, area=item.area),
            words.ACKNOWLEDGE,
            f"/cap/alerts/{bulletins[-1].identifier}.xml" if bulletins else None,
        )

    def _cause(self, entity: str, now: datetime) -> shown.EntityRef:
        thing = self.things.get(entity, {})
        try:
            state = self.hub.readings.entity(entity, at=now)
        except Exception:
            return shown.EntityRef(entity, "", self.thing(entity))
        newest = max(state.readings.values(), key=lambda one: one.observed_at, default=None)
        value = newest.value if newest and isinstance(newest.value, int | float) else None
        return shown.EntityRef(
            entity,
            state.entity.type,
            self.thing(entity),
            thing.get("lon"),
            thing.get("lat"),
            None if value is None else float(value),
            newest.series.unit if newest else "",
            newest.observed_at if newest else None,
            shown.Freshness(
                "fresh" if newest and newest.age_s < 1800 else "stale", newest.age_s if newest else None
            ),
        )


def _ranked(found: Sequence[CityWarning]) -> list[CityWarning]:
    """The worst first, then the newest."""
    return sorted(found, key=lambda item: (-Level.parse(item.level), -item.changed_at.timestamp(), item.id))
