"""Numbers, durations and moments as people of a city read them: its zone, the person's language."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from chengshu.console.words import Words

_UNIT_SIGNS = {
    "1": "",
    "{count}": "",
    "m3/s": "m³/s",
    "m3": "m³",
    "m2": "m²",
    "Cel": "°C",
    "ug/m3": "µg/m³",
    "har": "ha",
    "min": "min",
}
_THIN = "\u202f"
_DASH = "–"


def unit_sign(unit: str) -> str:
    """How a UCUM code looks on screen; pure numbers have no sign."""
    return _UNIT_SIGNS.get(unit, unit)


def plainly(value: object) -> str:
    """Any input of a reason as people write it: no brackets, no None; things by the last part of their id."""
    if value is None or value in ([], {}, ""):
        return _DASH
    if isinstance(value, bool):
        return "✓" if value else "✗"
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, str) and value.startswith("urn:"):
        return value.rsplit(":", 1)[-1]
    if isinstance(value, Mapping):
        return ", ".join(f"{key}: {plainly(item)}" for key, item in value.items())
    if isinstance(value, list | tuple):
        return "; ".join(plainly(item) for item in value)
    return str(value)


def number(value: float | None, unit: str = "1") -> str:
    """Three significant figures at most below 100, whole numbers above, thin spaces between thousands."""
    if value is None:
        return _DASH
    size = abs(value)
    if unit == "{count}" or size >= 100 or value == int(value):
        return f"{round(value):,}".replace(",", _THIN)
    digits = 1 if size >= 10 else 2
    return f"{value:.{digits}f}"


def quantity(value: float | None, unit: str) -> str:
    """The number with its unit, held together by a narrow space."""
    sign = unit_sign(unit)
    text = number(value, unit)
    if value is None or not sign:
        return text
    return f"{text}%" if sign == "%" else f"{text}{_THIN}{sign}"


def percent(share: float | None) -> str:
    """A share 0–1 in whole percent; never rounded up to 100 or down to 0."""
    if share is None:
        return _DASH
    rounded = round(share * 100)
    if rounded == 100 and share < 1:
        rounded = 99
    if rounded == 0 and share > 0:
        rounded = 1
    return f"{rounded}%"


class Formats:
    """The formats that depend on language and zone. ``now`` is the moment the page shows."""

    def __init__(self, words: Words, zone: ZoneInfo, now: datetime) -> None:
        self._t = words
        self._zone = zone
        self._now = now

    number = staticmethod(number)
    percent = staticmethod(percent)
    unit = staticmethod(unit_sign)

    def quantity(self, value: float | None, unit: str) -> str:
        """The number with its unit; seconds as people say them."""
        return self.span(value) if unit == "s" else quantity(value, unit)

    def local(self, moment: datetime) -> datetime:
        """The moment on the city's clocks."""
        return moment.astimezone(self._zone)

    def clock(self, moment: datetime | None) -> str:
        """``15:40`` on the day shown, with the date on any other day."""
        if moment is None:
            return _DASH
        local = self.local(moment)
        if local.date() == self.local(self._now).date():
            return f"{local:%H:%M}"
        return f"{self.day(moment)} {local:%H:%M}"

    def exact(self, moment: datetime | None) -> str:
        """Date and time to the second."""
        return _DASH if moment is None else f"{self.local(moment):%Y-%m-%d %H:%M:%S}"

    def day(self, moment: datetime) -> str:
        """Day and month, with the year when it is another one."""
        local = self.local(moment)
        key = "format.day" if local.year == self.local(self._now).year else "format.day_year"
        month = self._t(f"month.{local.month}")
        return self._t(key, day=local.day, month=month, number=local.month, year=local.year)

    def field(self, moment: datetime) -> str:
        """The form of an HTML ``datetime-local`` field."""
        return f"{self.local(moment):%Y-%m-%dT%H:%M}"

    def span(self, seconds: float | None) -> str:
        """A duration in its two largest units: ``2 h 5 min``, ``3 d 4 h``, ``40 s``."""
        if seconds is None:
            return _DASH
        left = round(abs(seconds))
        if left < 60:
            return self._t("span.s", n=left)
        if left < 3600:
            return self._t("span.min", n=left // 60)
        size, small, words = (
            (3600, 60, ("span.h", "span.min")) if left < 86400 else (86400, 3600, ("span.d", "span.h"))
        )
        rest = left % size // small
        head = self._t(words[0], n=left // size)
        return f"{head} {self._t(words[1], n=rest)}" if rest else head

    def ago(self, moment: datetime | None) -> str:
        """How long before (or after) the moment the page shows."""
        if moment is None:
            return self._t("time.never")
        gap: timedelta = self._now - moment
        seconds = gap.total_seconds()
        if abs(seconds) < 5:
            return self._t("time.just_now")
        return self._t("time.ago" if seconds > 0 else "time.ahead", span=self.span(seconds))
