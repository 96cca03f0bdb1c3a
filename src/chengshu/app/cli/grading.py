"""Commands about classification and grading: grade a file, measure, train, and the steward's queue."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from chengshu.app.cli.base import AsJson, app
from chengshu.app.cli.rules import Language, Tongue
from chengshu.app.say import err, out, say_json

if TYPE_CHECKING:
    from chengshu.resources.grading import Grading, TableReport
    from chengshu.resources.grading.feature_types import FeatureTypes

grading_app = typer.Typer(
    help="Classification and grading of data 分類分級 (GB/T 43697-2024).", no_args_is_help=True
)
app.add_typer(grading_app, name="grading")

FEATURE_MODEL = "models/feature_types.npz"
Data = Annotated[Path, typer.Option("--data", help="The hub's data folder.")]
MaybeData = Annotated[
    Path | None,
    typer.Option("--data", help="The hub's data folder: use what stewards taught, keep the result."),
]


@grading_app.command("file")
def grade_file(
    path: Annotated[Path, typer.Argument(help="A table: .csv, .tsv (UTF-8 or GB18030) or .parquet.")],
    data: MaybeData = None,
    name: Annotated[str, typer.Option(help="The resource's name [default: the file's].")] = "",
    sector: Annotated[str, typer.Option(help="Sector of the department: health, water …")] = "",
    persons: Annotated[int, typer.Option(help="How many persons it is about [default: the rows].")] = 0,
    importance: Annotated[str, typer.Option(help="ordinary, key, catalogued or core.")] = "ordinary",
    language: Language = Tongue.ENGLISH,
    as_json: AsJson = False,
) -> None:
    """Say what each column of a table holds, how grave that is, and why."""
    from chengshu.kernel.clock import SystemClock
    from chengshu.resources.grading import Elements, grade_sample, read_sample

    with err.status("reading …"):
        sample = read_sample(path)
    elements = Elements(sector=sector, persons=persons, importance=importance)
    if data is None:
        report = grade_sample(name or path.name, sample, SystemClock().now().date(), elements)
    else:
        with _opened(data) as grading:
            report = grading.grade(name or path.name, sample, _operator(), elements)
    if as_json:
        say_json(report.as_dict())
    else:
        _say_report(report, language)


@grading_app.command("measure")
def measure(
    seed: Annotated[int, typer.Option(help="Seed of the made columns.")] = 20_261_122,
    rounds: Annotated[
        int, typer.Option(min=1, help="Columns of every category and every hard negative.")
    ] = 10,
    rows: Annotated[int, typer.Option(min=5, help="Rows of each column.")] = 400,
    as_json: AsJson = False,
) -> None:
    """Measure the classifiers on made columns with words that the text model has never seen."""
    from chengshu.resources.grading.generator import Settings, make_columns
    from chengshu.resources.grading.measure import measure as measured
    from chengshu.resources.grading.text_training import TRAINED_ON

    with err.status("classifying …"):
        score = measured(make_columns(seed, rounds, Settings(rows=rows, half=1 - TRAINED_ON)))
    mistakes = [
        {"truth": truth, "found": found, "kind": kind, "columns": count}
        for (truth, found, kind), count in score.mistakes.most_common()
    ]
    if as_json:
        told = {"f1": score.f1, "false_alarm_rate": score.false_alarm_rate, "columns": score.columns}
        say_json(told | {"negatives": score.negatives, "unsure": score.unsure, "mistakes": mistakes})
        return
    out.print(
        f"{score.columns} columns ({score.negatives} not sensitive): F1 {score.f1:.4f}, "
        f"false alarms {score.false_alarm_rate:.2%}, {score.unsure} for the steward"
    )
    for one in mistakes:
        truth, found = one["truth"] or "(nothing)", one["found"] or "(nothing)"
        out.print(f"  {one['columns']} × {truth} as {found}: {one['kind']}")


@grading_app.command("export")
def export(
    path: Annotated[Path, typer.Argument(help="A table: .csv, .tsv or .parquet.")],
    target: Annotated[Path, typer.Argument(help="Where it goes (.csv).")],
    reader: Annotated[str, typer.Option(help="owner, steward, official, analyst or public.")],
    recipient: Annotated[str, typer.Option(help="Who receives it; the mark tells.")],
    key_file: Annotated[Path, typer.Option("--key-file", help="The city's key: a file of 16 bytes or more.")],
    mark: Annotated[list[str] | None, typer.Option(help="A numeric column that may carry the mark.")] = None,
    data: MaybeData = None,
    name: Annotated[str, typer.Option(help="The resource's name [default: the file's].")] = "",
    purpose: Annotated[str, typer.Option(help="What for; it is journalled.")] = "",
    language: Language = Tongue.ENGLISH,
) -> None:
    """Write a table as its reader may see it: masked, tokenised, generalised, marked for the recipient."""
    from contextlib import nullcontext

    from chengshu.kernel.clock import SystemClock
    from chengshu.resources.grading import grade_sample
    from chengshu.resources.grading.export import plan_export
    from chengshu.resources.grading.export_file import write_export
    from chengshu.resources.grading.sampling import draw_sample, opened_table

    key, resource = _key(key_file), name or path.name
    with (
        err.status("reading …") as status,
        opened_table(path) as db,
        _opened(data) if data else nullcontext() as grading,
    ):
        sample = draw_sample(db)
        report = (
            grading.grade(resource, sample, _operator())
            if grading
            else grade_sample(resource, sample, SystemClock().now().date())
        )
        plan = plan_export(report, reader, mark or ())
        rows = write_export(
            db,
            plan,
            target,
            recipient=recipient,
            key=key,
            told=lambda done: status.update(f"{done:,} rows"),
        )
        if grading:
            grading.exported(resource, plan, recipient, rows, _operator(), purpose)
    for column in plan.columns:
        why = column.treatment.reason.text.say(language)
        out.print(f"{column.name}: {column.treatment.kind}{' + mark' * column.marked}  ({why})", markup=False)
    out.print(f"{rows:,} rows for {recipient}", markup=False)


@grading_app.command("trace")
def trace(
    path: Annotated[Path, typer.Argument(help="Leaked data: .csv, .tsv or .parquet, any part of them.")],
    recipient: Annotated[list[str], typer.Option(help="Who may have received it; give all of them.")],
    key_file: Annotated[Path, typer.Option("--key-file", help="The key of the exports.")],
    as_json: AsJson = False,
) -> None:
    """Whose mark do leaked data carry, and how probable is it that this is chance?"""
    from chengshu.resources.grading.sampling import opened_table, whole_table
    from chengshu.resources.grading.watermark import detect

    key = _key(key_file)
    with opened_table(path) as db:
        parts = list(whole_table(db))
    columns = [
        [value for part in parts for value in part[name].to_pylist()]
        for name in (parts[0].column_names if parts else ())
    ]
    found = detect(columns, recipient, key)
    if as_json:
        say_json([{"recipient": o.recipient, "chance": o.chance, "named": o.named} for o in found])
        return
    for one in found:
        verdict = "carries the mark" if one.named else "not shown"
        out.print(
            f"{one.recipient}: {verdict}; {one.agreeing} of {one.looked} agree, chance {one.chance:.1e}",
            markup=False,
        )


def _key(path: Path) -> bytes:
    from chengshu.kernel.errors import Missing

    try:
        return path.read_bytes()
    except OSError:
        raise Missing(
            "key-missing", "the key cannot be read", where=str(path), remedy="draw one: 32 random bytes"
        ) from None


@grading_app.command("train")
def train(
    path: Annotated[Path, typer.Argument(help="Labelled columns in SortingHat's form: .csv or .csv.gz.")],
    data: Data,
    folds: Annotated[int, typer.Option(min=0, help="Folds to measure with first; 0 for none.")] = 5,
    by_file: Annotated[bool, typer.Option("--by-file", help="Keep a file's columns in one fold.")] = False,
    as_json: AsJson = False,
) -> None:
    """Train the nine feature types, measured by folds, into the hub's data folder."""
    from chengshu.resources.grading.feature_training import (
        cross_validated,
        read_labelled,
        train_feature_types,
    )

    columns = read_labelled(path)
    found = []
    with err.status("measuring …") as status:
        for number, fold in enumerate(
            cross_validated(columns, folds=folds, by_source=by_file) if folds > 1 else (), 1
        ):
            found.append(fold)
            status.update(f"fold {number} of {folds}: {fold.accuracy:.4f}")
        status.update("training …")
        train_feature_types(columns, data / FEATURE_MODEL)
    total = sum(fold.columns for fold in found)
    accuracy = sum(fold.accuracy * fold.columns for fold in found) / total if total else None
    if as_json:
        say_json({"columns": len(columns), "accuracy": accuracy, "model": str(data / FEATURE_MODEL)})
        return
    said = f"; accuracy {accuracy:.4f} by {len(found)} folds" if accuracy is not None else ""
    out.print(f"trained on {len(columns)} columns{said}", markup=False)


@grading_app.command("train-text")
def train_text(
    path: Annotated[Path, typer.Argument(help="Where the model goes (.npz).")],
    seed: Annotated[int, typer.Option(help="Seed of the made texts.")] = 11,
) -> None:
    """Train the model of Chinese texts anew on made values; says its accuracy on words it has not seen."""
    from chengshu.resources.grading.text_training import train_text as trained

    with err.status("training …"):
        accuracy = trained(path, seed)
    out.print(f"accuracy on unseen words: {accuracy:.4f}")


@grading_app.command("queue")
def queue(data: Data, as_json: AsJson = False) -> None:
    """What waits for a steward, the least sure first."""
    from chengshu.app.stores import open_state
    from chengshu.resources.grading import queries
    from chengshu.resources.grading.store import metadata

    database = open_state(data, must_exist=True)
    try:
        database.create(metadata)
        with database.read() as connection:
            found = queries.queue(connection)
    finally:
        database.close()
    if as_json:
        say_json([{"id": i.id, "resource": i.resource, "column": i.column, **i.body} for i in found])
        return
    table = Table("item", "resource", "column", "proposal", "confidence", box=None)
    for item in found:
        table.add_row(item.id, item.resource, item.column, item.proposal or "-", f"{item.confidence:.2f}")
    out.print(table)


@grading_app.command("say")
def say(
    resource: Annotated[str, typer.Argument(help="The graded resource.")],
    column: Annotated[str, typer.Argument(help="The column.")],
    category: Annotated[str, typer.Argument(help="What it holds; 'none' for nothing known.")],
    data: Data,
    note: Annotated[str, typer.Option(help="Why.")] = "",
) -> None:
    """Say what a column holds: it sticks, and teaches the column's name."""
    with _opened(data) as grading:
        saying = grading.say(resource, column, "" if category == "none" else category, _operator(), note)
    out.print(f"{saying.resource}: {saying.column} is {saying.category or 'nothing known'}", markup=False)


@contextmanager
def _opened(data: Path) -> Iterator[Grading]:
    from chengshu.app.stores import DataFolder, open_state
    from chengshu.foundation.journal import store as journal_store
    from chengshu.kernel.clock import SystemClock
    from chengshu.kernel.ids import TimeIds
    from chengshu.resources.grading import Grading
    from chengshu.resources.grading.store import metadata

    lock = DataFolder(data)
    try:
        database = open_state(data)
        try:
            database.create(journal_store.metadata)
            database.create(metadata)
            clock = SystemClock()
            yield Grading(database, clock, TimeIds(clock), feature_types(data))
        finally:
            database.close()
    finally:
        lock.release()


def feature_types(data: Path) -> FeatureTypes | None:
    """The feature types trained into a data folder, None where there are none."""
    from chengshu.resources.grading.feature_types import read_feature_types

    path = data / FEATURE_MODEL
    return read_feature_types(path) if path.is_file() else None


def _operator() -> Any:
    from chengshu.foundation.journal import Actor

    return Actor("operator:command-line")


def _say_report(report: TableReport, language: str) -> None:
    table = Table("column", "holds", "confidence", "grade", "why", box=None)
    for column in report.columns:
        reasons = column.graded.reasons
        holds = column.found.category or "-"
        also = "".join(f" + {name} {share:.1%}" for name, share in column.found.also)
        table.add_row(
            column.found.column,
            holds + also + (f" ({column.found.crs})" if column.found.crs else ""),
            f"{column.found.confidence:.2f}" + (" ?" if column.found.unsure else ""),
            column.graded.grade.label.say(language),
            "; ".join(reason.text.say(language) for reason in (reasons[0], column.found.reason)),
        )
    out.print(table)
    out.print(f"{report.name}: {report.graded.grade.label.say(language)}", markup=False)
    for reason in report.graded.reasons:
        out.print(f"  {reason.text.say(language)} [{reason.rule}]", markup=False)
