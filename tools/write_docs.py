"""Write the reference pages from the code: commands, endpoints, settings, files, suites. `make docs` runs it.

``python tools/write_docs.py --check`` writes nothing and ends with status 1 when a page is out of date.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
LANGUAGES = ("en", "zh")
WORDS = {
    "title": ("Reference", "参考"),
    "note": (
        "Written from the code by `make docs`; do not edit.",
        "由 `make docs` 从代码生成，请勿手改。说明文字取自代码，为英文。",
    ),
    "commands": ("Commands", "命令"),
    "endpoints": ("Endpoints", "接口"),
    "settings": ("Settings of scenarios", "场景参数"),
    "files": ("Declared files", "声明文件"),
    "suites": ("Conformance suites", "符合性测试集"),
    "option": ("option", "选项"),
    "meaning": ("meaning", "含义"),
    "method": ("method", "方法"),
    "address": ("address", "地址"),
    "setting": ("setting", "参数"),
    "value": ("value", "值"),
    "unit": ("unit", "单位"),
    "file": ("file", "文件"),
    "keys": ("keys (needed ones in bold)", "键（必需的加粗）"),
}


@dataclass(frozen=True)
class Command:
    """A command of the command line: its name with all parents, its help, its options with theirs."""

    name: str
    help: str
    options: tuple[tuple[str, str], ...]


def commands() -> list[Command]:
    """Every command, groups resolved."""
    from chengshu.app.cli import program

    return list(_walk(program(), "chengshu"))


def _walk(command: Any, name: str) -> Iterator[Command]:
    if children := getattr(command, "commands", None):
        for key in sorted(children):
            yield from _walk(children[key], f"{name} {key}")
        return
    options = tuple(
        (
            ", ".join([*item.opts, *item.secondary_opts])
            if item.param_type_name == "option"
            else item.name.upper(),
            _line(getattr(item, "help", "")) + _default(item.default),
        )
        for item in command.params
        if item.name != "help"
    )
    yield Command(name, _line(command.help), options)


def _default(value: Any) -> str:
    """The default where there is one worth saying; places on this machine are not."""
    told = isinstance(value, int | float | str | Path) and not isinstance(value, bool) and str(value) != ""
    return f" [{value}]" if told and not (isinstance(value, Path) and value.is_absolute()) else ""


def _line(text: str | None) -> str:
    return " ".join((text or "").split()).replace("|", "\\|").replace("``", "`")


def endpoints() -> list[tuple[str, str, str]]:
    """Every documented endpoint: method, path, summary."""
    from chengshu.app.reference import openapi_of_demo

    return [
        (method.upper(), path, _line(operation.get("description") or operation.get("summary")))
        for path, methods in sorted(openapi_of_demo(ROOT)["paths"].items())
        for method, operation in sorted(methods.items())
    ]


def settings() -> list[tuple[str, str, Any, str, Any]]:
    """Every setting of every scenario package: scenario, key, value, unit, label."""
    from chengshu.foundation.city.declared import ScenarioFile
    from chengshu.foundation.declared import checked, read_document

    return [
        (card.id, key, item.value, item.unit, item.label)
        for path in sorted((ROOT / "scenarios").glob("*/scenario.yaml"))
        for card in (checked(ScenarioFile, read_document(path)),)
        for key, item in card.settings.items()
    ]


def files() -> list[tuple[str, str]]:
    """Every declared file and its keys."""
    from chengshu.app.checks import schemas

    return [
        (
            name,
            " ".join(
                f"**`{key}`**" if key in schema.get("required", []) else f"`{key}`"
                for key in schema["properties"]
            ),
        )
        for name, schema in sorted(schemas().items())
    ]


def pages() -> dict[str, str]:
    """The reference page of each language."""
    found = commands(), endpoints(), settings(), files()
    return {language: "\n".join(_page(at, *found)) for at, language in enumerate(LANGUAGES)}


def _page(
    at: int,
    cmds: Iterable[Command],
    ends: Iterable[tuple[str, str, str]],
    values: Iterable[tuple[str, str, Any, str, Any]],
    declared: Iterable[tuple[str, str]],
) -> Iterator[str]:
    from chengshu.app.conformance import SUITES

    w = {key: texts[at] for key, texts in WORDS.items()}
    tag = ("en", "zh-Hans")[at]
    yield from (f"# {w['title']}", "", w["note"], "", f"## {w['commands']}", "")
    for command in cmds:
        yield from (f"### `{command.name}`", "", command.help, "")
        if command.options:
            yield from (
                *_table(w["option"], w["meaning"], rows=[(f"`{o}`", t) for o, t in command.options]),
                "",
            )
    yield from (f"## {w['endpoints']}", "")
    yield from _table(w["method"], w["address"], w["meaning"], rows=[(m, f"`{p}`", s) for m, p, s in ends])
    yield from ("", f"## {w['settings']}", "")
    rows = [(f"`{s}` `{key}`", value, unit, label.say(tag)) for s, key, value, unit, label in values]
    yield from _table(w["setting"], w["value"], w["unit"], w["meaning"], rows=rows)
    yield from ("", f"## {w['files']}", "")
    yield from _table(w["file"], w["keys"], rows=[(f"`{name}`", keys) for name, keys in declared])
    yield from ("", f"## {w['suites']}", "", *(f"- `{name}`" for name in sorted(SUITES)), "")


def _table(*heads: str, rows: Iterable[Iterable[object]]) -> Iterator[str]:
    yield f"| {' | '.join(heads)} |"
    yield "|---" * len(heads) + "|"
    for row in rows:
        yield f"| {' | '.join(map(str, row))} |"


def main() -> int:
    """Write the pages; with ``--check`` only say whether they are as the code is."""
    wrong = []
    for language, text in pages().items():
        path = ROOT / "docs" / language / "reference.md"
        if "--check" not in sys.argv:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
            print(f"wrote {path.relative_to(ROOT)}")
        elif not path.is_file() or path.read_text("utf-8") != text:
            wrong.append(str(path.relative_to(ROOT)))
    if wrong:
        print(f"not as the code is: {', '.join(wrong)}; run: make docs")
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
