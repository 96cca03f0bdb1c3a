"""What errors say, read from the source: every way a message of a typed error can be put together.

A helper that is handed its words is followed to those who call it; problems written as they go out and the
titles of classes of errors are taken too.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from tests.console.ways import (
    HOLE,
    Module,
    Scope,
    Words,
    bind,
    called,
    constant,
    literal,
    modules,
    params,
    ways,
)

NESTED = f"{HOLE}detail"  # another error's message
BASE = "ChengshuError"
PLACES = ("code", "detail", "where", "remedy")
MAKERS = {
    "Fault": PLACES,
    "Reject": ("index", "code", "detail"),  # a record in quarantine, shown beside its source
    "_Bad": ("code", "detail"),
    "Mend": ("code", "detail", "remedy"),  # what the linter of entities found
    "Verdict": ("entries", "head", "broken_at", "detail"),  # on the journal
}
TOLD = ("detail", "problem", "message", "remedy")  # what makers of errors call their words
COLLECTORS = ("faults", "found", "out", "problems", "wrong")  # what Findings are called, beside findings


@dataclass(frozen=True, slots=True)
class Said:
    """One template of an error: its code (None when put together), the words, and where they stand."""

    code: str | None
    template: str
    place: str


def _name(base: ast.expr) -> str:
    return base.id if isinstance(base, ast.Name) else getattr(base, "attr", "")


@cache
def classes() -> dict[str, tuple[Module, ast.ClassDef]]:
    """The classes of errors, by name."""
    found: dict[str, tuple[Module, ast.ClassDef]] = {}
    while True:
        new = {
            node.name: (module, node)
            for module in modules().values()
            for node in module.nodes
            if isinstance(node, ast.ClassDef)
            and node.name not in found
            and (node.name == BASE or any(_name(base) in {*found, BASE} for base in node.bases))
        }
        if not new:
            return found
        found |= new


@cache
def _calls() -> dict[str, list[tuple[Module, ast.Call]]]:
    found = defaultdict(list)
    for module in modules().values():
        for node in module.nodes:
            if isinstance(node, ast.Call):
                found[called(node)].append((module, node))
    return dict(found)


def _callers(scope: Scope, handed: set[str]) -> list[Scope]:
    """The function of ``scope`` as each of its callers calls it; ``handed`` are the words it is handed."""
    function, home = scope.function, scope.module
    if function is None:
        return []
    found = []
    for module, call in _calls().get(function.name, ()):
        near = module is home or any(
            source == home.name or home.name.startswith(f"{source}.") for source, _ in module.imports.values()
        )
        if function.name.startswith("_"):
            near = module is home
        if near and isinstance(call.func, ast.Name) and module is not home:
            near = call.func.id in module.imports
        elif module is not home and not handed & {*PLACES, *TOLD}:
            near = False  # a method of that name may be another's
        if near and module.owners.get(call) is not function:
            found.append(bind(function, call, Scope(module, module.owners.get(call)), home))
    return found


def _signature(name: str, call: ast.Call) -> tuple[str, ...] | None:
    """The names of the positional arguments when ``call`` makes an error, else None."""
    if name in MAKERS:
        return MAKERS[name]
    if name == "add":
        wide = len(call.args) >= 2 or any(keyword.arg in PLACES for keyword in call.keywords)
        return ("code", "detail") if wide and _mentions_findings(call) else None
    if name in classes():
        return _init(name)
    return None


def _mentions_findings(call: ast.Call) -> bool:
    holder = getattr(call.func, "value", None)
    last = holder.id if isinstance(holder, ast.Name) else getattr(holder, "attr", "")
    return "finding" in last or last in COLLECTORS


def _line(name: str) -> Iterator[ast.ClassDef]:
    """A class of errors and those it comes from, without the base of all."""
    while name in classes() and name != BASE:
        _, node = classes()[name]
        yield node
        name = next(_name(base) for base in node.bases if _name(base) in classes())


def _init(name: str) -> tuple[str, ...]:
    for node in _line(name):
        for inner in node.body:
            if isinstance(inner, ast.FunctionDef) and inner.name == "__init__":
                return tuple(arg.arg for arg in inner.args.args[1:])
    return ("code", "detail")


def _fixed_code(name: str) -> str | None:
    """The code a class of errors gives itself, when its maker is not asked for one."""
    for node in _line(name):
        if code := _set_in(node, "code"):
            return code
        for inner in ast.walk(node):
            if isinstance(inner, ast.Call) and getattr(inner.func, "attr", "") == "__init__" and inner.args:
                first = inner.args[0]
                if isinstance(first, ast.Constant):
                    return str(first.value)
    return None


def _set_in(node: ast.ClassDef, name: str) -> str:
    """The text a class sets ``name`` to, alone or in a row of names."""
    for inner in node.body:
        if not isinstance(inner, ast.AnnAssign | ast.Assign):
            continue
        target = inner.target if isinstance(inner, ast.AnnAssign) else inner.targets[0]
        pairs = [(target, inner.value)]
        if isinstance(target, ast.Tuple) and isinstance(inner.value, ast.Tuple):
            pairs = list(zip(target.elts, inner.value.elts, strict=True))
        for one, value in pairs:
            if getattr(one, "id", "") == name and isinstance(value, ast.Constant):
                return str(value.value)
    return ""


def template(words: Words) -> str:
    """The words as a template: ``{name}`` for what is filled in, a second of the same name numbered."""
    seen: dict[str, int] = defaultdict(int)
    made = ""
    for word in words:
        if word.startswith(HOLE):
            name = word.removeprefix(HOLE)
            seen[name] += 1
            made += "{" + name + (str(seen[name]) if seen[name] > 1 else "") + "}"
        else:
            made += word.replace("{", "{{").replace("}", "}}")
    return made


def said() -> list[Said]:
    """Every template of every error of the hub."""
    found = dict.fromkeys((*_titles(), *_bodies()))
    for name, calls in list(_calls().items()):
        for module, call in calls:
            signature = _signature(name, call)
            if signature is None:
                continue
            owner = module.owners.get(call)
            for one in _spoken(name, call, signature, Scope(module, owner)):
                found[one] = None
    return list(found)


def _titles() -> Iterator[Said]:
    """What a class of errors is headed with."""
    for module, node in classes().values():
        if title := _set_in(node, "title"):
            yield Said(None, title, _place(module, node))


def _bodies() -> Iterator[Said]:
    """Problems that are written as they go out."""
    for module in modules().values():
        for node in module.nodes:
            if not isinstance(node, ast.Dict) or not all(
                isinstance(key, ast.Constant) for key in node.keys if key
            ):
                continue
            body = {key.value: value for key, value in zip(node.keys, node.values, strict=True) if key}
            kind = body.get("type")
            kinds = ways(kind, Scope(module)) if isinstance(kind, ast.expr) else [()]
            if len(kinds) != 1 or not "".join(kinds[0]).startswith("urn:chengshu:problem:"):
                continue
            code = None if len(kinds[0]) > 1 else kinds[0][0].rpartition(":")[2]
            for part in ("title", "detail", "remedy"):
                for text in ways(body.get(part), Scope(module, module.owners.get(node))):
                    if literal(text):
                        yield Said(code, template(text), _place(module, node))


def _place(module: Module, node: ast.AST) -> str:
    return f"{module.name.replace('.', '/').removeprefix('chengshu/')}.py:{getattr(node, 'lineno', 0)}"


def _spoken(name: str, call: ast.Call, signature: tuple[str, ...], scope: Scope) -> Iterator[Said]:
    given: dict[str, ast.expr] = dict(zip(signature, call.args, strict=False))
    given |= {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg}
    if "text" not in signature and {"text", "reason"} & given.keys():
        given = {part: given[part] for part in ("code", "remedy") if part in given}  # the rest it brings
    yield from _given(name, call, given, scope)


def _given(
    name: str, call: ast.Call, given: dict[str, ast.expr], scope: Scope, *, followed: bool = False
) -> Iterator[Said]:
    words = {part: given.get(part) for part in ("code", *TOLD)}
    handed = {
        inner.id
        for part in words.values()
        if part is not None
        for inner in _open(part)
        if inner.id in params(scope) and inner.id not in scope.bound
    }
    callers = _callers(scope, handed) if handed and not followed else []
    if any(_worded(caller.bound[name]) for caller in callers for name in handed & {*caller.bound}):
        for caller in callers:
            yield from _given(name, call, given, caller, followed=True)
        return
    codes = ways(given["code"], scope) if "code" in given else [(_fixed_code(name) or "",)]
    place = _place(scope.module, call)
    for part in TOLD:
        for text in ways(words[part], scope) if words[part] is not None else ():
            if literal(text) and (_lettered(text) or NESTED in text):
                for code in codes:
                    plain = template(code) if not any(word.startswith(HOLE) for word in code) else None
                    yield Said(plain, template(text), place)


def _lettered(text: Words) -> bool:
    return any(letter.isalpha() for word in text if not word.startswith(HOLE) for letter in word)


def _worded(given: tuple[ast.expr, Scope]) -> bool:
    """Whether an argument brings words, or hands on words that its own caller brings."""
    node, scope = given
    if isinstance(node, ast.Name):
        handed_on = node.id in params(scope) and node.id in PLACES
        return handed_on or isinstance(constant(node, scope), ast.Constant)
    if isinstance(node, ast.Constant):
        return isinstance(node.value, str) and bool(node.value)
    return isinstance(node, ast.JoinedStr | ast.BinOp | ast.IfExp | ast.BoolOp)


def _open(node: ast.expr) -> Iterator[ast.Name]:
    """The names whose words go into the text as they are."""
    match node:
        case ast.Name():
            yield node
        case ast.JoinedStr(values=values):
            for value in values:
                if (
                    isinstance(value, ast.FormattedValue)
                    and value.conversion == -1
                    and value.format_spec is None
                ):
                    yield from _open(value.value)
        case ast.BinOp(left=left, right=right):
            yield from _open(left)
            yield from _open(right)
        case ast.IfExp(body=body, orelse=orelse):
            yield from _open(body)
            yield from _open(orelse)
        case ast.BoolOp(values=values):
            for value in values:
                yield from _open(value)
        case ast.Subscript(value=value, slice=ast.Slice()):
            yield from _open(value)
