"""FEEL for processes, alike in the engine and in the room: values come out as plain, storable data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from chengshu.kernel.clock import iso
from chengshu.kernel.errors import Invalid
from chengshu.rules.feel import FeelSyntaxError, Function, compile_expression


@dataclass(frozen=True, slots=True)
class _Still:
    moment: datetime

    def now(self) -> datetime:
        return self.moment


def expression(text: str) -> str:
    """FEEL without the optional leading ``=``."""
    return text.strip().removeprefix("=").strip()


def fault_of(text: str) -> str:
    """Why ``text`` is no FEEL expression; empty when it is one."""
    if "${" in text or "#{" in text:
        return "it is written in another engine's language (${…})"
    try:
        compile_expression(text)
    except FeelSyntaxError as error:
        return str(error)
    return ""


def evaluate(text: str, context: Mapping[str, Any], now: datetime, where: str) -> Any:
    """The value of ``text`` at ``now``; null where FEEL says null.

    Raises :class:`Invalid` for a text that does not parse: the lint has parsed all of a deployed plan, so
    only a
    changed language could bring that about.
    """
    try:
        return plain(compile_expression(text)(context, clock=_Still(now)))
    except FeelSyntaxError as error:
        raise Invalid("feel", str(error), where=where, remedy="correct the expression in the plan") from None


def plain(value: Any) -> Any:
    """``value`` as JSON-like data: decimals become numbers, moments and durations text, functions null."""
    if value is None or isinstance(value, (bool, str, int, float)):
        return value
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, datetime):
        return iso(value) if value.tzinfo else value.isoformat()
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, timedelta):
        return duration_text(value)
    return None if isinstance(value, Function) else str(value)


def duration_text(value: timedelta) -> str:
    """A days-and-time duration in ISO 8601, whole seconds."""
    sign, length = ("-", -value) if value < timedelta() else ("", value)
    whole = length.seconds
    days = f"{length.days}D" if length.days else ""
    parts = ((whole // 3600, "H"), (whole % 3600 // 60, "M"), (whole % 60, "S"))
    clock = "".join(f"{amount}{unit}" for amount, unit in parts if amount)
    if not days and not clock:
        return "PT0S"
    return f"{sign}P{days}" + (f"T{clock}" if clock else "")
