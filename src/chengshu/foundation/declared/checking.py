"""Check plain data against a declared model; every mistake becomes a fault with its line and remedy."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Any, TypeVar

from pydantic import BaseModel, TypeAdapter, ValidationError

from chengshu.foundation.declared.reading import Document, Place
from chengshu.kernel.errors import Fault, Findings

M = TypeVar("M")


def checked(model: type[M], document: Document, place: Place = ()) -> M:
    """The value at ``place`` of the document as ``model``. Raises :class:`Invalid` listing every mistake."""
    value: Any = document.data
    for step in place:
        value = value[step]
    try:
        return TypeAdapter(model).validate_python(value)
    except ValidationError as error:
        findings = Findings([_fault(model, document, place, dict(item)) for item in error.errors()])
        findings.raise_any()
        raise


def _fault(model: Any, document: Document, base: Place, item: dict[str, Any]) -> Fault:
    place = (*base, *_real(document, base, item["loc"]))
    dotted = ".".join(str(step) for step in item["loc"]) or "the file"
    kind = item["type"]
    message = item["msg"].removeprefix("Value error, ")
    if kind == "missing":
        return Fault(
            "key-missing", f"{dotted} is missing", document.where(place[:-1]), f"add {item['loc'][-1]!r}"
        )
    if kind == "extra_forbidden":
        near = get_close_matches(str(item["loc"][-1]), _known(model), n=1)
        remedy = (
            f"did you mean {near[0]!r}?" if near else "remove it, or see the schema for what may stand here"
        )
        return Fault("key-unknown", f"{dotted} is not known here", document.where(place), remedy)
    given = item.get("input")
    shown = f", not {given!r}" if isinstance(given, str | int | float | bool) else ""
    return Fault("value-wrong", f"{dotted}: {message}{shown}", document.where(place), "correct this value")


def _real(document: Document, base: Place, loc: tuple[str | int, ...]) -> Place:
    """``loc`` without the steps pydantic adds for unions and validators."""
    place: Place = base
    for step in loc:
        if (*place, step) in document.lines or step == loc[-1]:
            place = (*place, step)
    return place[len(base) :]


def _known(model: Any, seen: frozenset[Any] = frozenset()) -> list[str]:
    """Every key name that may stand anywhere in ``model``, for near matches."""
    names: list[str] = []
    if isinstance(model, type) and issubclass(model, BaseModel) and model not in seen:
        for name, field in model.model_fields.items():
            names.append(field.alias or name)
            names += _known(field.annotation, seen | {model})
    for part in getattr(model, "__args__", ()):
        names += _known(part, seen)
    return names
