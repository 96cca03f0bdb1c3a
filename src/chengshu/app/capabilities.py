"""The table of the mission's capabilities: what works, and which test proves it."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from chengshu.foundation.declared import Declaration, checked, read_document

Status = Literal["works", "partly", "planned", "outside"]


class Capability(Declaration):
    """One row of capabilities.yaml."""

    id: int
    name: str
    quote: str
    kind: Literal["core", "scenario", "outside"]
    works_when: str
    status: Status
    proof: tuple[str, ...] = ()
    missing: str = ""  # for ``partly``: what is not there yet


@dataclass(frozen=True, slots=True)
class Doubt:
    """Why a row may not say what it says."""

    id: int
    detail: str


def read_capabilities(path: Path) -> tuple[Capability, ...]:
    """All rows. Raises :class:`Invalid` with the line of a wrong one."""
    return checked(tuple[Capability, ...], read_document(path))


def doubts(rows: tuple[Capability, ...], root: Path) -> list[Doubt]:
    """Rows whose state is not backed: ``works`` without a proof that exists, ``partly`` without a word."""
    found = []
    for row in rows:
        if row.status == "works" and not row.proof:
            found.append(Doubt(row.id, "says 'works' and names no proof"))
        if row.status == "partly" and not row.missing:
            found.append(Doubt(row.id, "says 'partly' and not what is missing"))
        found += [Doubt(row.id, problem) for node in row.proof if (problem := _problem(node, root))]
    return found


def _problem(node: str, root: Path) -> str:
    """Why the test ``tests/x.py::test_y`` is no proof, or an empty string."""
    file, _, name = node.partition("::")
    path = root / file
    if not path.is_file():
        return f"the proof {node} does not exist: no such file"
    marked = _marked(path, path.stat().st_mtime_ns)
    if not name:
        return "" if any(key.startswith("test") for key in marked) else f"{file} holds no test"
    marks = marked.get(name.split("::")[-1].split("[")[0])
    if marks is None:
        return f"the proof {node} does not exist: no such test"
    if "skip" in marks.replace("skipif", "") or "xfail" in marks:
        return f"the proof {node} is skipped or expected to fail"
    return ""


@cache
def _marked(path: Path, _written: int) -> dict[str, str]:
    """Every function and class of a file with its decorators, read once for all that name it."""
    return {
        item.name: " ".join(ast.unparse(mark) for mark in item.decorator_list)
        for item in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(item, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
    }
