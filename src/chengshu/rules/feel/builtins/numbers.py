"""Built-in functions on numbers (DMN 1.5, 10.3.4.5)."""

from __future__ import annotations

from decimal import (
    ROUND_CEILING,
    ROUND_DOWN,
    ROUND_FLOOR,
    ROUND_HALF_DOWN,
    ROUND_HALF_EVEN,
    ROUND_HALF_UP,
    ROUND_UP,
    Context,
    Decimal,
    DecimalException,
    InvalidOperation,
)

from chengshu.rules.feel.arithmetic import calculate, divide
from chengshu.rules.feel.builtins.signature import Library, whole
from chengshu.rules.feel.errors import FeelError
from chengshu.rules.feel.runtime import Run
from chengshu.rules.feel.temporal import Duration, Months
from chengshu.rules.feel.values import ARITHMETIC

LIBRARY = Library()

_WIDE = Context(prec=60, Emin=-6200, Emax=6300, traps=[InvalidOperation])


def rounded(number: Decimal, scale: Decimal, rounding: str) -> Decimal:
    """``number`` with at most ``scale`` digits after the point. Raises FeelError for a bad scale."""
    digits = whole(scale, "scale")
    if not -6111 <= digits <= 6176:
        raise FeelError("out-of-range", what="scale")
    exponent = number.as_tuple().exponent
    if not isinstance(exponent, int) or exponent >= -digits:
        return number
    result = number.quantize(Decimal((0, (1,), -digits)), rounding=rounding, context=_WIDE)
    return ARITHMETIC.plus(result) if result else Decimal(0)


@LIBRARY.add("decimal", "n: number; scale: number")
def decimal(_run: Run, number: Decimal, scale: Decimal) -> Decimal:
    """Round half to even."""
    return rounded(number, scale, ROUND_HALF_EVEN)


def _rounding(name: str, mode: str, form: str) -> None:
    @LIBRARY.add(name, form)
    def apply(_run: Run, number: Decimal, scale: Decimal = Decimal(0)) -> Decimal:
        return rounded(number, scale, mode)


_rounding("floor", ROUND_FLOOR, "n: number; [scale: number]")
_rounding("ceiling", ROUND_CEILING, "n: number; [scale: number]")
_rounding("round up", ROUND_UP, "n: number; scale: number")
_rounding("round down", ROUND_DOWN, "n: number; scale: number")
_rounding("round half up", ROUND_HALF_UP, "n: number; scale: number")
_rounding("round half down", ROUND_HALF_DOWN, "n: number; scale: number")


@LIBRARY.add("abs", "n: number|duration|months")
def absolute(_run: Run, value: Decimal | Duration | Months) -> Decimal | Duration | Months:
    """The size of a number or duration, without its sign."""
    if isinstance(value, Duration):
        return Duration(abs(value.nanos))
    if isinstance(value, Months):
        return Months(abs(value.months))
    return value.copy_abs()


@LIBRARY.add("modulo", "dividend: number; divisor: number")
def modulo(_run: Run, dividend: Decimal, divisor: Decimal) -> Decimal:
    """``dividend - divisor * floor(dividend / divisor)``: the sign is the divisor's."""
    if not divisor:
        raise FeelError("division-by-zero")
    if abs(dividend.adjusted() - divisor.adjusted()) > 5000:
        raise FeelError("out-of-range", what="modulo")
    wide = Context(prec=6000, Emin=-20000, Emax=20000)
    rest = wide.remainder(dividend, divisor)
    if rest and (rest < 0) != (divisor < 0):
        rest = wide.add(rest, divisor)
    return ARITHMETIC.plus(rest)


@LIBRARY.add("sqrt", "number: number")
def sqrt(_run: Run, number: Decimal) -> Decimal:
    """The square root."""
    if number < 0:
        raise FeelError("out-of-range", what="sqrt")
    return ARITHMETIC.sqrt(number)


@LIBRARY.add("log", "number: number")
def log(_run: Run, number: Decimal) -> Decimal:
    """Natural logarithm."""
    if number <= 0:
        raise FeelError("out-of-range", what="log")
    return ARITHMETIC.ln(number)


@LIBRARY.add("exp", "number: number")
def exp(_run: Run, number: Decimal) -> Decimal:
    """The power of e."""
    try:
        return ARITHMETIC.exp(number)
    except DecimalException:
        raise FeelError("out-of-range", what="exp") from None


def _is_multiple_of_two(number: Decimal) -> bool | None:
    """Whether a whole number is even; None when it is not whole."""
    if number != number.to_integral_value():
        return None
    return number.adjusted() > 40 or int(number) % 2 == 0


@LIBRARY.add("odd", "number: number")
def odd(_run: Run, number: Decimal) -> bool:
    """Whether a whole number is odd."""
    return _is_multiple_of_two(number) is False


@LIBRARY.add("even", "number: number")
def even(_run: Run, number: Decimal) -> bool:
    """Whether a whole number is even."""
    return _is_multiple_of_two(number) is True


def total(run: Run, numbers: list[Decimal]) -> Decimal:
    """Sum in 34 digits."""
    run.spend(len(numbers))
    result = Decimal(0)
    for number in numbers:
        result = calculate("+", result, number)
    return result


def mean(run: Run, numbers: list[Decimal]) -> Decimal:
    """Arithmetic mean."""
    return divide(total(run, numbers), Decimal(len(numbers)))
