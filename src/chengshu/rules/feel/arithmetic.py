"""Addition, subtraction, multiplication, division, power, negation (DMN 1.5, tables 45, 50, 56-58)."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal, DecimalException, DivisionByZero
from typing import Any

from chengshu.rules.feel.compare import mixes_local
from chengshu.rules.feel.errors import FeelError
from chengshu.rules.feel.temporal import DAY, NANOS, Date, DateTime, Duration, Months, Time, add_months
from chengshu.rules.feel.values import ARITHMETIC, kind_of

Operation = Callable[[Any, Any], Any]


def _numbers(op: str, compute: Callable[[Decimal, Decimal], Decimal]) -> Operation:
    def apply(left: Decimal, right: Decimal) -> Decimal:
        try:
            return compute(left, right)
        except DivisionByZero:
            raise FeelError("division-by-zero") from None
        except DecimalException:
            raise FeelError(
                "division-by-zero" if op == "/" and not right else "not-a-number", op=op
            ) from None

    return apply


def divide(left: Decimal, right: Decimal) -> Decimal:
    """Division of numbers. Raises FeelError for a zero divisor."""
    return _DIVIDE(left, right)  # type: ignore[no-any-return]


_DIVIDE = _numbers("/", ARITHMETIC.divide)


def _whole(number: Decimal) -> int:
    return int(number)  # cut towards zero


def _scaled(amount: int, factor: Decimal) -> int:
    return _whole(ARITHMETIC.multiply(Decimal(amount), factor))


def _shared(amount: int, divisor: Decimal) -> int:
    if not divisor:
        raise FeelError("division-by-zero")
    return _whole(ARITHMETIC.divide(Decimal(amount), divisor))


def _ratio(left: int, right: int) -> Decimal:
    return divide(Decimal(left), Decimal(right))


def _date_plus(date: Date, nanos: int) -> Date:
    return Date.of_number((date.key * DAY * NANOS + nanos) // (DAY * NANOS))


def _time_plus(time: Time, nanos: int) -> Time:
    return Time.of_nanos(time.nanos + nanos, time.offset, time.zone)


def _month_shift(moment: DateTime, months: int) -> DateTime:
    return DateTime(add_months(moment.date, months), moment.time)


def _between(left: DateTime, right: DateTime) -> Duration:
    if mixes_local(left, right):
        raise FeelError("not-comparable", left="a zoned time", right="a local time")
    return Duration(left.instant - right.instant)


def _between_times(left: Time, right: Time) -> Duration:
    if mixes_local(left, right):
        raise FeelError("not-comparable", left="a zoned time", right="a local time")
    return Duration((left.key - right.key) * NANOS + left.nano - right.nano)


def _midnight(date: Date) -> DateTime:
    """The date's midnight, which is one of UTC (DMN 1.5, 10.3.2.3.5)."""
    return DateTime(date, Time(0, 0, 0, 0, 0))


def power(base: Decimal, exponent: Decimal) -> Decimal:
    """``base ** exponent``; zero to the power of zero is 1 (IEEE 754-2008, 9.2.1).

    Raises a DecimalException where there is no finite number.
    """
    if base:
        return ARITHMETIC.power(base, exponent)
    if exponent < 0:
        raise DivisionByZero
    return Decimal(0) if exponent else Decimal(1)


_TABLE: dict[tuple[str, type, type], Operation] = {
    ("+", Decimal, Decimal): _numbers("+", ARITHMETIC.add),
    ("-", Decimal, Decimal): _numbers("-", ARITHMETIC.subtract),
    ("*", Decimal, Decimal): _numbers("*", ARITHMETIC.multiply),
    ("/", Decimal, Decimal): _DIVIDE,
    ("**", Decimal, Decimal): _numbers("**", power),
    ("+", str, str): lambda a, b: a + b,
    ("+", Duration, Duration): lambda a, b: Duration(a.nanos + b.nanos),
    ("-", Duration, Duration): lambda a, b: Duration(a.nanos - b.nanos),
    ("+", Months, Months): lambda a, b: Months(a.months + b.months),
    ("-", Months, Months): lambda a, b: Months(a.months - b.months),
    ("*", Duration, Decimal): lambda a, b: Duration(_scaled(a.nanos, b)),
    ("*", Decimal, Duration): lambda a, b: Duration(_scaled(b.nanos, a)),
    ("*", Months, Decimal): lambda a, b: Months(_scaled(a.months, b)),
    ("*", Decimal, Months): lambda a, b: Months(_scaled(b.months, a)),
    ("/", Duration, Decimal): lambda a, b: Duration(_shared(a.nanos, b)),
    ("/", Months, Decimal): lambda a, b: Months(_shared(a.months, b)),
    ("/", Duration, Duration): lambda a, b: _ratio(a.nanos, b.nanos),
    ("/", Months, Months): lambda a, b: _ratio(a.months, b.months),
    ("+", DateTime, Duration): lambda a, b: a.plus(b.nanos),
    ("+", Duration, DateTime): lambda a, b: b.plus(a.nanos),
    ("-", DateTime, Duration): lambda a, b: a.plus(-b.nanos),
    ("+", DateTime, Months): lambda a, b: _month_shift(a, b.months),
    ("+", Months, DateTime): lambda a, b: _month_shift(b, a.months),
    ("-", DateTime, Months): lambda a, b: _month_shift(a, -b.months),
    ("-", DateTime, DateTime): _between,
    ("-", DateTime, Date): lambda a, b: _between(a, _midnight(b)),
    ("-", Date, DateTime): lambda a, b: _between(_midnight(a), b),
    ("-", Date, Date): lambda a, b: Duration((a.key - b.key) * DAY * NANOS),
    ("+", Date, Duration): lambda a, b: _date_plus(a, b.nanos),
    ("+", Duration, Date): lambda a, b: _date_plus(b, a.nanos),
    ("-", Date, Duration): lambda a, b: _date_plus(a, -b.nanos),
    ("+", Date, Months): lambda a, b: add_months(a, b.months),
    ("+", Months, Date): lambda a, b: add_months(b, a.months),
    ("-", Date, Months): lambda a, b: add_months(a, -b.months),
    ("+", Time, Duration): lambda a, b: _time_plus(a, b.nanos),
    ("+", Duration, Time): lambda a, b: _time_plus(b, a.nanos),
    ("-", Time, Duration): lambda a, b: _time_plus(a, -b.nanos),
    ("-", Time, Time): _between_times,
}


def calculate(op: str, left: Any, right: Any) -> Any:
    """``left op right``. Raises FeelError when there is no such value."""
    operation = _TABLE.get((op, type(left), type(right)))
    if operation is None:
        raise FeelError("no-operation", op=op, left=kind_of(left), right=kind_of(right))
    try:
        return operation(left, right)
    except (ValueError, OverflowError, DecimalException):
        raise FeelError("out-of-range", what=op) from None


def negate(value: Any) -> Any:
    """``-value``. Raises FeelError for anything but numbers and durations."""
    kind = type(value)
    if kind is Decimal:
        return value.copy_negate() if value else value
    if kind is Duration:
        return Duration(-value.nanos)
    if kind is Months:
        return Months(-value.months)
    raise FeelError("not-negatable", type=kind_of(value))
