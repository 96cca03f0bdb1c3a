"""The log of the hub: lines on stderr, where stdout is for answers."""

from __future__ import annotations

import sys

import structlog


def log_to_stderr() -> None:
    """Set the log up. A traceback names places in the code and never what the variables held there: that may
    be a person's data or a key.
    """
    *before, _ = structlog.get_config()["processors"]
    plain = structlog.dev.ConsoleRenderer(
        colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
    )
    structlog.configure(processors=[*before, plain], logger_factory=structlog.PrintLoggerFactory(sys.stderr))
