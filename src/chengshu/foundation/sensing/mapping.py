"""From records to observations by a source's declaration. Pure: time and the city's box are handed in."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from chengshu.foundation.sensing.declared import Attribute, Source
from chengshu.foundation.sensing.getters import Getter, Scope, compile_getter, field_getter
from chengshu.foundation.sensing.model import Box, Code, Reject
from chengshu.foundation.sensing.times import compile_time
from chengshu.kernel.clock import from_millis, iso
from chengshu.kernel.errors import Invalid
from chengshu.kernel.units import convert


class Row(NamedTuple):
    """One mapped value; ``record`` is its record's index, ``attribute`` its name, ``at`` milliseconds UTC."""

    record: int
    entity: str
    attribute: str
    at: int
    value: float | bool | str


@dataclass(slots=True)
class Mapped:
    """The values that can be kept, and what cannot and why."""

    rows: list[Row] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)


class _Bad(Exception):
    """A value that cannot be kept."""

    def __init__(self, code: Code, detail: str) -> None:
        super().__init__(detail)
        self.code: Code = code


class Mapper:
    """The compiled declaration of one source. Raises :class:`Invalid` for a bad expression."""

    def __init__(self, source: Source, zone: ZoneInfo, box: Box | None = None) -> None:
        self.source = source
        where = f"source {source.id}"
        self._each = compile_getter(source.each, f"{where} each") if source.each else None
        self._entity = compile_getter(source.entity, f"{where} entity")
        self._time = compile_getter(source.observed_at.value, f"{where} observed_at")
        self._read_time = compile_time(
            source.observed_at.format, ZoneInfo(source.zone) if source.zone else zone
        )
        self._future = round(source.future.total_seconds() * 1000)
        self._age = round(source.age.total_seconds() * 1000)
        missing = frozenset(source.missing)
        self._values = [
            _Value(name, declared, missing, f"{where} {name}") for name, declared in source.attributes.items()
        ]
        self._location: tuple[Getter, Getter] | None = None
        if source.location:
            self._location = (
                compile_getter(source.location.lon, f"{where} location.lon"),
                compile_getter(source.location.lat, f"{where} location.lat"),
            )
        self._box = box

    def records(self, message: Any, topic: Sequence[str]) -> list[Any]:
        """The records of a message, walked by ``each``. Raises ValueError when there is no list there."""
        if self._each is None:
            return message if isinstance(message, list) else [message]
        found = self._each(message, {"message": message, "topic": topic})
        if not isinstance(found, list):
            raise ValueError(f"{self.source.each!r} gives no list in this message")
        return found

    def moment(self, record: Any, scope: Scope) -> int | None:
        """The time of a record in milliseconds, or None when it has none that can be read."""
        try:
            return self._read_time(self._time(record, scope))
        except ValueError:
            return None

    def map(self, records: Sequence[tuple[int, Any]], now: int, scope: Scope) -> Mapped:
        """Map records; ``now`` in milliseconds UTC. A bad value costs only that value."""
        mapped = Mapped()
        rows, rejects = mapped.rows, mapped.rejects
        for index, record in records:
            entity = ""
            try:
                entity = self._entity_of(record, scope)
                at = self._at(record, scope, now)
                rows += self._located(index, entity, at, record, scope)
            except _Bad as bad:
                rejects.append(Reject(index, bad.code, str(bad), record, entity))
                continue
            for value in self._values:
                try:
                    found = value.read(record, scope)
                except _Bad as bad:
                    rejects.append(Reject(index, bad.code, str(bad), record, entity))
                else:
                    if found is not None:
                        rows.append(Row(index, entity, value.name, at, found))
        return mapped

    def _entity_of(self, record: Any, scope: Scope) -> str:
        if not isinstance(record, dict):
            raise _Bad("malformed", f"a record must have fields, this is {type(record).__name__}")
        entity = self._entity(record, scope)
        if not isinstance(entity, str) or not entity:
            raise _Bad("entity-missing", f"{self.source.entity} gives no entity id in this record")
        return entity

    def _at(self, record: Any, scope: Scope, now: int) -> int:
        raw = self._time(record, scope)
        if raw is None or raw == "":
            raise _Bad("time-missing", f"{self.source.observed_at.value} gives no time in this record")
        try:
            at = self._read_time(raw)
        except (ValueError, OverflowError) as error:
            raise _Bad("time-unreadable", str(error)) from None
        if at > now + self._future:
            ahead = round((at - now) / 1000)
            raise _Bad("time-in-future", f"{iso(from_millis(at))} is {ahead} s ahead of the hub's clock")
        if at < now - self._age:
            days = round((now - at) / 86_400_000, 1)
            raise _Bad(
                "too-old",
                f"{iso(from_millis(at))} is {days} days old; declared is at most "
                f"{self.source.age.total_seconds() / 86400:g}",
            )
        return at

    def _located(self, index: int, entity: str, at: int, record: Any, scope: Scope) -> Sequence[Row]:
        if self._location is None:
            return ()
        lon, lat = (
            _number(get(record, scope), name)
            for get, name in zip(self._location, ("lon", "lat"), strict=True)
        )
        if lon is None or lat is None:
            return ()
        if abs(lon) > 180 or abs(lat) > 90:
            raise _Bad(
                "coordinates-projected",
                f"{lon}, {lat} are no WGS-84 degrees; the source seems to send "
                "projected metres, or latitude before longitude",
            )
        if self._box is not None and not self._box.holds(lon, lat):
            swapped = " (with the two swapped it would lie inside)" if self._box.holds(lat, lon) else ""
            raise _Bad("coordinates-outside", f"{lon}, {lat} lies outside the city{swapped}")
        return Row(index, entity, "lon", at, lon), Row(index, entity, "lat", at, lat)


class _Value:
    """How one attribute is read, converted and checked."""

    def __init__(self, name: str, declared: Attribute, missing: frozenset[str], where: str) -> None:
        self.name = name
        self._declared = declared
        self._get = (
            field_getter(declared.field)
            if declared.field is not None
            else compile_getter(declared.value or "", where)
        )
        self._unit_of = (
            compile_getter(declared.unit_from, f"{where}.unit_from") if declared.unit_from else None
        )
        self._missing = missing
        self._low, self._high = declared.range
        self._scale = _scale(declared.unit, declared.kept_unit) if declared.kind == "number" else (1.0, 0.0)
        self._plain = self._scale == (1.0, 0.0) and self._unit_of is None
        self._scales: dict[str, tuple[float, float]] = {}

    def read(self, record: Any, scope: Scope) -> float | bool | str | None:
        raw = self._get(record, scope)
        if raw is None or (type(raw) is str and raw.strip() in self._missing):
            return None
        if self._declared.kind != "number":
            return self._word(raw)
        value = raw if type(raw) is float else _number(raw, self.name)
        if value is None:
            return None
        if not self._plain:
            factor, offset = self._scale if self._unit_of is None else self._scale_of(record, scope)
            value = value * factor + offset
        if not self._low <= value <= self._high or value - value != 0:
            if not math.isfinite(value):
                raise _Bad("value-not-number", f"{self.name} is {value}")
            raise _Bad(
                "out-of-range",
                f"{self.name} is {value:g} {self._declared.kept_unit}; possible is "
                f"{self._low:g} to {self._high:g}",
            )
        return value

    def _word(self, raw: Any) -> bool | str:
        if self._declared.kind == "text":
            return raw if isinstance(raw, str) else str(raw)
        word = str(raw).strip().lower()
        if word in ("true", "1", "yes", "on"):
            return True
        if word in ("false", "0", "no", "off"):
            return False
        raise _Bad("value-not-number", f"{self.name} is {raw!r}, neither true nor false")

    def _scale_of(self, record: Any, scope: Scope) -> tuple[float, float]:
        code = self._unit_of(record, scope) if self._unit_of else None
        if not isinstance(code, str) or not code:
            raise _Bad("unit-unknown", f"{self._declared.unit_from} gives no unit in this record")
        if code not in self._scales:
            try:
                scale = _scale(code, self._declared.kept_unit)
            except Invalid as error:
                raise _Bad("unit-unknown", error.fault.detail) from None
            if len(self._scales) > 1000:
                self._scales.clear()
            self._scales[code] = scale
        return self._scales[code]


def _scale(source: str, target: str) -> tuple[float, float]:
    """``target = source * factor + offset``."""
    if source == target or not source:
        return 1.0, 0.0
    offset = convert(0.0, source, target)
    return convert(1.0, source, target) - offset, offset


def _number(raw: Any, name: str) -> float | None:
    if raw is None:
        return None
    if isinstance(raw, int | float | Decimal | str) and not isinstance(raw, bool):
        try:
            return float(raw)
        except (ValueError, OverflowError):
            pass
    raise _Bad("value-not-number", f"{name} is {str(raw)[:80]!r}, no number")
