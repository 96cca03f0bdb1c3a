"""The types of FEEL: which values belong to one, and the implicit conversions (DMN 1.5, 10.3.2.9)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from chengshu.rules.feel.ast import TypeRef
from chengshu.rules.feel.temporal import Date, DateTime, Time
from chengshu.rules.feel.values import Function, Range, kind_of


@dataclass(frozen=True, slots=True)
class FeelType:
    """A type: a kind, and for the composed kinds what they are composed of.

    ``allowed`` says which values of the type may be used (item definitions); ``name`` is for messages.
    """

    kind: str
    item: FeelType | None = None
    entries: Mapping[str, FeelType] = field(default_factory=dict)
    parameters: tuple[FeelType, ...] | None = None
    result: FeelType | None = None
    name: str = ""
    allowed: Callable[[Any], bool | None] | None = None
    allowed_text: str = ""
    later: Callable[[], FeelType] | None = None
    """Set where a type contains itself: what it is, once all types are known; ``kind`` is Any until then."""

    @property
    def anything(self) -> bool:
        """Whether every value belongs to it."""
        return self.kind == "Any" and self.later is None

    def __str__(self) -> str:
        if self.name:
            return self.name
        if self.item is not None:
            return f"{self.kind}<{self.item}>"
        if self.entries:
            return "context<" + ", ".join(f"{key}: {kind}" for key, kind in self.entries.items()) + ">"
        return self.kind


ANY = FeelType("Any")
SCALARS = {
    name: FeelType(name)
    for name in (
        "number",
        "string",
        "boolean",
        "date",
        "time",
        "date and time",
        "days and time duration",
        "years and months duration",
    )
}
SIMPLE: dict[str, FeelType] = {
    **SCALARS,
    "Any": ANY,
    "Null": FeelType("null"),
    "list": FeelType("list", item=ANY),
    "context": FeelType("context"),
    "range": FeelType("range", item=ANY),
    "function": FeelType("function"),
    # the names of XML Schema and of DMN 1.1 that models still use
    "dateTime": SCALARS["date and time"],
    "dayTimeDuration": SCALARS["days and time duration"],
    "yearMonthDuration": SCALARS["years and months duration"],
    "day-time-duration": SCALARS["days and time duration"],
    "year-month-duration": SCALARS["years and months duration"],
}


def resolve(ref: TypeRef, defined: Callable[[str], FeelType | None]) -> FeelType | None:
    """The type that a written type means; ``defined`` knows those of the model. None when there is none."""
    args = [resolve(arg, defined) for arg in ref.args]
    if any(arg is None for arg in args):
        return None
    known = tuple(arg for arg in args if arg is not None)
    if ref.name in ("list", "range") and known:
        return FeelType(ref.name, item=known[0])
    if ref.name == "context" and known:
        return FeelType("context", entries=dict(zip(ref.keys, known, strict=True)))
    if ref.name == "function" and ref.result is not None:
        result = resolve(ref.result, defined)
        return None if result is None else FeelType("function", parameters=known, result=result)
    return defined(ref.name) or SIMPLE.get(ref.name)


def conforms(value: Any, kind: FeelType) -> bool:
    """Whether a value belongs to a type; null belongs to every type here, allowed values do not matter."""
    if value is None or kind.anything:
        return True
    if kind.later is not None:
        return conforms(value, kind.later())
    if kind.kind == "list":
        item = kind.item or ANY
        return type(value) is list and (item.anything or all(conforms(member, item) for member in value))
    if kind.kind == "context":
        return type(value) is dict and all(
            key in value and conforms(value[key], entry) for key, entry in kind.entries.items()
        )
    if kind.kind == "range":
        item = kind.item or ANY
        return type(value) is Range and conforms(value.low, item) and conforms(value.high, item)
    if kind.kind == "function":
        return type(value) is Function and _function_conforms(value, kind)
    return kind_of(value) == kind.kind


def _function_conforms(value: Function, kind: FeelType) -> bool:
    if kind.parameters is None:
        return True
    if not value.accepts(len(kind.parameters)):
        return False
    if value.bind is not None:  # a built-in checks its arguments when it is called
        return True
    pairs = zip(value.types, kind.parameters, strict=True)
    return all(own is None or subtype(wanted, own) for own, wanted in pairs) and (
        value.result is None or kind.result is None or subtype(value.result, kind.result)
    )


def subtype(lower: FeelType, upper: FeelType) -> bool:
    """Whether every value of ``lower`` belongs to ``upper``."""
    if upper.kind == "Any" or lower.kind == "null":
        return True
    if lower.kind != upper.kind:
        return False
    if lower.kind in ("list", "range"):
        return subtype(lower.item or ANY, upper.item or ANY)
    if lower.kind == "context":
        return all(
            key in lower.entries and subtype(lower.entries[key], k) for key, k in upper.entries.items()
        )
    if lower.kind == "function" and lower.parameters is not None and upper.parameters is not None:
        same = len(lower.parameters) == len(upper.parameters)
        return same and all(subtype(b, a) for a, b in zip(lower.parameters, upper.parameters, strict=True))
    return True


def is_instance(value: Any, kind: FeelType) -> bool:
    """``value instance of kind``: null is an instance of nothing but Null."""
    if value is None:
        return kind.kind == "null"
    return conforms(value, kind)  # allowed values do not matter here


def _allows(value: Any, kind: FeelType) -> bool:
    """Whether the allowed values of a type and of its parts admit a value."""
    if kind.later is not None:
        kind = kind.later()
    if kind.allowed is not None and kind.allowed(value) is not True:
        return False
    if kind.item is not None and type(value) is list:
        return all(member is None or _allows(member, kind.item) for member in value)
    if kind.entries and type(value) is dict:
        return all(value[key] is None or _allows(value[key], entry) for key, entry in kind.entries.items())
    return True


def convert(value: Any, kind: FeelType) -> tuple[Any, bool]:
    """A value as one of a type, by the implicit conversions, and whether that was possible.

    A list of one member becomes its member, a member becomes a list of one, a date becomes its midnight
    in UTC; null stays null; allowed values are checked.
    """
    if value is None:
        return None, True
    if conforms(value, kind):
        pass
    elif type(value) is list and len(value) == 1 and kind.kind != "list" and conforms(value[0], kind):
        value = value[0]
    elif kind.kind == "list" and type(value) is not list and conforms(value, kind.item or ANY):
        value = [value]
    elif kind.kind == "date and time" and type(value) is Date:
        value = DateTime(value, Time(0, 0, 0, 0, 0))
    else:
        return None, False
    if value is not None and not _allows(value, kind):
        return None, False
    return value, True
