"""The command line: every command that reports takes ``--json``."""

from __future__ import annotations

import sys
from functools import cache
from importlib import import_module
from typing import Any

import typer.main

from chengshu.app.cli.base import app
from chengshu.app.say import say_error
from chengshu.kernel.errors import ChengshuError

PARTS = (
    "city",
    "city_run",
    "clients",
    "contracts",
    "corrections",
    "datasets",
    "entities",
    "grading",
    "holdings",
    "knowledge",
    "ledger",
    "libraries",
    "notices",
    "proof",
    "retention",
    "rules",
    "sharing",
    "tables",
)  # the commands register themselves


@cache
def program() -> Any:
    """The whole command line, every command in its place."""
    for part in PARTS:
        import_module(f"chengshu.app.cli.{part}")
    return typer.main.get_command(app)


def main() -> None:
    """Run the command line; a fault is told in words on stderr and ends with status 2, Ctrl-C with 130."""
    try:
        program()()
    except ChengshuError as error:
        say_error(error)
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)


__all__ = ["main", "program"]
