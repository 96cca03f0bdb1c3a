"""The rules of the house that no other tool checks. An exception is named here; a stale one fails."""

from __future__ import annotations

import ast
import gc
import re
from collections.abc import Iterator
from functools import cache
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path

import pytest
from tests.app.terminal import ROOT

SOURCE = ROOT / "src" / "chengshu"
OURS = ("src", "tests", "tools", "benchmarks", "scenarios", "cities", "docs", "changes")
READ = {
    ".py",
    ".md",
    ".yaml",
    ".toml",
    ".html",
    ".js",
    ".css",
    ".inp",
    ".bpmn",
    ".dmn",
    ".svg",
    ".geojson",
    "",
}
LONGEST = 450
SQL_OUTSIDE_STORES = {
    "foundation/journal/commands.py",  # the journal is the one table every room writes through
    "foundation/journal/outbox.py",
    "foundation/journal/queries.py",
    "ports/rows.py",  # how a row takes the place of another, for all rooms
    "ports/suites/database.py",  # a suite for databases speaks SQL
    "ports/database.py",  # the port hands tables through
    "app/hub.py",
    "resources/ledger/harvest/connectors/database.py",  # reads the catalogues of other people's databases
}
OWN_CLOCKS = {
    "app/demo.py",  # a clock that runs faster than ours
    "app/drill/run.py",  # how long a drill took, said beside the report
    "engines/swmm/pool.py",  # patience with a process of the system
    "kernel/clock.py",
}
NAMESPACES = (
    *("www.w3.org", "www.omg.org", "uri.etsi.org", "www.opengis.net", "json-schema.org", "purl.org"),
    *("publications.europa.eu", "www.iana.org", "smartdatamodels.org", "schemas.openxmlformats.org"),
    *("schema.org", "mlcommons.org", "127.0.0.1", "localhost", "host"),
)
RESERVED = re.compile(r"\.(example|invalid|test)$")  # RFC 2606: names that lead nowhere


@cache
def modules() -> dict[str, ast.Module]:
    gc.disable()  # a million objects are made and none goes: the collector takes four fifths of the time
    try:
        return {
            str(path.relative_to(SOURCE)): ast.parse(path.read_text("utf-8"))
            for path in sorted(SOURCE.rglob("*.py"))
        }
    finally:
        gc.enable()


@pytest.fixture(scope="module", autouse=True)
def forget() -> Iterator[None]:
    """The trees of all modules are a million objects, which the collector would look at again and again."""
    yield
    modules.cache_clear()


def texts() -> Iterator[tuple[Path, str]]:
    """Every text we wrote."""
    files = [path for name in OURS for path in (ROOT / name).rglob("*")]
    for path in [
        *files,
        *ROOT.glob("*.md"),
        *ROOT.glob("*.yaml"),
        ROOT / "Makefile",
        ROOT / "pyproject.toml",
    ]:
        skip = not path.is_file() or {"vendor", "__pycache__", "node_modules"} & set(path.parts)
        if not skip and path.suffix in READ:
            yield path, path.read_text("utf-8")


def test_no_file_is_longer_than_a_person_reads_at_once() -> None:
    long = {
        name: lines
        for name in modules()
        if (lines := (SOURCE / name).read_text("utf-8").count("\n")) > LONGEST
    }
    assert long == {}


def test_sql_is_in_stores_and_engines() -> None:
    speaking = set()
    for name, tree in modules().items():
        said = {
            alias.name
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("sqlalchemy")
            for alias in node.names
        }
        if (
            said - {"Connection", "Row"}
            and not Path(name).name.startswith("store")
            and "engines/" not in name
        ):
            speaking.add(name)
    assert speaking == SQL_OUTSIDE_STORES


def test_time_and_chance_are_handed_in() -> None:
    forbidden = re.compile(
        r"\b(time\.time|time\.monotonic|time\.perf_counter|datetime\.now|datetime\.utcnow|date\.today|uuid\.uuid\d|uuid4"
        r"|random\.(?:random|choice|randint|shuffle|seed)|default_rng\(\))"
    )
    found = {name for name, tree in modules().items() if forbidden.search(_code(tree))}
    assert found - {"ports/suites/routing.py"} == OWN_CLOCKS  # the suite draws from a seeded generator


def _code(tree: ast.Module) -> str:
    """The calls of a module as text, without comments and docstrings."""
    return "\n".join(
        ast.unparse(node.func) + "()" * (not node.args)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
    )


def test_every_module_says_what_it_is_for() -> None:
    assert [name for name, tree in modules().items() if tree.body and not ast.get_docstring(tree)] == []


def test_every_public_thing_says_what_it_does() -> None:
    """Plain records may let their fields speak."""
    silent = [
        f"{name}: {node.name}"
        for name, tree in modules().items()
        for node in tree.body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        and not (node.name.startswith("_") or ast.get_docstring(node))
        and not (
            isinstance(node, ast.ClassDef) and all(isinstance(part, ast.AnnAssign) for part in node.body)
        )
    ]
    assert not silent


def test_nothing_is_left_for_later_and_nothing_leads_to_this_machine() -> None:
    later = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X)\b")
    here = re.compile(r"(?<![\w.}])/(?:work|root|home|Users|tmp)/")
    found = [
        f"{path.relative_to(ROOT)}: {match[0]}"
        for path, text in texts()
        for match in (*later.finditer(text), *here.finditer(text))
        if path != Path(__file__)
    ]
    assert found == []


def test_no_address_of_the_outside_world_is_in_what_runs() -> None:
    """Namespaces of standards are names, not addresses; nothing is fetched from them."""
    found = []
    for path, text in texts():
        if path.parts[len(ROOT.parts)] in ("src", "scenarios", "cities"):
            for host in re.findall(r"https?://([\w.-]+)", text):
                if host not in NAMESPACES and not RESERVED.search(host):
                    found.append(f"{path.relative_to(ROOT)}: {host}")
    assert found == []


def test_no_licence_is_stronger_than_lgpl() -> None:
    """Of everything the hub is installed with."""
    strong, seen = [], 0
    for name in re.findall(
        r"^([A-Za-z0-9._-]+)==", (ROOT / "requirements.lock").read_text("utf-8"), re.MULTILINE
    ):
        try:
            about = metadata(name)
        except PackageNotFoundError:
            continue  # of another system
        seen += 1
        said = [about.get("License-Expression") or "", about.get("License") or ""]
        said += [line for line in about.get_all("Classifier") or [] if line.startswith("License ::")]
        words = " ".join(line[:200] for line in said)
        if re.search(r"(?<!L)GPL|Affero|(?<!Lesser )General Public", words) and "LGPL" not in words:
            strong.append(f"{name}: {words}")
    assert seen > 30
    assert strong == []
