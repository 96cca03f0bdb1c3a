"""The command line: every command that reports takes ``--json``."""

from __future__ import annotations

import sys
from importlib import import_module

import structlog

from chengshu.app.cli.base import app
from chengshu.app.say import say_error
from chengshu.kernel.errors import ChengshuError

PARTS = (
    "city",
    "city_run",
    "clients",
    "contracts",
    "datasets",
    "entities",
    "grading",
    "knowledge",
    "ledger",
    "holdings",
    "proof",
    "retention",
    "rules",
    "sharing",
    "tables",
)  # the commands register themselves


def main() -> None:
    """Run the command line; a fault is told in words on stderr and ends with status 2, Ctrl-C with 130."""
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))  # stdout is for answers
    for part in PARTS:
        import_module(f"chengshu.app.cli.{part}")
    try:
        app()
    except ChengshuError as error:
        say_error(error)
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)


__all__ = ["PARTS", "main"]
