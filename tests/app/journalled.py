"""Every action that the source writes into the journal, found by reading it: ``Act(actor, action, …)``.

An action is a word, or put together of words that callers hand in; those are followed from call to call.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from itertools import product
from pathlib import Path

Function = ast.FunctionDef | ast.AsyncFunctionDef
_DEEP = 3  # calls followed
_ACTION = re.compile(r"[a-z][a-z_]*\.[a-z_]+")


class Source:
    """All modules of a folder, with the calls in them by the name that is called."""

    def __init__(self, folder: Path) -> None:
        self.calls: dict[tuple[str, str], list[tuple[ast.Call, Function | None, ast.Module]]] = {}
        self.rooms: dict[ast.Module, str] = {}
        self.unknown: set[str] = set()
        self._under_way: set[tuple[int, str]] = set()
        for path in sorted(folder.rglob("*.py")):
            module = ast.parse(path.read_text("utf-8"))
            self.rooms[module] = "/".join(path.relative_to(folder).parts[:2])
            self._walk(module, None, module)

    def _walk(self, node: ast.AST, inside: Function | None, module: ast.Module) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.Call):
                self.calls.setdefault((self.rooms[module], _name(child.func)), []).append(
                    (child, inside, module)
                )
            here = child if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef) else inside
            if here is child and inside is not None:
                child.outer = inside  # type: ignore[attr-defined]
            self._walk(child, here, module)

    def actions(self) -> set[str]:
        """Every action; what cannot be found out is in ``unknown`` then."""
        found: set[str] = set()
        for (_, name), calls in self.calls.items():
            for call, inside, module in calls if name == "Act" else ():
                if len(call.args) > 1:
                    found |= self._values(call.args[1], inside, module, 0)
        return {action for action in found if _ACTION.fullmatch(action)}

    def _values(self, node: ast.AST, inside: Function | None, module: ast.Module, deep: int) -> set[str]:
        if isinstance(node, ast.Constant):
            return {str(node.value)}
        if isinstance(node, ast.IfExp):
            return self._values(node.body, inside, module, deep) | self._values(
                node.orelse, inside, module, deep
            )
        if isinstance(node, ast.JoinedStr):
            parts = [
                self._values(
                    part.value if isinstance(part, ast.FormattedValue) else part, inside, module, deep
                )
                for part in node.values
            ]
            return {"".join(words) for words in product(*parts)}
        if isinstance(node, ast.Attribute):  # a constant of another module, by its name
            return self._named(node.attr, None, module, deep) or self._lost(node)
        if isinstance(node, ast.Name):
            return self._named(node.id, inside, module, deep) or self._lost(node)
        return self._lost(node)

    def _named(self, name: str, inside: Function | None, module: ast.Module, deep: int) -> set[str]:
        here = (id(inside or module), name)
        if here in self._under_way:  # it is said by itself
            return set()
        self._under_way.add(here)
        try:
            return self._looked_up(name, inside, module, deep)
        finally:
            self._under_way.remove(here)

    def _looked_up(self, name: str, inside: Function | None, module: ast.Module, deep: int) -> set[str]:
        scope: Function | None = inside
        while scope is not None:
            assigned = [value for target, value in _assigned(scope) if target == name]
            if assigned:
                return set().union(*(self._values(value, inside, module, deep) for value in assigned))
            names = [arg.arg for arg in (*scope.args.posonlyargs, *scope.args.args)]
            if name in names or name in {arg.arg for arg in scope.args.kwonlyargs}:
                return self._handed(scope, module, name, names, deep) if deep < _DEEP else set()
            scope = getattr(scope, "outer", None)
        return set().union(
            *(
                self._values(value, None, module, deep)
                for target, value in _assigned(module)
                if target == name
            )
        ) or CONSTANTS.get(name, set())

    def _handed(
        self, function: Function, home: ast.Module, name: str, names: list[str], deep: int
    ) -> set[str]:
        """What callers of the same room hand in for a parameter."""
        found: set[str] = set()
        method = names[:1] == ["self"]
        for call, inside, module in self.calls.get((self.rooms[home], function.name), []):
            given = next((word.value for word in call.keywords if word.arg == name), None)
            place = names.index(name) - method if name in names else -1
            if given is None and 0 <= place < len(call.args):
                given = call.args[place]
            if given is not None and inside is not function:
                found |= self._values(given, inside, module, deep + 1)
        return found

    def _lost(self, node: ast.AST) -> set[str]:
        self.unknown.add(ast.unparse(node))
        return set()


CONSTANTS: dict[str, set[str]] = {  # of other modules, said with the module's name
    "RAISED": {"warning.raised"},
    "CHANGED": {"warning.changed"},
    "ACKNOWLEDGED": {"warning.acknowledged"},
    "ESCALATED": {"warning.escalated"},
    "CLEARED": {"warning.cleared"},
    "CORRECTED": {"warning.corrected"},
}


def _name(node: ast.AST) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _assigned(scope: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    body = scope.body if isinstance(scope, ast.Module) else ast.walk(scope)  # type: ignore[attr-defined]
    for node in body:
        if isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    yield target.id, node.value
                elif isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
                    for one, value in zip(target.elts, node.value.elts, strict=True):
                        if isinstance(one, ast.Name):
                            yield one.id, value
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value:
            yield node.target.id, node.value
