"""Quality flags: where an entity differs from what its type should be like. Data is never refused for it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Any, Literal

import msgspec

from chengshu.foundation.broker.ld.contexts import LdContext, compile_context
from chengshu.foundation.broker.model import Attribute, Entity
from chengshu.foundation.broker.models.declared import AttributeRule, EntityRules, ValueType

Code = Literal[
    "missing",
    "unknown",
    "kind-unexpected",
    "value-unexpected",
    "unit-unexpected",
    "out-of-range",
    "not-in-enum",
    "too-long",
]


class Flag(msgspec.Struct, frozen=True):
    """One difference: the attribute (IRI), the instance by its dataset, what differs, and how."""

    attribute: str
    code: Code
    detail: str
    dataset: str = ""


class _Compiled(msgspec.Struct, frozen=True):
    attributes: dict[str, AttributeRule]
    required: tuple[str, ...]
    closed: bool


class Models:
    """Declared rules by the IRI of their type."""

    def __init__(self, rules: Iterable[EntityRules] = ()) -> None:
        self._by_type: dict[str, list[_Compiled]] = {}
        for one in rules:
            context = compile_context([one.terms])
            self._by_type.setdefault(context.expand(one.type), []).append(_compiled(one, context))

    def of(self, types: Iterable[str]) -> Iterator[_Compiled]:
        """The rules for an entity of these types."""
        for name in types:
            yield from self._by_type.get(name, ())

    def __len__(self) -> int:
        return sum(map(len, self._by_type.values()))


def _compiled(rules: EntityRules, context: LdContext) -> _Compiled:
    attributes = {context.expand(name): rule for name, rule in rules.attributes.items()}
    required = tuple(name for name, rule in attributes.items() if rule.required)
    return _Compiled(attributes, required, rules.closed)


def flags(entity: Entity, models: Models) -> tuple[Flag, ...]:
    """Every flag of an entity, in order of its attributes; none when no model is declared for its types."""
    found: list[Flag] = []
    for rules in models.of(entity.types):
        for name in rules.required:
            if name not in entity.attributes:
                found.append(Flag(name, "missing", "the attribute is required and not there"))
        for name, instances in entity.attributes.items():
            rule = rules.attributes.get(name)
            if rule is not None:
                for item in instances:
                    found.extend(_flags(name, item, rule))
            elif rules.closed:
                found.append(Flag(name, "unknown", "the model has no such attribute"))
    return tuple(dict.fromkeys(found))


def _flags(name: str, item: Attribute, rule: AttributeRule) -> Iterator[Flag]:
    if rule.kind is not None and item.kind != rule.kind:
        detail = f"it is a {item.kind}, the model has a {rule.kind}"
        yield Flag(name, "kind-unexpected", detail, item.dataset)
        return
    units = rule.units
    if units and item.unit_code and item.unit_code not in units:
        detail = f"the unit is {item.unit_code}, the model has {', '.join(units)}"
        yield Flag(name, "unit-unexpected", detail, item.dataset)
    elif not units or not item.unit_code or item.unit_code == units[0]:
        yield from _range(name, item, rule)  # a bound is in the model's own unit
    value = item.value
    if rule.value is not None and item.kind == "Property" and not _IS[rule.value](value):
        yield Flag(name, "value-unexpected", f"{value!r:.60} is no {rule.value}", item.dataset)
    if rule.enum:
        wrong = [part for part in _parts(value) if part not in rule.enum]
        if wrong:
            yield Flag(name, "not-in-enum", f"{wrong[0]!r:.60} is none of those of the model", item.dataset)
    if rule.longest is not None and isinstance(value, str) and len(value) > rule.longest:
        detail = f"it has {len(value)} characters, the model {rule.longest}"
        yield Flag(name, "too-long", detail, item.dataset)


def _range(name: str, item: Attribute, rule: AttributeRule) -> Iterator[Flag]:
    for part in _parts(item.value):
        if type(part) not in {int, float}:
            continue
        if rule.minimum is not None and part < rule.minimum:
            yield Flag(name, "out-of-range", f"{part} is below {rule.minimum:g}", item.dataset)
        elif rule.maximum is not None and part > rule.maximum:
            yield Flag(name, "out-of-range", f"{part} is above {rule.maximum:g}", item.dataset)


def _parts(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _is_time(value: Any) -> bool:
    said = value.get("@value") if isinstance(value, dict) else value
    if not isinstance(said, str):
        return False
    try:
        datetime.fromisoformat(said)
    except ValueError:
        return False
    return True


_IS: dict[ValueType, Callable[[Any], bool]] = {
    "number": lambda value: type(value) in {int, float},
    "integer": lambda value: type(value) is int or (type(value) is float and value.is_integer()),
    "text": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "object": lambda value: isinstance(value, dict),
    "list": lambda value: isinstance(value, list),
    "time": _is_time,
}
