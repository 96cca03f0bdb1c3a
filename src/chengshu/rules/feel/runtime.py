"""The state of one evaluation: names of the outermost scope, budget, notes, clock."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, Protocol

from chengshu.rules.feel.errors import Diagnostic, FeelError, LimitExceeded
from chengshu.rules.feel.limits import DEFAULT_LIMITS, Limits
from chengshu.rules.feel.values import PLAIN, ForeignValue, from_python

Vars = dict[str, Any]
Code = Callable[[Vars, "Run"], Any]
"""A compiled expression: inner variables and run to value."""

MISSING: Any = object()
"""Stands for a name that has no value, where null is one."""


class HasNow(Protocol):
    """Anything that tells the time; the hub's clocks do."""

    def now(self) -> datetime: ...


class Budget:
    """What is left, the notes made and the rules that matched; shared by all runs of one evaluation.

    ``near`` collects the rules of tables that missed by one condition; None: nobody asked for them.
    """

    __slots__ = ("clock", "depth", "diagnostics", "limits", "matched", "near", "steps")

    def __init__(self, limits: Limits = DEFAULT_LIMITS, clock: HasNow | None = None) -> None:
        self.limits = limits
        self.steps = limits.steps
        self.depth = 0
        self.diagnostics: list[Diagnostic] = []
        self.matched: list[Any] = []
        self.near: list[Any] | None = None
        self.clock = clock


class Run:
    """One evaluation in one outermost scope.

    ``trusted`` scopes hold FEEL values already; others hold Python values, converted as they are used.
    """

    __slots__ = ("budget", "cache", "root", "trusted")

    def __init__(self, root: Mapping[str, Any], budget: Budget, trusted: bool = False) -> None:
        self.root = root
        self.budget = budget
        self.trusted = trusted
        self.cache: dict[str, Any] | None = None

    def inside(self, root: Mapping[str, Any]) -> Run:
        """A run over other names (FEEL values) that draws on the same budget."""
        return Run(root, self.budget, trusted=True)

    def note(self, code: str, position: int = -1, **details: object) -> None:
        """Keep a diagnostic."""
        notes = self.budget.diagnostics
        if len(notes) < self.budget.limits.diagnostics:
            notes.append(Diagnostic(code, {key: str(value) for key, value in details.items()}, position))

    def note_error(self, error: FeelError, position: int = -1) -> None:
        """Keep the diagnostic of an error."""
        self.note(error.code, position, **error.details)

    def spend(self, steps: int) -> None:
        """Use up some of the budget. Raises LimitExceeded when there is none left."""
        budget = self.budget
        budget.steps -= steps
        if budget.steps < 0:
            raise LimitExceeded("steps", budget.limits.steps)

    def made_text(self, text: str) -> str:
        """Account for a string just made."""
        size = len(text)
        if size > self.budget.limits.text:
            raise LimitExceeded("characters in a string", self.budget.limits.text)
        self.spend(size >> 6)
        return text

    def made_list(self, items: list[Any]) -> list[Any]:
        """Account for a list just made."""
        self.may_make(len(items))
        return items

    def may_make(self, members: int) -> None:
        """Account for a list of ``members`` members, before or after making it."""
        if members > self.budget.limits.members:
            raise LimitExceeded("members in a list", self.budget.limits.members)
        self.spend(members)

    def lookup(self, name: str) -> Any:
        """The FEEL value of a name of the outermost scope, or MISSING."""
        value = self.root.get(name, MISSING)
        kind = type(value)
        if kind is Decimal:
            return value if value.is_finite() else None
        if kind in PLAIN or value is MISSING or self.trusted:
            return value
        if self.cache is None:
            self.cache = {}
        elif name in self.cache:
            return self.cache[name]
        value = self.cache[name] = self.take_in(value)
        return value

    def take_in(self, value: Any) -> Any:
        """A Python value as FEEL's; null with a note when it has none."""
        if self.trusted:
            return value
        try:
            return from_python(value)
        except ForeignValue as error:
            self.note("foreign-value", type=error)
        except ArithmeticError:
            self.note("out-of-range", what="number")
        return None
