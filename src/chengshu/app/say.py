"""How the command line speaks."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.markup import escape

from chengshu.kernel.errors import ChengshuError, Fault

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)


def say_json(value: Any) -> None:
    """One JSON document on stdout, readable, stable key order."""
    print(json.dumps(value, ensure_ascii=False, indent=2, sort_keys=True, default=str))  # noqa: T201


def faults_of(error: ChengshuError) -> list[Fault]:
    """Every fault an error carries."""
    return [Fault(**fault) for fault in error.extra.get("faults", [])] or [error.fault]


def language_of(environment: Mapping[str, str]) -> str:
    """The language of the terminal (a tag of LANGUAGES) by its locale variables; else English."""
    for name in ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        if said := environment.get(name, ""):
            tag = said.partition(":")[0].partition(".")[0].replace("_", "-")
            if tag.lower().startswith("zh"):
                from chengshu.console.words import choose_language  # the console takes its time to come

                return choose_language(None, tag)
            return "en"
    return "en"


def in_terminal(fault: Fault) -> Fault:
    """The fault in the language of the terminal."""
    if (language := language_of(os.environ)) == "en":
        return fault
    from chengshu.console.faults import in_language

    return in_language(fault, language)


def say_faults(faults: list[Fault]) -> None:
    """Each fault on its own lines: place, what is wrong, what to do; in the language of the terminal."""
    for fault in map(in_terminal, faults):
        _say(fault)


def say_error(error: ChengshuError) -> None:
    """An error that ended a command, in the words it brings or those of the catalogue."""
    language = language_of(os.environ)
    if error.extra.get("faults") or language == "en":
        say_faults(faults_of(error))
    else:
        from chengshu.console.faults import told

        _say(told(error, language))


def _say(fault: Fault) -> None:
    place, detail = escape(fault.where or "here"), escape(fault.detail)
    err.print(f"[bold]{place}[/bold]: {detail} [dim]({fault.code})[/dim]", markup=True)
    if fault.remedy:
        err.print(f"    → {fault.remedy}", markup=False)
