"""Commands about tables in files: quality (what is in one, what is wrong), lineage (what SQL makes)."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from chengshu.app.cli.base import AsJson, app
from chengshu.app.say import out, say_json
from chengshu.kernel.clock import SystemClock
from chengshu.kernel.errors import Invalid

_SHOWN = 5


@app.command("quality")
def quality(
    file: Annotated[Path, typer.Argument(help="A table: .csv, .tsv, .parquet or .jsonl.")],
    rules: Annotated[
        Path | None, typer.Option(help="A file of rules; none: what the table itself suggests.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Profile a table and measure it by its rules; status 1 when a declared rule is broken."""
    from chengshu.resources.quality.measure import discover, measure
    from chengshu.resources.quality.profile import profile
    from chengshu.resources.quality.rules import read_quality

    found = profile(file)
    applied = read_quality(rules) if rules else discover(found)
    report = measure(file, applied, SystemClock().now(), folder=rules.parent if rules else file.parent)
    broken = [item for item in report.outcomes if item.broken or item.problem]
    if as_json:
        say_json(
            {
                "rows": found.rows,
                "columns": [asdict(column) for column in found.columns],
                "scores": report.scores,
                "score": report.score,
                "rules": [
                    {
                        "id": item.rule.id,
                        "dimension": item.rule.dimension,
                        "checked": item.checked,
                        "broken": item.broken,
                        "problem": item.problem,
                        "failing": [{"row": number, **row} for number, row in item.failing],
                    }
                    for item in report.outcomes
                ],
            }
        )
    else:
        table = Table("column", "type", "filled", "different", "from", "to", "shapes", box=None)
        for column in found.columns:
            shapes = ", ".join(shape for shape, _ in column.shapes[:3])
            table.add_row(
                column.name,
                column.type.lower(),
                f"{column.filled:.1%}",
                f"{column.distinct:,}",
                str(column.least or ""),
                str(column.most or ""),
                shapes,
            )
        out.print(table)
        for dimension, score in report.scores.items():
            out.print(f"{dimension} {score:.1%}")
        for item in broken:
            what = item.problem or f"{item.broken:,} of {item.checked:,} rows break it"
            out.print(f"{item.rule.id} ({item.rule.dimension}): {what}", markup=False)
            for number, row in item.failing[:_SHOWN]:
                out.print(f"  row {number}: {row}", markup=False)
        out.print(f"{found.rows:,} rows, {len(found.columns)} columns, {len(report.outcomes)} rules")
    raise typer.Exit(1 if rules and broken else 0)


@app.command("lineage")
def lineage(
    file: Annotated[Path, typer.Argument(help="A script of SQL.")],
    dialect: Annotated[str, typer.Option(help="Its dialect: postgres, mysql, hive, spark, duckdb …")] = "",
    schema: Annotated[
        Path | None, typer.Option(help="YAML: table → column → type, of the tables it reads.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Which column a script makes of which, by which step; nothing is run."""
    from chengshu.foundation.declared import read_document
    from chengshu.resources.lineage import steps_of_sql

    try:
        text = file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Invalid("lineage-file", f"it cannot be read: {error}", where=str(file)) from None
    known = read_document(schema).data if schema else {}
    jobs = steps_of_sql(text, dialect=dialect, schema=known)
    if as_json:
        say_json(
            [
                {"target": job.target, "sources": job.sources, "steps": [asdict(s) for s in job.steps]}
                for job in jobs
            ]
        )
        return
    table = Table("from", "step", "to", box=None)
    for job in jobs:
        for step in job.steps:
            table.add_row(step.source, step.transform, step.target)
    out.print(table)
    out.print(f"{len(jobs)} tables made, {sum(len(job.steps) for job in jobs)} steps")
