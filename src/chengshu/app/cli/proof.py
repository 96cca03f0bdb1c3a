"""Commands that prove: capabilities, conformance, the journal."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from chengshu.app.cli.base import AsJson, app
from chengshu.app.places import PROJECT
from chengshu.app.say import out, say_json

journal_app = typer.Typer(help="The hash-chained journal.", no_args_is_help=True)
app.add_typer(journal_app, name="journal")


@app.command()
def capabilities(
    as_json: AsJson = False,
    file: Annotated[Path, typer.Option(help="The table.")] = PROJECT / "capabilities.yaml",
) -> None:
    """What the hub must do, what works, and which test proves it."""
    from chengshu.app.capabilities import doubts, read_capabilities

    rows = read_capabilities(file)
    found = doubts(rows, file.parent)
    if as_json:
        say_json(
            {
                "capabilities": [row.model_dump(mode="json") for row in rows],
                "doubts": [{"id": doubt.id, "detail": doubt.detail} for doubt in found],
            }
        )
    else:
        table = Table("no.", "capability", "state", "proof, or what is missing", box=None)
        for row in rows:
            table.add_row(str(row.id), row.name, row.status, " ".join(row.proof) or row.missing)
        out.print(table)
        counts = {
            state: sum(row.status == state for row in rows)
            for state in ("works", "partly", "planned", "outside")
        }
        out.print("  ".join(f"{state} {count}" for state, count in counts.items()))
        for doubt in found:
            out.print(f"doubt: {doubt.id} {doubt.detail}")
    raise typer.Exit(1 if found else 0)


@app.command()
def conformance(
    suite: Annotated[str, typer.Argument(help="Which suite; 'list' names them.")],
    path: Annotated[Path | None, typer.Argument(help="Where the suite's files lie.")] = None,
    as_json: AsJson = False,
) -> None:
    """Run an external conformance suite: passed, failed, total, and the failing names."""
    from chengshu.app.conformance import SUITES, run_suite

    if suite == "list":
        say_json(sorted(SUITES)) if as_json else out.print("\n".join(sorted(SUITES)))
        return
    report = run_suite(suite, path)
    if as_json:
        say_json(report)
    else:
        for name in report["failing"]:
            why = report["reasons"].get(name, "")
            out.print(f"fails: {name}" + (f": {why}" if why else ""), markup=False, soft_wrap=True)
        for group, figures in report.get("groups", {}).items():
            out.print(f"{group}: {figures['passed']} of {figures['total']}", markup=False)
        out.print(f"{suite}: {report['passed']} passed, {report['failed']} failed, {report['total']} in all")
    raise typer.Exit(1 if report["failed"] else 0)


@journal_app.command("verify")
def verify_journal(
    data: Annotated[Path, typer.Option("--data", help="The hub's data folder.")], as_json: AsJson = False
) -> None:
    """Recompute the journal's chain from the first entry to the last."""
    from chengshu.app.stores import open_state
    from chengshu.foundation.journal import verify

    database = open_state(data, must_exist=True)
    try:
        with database.read() as connection:
            verdict = verify(connection)
    finally:
        database.close()
    if as_json:
        say_json(
            {
                "ok": verdict.ok,
                "entries": verdict.entries,
                "head": verdict.head,
                "broken_at": verdict.broken_at,
                "detail": verdict.detail,
            }
        )
    elif verdict.ok:
        out.print(f"the journal is whole: {verdict.entries} entries, head {verdict.head}")
    else:
        out.print(f"[bold]the journal is broken at entry {verdict.broken_at}[/bold]: {verdict.detail}")
    raise typer.Exit(0 if verdict.ok else 1)
