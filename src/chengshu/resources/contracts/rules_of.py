"""What a contract demands of columns, as rules of quality: one language for what the hub measures."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import TypeAdapter, ValidationError

from chengshu.resources.contracts.model import ENGINE, Element, Expectation, Finding, Promised
from chengshu.resources.quality.rules import Filled, OneOf, Pattern, Range, Rule, Unique

_RULE: TypeAdapter[Any] = TypeAdapter(Rule)
_ORDERED = ("number", "integer")  # bounds of moments are held against moments, in measuring


def rules_of(table: Promised) -> tuple[Rule, ...]:
    """The rules of a table: filled, unique, pattern, range, list of values, and our own kinds."""
    found = [rule for at, element in enumerate(table.elements, 1) for rule in _of_element(element, f"c{at}")]
    if key := table.key():
        found.append(Unique(id="primary-key", kind="unique", columns=key))
    for check in every_expectation(table):
        if check.kind == "custom" and check.engine == ENGINE:
            found.append(own_rule(check))
    return tuple(found)


def _of_element(element: Element, stem: str) -> Iterator[Rule]:
    name, options = element.column, element.options
    if element.required or element.key:
        yield Filled(id=f"{stem}-required", kind="filled", columns=(name,))
    if element.unique:
        yield Unique(id=f"{stem}-unique", kind="unique", columns=(name,))
    if "pattern" in options:
        yield Pattern(id=f"{stem}-pattern", kind="pattern", column=name, pattern=str(options["pattern"]))
    least, most = options.get("minimum"), options.get("maximum")
    if element.logical_type in _ORDERED and (least is not None or most is not None):
        yield Range(id=f"{stem}-range", kind="range", column=name, least=least, most=most)
    if element.values:
        yield OneOf(id=f"{stem}-enum", kind="one_of", column=name, values=element.values)


def every_expectation(table: Promised) -> Iterator[Expectation]:
    """The checks of the table, then those of its columns."""
    yield from table.expectations
    for element in table.elements:
        yield from element.expectations


def own_rule(check: Expectation) -> Rule:
    """A check written for our engine, as the rule it is. Raises ``pydantic.ValidationError``."""
    rule: Rule = _RULE.validate_python(check.implementation)
    return rule


def faults_of_rules(table: Promised) -> list[Finding]:
    """Checks for our engine that are no rules, and patterns that cannot be: found before data are read."""
    found = []
    for check in every_expectation(table):
        if check.kind == "custom" and check.engine == ENGINE:
            try:
                own_rule(check)
            except ValidationError as error:
                said = error.errors()[0]["msg"]
                found.append(Finding("check-unreadable", check.id, f"this is no rule of quality: {said}"))
    return found
