"""Run a drill: the whole hub under a virtual clock, with a world around it, and the figures at the end."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from chengshu.app.drill.figures import make_report
from chengshu.app.drill.habits import Habits
from chengshu.app.drill.people import People
from chengshu.app.drill.stage import Stage, read_stage
from chengshu.app.drill.truth import Flooding, Truth, without_actions
from chengshu.app.drill.world import World
from chengshu.app.hub import DRILL, Hub, Manner, open_hub
from chengshu.foundation.city import City
from chengshu.foundation.journal import Actor, changes_after
from chengshu.foundation.journal.queries import last_seq
from chengshu.kernel.clock import Clock, VirtualClock
from chengshu.kernel.ids import Ids, SequenceIds
from chengshu.ports.runtime import Change
from chengshu.ports.twin import Twin
from chengshu.scenes.response.model import WorkOrder

Progress = Callable[[float, str], None]


class Moving(Clock, Protocol):
    """A clock that can be moved on."""

    def advance_to(self, moment: datetime) -> None:
        """Move to ``moment``."""
        ...


FOLLOWED = ("warning.", "work_order.")


@dataclass(slots=True)
class Spent:
    """Where the wall time of a drill went, in seconds by part (not in the report: it differs at each run)."""

    parts: dict[str, float] = field(default_factory=dict)

    def add(self, part: str, since: float) -> float:
        """Book the time since ``since`` on ``part``; returns the present moment."""
        now = time.perf_counter()
        self.parts[part] = self.parts.get(part, 0.0) + now - since
        return now


class HubDesk:
    """What the drill's people do, done through the hub's own commands."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    def acknowledge(self, warning: str, actor: Actor) -> None:
        """Take a warning on."""
        self._hub.vitals.acknowledge(warning, actor)

    def order(self, order: str) -> WorkOrder:
        """A work order as it stands."""
        return self._hub.response.queries.order(order)

    def accept(self, order: str, actor: Actor) -> None:
        """Take an order."""
        self._hub.response.commands.accept(order, actor)

    def arrive(self, order: str, actor: Actor) -> None:
        """Be there."""
        self._hub.response.commands.arrive(order, actor)

    def done(self, order: str, actor: Actor, report: Mapping[str, Any]) -> None:
        """Report an order done."""
        self._hub.response.commands.done(order, report, actor)

    def refuse(self, order: str, actor: Actor, why: str) -> None:
        """Give an order back."""
        self._hub.response.commands.refuse(order, why, actor)

    def approve(self, order: str, actor: Actor) -> None:
        """Let a proposed order go out."""
        self._hub.response.commands.approve(order, actor)


class Play:
    """A hub and the world around it, moved along together under one virtual clock."""

    def __init__(
        self,
        stage: Stage,
        folder: Path,
        manner: Manner = DRILL,
        clock: Moving | None = None,
        ids: Ids | None = None,
    ) -> None:
        self.stage = stage
        self.clock: Moving = clock or VirtualClock(stage.start)
        self.spent = Spent()
        self.hub = open_hub(stage.city, folder, self.clock, ids or SequenceIds(), manner)
        self.twin: Twin = self.hub.engine.open(stage.wiring.setup)
        truth = Truth(self.twin, stage.variant, stage.start, stage.rain, stage.drill.flooded_m3)
        people = stage.drill.people
        self.people = People(HubDesk(self.hub), Habits(people), stage.city.entities, people.travel_factor)
        self.truth = truth
        self.world = World(
            stage.drill, stage.devices.devices, stage.city.entities, truth, self.people, stage.start
        )
        self.heard = 0

    def until(self, end: datetime, progress: Progress | None = None) -> None:
        """Move everything along to ``end``: whatever is due next happens next."""
        whole = (end - self.clock.now()).total_seconds() or 1.0
        begin, shown = self.clock.now(), -1
        while True:
            due = [
                moment for moment in (self.world.next_at(), self.hub.pump.next_due()) if moment is not None
            ]
            moment = max(min(due), self.clock.now())
            if moment > end:
                self.clock.advance_to(end)
                return
            self.clock.advance_to(moment)
            self.step()
            share = (moment - begin).total_seconds() / whole
            if progress and int(share * 200) != shown:
                shown = int(share * 200)
                progress(share, moment.astimezone(self.stage.city.zone).strftime("%m-%d %H:%M"))

    def step(self) -> None:
        """What is due now: the world first, then the hub, then the people hear of it."""
        since = time.perf_counter()
        for message in self.world.live(self.clock.now()):
            since = self.spent.add("world", since)
            self.hub.intake.receive(message.source, message.body, topic=message.topic).result()
            since = self.spent.add("intake", since)
        since = self.spent.add("world", since)
        self.hub.pump.drain()
        since = self.spent.add("hub", since)
        for change in self._news():
            self.people.hear(change)
        self.spent.add("people", since)

    def _news(self) -> list[Change]:
        with self.hub.database.read() as connection:
            end = last_seq(connection)
            news = list(changes_after(connection, self.heard, FOLLOWED, 10_000))
        self.heard = news[-1].seq if len(news) == 10_000 else end
        return news

    def untouched(self) -> Flooding:
        """The same storm when nobody does anything."""
        stage = self.stage
        return without_actions(
            self.twin,
            stage.variant,
            stage.start,
            stage.rain,
            round((self.clock.now() - stage.start).total_seconds()),
            stage.drill.flooded_m3,
        )

    def close(self) -> None:
        """Give everything back."""
        self.twin.close()
        self.hub.close()


def run_drill(
    city: City, name: str, folder: Path, overrides: Mapping[str, Any], progress: Progress | None = None
) -> tuple[dict[str, Any], dict[str, float]]:
    """Run the drill of scenario ``name`` with its hub's data in ``folder`` (which should be empty).

    Returns the report (the same at each run of the same input) and where the wall time went.
    """
    begin = time.perf_counter()
    stage = read_stage(city, name)
    play = Play(stage, folder)
    try:
        play.until(stage.end, progress)
        acted = play.truth.result()
        since = time.perf_counter()
        report = make_report(stage, play.hub, acted, play.untouched(), overrides)
        play.spent.add("report", since)
    finally:
        play.close()
    spent = {part: round(seconds, 2) for part, seconds in sorted(play.spent.parts.items())}
    return report, spent | {"total": round(time.perf_counter() - begin, 2)}
