"""The twins room: one scenario's twin, kept in step with the city and asked about its future."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Connection

from chengshu.foundation import journal
from chengshu.foundation.context import Context, decode_batch
from chengshu.foundation.journal import Act, Actor
from chengshu.foundation.twins import advice, nowcasting, outlook, store
from chengshu.foundation.twins.model import (
    Alternative,
    Benefit,
    ForecastRecord,
    NodeForecast,
    Nowcast,
    Outcome,
    Proposal,
    Taken,
)
from chengshu.foundation.twins.nowcasting import Inputs
from chengshu.foundation.twins.observed import kinds, past_rain
from chengshu.foundation.twins.outlook import Futures
from chengshu.foundation.twins.taken import ReadTaken, actions_between, from_work_orders
from chengshu.foundation.twins.wiring import Wiring, check_fit
from chengshu.kernel.clock import Clock, from_millis, iso, millis
from chengshu.kernel.ids import Ids
from chengshu.ports.database import Database
from chengshu.ports.runtime import Change, Effect
from chengshu.ports.twin import Forecast, Twin

_LOOK_BACK = timedelta(hours=3)  # rain the ensemble may use
_KEEP = timedelta(hours=12)  # measured values are forgotten after this
_LONGEST_GAP = timedelta(days=2)  # after a longer silence the nowcast begins again
_CALM = 3  # forecasts are so much rarer when the rain is over and the last one saw nothing
_NAMED = 20  # nodes named in a forecast's change


class Twins:
    """Consumer of gauges, sensors and orders; ticker of nowcast and forecasts; answers what-if.

    ``read_taken`` finds actions in changes of ``action_kinds``; by default in the bodies of work orders.
    Everything it knows is in the database: after a kill at any moment it goes on with the same figures.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        ids: Ids,
        context: Context,
        wiring: Wiring,
        twin: Twin,
        scenario: str,
        *,
        read_taken: ReadTaken | None = None,
        action_kinds: tuple[str, ...] = ("work_order.",),
    ) -> None:
        self.name = f"twins:{scenario}"
        self.kinds = ("observations", *action_kinds)
        self._database, self._clock, self._ids, self._context = database, clock, ids, context
        self._wiring, self._twin, self.scenario = wiring, twin, scenario
        self._read_taken = read_taken or from_work_orders(wiring.node_of)
        self._used = kinds(wiring)
        check_fit(wiring, twin.spec())
        self._series: dict[int, tuple[str, str]] = {}
        self._series_version = -1
        self._futures: Futures | None = None
        self._answer: tuple[object, list[Benefit]] | None = None
        self._lock = threading.Lock()
        with database.read() as connection:
            self._nowcast = store.read_nowcast(connection, scenario)

    # following -------------------------------------------------------------------------------------------

    def prepare(self, changes: Sequence[Change]) -> Effect | None:
        """Take in what was measured and done."""
        rows: list[store.ReadingRow] = []
        taken: list[Taken] = []
        for change in changes:
            if change.kind == "observations":
                rows += self._readings(change)
            else:
                taken += self._read_taken(change)
        taken += self._reported([row for row in rows if row[0] == "report"])
        if not rows and not taken:
            return None

        def effect(connection: Connection) -> None:
            store.keep_readings(connection, self.scenario, rows)
            store.keep_actions(connection, self.scenario, taken)

        return effect

    def _readings(self, change: Change) -> list[store.ReadingRow]:
        wanted = self._wanted()
        batch = decode_batch(change.payload["batch"])
        rows = []
        for index, series in enumerate(batch.series.tolist()):
            if (use := wanted.get(series)) is not None and index not in batch.texts:
                rows.append((*use, int(batch.observed_at[index]), float(batch.values[index])))
        return rows

    def _wanted(self) -> dict[int, tuple[str, str]]:
        registry = self._context.series
        if registry.version != self._series_version:
            self._series_version = registry.version
            self._series = {
                series.id: (use, series.entity)
                for series in registry
                if (use := self._used.get((series.entity, series.attribute))) is not None
            }
        return self._series

    def _reported(self, rows: Sequence[store.ReadingRow]) -> list[Taken]:
        """Reports of settings that differ from the one before."""
        if not rows:
            return []
        links = {device.entity: device.link for device in self._wiring.devices}
        with self._database.read() as connection:
            last = {
                entity: value
                for kind, entity, _, value in store.read_readings(
                    connection, self.scenario, 0, min(row[2] for row in rows)
                )
                if kind == "report"
            }
        taken = []
        for _, entity, at, value in sorted(rows, key=lambda row: row[2]):
            if entity in last and last[entity] != value:
                taken.append(Taken(links[entity], value, f"report:{entity}", from_millis(at)))
            last[entity] = value
        return taken

    # the clock -------------------------------------------------------------------------------------------

    def next_due(self) -> datetime | None:
        """The end of the next step of the nowcast, and a little for its readings to come in."""
        delay = self._wiring.file.nowcast.delay
        if self._nowcast is None:
            return self._floor(self._clock.now() - delay) + delay
        return self._nowcast.at + self._wiring.file.nowcast.step + delay

    def _floor(self, moment: datetime) -> datetime:
        step = millis(from_millis(0) + self._wiring.file.nowcast.step)
        return from_millis(millis(moment) // step * step)

    def tick(self, now: datetime) -> None:
        """Bring the nowcast up to now and make a forecast when one is due."""
        spec = self._wiring.file.nowcast
        target = self._floor(now - spec.delay)
        with self._lock:
            nowcast = self._nowcast
            if nowcast is None or target - nowcast.at > _LONGEST_GAP:
                nowcast = nowcasting.begin(self._twin, self._wiring, target)
            inputs = self._inputs(nowcast.at - self._wiring.file.rain.fresh_for, target)
            while nowcast.at < target:
                nowcast = nowcasting.advance(
                    self._twin, self._wiring, nowcast, inputs, int(spec.step.total_seconds())
                )
            if self._forecast_due(nowcast):
                self._forecast(nowcast, now)
            else:
                self._keep(nowcast)

    def _inputs(self, start: datetime, end: datetime) -> Inputs:
        with self._database.read() as connection:
            return Inputs(
                store.read_readings(connection, self.scenario, millis(start), millis(end)),
                store.read_actions(connection, self.scenario),
            )

    def _forecast_due(self, nowcast: Nowcast) -> bool:
        spec = self._wiring.file.forecast
        if nowcast.last_forecast is not None and nowcast.at - nowcast.last_forecast < spec.interval:
            return False
        raining = nowcast.last_rain is not None and nowcast.at - nowcast.last_rain <= spec.interval
        if raining or nowcast.likely >= spec.also_from:
            return True
        recently = nowcast.last_rain is not None and nowcast.at - nowcast.last_rain <= spec.after_rain
        since = nowcast.last_forecast
        return recently and (since is None or nowcast.at - since >= _CALM * spec.interval)

    def _forecast(self, nowcast: Nowcast, now: datetime) -> None:
        forecast = self._look_ahead(nowcast)
        record = outlook.record_of(self._ids.new("forecast"), self.scenario, forecast, self._wiring)
        self._context.record(
            outlook.observations_of(record, now, self._wiring.file.nodes.entity),
            source=f"twin:{self.scenario}",
        )
        kept = msgspec.structs.replace(nowcast, last_forecast=nowcast.at, likely=record.likely)
        self._keep(kept, record, now)

    def _look_ahead(self, nowcast: Nowcast) -> Forecast:
        inputs = self._inputs(nowcast.at - _LOOK_BACK, nowcast.at)
        step = int(self._wiring.file.nowcast.step.total_seconds())
        span = int(_LOOK_BACK.total_seconds())
        past = past_rain(inputs.readings, self._wiring, millis(nowcast.at), span, step)
        forecast, self._futures = outlook.look_ahead(self._twin, self._wiring, nowcast, past)
        return forecast

    def _keep(
        self, nowcast: Nowcast, record: ForecastRecord | None = None, now: datetime | None = None
    ) -> None:
        def work(connection: Connection) -> None:
            store.keep_nowcast(connection, self.scenario, nowcast)
            store.forget_readings(connection, self.scenario, millis(nowcast.at - _KEEP))
            if record is not None and now is not None:
                store.keep_forecast(connection, record)
                store.keep_start(connection, self.scenario, nowcast)
                journal.record(connection, _made(record, now))

        self._database.write(work)
        self._nowcast = nowcast

    # questions -------------------------------------------------------------------------------------------

    def nowcast(self) -> Nowcast | None:
        """Where the twin stands; None before its first step."""
        return self._nowcast

    def depths(self) -> Mapping[str, float]:
        """The nowcast's depth above the invert of every node, by model node."""
        if self._nowcast is None:
            return {}
        nodes = [node.id for node in self._twin.spec().nodes]
        return dict(zip(nodes, self._nowcast.depth, strict=True))

    def forecast(self, at: datetime | None = None) -> ForecastRecord | None:
        """The newest forecast, now or at a past moment."""
        with self._database.read() as connection:
            return store.read_forecast(connection, self.scenario, at=at)

    def what_if(self, plans: Sequence[Alternative]) -> list[Outcome]:
        """The flooded volume each plan leads to, against doing nothing more. Empty before the first step."""
        return self._ask(
            lambda futures: advice.compare(self._twin, futures, plans, self._wiring.file.advice), []
        )

    def benefits(self, sites: Sequence[str], unit_capacity: float, max_units: int) -> list[Benefit]:
        """What mobile units avoid at ``sites`` (model nodes, or entities that name one), the best first.

        Sites where no pump may stand are left out.
        """
        nodes = [self._wiring.node_of.get(site, site) for site in sites]

        def computed(futures: Futures) -> list[Benefit]:
            known = self._node_forecasts(futures)
            return advice.unit_benefits(
                self._twin, futures, known, nodes, unit_capacity, max_units, self._wiring.file.advice
            )

        def answer(futures: Futures) -> list[Benefit]:
            """Dispatch asks the same again and again between two forecasts."""
            key = (futures.at, futures.runs[0].actions, tuple(nodes), unit_capacity, max_units)
            if self._answer is None or self._answer[0] != key:
                self._answer = (key, computed(futures))
            return self._answer[1]

        return self._ask(answer, [])

    def proposals(self) -> list[Proposal]:
        """Settings of pumps and gates worth changing now, the best first."""
        return self._ask(
            lambda futures: advice.best_settings(
                self._twin, futures, self._wiring.devices, self._wiring.file.advice, self._settings()
            ),
            [],
        )

    def volumes(self, start: datetime, end: datetime) -> Mapping[str, Any] | None:
        """Flooded m3 between two moments: as the nowcast saw it, and as its shadow without any action.

        None when the nowcast did not run by ``start``.
        """
        with self._database.read() as connection:
            first = store.course_at(connection, self.scenario, start)
            last = store.course_at(connection, self.scenario, end)
        if first is None or last is None:
            return None
        happened, without = max(last[0] - first[0], 0.0), max(last[1] - first[1], 0.0)
        return {"flooded_m3": happened, "without_actions_m3": without, "avoided_m3": without - happened}

    def _ask(self, question: Callable[[Futures], list[Any]], nothing: list[Any]) -> list[Any]:
        with self._lock:
            if self._nowcast is None:
                return nothing
            if self._futures is None:  # after a restart: the newest forecast's, computed again
                with self._database.read() as connection:
                    start = store.read_start(connection, self.scenario)
                self._look_ahead(start or self._nowcast)
            assert self._futures is not None  # noqa: S101  just made
            return question(self._futures.given(self._force()))

    def _node_forecasts(self, futures: Futures) -> Mapping[str, NodeForecast]:
        record = self.forecast(futures.at)
        return {} if record is None else {node.node: node for node in record.nodes}

    def _force(self) -> dict[str, float]:
        """What has been set by now and is possible, whether the nowcast knows it yet or not."""
        with self._database.read() as connection:
            taken = store.read_actions(connection, self.scenario)
        now = self._clock.now()
        actions = actions_between(taken, now, now, self._twin.spec())
        return {action.element: action.value for action in actions if action.value is not None}

    def _settings(self) -> Mapping[str, float]:
        """Settings of the declared devices: as ordered, else as their entities declare them."""
        return {**self._declared_settings(), **self._force()}

    def _declared_settings(self) -> Mapping[str, float]:
        return {device.link: device.setting for device in self._wiring.devices if device.setting is not None}


def _made(record: ForecastRecord, now: datetime) -> Act:
    """``forecast.made``: who floods, how likely, how soon; and everything to compute it again."""
    body = {
        "forecast": {
            "id": record.id,
            "scenario": record.scenario,
            "at": iso(record.at),
            "horizon_s": record.horizon_s,
            "members": record.members,
            "probability": record.likely,
            "nodes": [
                {
                    "entity": node.entity,
                    "node": node.node,
                    "probability": node.probability,
                    "lead_time_s": node.lead_s,
                    "earliest_s": node.lead_early_s,
                    "depth_m": node.depth_middle,
                    "volume_m3": node.volume_m3,
                }
                for node in outlook.worst(record.nodes, _NAMED)
            ],
            "provenance": dict(record.provenance),
        }
    }
    return Act(Actor.hub("twins"), "forecast.made", record.id, now, body)
