"""Reading what stands in an address: only what was offered is taken."""

from __future__ import annotations

from typing import Final, Literal, TypeVar

from chengshu.kernel.errors import Invalid

T = TypeVar("T", bound=str)
STATES: Final[tuple[Literal["current", "past", "all"], ...]] = ("current", "past", "all")
SCOPES: Final[tuple[Literal["mine", "department", "all"], ...]] = ("mine", "department", "all")
VERBS: Final[tuple[Literal["accept", "arrive", "done", "refuse"], ...]] = (
    "accept",
    "arrive",
    "done",
    "refuse",
)
FATES: Final[tuple[Literal["retry", "discard"], ...]] = ("retry", "discard")
SPANS: Final = (3, 6, 24, 72)


def one_of(allowed: tuple[T, ...], text: str, where: str) -> T:
    """``text`` if it is one of ``allowed``. Raises Invalid naming them."""
    for value in allowed:
        if value == text:
            return value
    raise Invalid(
        "choice-unknown", f"{text!r} is not offered", where=where, remedy=f"use one of {', '.join(allowed)}"
    )


def span_hours(text: str) -> float:
    """Hours of history to show, 1 to 744. Raises Invalid."""
    try:
        hours = float(text)
    except ValueError:
        hours = 0.0
    if not 1 <= hours <= 744:
        raise Invalid(
            "span", f"{text!r} is no span of hours", where="hours", remedy="use a number from 1 to 744"
        )
    return hours


def positive(text: str | None, where: str) -> int | None:
    """A positive whole number or None. Raises Invalid."""
    if not text:
        return None
    if not text.isdecimal() or int(text) < 1:
        raise Invalid("number", f"{text!r} is no positive whole number", where=where)
    return int(text)
