"""Commands of datasets: versions, splits, labels, agreement, exports."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from chengshu.app.cli.base import AsJson, Data, app
from chengshu.app.say import err, out, say_json
from chengshu.kernel.clock import SystemClock
from chengshu.kernel.errors import Invalid, Missing

if TYPE_CHECKING:
    from chengshu.app.datasets import DatasetsRoom

dataset_app = typer.Typer(
    help="Datasets for training and testing: versions, splits, labels, exports.", no_args_is_help=True
)
app.add_typer(dataset_app, name="dataset")
Entry = Annotated[str, typer.Argument(metavar="ENTRY", help="The dataset's id in the ledger.")]
Number = Annotated[int, typer.Option("--version", min=0, help="Which version; 0: the newest.")]
_SHOWN = 20


@contextmanager
def _opened(data: Path, *, writing: bool) -> Iterator[DatasetsRoom]:
    from chengshu.app.datasets import datasets_of
    from chengshu.app.stores import DataFolder, open_state
    from chengshu.foundation.journal import store as journal_store
    from chengshu.kernel.ids import TimeIds
    from chengshu.resources.datasets import store
    from chengshu.resources.grading import store as grading_store
    from chengshu.resources.ledger import store as ledger_store

    lock = DataFolder(data) if writing else None
    try:
        database = open_state(data, must_exist=not writing)
        try:
            for part in (journal_store, ledger_store, grading_store, store):
                database.create(part.metadata)
            clock = SystemClock()
            yield datasets_of(data, database, clock, TimeIds(clock))
        finally:
            database.close()
    finally:
        if lock is not None:
            lock.release()


def _operator() -> Any:
    from chengshu.foundation.journal import Actor

    return Actor("operator:command-line")


@dataset_app.command("add")
def add(
    entry: Entry,
    files: Annotated[list[Path], typer.Argument(metavar="FILE", help="Its files; folders with all below.")],
    data: Data,
    title: Annotated[str, typer.Option(help="Of an entry that is new.")] = "",
    licence: Annotated[str, typer.Option(help="Such as CC-BY-4.0.")] = "",
    datasheet: Annotated[Path | None, typer.Option(help="Answers to the datasheet's questions.")] = None,
    rules: Annotated[Path | None, typer.Option(help="Rules of quality its table is measured by.")] = None,
    note: Annotated[str, typer.Option(help="What is new in it.")] = "",
    as_json: AsJson = False,
) -> None:
    """Keep a version of a dataset; equal files and words make no new one."""
    from chengshu.kernel.texts import Text
    from chengshu.resources.datasets import About
    from chengshu.resources.datasets.datasheet import read_datasheet, wanting
    from chengshu.resources.quality.rules import read_quality

    about = About(
        *(Text.of(title) if title else None, licence, note),
        *(read_datasheet(datasheet) if datasheet else None, read_quality(rules) if rules else ()),
    )
    named = dict(_named(files))
    with _opened(data, writing=True) as room, err.status("keeping …"):
        version = room.datasets.add(entry, named, _operator(), about)
    lacking = [item.id for item in wanting(version.datasheet)]
    if as_json:
        say_json(
            {
                "entry": entry,
                "version": version.number,
                "sha256": version.digest,
                "rows": version.rows,
                "files": len(version.files),
                "quality": version.quality.scores if version.quality else {},
                "wanting": lacking,
            }
        )
        return
    out.print(
        f"{entry}: version {version.number}, {len(version.files)} files, {version.rows:,} rows, "
        f"SHA-256 {version.digest[:16]}…",
        markup=False,
    )
    if lacking:
        out.print(f"the datasheet does not answer: {', '.join(lacking)}", markup=False)


def _named(paths: list[Path]) -> Iterator[tuple[str, Path]]:
    for path in paths:
        if path.is_dir():
            for found in sorted(item for item in path.rglob("*") if item.is_file()):
                yield str(found.relative_to(path)), found
        else:
            yield path.name, path


@dataset_app.command("diff")
def diff(
    entry: Entry,
    data: Data,
    first: Annotated[int, typer.Option("--from", min=0, help="A version; 0: the one before the other.")] = 0,
    second: Annotated[int, typer.Option("--to", min=0, help="A version; 0: the newest.")] = 0,
    key: Annotated[
        list[str] | None, typer.Option(help="A column that names a row; none: whole rows.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """What changed between two versions: files, columns, and the rows that came, went or changed."""
    from dataclasses import asdict

    from chengshu.resources.datasets.differing import difference

    with _opened(data, writing=False) as room:
        new = room.queries.version(entry, second)
        old = room.queries.version(entry, first or new.number - 1 or 1)
        found = difference(room.vault, old, new, key or ())
    if as_json:
        say_json(asdict(found))
        return
    for word, names in (("added", found.added), ("removed", found.removed), ("changed", found.changed)):
        for name in names:
            out.print(f"{word}: {name}", markup=False)
    for one in found.tables:
        columns = [*(f"+{name}" for name in one.gained), *(f"-{name}" for name in one.lost)]
        columns += [f"{name} in {count:,} rows" for name, count in one.columns.items()]
        out.print(
            f"{one.file}: {one.before:,} rows + {one.added:,} - {one.removed:,} = {one.after:,}, "
            f"{one.changed:,} changed; {', '.join(columns)}".rstrip("; "),
            markup=False,
        )
        for word, row in one.examples[:_SHOWN]:
            out.print(f"  {word}: {row}", markup=False)
    out.print(f"version {found.first} to {found.second}", markup=False)


@dataset_app.command("split")
def split(
    entry: Entry,
    data: Data,
    by: Annotated[str, typer.Option(help="Column whose equal values stay together: person, site, device.")],
    shares: Annotated[str, typer.Option(help="Parts and their shares.")] = "train=0.8,test=0.2",
    name: Annotated[str, typer.Option(help="The split's name.")] = "main",
    salt: Annotated[str, typer.Option(help="Another word, another split [default: the entry's id].")] = "",
    file: Annotated[str, typer.Option(help="Which table, where there are several.")] = "",
    number: Number = 0,
    as_json: AsJson = False,
) -> None:
    """Split a table so that no person, site or device is in two parts; later rows move none."""
    with _opened(data, writing=True) as room:
        found = room.datasets.split(
            *(entry, name, by, _shares(shares), _operator()), salt=salt, file=file, version=number
        )
    parts = [
        {"part": part, "wanted": share, "got": found.got(part), "rows": rows, "groups": groups}
        for (part, share), rows, groups in zip(found.shares, found.rows, found.groups, strict=True)
    ]
    if as_json:
        say_json({"split": found.name, "by": by, "parts": parts, "twins": found.twins})
        return
    table = Table("part", "wanted", "got", "rows", by, box=None)
    for one in parts:
        table.add_row(
            str(one["part"]),
            f"{one['wanted']:.1%}",
            f"{one['got']:.1%}",
            f"{one['rows']:,}",
            f"{one['groups']:,}",
        )
    out.print(table)
    if found.twins:
        out.print(f"{found.twins:,} different rows stand in two parts: what is tested was learned")


def _shares(text: str) -> tuple[tuple[str, float], ...]:
    try:
        pairs = [part.split("=", 1) for part in text.split(",")]
        return tuple((name.strip(), float(share)) for name, share in pairs)
    except ValueError:
        raise Invalid("split-shares", f"{text!r} are no shares", remedy="train=0.8,test=0.2") from None


@dataset_app.command("label")
def label(
    entry: Entry,
    file: Annotated[Path, typer.Argument(help="A CSV with the columns unit, annotator, label.")],
    data: Data,
    name: Annotated[str, typer.Option(help="What is labelled.")],
    unit: Annotated[str, typer.Option(help="The column that names a unit.")],
    scale: Annotated[str, typer.Option(help="nominal, ordinal or interval.")] = "nominal",
    values: Annotated[str, typer.Option(help="The labels there are, in order; none: those given.")] = "",
    adjudicator: Annotated[list[str] | None, typer.Option(help="Whose word is final.")] = None,
    table: Annotated[str, typer.Option(help="Which table, where there are several.")] = "",
    note: Annotated[str, typer.Option(help="By which guide; it is journalled.")] = "",
    as_json: AsJson = False,
) -> None:
    """Take judgements in: a new version of the labels, or none where a row cannot be taken."""
    from chengshu.resources.datasets import LabelPlan

    listed = tuple(part.strip() for part in values.split(",") if part.strip())
    plan = LabelPlan(name, unit, scale, listed, tuple(adjudicator or ()), table, note)  # type: ignore[arg-type]
    with _opened(data, writing=True) as room:
        found = room.datasets.label(entry, file, plan, _operator())
    if as_json:
        say_json({"labels": name, "number": found.number, "judgements": found.count, "units": found.units})
        return
    out.print(
        f"{name} {found.number}: {found.count:,} judgements of {found.units:,} units by {found.annotators}",
        markup=False,
    )


@dataset_app.command("agreement")
def agreement(
    entry: Entry,
    data: Data,
    name: Annotated[str, typer.Option(help="Which labels.")],
    number: Annotated[int, typer.Option(min=0, help="Which version of them; 0: the newest.")] = 0,
    language: Annotated[str, typer.Option(help="en, zh-Hans or zh-Hant.")] = "en",
    as_json: AsJson = False,
) -> None:
    """How far annotators agree beyond chance, and on what they do not; status 1 when unreliable."""
    from chengshu.resources.datasets.showing import READINGS

    with _opened(data, writing=False) as room:
        found = room.queries.agreement(entry, name, number)
        decided = room.queries.decided(entry, name, number)
    tied = [item.unit for item in decided if not item.value]
    if as_json:
        say_json(
            {
                "scale": found.scale,
                "units": found.units,
                "paired": found.paired,
                "annotators": list(found.annotators),
                "share": found.share,
                "kappa": found.kappa,
                "alpha": found.alpha,
                "interval": found.interval,
                "reading": found.reading,
                "disagreements": [
                    {"unit": item.unit, "apart": item.apart, "said": dict(item.said)}
                    for item in found.disagreements
                ],
                "undecided": tied,
            }
        )
    else:
        for words, value in (
            ("equal pairs", None if found.share is None else f"{found.share:.1%}"),
            ("Cohen's kappa", None if found.kappa is None else f"{found.kappa:.3f}"),
            (f"Krippendorff's alpha ({found.scale})", None if found.alpha is None else f"{found.alpha:.3f}"),
            ("with 95 % confidence", found.interval and "{:.3f} to {:.3f}".format(*found.interval)),
        ):
            out.print(f"{words}: {value or '-'}", markup=False)
        out.print(READINGS[found.reading].say(language))
        for item in found.disagreements[:_SHOWN]:
            said = ", ".join(f"{who}: {value}" for who, value in item.said.items())
            out.print(f"  {item.unit}: {said}", markup=False)
        if tied:
            out.print(f"undecided: {', '.join(tied[:_SHOWN])}", markup=False)
    raise typer.Exit(1 if found.reading == "unreliable" else 0)


@dataset_app.command("export")
def export(
    entry: Entry,
    folder: Annotated[Path, typer.Argument(help="Where it goes: a folder that is not there yet.")],
    data: Data,
    reader: Annotated[str, typer.Option(help="owner, steward, official, analyst or public.")],
    recipient: Annotated[str, typer.Option(help="Who receives it.")],
    key_file: Annotated[Path, typer.Option("--key-file", help="The city's key: a file of 16 bytes or more.")],
    number: Number = 0,
    split: Annotated[str, typer.Option(help="A split to put beside the rows.")] = "",
    labels: Annotated[list[str] | None, typer.Option(help="Labels to put beside the rows.")] = None,
    purpose: Annotated[str, typer.Option(help="What for; it is journalled.")] = "",
    as_json: AsJson = False,
) -> None:
    """Write a version as its reader may see it, with datasheet and Croissant; refused above its grade."""
    from chengshu.resources.datasets import Order

    try:
        key = key_file.read_bytes()
    except OSError:
        raise Missing(
            "key-missing", "the key cannot be read", where=str(key_file), remedy="draw one: 32 random bytes"
        ) from None
    order = Order(entry, folder, reader, recipient, key, number, split, tuple(labels or ()), purpose)
    with _opened(data, writing=True) as room, err.status("writing …"):
        found = room.exports.export(order, _operator())
    if as_json:
        say_json(
            {
                "export": found.number,
                "version": found.version,
                "rows": found.rows,
                "sha256": found.digest,
                "files": [item.name for item in found.files],
            }
        )
        return
    out.print(
        f"version {found.version} for {recipient}: {found.rows:,} rows, {len(found.files)} files in {folder}",
        markup=False,
    )


@dataset_app.command("show")
def show(
    entry: Entry,
    data: Data,
    language: Annotated[str, typer.Option(help="en, zh-Hans or zh-Hant.")] = "en",
    as_json: AsJson = False,
) -> None:
    """A dataset: its versions, splits, labels, datasheet and exports."""
    from dataclasses import asdict

    from chengshu.resources.datasets.showing import shown

    with _opened(data, writing=False) as room:
        versions, queries = room.queries.versions(entry), room.queries
        labels = {
            item.name: (item, queries.agreement(entry, item.name)) for item in queries.label_sets(entry)
        }
        found = shown(
            versions, queries.splits(entry, versions[-1].number), labels, queries.exports(entry), language
        )
    if as_json:
        say_json(asdict(found))
        return
    state = " (destroyed)" if found.destroyed else ""
    out.print(
        f"{entry} version {found.version}{state}: {found.rows:,} rows, SHA-256 {found.digest}", markup=False
    )
    for name, size, sha256 in found.files[:_SHOWN]:
        out.print(f"  {name}: {size:,} bytes, {sha256[:16]}…", markup=False)
    for at, when, note, rows in found.versions:
        out.print(f"version {at}: {when} {rows:,} rows {note}", markup=False)
    if found.quality:
        out.print(", ".join(f"{name} {score:.1%}" for name, score in found.quality), markup=False)
    for one in found.splits:
        told = ", ".join(f"{part} {got:.1%} ({rows:,} rows)" for part, _, got, rows, _ in one.parts)
        out.print(f"split {one.name} by {one.by}: {told} {one.warning}".rstrip(), markup=False)
    for item in found.labels:
        alpha = "-" if item.alpha is None else f"{item.alpha:.3f}"
        out.print(f"labels {item.name} {item.number}: alpha {alpha}; {item.reading}", markup=False)
    for when, recipient, reader, rows in found.exports:
        out.print(f"exported {when} to {recipient} as {reader}: {rows:,} rows", markup=False)
    out.print(found.wanting or f"licence: {found.licence or '-'}", markup=False)
