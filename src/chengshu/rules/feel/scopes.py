"""Which names of an expression come from outside."""

from __future__ import annotations

from chengshu.rules.feel import ast
from chengshu.rules.feel.builtins import FUNCTIONS


def free_names(node: ast.Node) -> frozenset[str]:
    """The names that an expression does not define itself; built-ins that it calls are left out.

    Inside a filter a name may also be an entry of the list's members; only names outside of filters are
    certain, so names inside are left out unless they occur outside as well.
    """
    found: set[str] = set()
    _collect(node, frozenset(), found)
    return frozenset(found)


def _collect(node: ast.Node, bound: frozenset[str], found: set[str]) -> None:
    if isinstance(node, ast.Name):
        if node.name not in bound:
            found.add(node.name)
    elif isinstance(node, ast.For | ast.Quantified):
        _collect_loop(node, bound, found)
    elif isinstance(node, ast.FunctionDefinition):
        if not node.external:
            _collect(node.body, bound | {node.name, *(p.name for p in node.parameters)}, found)
    elif isinstance(node, ast.ContextLiteral):
        for entry in node.entries:
            _collect(entry.value, bound, found)
            bound |= {entry.key}
    elif isinstance(node, ast.Filter):
        _collect(node.source, bound, found)
    else:
        for child in node.children():
            if not (isinstance(node, ast.Call) and child is node.function and _is_builtin(child)):
                _collect(child, bound, found)


def _collect_loop(node: ast.For | ast.Quantified, bound: frozenset[str], found: set[str]) -> None:
    for iteration in node.iterations:
        _collect(iteration.source, bound, found)
        if iteration.end is not None:
            _collect(iteration.end, bound, found)
        bound |= {iteration.name}
    body = node.body if isinstance(node, ast.For) else node.condition
    _collect(body, bound | {"partial"}, found)


def _is_builtin(node: ast.Node) -> bool:
    return isinstance(node, ast.Name) and node.name in FUNCTIONS
