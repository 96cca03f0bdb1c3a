"""The rule language stands by itself: it imports the kernel and little else, and never evaluates Python."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

FORBIDDEN = {
    "eval",
    "exec",
    "compile",
    "__import__",
    "globals",
    "locals",
    "setattr",
    "delattr",
    "open",
    "input",
}
ALLOWED = {"chengshu.kernel", "chengshu.rules", "lxml"}
WITH_ARROW = {"feel/vector.py", "dmn/vector.py"}
READS_FILES = {"dmn/conformance.py", "dmn/kit_files.py"}
READS_OWN_FIELDS = {"feel/ast.py", "dmn/analysis.py"}


def sources(root: Path) -> list[Path]:
    return sorted((root / "src" / "chengshu" / "rules").rglob("*.py"))


@pytest.fixture
def files(root: Path) -> dict[str, ast.Module]:
    top = root / "src" / "chengshu" / "rules"
    return {file.relative_to(top).as_posix(): ast.parse(file.read_text("utf-8")) for file in sources(root)}


def imports(tree: ast.Module) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module or "")
    return found


def test_only_the_kernel_is_imported(files: dict[str, ast.Module]) -> None:
    for name, tree in files.items():
        for module in imports(tree):
            known = module.partition(".")[0] in sys.stdlib_module_names
            ours = any(module == part or module.startswith(part + ".") for part in ALLOWED)
            arrow = name in WITH_ARROW and module.partition(".")[0] == "pyarrow"
            assert known or ours or arrow, f"{name} imports {module}"


def test_no_python_is_evaluated_and_nothing_is_read_by_name(files: dict[str, ast.Module]) -> None:
    for name, tree in files.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                called = node.func.id
                assert called not in FORBIDDEN, f"{name}:{node.lineno} calls {called}"
                assert called != "getattr" or name in READS_OWN_FIELDS, f"{name}:{node.lineno} calls getattr"


def test_no_clock_and_no_chance(files: dict[str, ast.Module]) -> None:
    for name, tree in files.items():
        used = imports(tree)
        assert not used & {"random", "uuid", "time", "secrets", "socket", "os", "subprocess"}, name
        if name not in READS_FILES:
            assert not used & {"pathlib", "tarfile", "io"}, name
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and node.attr in ("now", "today", "utcnow"):
                value = node.value
                assert not (isinstance(value, ast.Name) and value.id in ("datetime", "date")), name


def test_every_builtin_says_what_it_does() -> None:
    from chengshu.rules.feel.builtins import BUILTINS

    for name, builtin in BUILTINS.items():
        for signature in builtin.signatures:
            described = signature.apply.__doc__ or signature.apply.__name__ == "apply"
            assert described, name
