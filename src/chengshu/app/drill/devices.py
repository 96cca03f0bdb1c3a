"""The devices of a drill: they look at the truth and send messages, as real devices would."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import numpy as np

from chengshu.app.drill.declared import Device, DrillFile, Outage
from chengshu.kernel.clock import iso, millis
from chengshu.rules.feel import compile_expression

Measure = Callable[[Mapping[str, Any], datetime], Mapping[str, Any] | None]


@dataclass(frozen=True, slots=True)
class Message:
    """What goes over the wire: to which source, when, and the bytes."""

    source: str
    at: datetime
    body: bytes
    topic: str = ""


class Fleet:
    """All devices of a scenario. ``measures`` gives, per kind of measure, what a device reads now."""

    def __init__(
        self,
        drill: DrillFile,
        devices: Sequence[Device],
        entities: Sequence[Mapping[str, Any]],
        start: datetime,
        measures: Mapping[str, Measure],
    ) -> None:
        self._drill, self._start = drill, start
        self._measures = measures
        self._groups = [
            _Group(
                device,
                [item for item in entities if item["type"] == device.type],
                device.interval or self._interval(device),
            )
            for device in devices
        ]

    def _interval(self, device: Device) -> timedelta:
        return self._drill.gauges.interval if device.measure == "rain" else self._drill.sensors.interval

    def shortest(self) -> timedelta:
        """How often at least one device speaks."""
        return min((group.every for group in self._groups), default=timedelta(minutes=5))

    def speak(self, moment: datetime) -> Iterator[Message]:
        """The messages of all devices that speak at ``moment``."""
        elapsed = moment - self._start
        for group in self._groups:
            if elapsed % group.every == timedelta(0):
                yield from group.messages(moment, self._records(group, moment))

    def _records(self, group: _Group, moment: datetime) -> Iterator[tuple[Mapping[str, Any], dict[str, Any]]]:
        measure = self._measures[group.device.measure]
        for entity in group.entities:
            if (read := measure(entity, moment)) is None:
                continue
            local = entity["id"].split(":")[-1]
            if self._outage(self._drill.sensors.silent, local, moment) is not None:
                continue
            value = self._noisy(group.device.measure, local, moment, read.get("value"))
            broken = self._outage(self._drill.sensors.broken, local, moment)
            if broken is not None:
                value = broken.value
            yield (
                entity,
                {"local": local, "id": entity["id"], "at": iso(moment), "ms": millis(moment)}
                | dict(read)
                | {"value": value},
            )

    def _outage(self, outages: Sequence[Outage], device: str, moment: datetime) -> Outage | None:
        elapsed = moment - self._start
        return next(
            (item for item in outages if item.device == device and item.begin <= elapsed < item.end), None
        )

    def _noisy(self, measure: str, local: str, moment: datetime, value: float | None) -> float | None:
        """The reading of a real device: noise, and for gauges whole tips of the bucket."""
        if value is None:
            return None
        if measure == "rain":
            gauges = self._drill.gauges
            rate = max(0.0, value * (1 + gauges.noise * _normal(gauges.seed, local, moment)))
            if gauges.bucket_mm:
                tip = gauges.bucket_mm * 3600 / gauges.interval.total_seconds()
                rate = round(rate / tip) * tip
            return round(rate, 3)
        if measure in ("depth", "ponding") and value > 0:
            noise = self._drill.sensors.noise_m * _normal(self._drill.sensors.seed, local, moment)
            return round(max(0.0, value + noise), 4)
        return round(value, 4)


def _normal(seed: int, device: str, moment: datetime) -> float:
    """A standard normal number of this device at this moment, whatever was drawn before."""
    digest = hashlib.sha256(f"{seed}|{device}|{millis(moment)}".encode()).digest()
    u1 = (int.from_bytes(digest[:6], "big") + 1) / (2**48 + 1)
    u2 = int.from_bytes(digest[6:12], "big") / 2**48
    return float(np.sqrt(-2 * np.log(u1)) * np.cos(2 * np.pi * u2))  # Box–Muller


class _Group:
    """The devices of one declaration."""

    def __init__(self, device: Device, entities: Sequence[Mapping[str, Any]], every: timedelta) -> None:
        self.device, self.entities, self.every = device, entities, every
        self._record = compile_expression(device.record)
        self._wrap = compile_expression(device.wrap) if device.wrap else None

    def messages(
        self, moment: datetime, readings: Iterator[tuple[Mapping[str, Any], dict[str, Any]]]
    ) -> Iterator[Message]:
        records = [(context["local"], self._record(context)) for _, context in readings]
        if self._wrap is not None:
            if records:
                body = self._wrap({"records": [record for _, record in records], "at": iso(moment)})
                yield Message(self.device.source, moment, _encode(body))
            return
        for local, record in records:
            yield Message(self.device.source, moment, _encode(record), f"city/{self.device.source}/{local}")


def _encode(value: Any) -> bytes:
    return json.dumps(value, default=_number, ensure_ascii=False).encode()


def _number(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return str(value)
