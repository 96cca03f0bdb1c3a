"""Commands about entities: entity lint."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from chengshu.app.cli.base import AsJson, app
from chengshu.app.say import in_terminal, out, say_json
from chengshu.kernel.errors import Invalid

entity_app = typer.Typer(help="Entities as NGSI-LD.", no_args_is_help=True)
app.add_typer(entity_app, name="entity")


@entity_app.command("lint")
def lint_(
    file: Annotated[Path, typer.Argument(help="A JSON file: an entity, or a list of them.")],
    fix: Annotated[Path | None, typer.Option(help="Write the mended entities to this file.")] = None,
    as_json: AsJson = False,
) -> None:
    """Say what is wrong with an example that is not quite NGSI-LD, and mend it; status 1 for any fault."""
    from chengshu.foundation.broker.ld.lint import lint

    try:
        body: Any = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise Invalid("entity-file", f"it cannot be read as JSON: {error}", where=str(file)) from None
    linted = [lint(item) for item in (body if isinstance(body, list) else [body])]
    rows = [
        {
            "entity": number,
            "where": fault.where,
            "detail": fault.detail,
            "remedy": fault.remedy,
            "code": fault.code,
        }
        for number, one in enumerate(linted, 1)
        for fault in one.faults
    ]
    if fix is not None:
        mended = [one.mended for one in linted if one.mended is not None]
        whole: Any = mended if isinstance(body, list) else next(iter(mended), None)
        text = json.dumps(whole, ensure_ascii=False, indent=2)
        fix.write_text(text + "\n", "utf-8")
    if as_json:
        say_json({"faults": rows, "mended": [one.mended for one in linted]})
    else:
        for number, one in enumerate(linted, 1):
            for fault in map(in_terminal, one.faults):
                out.print(f"{number} {fault.where or '–'}: {fault.detail} — {fault.remedy}", markup=False)
        out.print(f"{len(rows)} faults in {len(linted)} entities")
    raise typer.Exit(1 if rows else 0)
