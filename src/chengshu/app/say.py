"""How the command line speaks."""

from __future__ import annotations

import json
from typing import Any

from rich.console import Console

from chengshu.kernel.errors import ChengshuError, Fault

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)


def say_json(value: Any) -> None:
    """One JSON document on stdout, readable, stable key order."""
    print(json.dumps(value, ensure_ascii=False, indent=2, sort_keys=True, default=str))  # noqa: T201


def faults_of(error: ChengshuError) -> list[Fault]:
    """Every fault an error carries."""
    return [Fault(**fault) for fault in error.extra.get("faults", [])] or [error.fault]


def say_faults(faults: list[Fault]) -> None:
    """Each fault on its own lines: place, what is wrong, what to do."""
    for fault in faults:
        err.print(
            f"[bold]{fault.where or 'here'}[/bold]: {fault.detail} [dim]({fault.code})[/dim]", markup=True
        )
        if fault.remedy:
            err.print(f"    → {fault.remedy}", markup=False)


def say_error(error: ChengshuError) -> None:
    """An error that ended a command."""
    say_faults(faults_of(error))
