"""The working calendar: weekly hours, holidays, and the make-up days that China works for them (調休).

The declared form (``calendar.yaml``)::

    hours:                     # per weekday mon … sun; a weekday left out is free; "24:00" is allowed
      mon: ["09:00-12:00", "13:30-17:30"]
    holidays:                  # one day, or from … to (both included)
      - {date: 2026-01-01, name: 元旦}
      - {from: 2026-02-15, to: 2026-02-23, name: 春節}
    workdays:                  # make-up days: worked although the weekday is free
      - {date: 2026-02-28, name: 春節調休}   # optional hours: [...]; else those of `makeup`, else Monday's
    makeup: ["09:00-12:00", "13:30-17:30"]
    years: [2026]              # years whose holidays are declared; default: those that occur above

A make-up day wins over a holiday of the same date. Periods follow 民法典 §201: in working **days** the day
of the start does not count and the period ends with the working hours of the last day; working **hours**
run from the start on, in working time only.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from chengshu.kernel.clock import as_utc
from chengshu.kernel.durations import Duration, add_wall, parse_duration
from chengshu.kernel.errors import Findings, Invalid

_WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_SPAN = re.compile(r"(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})")
_FAR = 366 * 30  # days searched before a due moment is given up
Spans = tuple[tuple[int, int], ...]  # minutes of the local day: from, to


@dataclass(frozen=True, slots=True)
class Holiday:
    """A declared exception of the week; ``hours`` is empty for a day off."""

    day: date
    name: str
    hours: Spans = ()


class WorkingCalendar:
    """When people work, in one zone. Immutable."""

    def __init__(
        self,
        zone: ZoneInfo,
        week: Sequence[Spans],
        exceptions: Iterable[Holiday] = (),
        years: Iterable[int] = (),
    ) -> None:
        if not any(week):
            raise Invalid(
                "calendar-empty",
                "no weekday has working hours",
                where="hours",
                remedy='give at least one weekday hours such as ["09:00-17:00"]',
            )
        self.zone = zone
        self._week = tuple(week)
        self._exceptions = {exception.day: exception for exception in exceptions}
        self.years = frozenset(years)
        self._day = lru_cache(maxsize=4096)(self._spans_utc)

    @classmethod
    def always(cls, zone: ZoneInfo) -> WorkingCalendar:
        """Round the clock: for a city that declares no calendar."""
        return cls(zone, [((0, 1440),)] * 7)

    @classmethod
    def read(cls, declared: Mapping[str, Any], zone: ZoneInfo) -> WorkingCalendar:
        """From the content of ``calendar.yaml``. Raises :class:`Invalid` with every mistake found."""
        if not declared:
            return cls.always(zone)
        return _read(cls, declared, zone)

    def hours_of(self, day: date) -> Spans:
        """The working spans of a local day, in minutes; empty on a free day."""
        exception = self._exceptions.get(day)
        return exception.hours if exception is not None else self._week[day.weekday()]

    def is_workday(self, day: date) -> bool:
        """Whether the local day has working hours."""
        return bool(self.hours_of(day))

    def holiday(self, day: date) -> Holiday | None:
        """The declared holiday or make-up day of that date."""
        return self._exceptions.get(day)

    def is_working(self, moment: datetime) -> bool:
        """Whether people work at ``moment`` (aware); a span's end counts as outside."""
        moment = as_utc(moment)
        return any(begin <= moment < end for begin, end in self._around(moment))

    def knows(self, moment: datetime) -> bool:
        """Whether the holidays of that year are declared:
        else a due moment there is a guess, and is said so.
        """
        return moment.astimezone(self.zone).year in self.years

    def due(self, start: datetime, duration: str | Duration) -> datetime:
        """When a period that begins at ``start`` (aware) ends; UTC. Raises :class:`Invalid`."""
        length = parse_duration(duration) if isinstance(duration, str) else duration
        if length.is_working:
            moment = self._after_days(start, length.working_days) if length.working_days else as_utc(start)
            return self._after_working(moment, length.working) if length.working else moment
        moment = as_utc(start)
        if length.months or length.days:
            local = moment.astimezone(self.zone)
            moment = add_wall(local, length.months, length.days).astimezone(UTC)
        return moment + length.exact

    def elapsed_working(self, begin: datetime, end: datetime) -> timedelta:
        """Working time between two moments; negative when ``end`` is before ``begin``."""
        begin, end = as_utc(begin), as_utc(end)
        if end < begin:
            return -self.elapsed_working(end, begin)
        total = timedelta()
        day, last = begin.astimezone(self.zone).date(), end.astimezone(self.zone).date()
        while day <= last:
            for opens, closes in self._day(day):
                total += max(timedelta(), min(end, closes) - max(begin, opens))
            day += timedelta(days=1)
        return total

    def _spans_utc(self, day: date) -> tuple[tuple[datetime, datetime], ...]:
        return tuple((self._at(day, begin), self._at(day, end)) for begin, end in self.hours_of(day))

    def _at(self, day: date, minute: int) -> datetime:
        days, rest = divmod(minute, 1440)
        local = datetime.combine(day + timedelta(days=days), time(rest // 60, rest % 60), self.zone)
        return local.astimezone(UTC)

    def _around(self, moment: datetime) -> Iterable[tuple[datetime, datetime]]:
        return self._day(moment.astimezone(self.zone).date())

    def _after_days(self, start: datetime, count: int) -> datetime:
        day = as_utc(start).astimezone(self.zone).date()
        for _ in range(_FAR):
            day += timedelta(days=1)
            if self.is_workday(day):
                count -= 1
                if count == 0:
                    return self._day(day)[-1][1]
        raise _too_far()

    def _after_working(self, start: datetime, length: timedelta) -> datetime:
        day, left = start.astimezone(self.zone).date(), length
        for _ in range(_FAR):
            for opens, closes in self._day(day):
                begin = max(start, opens)
                if closes > begin:
                    if closes - begin >= left:
                        return begin + left
                    left -= closes - begin
            day += timedelta(days=1)
        raise _too_far()


def _too_far() -> Invalid:
    return Invalid(
        "duration-long",
        f"the period does not end within {_FAR // 366} years",
        remedy="use a shorter duration or declare more working hours",
    )


def _read(cls: type[WorkingCalendar], declared: Mapping[str, Any], zone: ZoneInfo) -> WorkingCalendar:
    findings = Findings()
    unknown = set(declared) - {"hours", "holidays", "workdays", "makeup", "years", "zone", "note", "source"}
    for key in sorted(unknown):
        findings.add(
            "calendar-key",
            f"{key!r} means nothing here",
            where=key,
            remedy="use hours, holidays, workdays, makeup, years",
        )
    hours = declared.get("hours") or {}
    for key in sorted(set(hours) - set(_WEEK)):
        findings.add(
            "calendar-weekday",
            f"{key!r} is no weekday",
            where=f"hours.{key}",
            remedy=f"use {', '.join(_WEEK)}",
        )
    week = [_spans(hours.get(name), f"hours.{name}", findings) for name in _WEEK]
    makeup = _spans(declared.get("makeup"), "makeup", findings) or week[0]
    exceptions = {day.day: day for day in _days(declared.get("holidays"), "holidays", findings, None)}
    exceptions |= {day.day: day for day in _days(declared.get("workdays"), "workdays", findings, makeup)}
    findings.raise_any()
    years = declared.get("years") or {day.year for day in exceptions}
    return cls(zone, week, exceptions.values(), years)


def _spans(value: Any, where: str, findings: Findings) -> Spans:
    spans: list[tuple[int, int]] = []
    for item in value if isinstance(value, list) else [value] if value else []:
        match = _SPAN.fullmatch(str(item).strip())
        begin, end = _minutes(match) if match else (0, -1)
        if not 0 <= begin < end <= 1440:
            findings.add(
                "calendar-span",
                f"{item!r} is no span of a day",
                where=where,
                remedy='write "09:00-12:00"; a night shift is two spans on two days',
            )
        elif spans and begin < spans[-1][1]:
            findings.add(
                "calendar-overlap",
                f"{item!r} begins before the span before it ends",
                where=where,
                remedy="put the spans in order, without overlap",
            )
        else:
            spans.append((begin, end))
    return tuple(spans)


def _minutes(match: re.Match[str]) -> tuple[int, int]:
    a, b, c, d = (int(part) for part in match.groups())
    return (a * 60 + b, c * 60 + d) if b < 60 and d < 60 else (0, -1)


def _days(value: Any, where: str, findings: Findings, makeup: Spans | None) -> list[Holiday]:
    """The declared days; ``makeup`` is None for days off."""
    found: list[Holiday] = []
    for index, item in enumerate(value or []):
        place = f"{where}[{index}]"
        item = item if isinstance(item, Mapping) else {"date": item}  # noqa: PLW2901  a bare date is a mapping
        first, last = _day(item.get("date", item.get("from"))), _day(item.get("date", item.get("to")))
        if first is None or last is None or last < first or (last - first).days > 366:
            findings.add(
                "calendar-date",
                f"{item!r} names no day",
                where=place,
                remedy="write {date: 2026-01-01, name: …} or {from: …, to: …, name: …}",
            )
            continue
        own = _spans(item.get("hours"), f"{place}.hours", findings)
        hours = () if makeup is None else own or makeup
        found += [
            Holiday(first + timedelta(days=step), str(item.get("name", "")), hours)
            for step in range((last - first).days + 1)
        ]
    return found


def _day(value: Any) -> date | None:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        return None
