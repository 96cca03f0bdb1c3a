"""The world around the hub in a drill: true water, devices that report it, and people who act in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from chengshu.app.drill.declared import Device, DrillFile
from chengshu.app.drill.devices import Fleet, Message
from chengshu.app.drill.keeping import WorldState
from chengshu.app.drill.people import People
from chengshu.app.drill.truth import Truth
from chengshu.ports.twin import Action


class World:
    """Steps the truth on its own grid and lets the devices speak on theirs."""

    def __init__(
        self,
        drill: DrillFile,
        devices: Sequence[Device],
        entities: Sequence[Mapping[str, Any]],
        truth: Truth,
        people: People,
        start: datetime,
    ) -> None:
        self._truth, self._people = truth, people
        self._step = drill.truth.step
        self._fleet = Fleet(
            drill,
            devices,
            entities,
            start,
            {
                "rain": self._rain,
                "depth": self._depth,
                "ponding": self._ponding,
                "setting": self._setting,
                "position": self._position,
            },
        )
        self._pace = min(self._fleet.shortest(), self._step)
        self._next = start
        self._settings = {
            item["swmmLink"]: float(item["setting"])
            for item in entities
            if "swmmLink" in item and "setting" in item
        }
        self._ground = {item.id: item.full_depth for item in truth.spec.nodes}
        self._sent: dict[str, float] = {}

    def next_at(self) -> datetime:
        """When something in the world wants to happen."""
        return min(self._next, self._people.next_at() or self._next)

    def live(self, moment: datetime) -> Iterator[Message]:
        """Let everything that is due by ``moment`` happen; gives the messages of the devices."""
        self._people.act(moment)
        while self._next <= moment:
            at, self._next = self._next, self._next + self._pace
            if at >= self._truth.now:
                self._truth.step(self._truth.now + self._step, self._new_actions())
            yield from self._fleet.speak(at)

    @property
    def truth(self) -> Truth:
        """The true water."""
        return self._truth

    def state(self, at: datetime, heard: int) -> WorldState:
        """The world as it is, to be kept."""
        return WorldState(
            at,
            self._next,
            dict(self._sent),
            dict(self._settings),
            heard,
            self._truth.state(),
            self._people.state,
        )

    def resume(self, state: WorldState) -> None:
        """Go on where ``state`` was kept."""
        self._next, self._sent, self._settings = state.next, dict(state.sent), dict(state.settings)
        self._truth.resume(state.truth)
        self._people.state = state.people

    def _new_actions(self) -> list[Action]:
        """What people have set since the last step: pumps, gates, and trucks that pump."""
        wanted = self._people.settings()
        changed = [
            Action(element, value)
            for element, asked in sorted(wanted.items())
            if (value := self._possible(element, asked)) is not None and self._sent.get(element) != value
        ]
        self._sent |= {action.element: float(action.value or 0.0) for action in changed}
        self._settings |= {element: value for element, value in wanted.items() if element in self._settings}
        return changed

    def _possible(self, element: str, value: float) -> float | None:
        """What can really be set there: trucks side by side pump no more than the place lets through, and
        nothing where the model knows no place for a pump."""
        actuator = self._truth.spec.actuator(element)
        return None if actuator is None else min(max(value, actuator.low), actuator.high)

    def _rain(self, entity: Mapping[str, Any], moment: datetime) -> Mapping[str, Any] | None:
        """The mean of the interval that has just ended."""
        rate = self._truth.rain_at(moment - timedelta(seconds=1)).get(str(entity["id"]))
        return None if rate is None else {"value": rate}

    def _depth(self, entity: Mapping[str, Any], moment: datetime) -> Mapping[str, Any] | None:
        return {"value": self._truth.depth_at(str(entity["refNode"]), moment)}

    def _ponding(self, entity: Mapping[str, Any], moment: datetime) -> Mapping[str, Any] | None:
        node = str(entity["refNode"])
        return {"value": max(0.0, self._truth.depth_at(node, moment) - self._ground[node])}

    def _setting(self, entity: Mapping[str, Any], _moment: datetime) -> Mapping[str, Any] | None:
        value = self._settings.get(str(entity.get("swmmLink")))
        return None if value is None else {"value": value}

    def _position(self, entity: Mapping[str, Any], moment: datetime) -> Mapping[str, Any] | None:
        lon, lat, status = self._people.whereabouts(str(entity["id"]), moment)
        return {"lon": round(lon, 6), "lat": round(lat, 6), "status": status, "value": None}
