"""The types of a model: item definitions as FEEL types, with their allowed values (DMN 1.5, 7.3.3)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from chengshu.rules.dmn.model import Definitions, ItemDefinition
from chengshu.rules.feel.compile import Scope
from chengshu.rules.feel.compile_tests import PLACEHOLDER, compile_tests
from chengshu.rules.feel.errors import FeelSyntaxError
from chengshu.rules.feel.limits import Limits
from chengshu.rules.feel.names import normal
from chengshu.rules.feel.parser import parse_unary_tests
from chengshu.rules.feel.runtime import Budget, Run
from chengshu.rules.feel.types import ANY, SIMPLE, FeelType

_CHECK_LIMITS = Limits(steps=200_000)


def allowed_check(text: str) -> Callable[[Any], bool | None]:
    """The check of allowed values, given as unary tests. Raises FeelSyntaxError."""
    test = compile_tests(parse_unary_tests(text), Scope(inner=True))

    def check(value: Any) -> bool | None:
        run = Run({}, Budget(_CHECK_LIMITS), trusted=True)
        return test(value, {PLACEHOLDER: value}, run)

    return check


class TypeTable:
    """Finds the types of a model by name; those of imported models are ``alias.name``.

    Those of a model imported without a name are found as if they were here.
    """

    def __init__(self, definitions: Definitions, imported: Sequence[tuple[str, TypeTable]]) -> None:
        self._items = {item.name: item for item in definitions.types}
        self._imported = {alias: table for alias, table in imported if alias}
        self._unnamed = [table for alias, table in imported if not alias]
        self._done: dict[str, FeelType] = {}
        self._busy: set[str] = set()
        self.problems: list[str] = []

    def find(self, name: str) -> FeelType | None:
        """The type called ``name``: a definition of the model, or one of FEEL's own."""
        name = normal(name)
        if name in self._done:
            return self._done[name]
        if name in self._busy:
            return FeelType("Any", name=name, later=lambda: self._settled(name))
        item = self._items.get(name)
        if item is not None:
            self._busy.add(name)
            built = self._done[name] = self._build(item)
            self._busy.discard(name)
            return built
        alias, dot, rest = name.partition(".")
        if dot and alias in self._imported:
            return self._imported[alias].find(rest)
        return next((found for table in self._unnamed if (found := table.find(name))), SIMPLE.get(name))

    def _settled(self, name: str) -> FeelType:
        """What a type is that was asked for while it was being made; ANY for one made of itself only."""
        found = self._done.get(name, ANY)
        for _ in self._items:
            if found.later is None:
                return found
            found = self._done.get(found.name) or ANY
        return ANY

    def member_names(self) -> set[str]:
        """The names of all components, which may follow a dot."""
        names: set[str] = set()

        def collect(items: tuple[ItemDefinition, ...]) -> None:
            for item in items:
                names.add(item.name)
                collect(item.components)

        collect(tuple(self._items.values()))
        for table in (*self._imported.values(), *self._unnamed):
            names |= table.member_names()
        return names

    def names(self) -> set[str]:
        """The names of the types."""
        return set(self._items).union(*(table.names() for table in self._unnamed))

    def _build(self, item: ItemDefinition) -> FeelType:
        base = self._base(item)
        if item.allowed:
            base = self._restricted(base, item.allowed, item.name)
        elif not item.collection and base.kind != "Any":
            base = replace(base, name=item.name)
        if item.collection:
            base = FeelType("list", item=base, name=item.name)
        if item.constraint:
            base = self._restricted(base, item.constraint, item.name)
        return base

    def _restricted(self, base: FeelType, text: str, name: str) -> FeelType:
        """The type with allowed values, which come on top of those that it has already."""
        try:
            own = allowed_check(text)
        except FeelSyntaxError as error:
            self.problems.append(f"allowed values of «{name}»: {error.fault}")
            return replace(base, name=name)
        before = base.allowed
        if before is None:
            return replace(base, allowed=own, allowed_text=text, name=name)
        both = f"{base.allowed_text}; {text}"
        return replace(base, allowed=lambda value: before(value) and own(value), allowed_text=both, name=name)

    def _base(self, item: ItemDefinition) -> FeelType:
        if item.components:
            return FeelType("context", entries={part.name: self._build(part) for part in item.components})
        if item.function_parameters is not None:
            parameters = tuple(self.find(name) or ANY for name in item.function_parameters)
            return FeelType("function", parameters=parameters, result=self.find(item.function_result) or ANY)
        if not item.type_ref:
            return ANY
        found = self.find(item.type_ref)
        if found is None:
            self.problems.append(f"the type «{item.name}» builds on «{item.type_ref}», which does not exist")
        return found or ANY
