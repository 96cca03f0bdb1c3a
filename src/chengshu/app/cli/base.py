"""The application object and the options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    name="chengshu",
    help="Chengshu 城樞: the open intelligent hub for cities.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of words.")]
Data = Annotated[Path, typer.Option("--data", help="The hub's data folder.")]
Packages = Annotated[
    Path | None,
    typer.Option("--packages", help="Folder of scenario packages (default: found near the city)."),
]


@app.callback()
def _root() -> None:
    """Chengshu 城樞: the open intelligent hub for cities."""
    from chengshu.app.logs import log_to_stderr  # a command is run: a help page needs no log

    log_to_stderr()
