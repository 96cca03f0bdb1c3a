"""Write the reference pages from the code: commands, endpoints, settings, suites. `make docs` runs it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
HEAD = {
    "en": ("Reference", "Written from the code by `make docs`; do not edit.", "Commands", "Endpoints",
           "Settings of scenarios", "Conformance suites", "Command line", "value", "unit", "meaning", "option"),
    "zh": ("参考", "由 `make docs` 从代码生成，请勿手改。", "命令", "接口", "场景参数", "符合性测试集", "命令行",
           "值", "单位", "含义", "选项"),
}


def commands() -> list[tuple[str, str, list[tuple[str, str]]]]:
    """Every command: its name, help, and options with their help."""
    import typer.main

    from chengshu.app.cli import city, city_run, proof  # noqa: F401  the commands register themselves
    from chengshu.app.cli.base import app

    found: list[tuple[str, str, list[tuple[str, str]]]] = []
    _walk(typer.main.get_command(app), "chengshu", found)
    return found


def _walk(command: Any, name: str, found: list[tuple[str, str, list[tuple[str, str]]]]) -> None:
    if children := getattr(command, "commands", None):
        for key in sorted(children):
            _walk(children[key], f"{name} {key}", found)
        return
    options = []
    for parameter in command.params:
        if parameter.name == "help":
            continue
        words = ", ".join(parameter.opts) if parameter.param_type_name == "option" else parameter.name.upper()
        options.append((words, " ".join((getattr(parameter, "help", "") or "").split())))
    found.append((name, " ".join((command.help or "").split()), options))


def endpoints() -> list[tuple[str, str, str]]:
    """Every documented endpoint: method, path, summary."""
    from chengshu.app.reference import openapi_of_demo

    paths = openapi_of_demo(ROOT)["paths"]
    return [
        (method.upper(), path, operation.get("summary", ""))
        for path, methods in sorted(paths.items())
        for method, operation in sorted(methods.items())
    ]


def settings() -> list[tuple[str, str, Any, str, Any]]:
    """Every setting of every scenario package: scenario, key, value, unit, label."""
    from chengshu.foundation.city.declared import ScenarioFile
    from chengshu.foundation.declared import checked, read_document

    rows = []
    for path in sorted((ROOT / "scenarios").glob("*/scenario.yaml")):
        card = checked(ScenarioFile, read_document(path))
        rows += [(card.id, key, item.value, item.unit, item.label) for key, item in card.settings.items()]
    return rows


def page(language: str) -> str:
    """The reference page in ``en`` or ``zh``."""
    from chengshu.app.conformance import SUITES

    title, note, cmds, ends, sets, suites, _, value, unit, meaning, option = HEAD[language]
    tag = "en" if language == "en" else "zh-Hans"
    lines = [f"# {title}", "", note, "", f"## {cmds}", ""]
    for name, words, options in commands():
        lines += [f"### `{name}`", "", words, ""]
        if options:
            lines += [f"| {option} | {meaning} |", "|---|---|"]
            lines += [f"| `{words}` | {text} |" for words, text in options]
            lines.append("")
    lines += [f"## {ends}", "", "| | | |", "|---|---|---|"]
    lines += [f"| {method} | `{path}` | {summary} |" for method, path, summary in endpoints()]
    lines += ["", f"## {sets}", "", f"| | {value} | {unit} | {meaning} |", "|---|---|---|---|"]
    lines += [f"| `{scenario}` `{key}` | {number} | {code} | {label.say(tag)} |"
              for scenario, key, number, code, label in settings()]
    lines += ["", f"## {suites}", "", *[f"- `{name}`" for name in sorted(SUITES)], ""]
    return "\n".join(lines)


def main() -> int:
    """Write both pages; with ``--check`` only say whether they are as the code is."""
    wrong = []
    for language in HEAD:
        path = ROOT / "docs" / language / "reference.md"
        text = page(language)
        if "--check" in sys.argv:
            if not path.is_file() or path.read_text("utf-8") != text:
                wrong.append(str(path.relative_to(ROOT)))
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
            print(f"wrote {path.relative_to(ROOT)}")
    if wrong:
        print(f"not as the code is: {', '.join(wrong)}; run: make docs")
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
