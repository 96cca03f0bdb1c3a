"""The documentation is as the code is: commands parse, examples are right, links lead somewhere."""

from __future__ import annotations

import re
import shlex
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.app.terminal import ROOT, run

from chengshu.app.cli import program
from chengshu.app.drill.declared import DrillFile
from chengshu.foundation.city.declared import (
    CityFile,
    DepartmentsFile,
    DutiesFile,
    OverlaySettings,
    ScenarioFile,
)
from chengshu.foundation.declared import checked, read_document
from chengshu.foundation.sensing.declared import read_sources
from chengshu.kernel.calendar import WorkingCalendar
from chengshu.scenes.vitals.declared import IndicatorsFile
from tools import write_docs

PAGES = sorted(
    [
        *ROOT.glob("*.md"),
        *ROOT.glob("docs/**/*.md"),
        *ROOT.glob("scenarios/*/*.md"),
        *ROOT.glob("cities/*/*.md"),
    ]
)
FENCE = re.compile(r"^```([^\n]*)\n(.*?)^```", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"\]\(([^)\s]+)\)")
QUICK = ("check", "new", "schema", "capabilities", "conformance list")


def names(pages: list[Path]) -> list[str]:
    return [str(page.relative_to(ROOT)) for page in pages]


@dataclass(frozen=True)
class Shown:
    """A command as a page shows it."""

    page: Path
    line: str
    inline: bool = False

    @property
    def words(self) -> list[str]:
        return shlex.split(self.line, comments=True)


def shown(page: Path) -> Iterator[Shown]:
    """Every ``chengshu …`` of the page: in blocks line by line, and between backticks in the text."""
    text = page.read_text("utf-8")
    for kind, block in FENCE.findall(text):
        if kind in ("", "sh", "console"):
            for line in block.splitlines():
                if found := re.match(r"\s*(?:\.venv/bin/)?chengshu\s+(.*)", line):
                    yield Shown(page, found[1])
    for line in re.findall(r"`(?:\.venv/bin/)?chengshu ([^`]+)`", FENCE.sub("", text)):
        if "…" not in line:
            yield Shown(page, line, inline=True)


COMMANDS = [command for page in PAGES for command in shown(page)]


def parse(words: list[str], inline: bool) -> None:
    """Parse as the command line would, and do nothing. Raises a click error.

    In the text a command may be called by its name alone.
    """
    command = program()
    name = "chengshu"
    while children := getattr(command, "commands", None):
        if not words:
            return  # a group alone shows its help
        name, words = words[0], words[1:]
        assert name in children, f"there is no command {name!r}"
        command = children[name]
    if words or not inline:
        command.make_context(name, list(words))


def test_the_reference_is_as_the_code_is() -> None:
    for language, text in write_docs.pages().items():
        path = ROOT / "docs" / language / "reference.md"
        assert path.is_file() and path.read_text("utf-8") == text, (
            f"{path} is not as the code is; run: make docs"
        )


def test_every_command_endpoint_and_setting_is_in_the_reference_of_both_languages() -> None:
    from chengshu.app.reference import openapi_of_demo

    settings = [row[1] for row in write_docs.settings()]
    paths = list(openapi_of_demo(ROOT)["paths"])
    commands = [command.name for command in write_docs.commands()]
    assert len(commands) >= 12 and len(paths) >= 10 and len(settings) >= 20
    for language in write_docs.LANGUAGES:
        text = (ROOT / "docs" / language / "reference.md").read_text("utf-8")
        for word in (*settings, *paths, *commands):
            assert f"`{word}`" in text, f"{language}: {word} is missing"


@pytest.mark.parametrize("language", write_docs.LANGUAGES)
def test_every_command_is_shown_at_work_in_a_page_somewhere(language: str) -> None:
    pages = [page for page in PAGES if page.parent.name == language and page.stem != "reference"]
    told = " ".join(page.read_text("utf-8") for page in pages) + (ROOT / "Makefile").read_text("utf-8")
    for command in write_docs.commands():
        assert command.name in told, f"no page in {language} shows {command.name}"


def test_the_pages_show_commands_at_all() -> None:
    assert {command.page.name for command in COMMANDS} >= {
        "README.md",
        "README.zh.md",
        "quickstart.md",
        "operate.md",
    }


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: f"{command.page.stem}: {command.line}"[:80])
def test_a_command_that_is_shown_parses(command: Shown) -> None:
    parse(command.words, command.inline)


@pytest.mark.parametrize("page", [page for page in PAGES if any(shown(page))], ids=lambda page: page.stem)
def test_the_quick_ones_run(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the order of the page, in a folder that looks like the project's."""
    for name in ("cities", "scenarios"):
        shutil.copytree(ROOT / name, tmp_path / name)
    monkeypatch.chdir(tmp_path)
    made = tmp_path / "cities" / "mycity"
    for command in dict.fromkeys(shown(page)):
        line = shlex.join(command.words)
        if not any(
            line.startswith(f"{quick} ") or line == quick in ("capabilities", "conformance list")
            for quick in QUICK
        ):
            continue
        if "NAME" in line or (line.startswith("new ") and made.exists()):
            continue
        if "cities/mycity" in line and not made.exists():
            assert run("new", "mycity").code == 0
        ran = run(*command.words)
        assert ran.code == 0, f"{line}: {ran.err or ran.out}"


READERS: dict[str, Callable[[Path], Any]] = {
    "city.toml": lambda path: checked(CityFile, read_document(path)),
    "departments.yaml": lambda path: checked(DepartmentsFile, read_document(path)),
    "duties.yaml": lambda path: checked(DutiesFile, read_document(path)),
    "calendar.yaml": lambda path: WorkingCalendar.read(read_document(path).data, _zone()),
    "settings.yaml": lambda path: checked(OverlaySettings, read_document(path)),
    "scenario.yaml": lambda path: checked(ScenarioFile, read_document(path)),
    "sources.yaml": read_sources,
    "indicators.yaml": lambda path: checked(IndicatorsFile, read_document(path)),
    "drill.yaml": lambda path: checked(DrillFile, read_document(path)),
}


def _zone() -> Any:
    from zoneinfo import ZoneInfo

    return ZoneInfo("Asia/Shanghai")


@pytest.mark.parametrize("language", write_docs.LANGUAGES)
def test_the_examples_of_declared_files_are_read_without_a_mistake(language: str, tmp_path: Path) -> None:
    seen = set()
    for page in sorted((ROOT / "docs" / language).glob("*.md")):
        for kind, block in FENCE.findall(page.read_text("utf-8")):
            _, _, name = kind.partition(" ")
            if name:
                (tmp_path / name).write_text(block, "utf-8")
                READERS[name](tmp_path / name)
                seen.add(name)
    assert seen == set(READERS)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_relative_links_lead_somewhere(page: Path) -> None:
    for target in LINK.findall(FENCE.sub("", page.read_text("utf-8"))):
        if "://" in target or target.startswith(("#", "mailto:")):
            continue
        assert (page.parent / target.partition("#")[0]).exists(), f"{target} leads nowhere"


def test_make_targets_that_are_shown_exist() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    for page in PAGES:
        for word in re.findall(
            r"(?:^|`)(?:[A-Z]+=\S+ )?make ([a-z]+)", page.read_text("utf-8"), re.MULTILINE
        ):
            assert word in targets, f"{page.name} shows make {word}"


def test_both_languages_have_the_same_pages_with_the_same_parts() -> None:
    for page in sorted((ROOT / "docs" / "en").glob("*.md")):
        other = ROOT / "docs" / "zh" / page.name
        assert other.is_file(), f"{page.name} is not there in Chinese"
        outlines = [
            re.findall(r"^(#+) ", FENCE.sub("", p.read_text("utf-8")), re.MULTILINE) for p in (page, other)
        ]
        assert outlines[0] == outlines[1], f"{page.name} has other parts in Chinese"
        blocks = [[kind for kind, _ in FENCE.findall(p.read_text("utf-8"))] for p in (page, other)]
        assert blocks[0] == blocks[1], f"{page.name} has other examples in Chinese"
    assert (
        len(list((ROOT / "docs" / "en").glob("*.md"))) == len(list((ROOT / "docs" / "zh").glob("*.md"))) >= 9
    )
