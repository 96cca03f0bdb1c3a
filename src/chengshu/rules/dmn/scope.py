"""What the logic of one element may refer to."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from difflib import get_close_matches

from chengshu.rules.feel import ast
from chengshu.rules.feel.builtins import FUNCTIONS
from chengshu.rules.feel.compile import Scope
from chengshu.rules.feel.compile_tests import PLACEHOLDER
from chengshu.rules.feel.scopes import free_names
from chengshu.rules.feel.types import FeelType


@dataclass(frozen=True, slots=True)
class LogicScope:
    """What is known where a text stands, and where problems go (a place and a sentence).

    ``names`` are those the parser must know, ``visible`` those that have a value (None: that is not known).
    """

    names: frozenset[str]
    types: Callable[[str], FeelType | None]
    place: str
    report: Callable[[str, str], None]
    inner: bool = False
    visible: frozenset[str] | None = None

    def inside(self, names: Iterable[str]) -> LogicScope:
        """The scope within a construct that has variables of its own."""
        more = frozenset(names)
        visible = None if self.visible is None else self.visible | more
        return replace(self, names=self.names | more, visible=visible, inner=True)

    def unknown(self) -> LogicScope:
        """The scope within a filter, where the entries of the members are names as well."""
        return replace(self, visible=None)

    def feel(self) -> Scope:
        """The same for the compiler of FEEL."""
        return Scope(self.inner, self.types)

    def check_names(self, tree: ast.Node, place: str) -> None:
        """Report names that can have no value here: not required, not defined, not built in."""
        if self.visible is None:
            return
        for name in sorted(free_names(tree) - self.visible - FUNCTIONS.keys() - {PLACEHOLDER}):
            near = get_close_matches(name, self.visible, n=1)
            hint = "; it has to be required, or defined before"
            if near:
                hint = f"; is «{near[0]}» meant?"
            elif _stands_alone(tree, name):
                hint = f'; a text is written in quotes: "{name}"'
            self.report(place, f"«{name}» has no value here{hint}")


def _stands_alone(tree: ast.Node, name: str) -> bool:
    """Whether a name is all there is, or one of several values: mostly a text without its quotes."""
    values = [test.value for test in tree.tests] if isinstance(tree, ast.UnaryTests) else [tree]
    return any(isinstance(value, ast.Name) and value.name == name for value in values)
