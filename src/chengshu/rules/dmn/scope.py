"""What the logic of one element may refer to."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from chengshu.rules.feel.compile import Scope
from chengshu.rules.feel.types import FeelType


@dataclass(frozen=True, slots=True)
class LogicScope:
    """Names in scope, the model's types, and where problems go (a place and a sentence)."""

    names: frozenset[str]
    types: Callable[[str], FeelType | None]
    place: str
    report: Callable[[str, str], None]
    inner: bool = False

    def inside(self, names: Iterable[str]) -> LogicScope:
        """The scope within a construct that has variables of its own."""
        return LogicScope(self.names | frozenset(names), self.types, self.place, self.report, True)

    def feel(self) -> Scope:
        """The same for the compiler of FEEL."""
        return Scope(self.inner, self.types)
