"""The log of the hub: lines on stderr, where stdout is for answers."""

from __future__ import annotations

import sys

import structlog


def log_to_stderr() -> None:
    """Set the log up for a command."""
    plainly()
    structlog.configure(logger_factory=lambda *_: structlog.PrintLogger(sys.stderr))


def plainly() -> None:
    """Let a traceback name places in the code and never what the variables held there: that may be a person's
    data or a key.
    """
    *before, _ = structlog.get_config()["processors"]
    last = structlog.dev.ConsoleRenderer(
        colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
    )
    structlog.configure(processors=[*before, last])
