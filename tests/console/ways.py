"""What an expression of the source can say: a small evaluation of syntax trees, as far as words go.

Literals stay, what is filled in becomes a hole named by the last name of its expression, a choice gives every
branch, names are followed to what they are set to, and helpers to what they return.
"""

from __future__ import annotations

import ast
import builtins
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from itertools import islice, product
from pathlib import Path

ROOT = Path(__file__).parents[2] / "src" / "chengshu"
MOST = 40  # ways one message may be put together
DEEPEST = 9  # names within names
HOLE = "\0"  # before the name of what is filled in
PASSING = ("str", "len", "repr", "sorted", "join", "strip")  # names that say nothing about what is filled in

Words = tuple[str, ...]  # literal texts and holes, in order
AnyFunction = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(eq=False)
class Scope:
    """Where an expression stands: its module, its function, and what the function was called with."""

    module: Module
    function: AnyFunction | None = None
    bound: Mapping[str, tuple[ast.expr, Scope]] = field(default_factory=dict)


@dataclass(eq=False)
class Module:
    """One file."""

    name: str
    tree: ast.Module

    @cached_property
    def nodes(self) -> list[ast.AST]:
        """Everything in it."""
        return list(ast.walk(self.tree))

    @cached_property
    def owners(self) -> dict[ast.AST, AnyFunction]:
        """The innermost function each node stands in."""
        found: dict[ast.AST, AnyFunction] = {}
        for node in self.nodes:
            if isinstance(node, AnyFunction):
                for inner in ast.walk(node):
                    if inner is not node:
                        found[inner] = node  # walked from the outside in: the innermost stays
        return found

    @cached_property
    def imports(self) -> dict[str, tuple[str, str]]:
        """What names of other modules of ours mean here: (module, name there)."""
        return {
            alias.asname or alias.name: (node.module or "", alias.name)
            for node in self.nodes
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("chengshu")
            for alias in node.names
        }

    @cached_property
    def constants(self) -> dict[str, ast.expr]:
        """Values given at the top of the file."""
        found: dict[str, ast.expr] = {}
        for node in self.tree.body:
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                found[node.targets[0].id] = node.value
            elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value:
                found[node.target.id] = node.value
        return found

    @cached_property
    def functions(self) -> dict[str, AnyFunction]:
        """Functions and methods by name."""
        return {node.name: node for node in self.nodes if isinstance(node, AnyFunction)}


@cache
def modules() -> dict[str, Module]:
    """Every module of ours by its dotted name."""
    found = {}
    for path in sorted(ROOT.rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        name = ".".join(("chengshu", *(part for part in parts if part != "__init__")))
        found[name] = Module(name, ast.parse(path.read_text("utf-8")))
    return found


def called(call: ast.Call) -> str:
    return call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")


def bind(function: AnyFunction, call: ast.Call, there: Scope, home: Module) -> Scope:
    names = [arg.arg for arg in (*function.args.posonlyargs, *function.args.args)]
    bound: dict[str, tuple[ast.expr, Scope]] = {}
    inside = Scope(home, function, bound)
    for name, default in zip(reversed(names), reversed(function.args.defaults), strict=False):
        bound[name] = (default, Scope(home))
    for arg, other in zip(function.args.kwonlyargs, function.args.kw_defaults, strict=True):
        if other is not None:
            bound[arg.arg] = (other, Scope(home))
    if names[:1] in (["self"], ["cls"]):
        names = names[1:]
    for name, given in zip(names, call.args, strict=False):
        bound[name] = (given, there)
    for keyword in call.keywords:
        if keyword.arg:
            bound[keyword.arg] = (keyword.value, there)
    return inside


@cache
def _hole(node: ast.expr) -> Words:
    """What is filled in, named by the last name of its expression."""
    names = [
        (
            inner.end_lineno or 0,
            inner.end_col_offset or 0,
            inner.id if isinstance(inner, ast.Name) else inner.attr,
        )
        for inner in ast.walk(node)
        if isinstance(inner, ast.Name | ast.Attribute)
    ]
    bare = [name for *_, name in sorted(names) if name not in PASSING]
    last = (bare or ["value"])[-1].strip("_").lower()
    return (HOLE + (last or "value"),)


def params(scope: Scope) -> set[str]:
    if scope.function is None:
        return set()
    args = scope.function.args
    return {arg.arg for arg in (*args.posonlyargs, *args.args, *args.kwonlyargs)}


def ways(node: ast.expr | None, scope: Scope, depth: int = 0) -> list[Words]:
    """Every text an expression can give."""
    if node is None:
        return [()]
    if depth > DEEPEST:
        return [_hole(node)]
    found = list(dict.fromkeys(islice(_ways(node, scope, depth + 1), MOST + 1)))
    return found if 0 < len(found) <= MOST else [_hole(node)]


def _ways(node: ast.expr, scope: Scope, depth: int) -> Iterator[Words]:
    match node:
        case ast.Constant(value=value):
            yield (str(value),) if value not in ("", None) else ()
        case ast.JoinedStr(values=parts):
            yield from _joined([ways(part, scope, depth) for part in parts])
        case ast.FormattedValue(value=inner, conversion=-1, format_spec=None):
            said = ways(inner, scope, depth)
            yield from said if any(literal(words) for words in said) else [_hole(inner)]
        case ast.FormattedValue(value=inner):
            yield _hole(inner)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            yield from _joined([ways(left, scope, depth), ways(right, scope, depth)])
        case ast.IfExp(body=body, orelse=orelse):
            yield from _any_of((body, orelse), scope, depth)
        case ast.BoolOp(op=ast.Or(), values=values):
            yield from _any_of(values, scope, depth)
        case ast.Subscript(value=inner, slice=ast.Slice()):
            yield from ways(inner, scope, depth)
        case ast.Subscript(value=inner) if isinstance(table := constant(inner, scope), ast.Dict):
            yield from _any_of(table.values, Scope(scope.module), depth)
        case ast.Name(id=name):
            yield from _named(name, node, scope, depth)
        case ast.Call():
            yield from _call(node, scope, depth)
        case _:
            yield _hole(node)


def _any_of(nodes: Iterable[ast.expr], scope: Scope, depth: int) -> Iterator[Words]:
    for node in nodes:
        yield from ways(node, scope, depth)


def _joined(parts: list[list[Words]]) -> Iterator[Words]:
    for chosen in product(*parts):
        yield tuple(word for words in chosen for word in words)


def literal(words: Words) -> bool:
    return any(not word.startswith(HOLE) for word in words)


def constant(node: ast.expr, scope: Scope) -> ast.expr | None:
    """What ``NAME`` or ``module.NAME`` is set to at the top of its file."""
    module, name = scope.module, getattr(node, "id", "")
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        source, there = module.imports.get(node.value.id, ("", ""))
        return found.constants.get(node.attr) if (found := modules().get(f"{source}.{there}")) else None
    if name in module.constants:
        return module.constants[name]
    source, there = module.imports.get(name, ("", ""))
    return found.constants.get(there) if (found := modules().get(source)) else None


def _named(name: str, node: ast.expr, scope: Scope, depth: int) -> Iterator[Words]:
    if name in scope.bound:
        value, there = scope.bound[name]
        said = ways(value, there, depth)
        yield from said if any(map(literal, said)) or said == [()] else [_hole(node)]
        return
    if scope.function is not None and name not in params(scope):
        given = _assigned(scope.function).get(name)
        if given:
            said = [words for value in given for words in ways(value, scope, depth)]
            yield from said if any(map(literal, said)) else [_hole(node)]
            return
    value = constant(node, scope)
    if isinstance(value, ast.Constant | ast.JoinedStr | ast.BinOp) and not isinstance(
        getattr(value, "value", ""), int | float
    ):
        yield from ways(value, Scope(scope.module), depth)
    else:
        yield _hole(node)


@cache
def _assigned(function: AnyFunction) -> dict[str, list[ast.expr]]:
    """What the names of a function are set to."""
    found: dict[str, list[ast.expr]] = defaultdict(list)
    for inner in ast.walk(function):
        if isinstance(inner, ast.Assign | ast.AnnAssign | ast.NamedExpr) and inner.value is not None:
            for target in inner.targets if isinstance(inner, ast.Assign) else (inner.target,):
                found[getattr(target, "id", "")].append(inner.value)
    return dict(found)


def _call(node: ast.Call, scope: Scope, depth: int) -> Iterator[Words]:
    name = called(node)
    match node.func:
        case ast.Attribute(value=inner, attr="strip" | "rstrip" | "lstrip" | "capitalize"):
            yield from ways(inner, scope, depth)
            return
        case ast.Attribute(value=table, attr="get") if isinstance(known := constant(table, scope), ast.Dict):
            yield from _any_of((*known.values, *node.args[1:]), scope, depth)
            return
    function, home = scope.module.functions.get(name), scope.module
    if function is None and name in scope.module.imports:
        source, there = scope.module.imports[name]
        for candidate in (
            modules().get(source),
            *(m for n, m in modules().items() if n.startswith(f"{source}.")),
        ):
            if candidate is not None and there in candidate.functions:
                function, home = candidate.functions[there], candidate
                break
    plain = isinstance(node.func, ast.Name) or (
        isinstance(node.func, ast.Attribute) and getattr(node.func.value, "id", "") in ("self", "cls")
    )
    if (
        function is None
        or not plain
        or hasattr(builtins, name)
        or getattr(function.returns, "id", "") != "str"
    ):
        yield _hole(node)
        return
    inside = bind(function, node, scope, home)
    said = [
        words
        for inner in ast.walk(function)
        if isinstance(inner, ast.Return) and inner.value is not None
        for words in ways(inner.value, inside, depth)
    ]
    yield from said if any(map(literal, said)) else [_hole(node)]
