"""Dates, times and durations of FEEL (DMN 1.5, 10.3.2.3): years of nine digits, nanoseconds, zones by name.

Python's own types stop at year 9999 and at microseconds, so FEEL has its own; values that fit are handed out
as Python's (see ``values.to_python``). Comparison goes by ``key``: dates by day, times and dates-and-times by
the second they denote (the standard compares the properties, of which ``second`` is a whole number),
durations by the nanosecond.
"""

from __future__ import annotations

from functools import cached_property
from typing import ClassVar

from chengshu.rules.feel.zones import zone_offset, zone_offset_at

NANOS = 1_000_000_000
DAY = 86_400
MAX_YEAR = 999_999_999
_MONTH_DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def days_in_month(year: int, month: int) -> int:
    """Days of a month of the proleptic Gregorian calendar."""
    leap = month == 2 and year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return 29 if leap else _MONTH_DAYS[month - 1]


def day_number(year: int, month: int, day: int) -> int:
    """Days since 1970-01-01 (H. Hinnant, days_from_civil)."""
    year -= month <= 2
    era, year_of_era = divmod(year, 400)
    day_of_year = (153 * (month + (-3 if month > 2 else 9)) + 2) // 5 + day - 1
    return era * 146_097 + year_of_era * 365 + year_of_era // 4 - year_of_era // 100 + day_of_year - 719_468


def civil(number: int) -> tuple[int, int, int]:
    """Year, month, day of a day number (the inverse of :func:`day_number`)."""
    era, day_of_era = divmod(number + 719_468, 146_097)
    year_of_era = (day_of_era - day_of_era // 1460 + day_of_era // 36_524 - day_of_era // 146_096) // 365
    day_of_year = day_of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    shifted = (5 * day_of_year + 2) // 153
    month = shifted + (3 if shifted < 10 else -9)
    return year_of_era + era * 400 + (month <= 2), month, day_of_year - (153 * shifted + 2) // 5 + 1


class Temporal:
    """Equality and hash by identity of what is written (the ``is`` function); FEEL's ``=`` uses ``key``."""

    kind: ClassVar[str]

    def parts(self) -> tuple[object, ...]:
        raise NotImplementedError

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and isinstance(other, Temporal) and other.parts() == self.parts()

    def __hash__(self) -> int:
        return hash(self.parts())


class Date(Temporal):
    """A day. Raises ValueError for a day that does not exist."""

    kind = "date"

    def __init__(self, year: int, month: int, day: int) -> None:
        if not (
            -MAX_YEAR <= year <= MAX_YEAR and 1 <= month <= 12 and 1 <= day <= days_in_month(year, month)
        ):
            raise ValueError(f"there is no day {year}-{month}-{day}")
        self.year, self.month, self.day = year, month, day

    @classmethod
    def of_number(cls, number: int) -> Date:
        """The day that lies ``number`` days after 1970-01-01."""
        return cls(*civil(number))

    @cached_property
    def key(self) -> int:
        return day_number(self.year, self.month, self.day)

    @property
    def weekday(self) -> int:
        """1 is Monday, 7 is Sunday."""
        return (self.key + 3) % 7 + 1

    def parts(self) -> tuple[object, ...]:
        return (self.year, self.month, self.day)

    def __str__(self) -> str:
        sign = "-" if self.year < 0 else ""
        return f"{sign}{abs(self.year):04d}-{self.month:02d}-{self.day:02d}"

    __repr__ = __str__


class Time(Temporal):
    """A time of day, perhaps with an offset (seconds east of UTC) or a zone by name, never both."""

    kind = "time"

    def __init__(
        self,
        hour: int,
        minute: int,
        second: int,
        nano: int = 0,
        offset: int | None = None,
        zone: str | None = None,
    ) -> None:
        if not (0 <= hour < 24 and 0 <= minute < 60 and 0 <= second < 60 and 0 <= nano < NANOS):
            raise ValueError(f"there is no time {hour}:{minute}:{second}")
        if offset is not None and abs(offset) > 18 * 3600:
            raise ValueError("a time offset is at most 18 hours")
        self.hour, self.minute, self.second, self.nano = hour, minute, second, nano
        self.offset, self.zone = offset, zone

    @classmethod
    def of_nanos(cls, nanos: int, offset: int | None = None, zone: str | None = None) -> Time:
        """The time ``nanos`` nanoseconds after midnight (taken modulo one day)."""
        seconds, nano = divmod(nanos % (DAY * NANOS), NANOS)
        return cls(seconds // 3600, seconds // 60 % 60, seconds % 60, nano, offset, zone)

    @property
    def second_of_day(self) -> int:
        return self.hour * 3600 + self.minute * 60 + self.second

    @property
    def nanos(self) -> int:
        return self.second_of_day * NANOS + self.nano

    @property
    def local(self) -> bool:
        """True when neither offset nor zone is known."""
        return self.offset is None and self.zone is None

    @cached_property
    def key(self) -> int:
        offset = self.offset or 0
        if self.zone is not None:
            offset = zone_offset(self.zone, 2000, 1, 1, self.second_of_day)
        return self.second_of_day - offset

    def parts(self) -> tuple[object, ...]:
        return (self.nanos, self.offset, self.zone)

    def __str__(self) -> str:
        fraction = f".{self.nano:09d}".rstrip("0") if self.nano else ""
        return f"{self.hour:02d}:{self.minute:02d}:{self.second:02d}{fraction}{self._suffix()}"

    __repr__ = __str__

    def _suffix(self) -> str:
        if self.zone is not None:
            return f"@{self.zone}"
        if self.offset is None:
            return ""
        if self.offset == 0:
            return "Z"
        size = abs(self.offset)
        seconds = f":{size % 60:02d}" if size % 60 else ""
        return f"{'-' if self.offset < 0 else '+'}{size // 3600:02d}:{size // 60 % 60:02d}{seconds}"


class DateTime(Temporal):
    """A day and a time of day."""

    kind = "date and time"

    def __init__(self, date: Date, time: Time) -> None:
        self.date, self.time = date, time

    @classmethod
    def of_local_nanos(cls, nanos: int, like: Time) -> DateTime:
        """The local date and time so many nanoseconds after 1970-01-01, with the zone of ``like``."""
        days, rest = divmod(nanos, DAY * NANOS)
        return cls(Date.of_number(days), Time.of_nanos(rest, like.offset, like.zone))

    @property
    def offset(self) -> int | None:
        """Seconds east of UTC, or None for a local date and time."""
        if self.time.zone is not None:
            date = self.date
            return zone_offset(self.time.zone, date.year, date.month, date.day, self.time.second_of_day)
        return self.time.offset

    @property
    def local_nanos(self) -> int:
        return self.date.key * DAY * NANOS + self.time.nanos

    @cached_property
    def key(self) -> int:
        return self.date.key * DAY + self.time.second_of_day - (self.offset or 0)

    @property
    def instant(self) -> int:
        """Nanoseconds since 1970-01-01T00:00:00Z; a local date and time counts as UTC."""
        return self.key * NANOS + self.time.nano

    def plus(self, nanos: int) -> DateTime:
        """So much later in time; in a zone by name the clock may change on the way (DMN 1.5, table 57)."""
        if self.time.zone is None:
            return DateTime.of_local_nanos(self.local_nanos + nanos, self.time)
        instant = self.instant + nanos
        offset = zone_offset_at(self.time.zone, instant // NANOS)
        return DateTime.of_local_nanos(instant + offset * NANOS, self.time)

    def parts(self) -> tuple[object, ...]:
        return (*self.date.parts(), *self.time.parts())

    def __str__(self) -> str:
        return f"{self.date}T{self.time}"

    __repr__ = __str__


class Duration(Temporal):
    """A days and time duration, in nanoseconds."""

    kind = "days and time duration"

    def __init__(self, nanos: int) -> None:
        if abs(nanos) > 4 * 366 * DAY * NANOS * MAX_YEAR:
            raise ValueError("the duration is too long")
        self.nanos = nanos

    @property
    def key(self) -> int:
        return self.nanos

    @property
    def seconds(self) -> int:
        """Whole seconds, cut towards zero."""
        return self.nanos // NANOS if self.nanos >= 0 else -(-self.nanos // NANOS)

    def parts(self) -> tuple[object, ...]:
        return (self.nanos,)

    def __str__(self) -> str:
        if self.nanos == 0:
            return "PT0S"
        seconds, nano = divmod(abs(self.nanos), NANOS)
        days, rest = divmod(seconds, DAY)
        hours, minutes, last = rest // 3600, rest // 60 % 60, rest % 60
        text = f"{'-' if self.nanos < 0 else ''}P" + (f"{days}D" if days else "")
        if rest or nano:
            fraction = f".{nano:09d}".rstrip("0") if nano else ""
            text += "T" + (f"{hours}H" if hours else "") + (f"{minutes}M" if minutes else "")
            text += f"{last}{fraction}S" if last or nano else ""
        return text

    __repr__ = __str__


class Months(Temporal):
    """A years and months duration, in months."""

    kind = "years and months duration"

    def __init__(self, months: int) -> None:
        if abs(months) > 4 * 12 * MAX_YEAR:
            raise ValueError("the duration is too long")
        self.months = months

    @property
    def key(self) -> int:
        return self.months

    def parts(self) -> tuple[object, ...]:
        return (self.months,)

    def __str__(self) -> str:
        if self.months == 0:
            return "P0M"
        years, months = divmod(abs(self.months), 12)
        sign = "-" if self.months < 0 else ""
        return f"{sign}P" + (f"{years}Y" if years else "") + (f"{months}M" if months else "")

    __repr__ = __str__


def add_months(date: Date, months: int) -> Date:
    """The same day ``months`` later, or the last day of that month (XML Schema 1.1, E.3.3)."""
    years, month = divmod(date.month - 1 + months, 12)
    year = date.year + years
    return Date(year, month + 1, min(date.day, days_in_month(year, month + 1)))
