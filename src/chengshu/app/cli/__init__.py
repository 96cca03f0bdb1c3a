"""The command line: every command that reports takes ``--json``."""

from __future__ import annotations

import sys

from chengshu.app.cli.base import app
from chengshu.app.cli.say import say_error
from chengshu.kernel.errors import ChengshuError


def main() -> None:
    """Run the command line; a fault is told in words on stderr and ends with status 2, Ctrl-C with 130."""
    from chengshu.app.cli import city, city_run, proof  # noqa: F401  the commands register themselves

    try:
        app()
    except ChengshuError as error:
        say_error(error)
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)


__all__ = ["main"]
