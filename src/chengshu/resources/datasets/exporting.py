"""A dataset leaves the house: columns as the reader may see them, splits, labels, datasheet, Croissant.

The folder appears whole or not at all, and not before it is on record.
"""

from __future__ import annotations

import csv
import hashlib
import json
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import duckdb

from chengshu.foundation.journal import Actor
from chengshu.kernel.clock import Clock
from chengshu.kernel.errors import Conflict, Denied, Invalid
from chengshu.kernel.texts import LANGUAGES
from chengshu.ports.database import Database
from chengshu.resources.datasets import datasheet, tables
from chengshu.resources.datasets.commands import Datasets
from chengshu.resources.datasets.croissant import Table, croissant
from chengshu.resources.datasets.model import (
    DatasetVersion,
    Exported,
    LabelSet,
    StoredFile,
    manifest_digest,
)
from chengshu.resources.datasets.queries import DatasetQueries
from chengshu.resources.datasets.treating import plan_for, report_of
from chengshu.resources.datasets.vault import Vault, sync_folder
from chengshu.resources.grading import Grade, TableReport
from chengshu.resources.grading.export_file import write_export
from chengshu.resources.grading.protection import treatment_for
from chengshu.resources.grading.sampling import opened_table
from chengshu.resources.ledger import LedgerQueries, Resource
from chengshu.resources.quality.table import quoted

UNGRADED = Grade.GENERAL_3  # of files nobody graded: personal data may be in them


@dataclass(frozen=True, slots=True)
class Order:
    """What is to leave, for whom: ``split`` and ``labels`` by name; ``key`` is the city's, for tokens."""

    entry: str
    folder: Path
    reader: str
    recipient: str
    key: bytes
    version: int = 0
    split: str = ""
    labels: tuple[str, ...] = ()
    purpose: str = ""


@dataclass(slots=True)
class _Draft:
    """What was written so far."""

    files: list[StoredFile] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    plans: dict[str, dict[str, str]] = field(default_factory=dict)
    rows: int = 0


class DatasetExports:
    """Writes datasets out. One object per hub."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        entries: LedgerQueries,
        datasets: Datasets,
        queries: DatasetQueries,
        vault: Vault,
    ) -> None:
        self._database, self._clock, self._entries = database, clock, entries
        self._datasets, self._queries, self._vault = datasets, queries, vault

    def export(self, order: Order, actor: Actor) -> Exported:
        """Write a version below ``order.folder``, which must not be there yet.

        Raises :class:`Conflict` for a folder that is there or files that are destroyed, :class:`Invalid` for
        a datasheet that is not answered, :class:`Denied` where rows or files are above what the entry says
        or the reader may see, :class:`Missing`.
        """
        entry = self._entries.get(order.entry)
        version = self._queries.version(order.entry, order.version)
        _check(order, version)
        spare = order.folder.with_name(order.folder.name + ".part")
        shutil.rmtree(spare, ignore_errors=True)
        try:
            draft = self._write(spare, order, entry, version)
            export = Exported(
                *(order.entry, 0, 0, version.number, str(order.folder.resolve()), order.recipient),
                *(order.reader, draft.rows, manifest_digest(draft.files), tuple(draft.files)),
            )
            noted = self._datasets.exported(export, draft.plans, actor, order.purpose)
            spare.rename(order.folder)
            sync_folder(order.folder.parent)
        finally:
            shutil.rmtree(spare, ignore_errors=True)
        return noted

    def _write(self, folder: Path, order: Order, entry: Resource, version: DatasetVersion) -> _Draft:
        (folder / "data").mkdir(parents=True)
        draft = _Draft()
        for item in version.files:
            source = self._vault.proven(item.sha256)
            if item.rows is None or Path(item.name).suffix.lower() not in tables.TABLES:
                self._copy(folder, source, item, order, entry, draft)
            else:
                self._write_table(folder, item, order, entry, version, draft)
        for language in LANGUAGES:
            name = entry.title.say(language)
            text = datasheet.as_markdown(version.datasheet, name, language, version.quality)
            _note(folder, f"datasheet.{language}.md", text.encode(), draft)
        described = croissant(entry, version, draft.files, draft.tables)
        _note(folder, "croissant.json", json.dumps(described, ensure_ascii=False, indent=2).encode(), draft)
        return draft

    def _copy(
        self, folder: Path, source: Path, item: StoredFile, order: Order, entry: Resource, draft: _Draft
    ) -> None:
        grade = Grade(entry.grade) if entry.grade else UNGRADED
        treatment = treatment_for(order.reader, grade, "", self._day())
        if treatment.kind != "show":
            raise Denied(
                "export-grade",
                f"{item.name} is {grade.value}: a {order.reader} may not see it as it is, and it is no table",
                where=order.entry,
                remedy="export it for another reader, or take the file out of the dataset",
            )
        target = folder / "data" / item.name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
        name = f"data/{item.name}"
        draft.files.append(StoredFile(name, item.sha256, item.size))

    def _write_table(
        self,
        folder: Path,
        item: StoredFile,
        order: Order,
        entry: Resource,
        version: DatasetVersion,
        draft: _Draft,
    ) -> None:
        name = f"data/{item.name.rpartition('.')[0]}.csv"
        if any(name == other.name for other in draft.files):
            name = f"data/{item.name}.csv"
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        asked = [self._queries.labels(order.entry, one) for one in order.labels]
        labels = [found for found in asked if found.file == item.name]
        with opened_table(self._vault.named(item.sha256, Path(item.name).suffix.lower())) as db:
            own = dict(item.columns)
            roles, parts = self._joined(db, item, order, version, labels)
            report = report_of(self._database, order.entry, db, self._day())
            _must_fit(entry, report, item.name)
            plan = plan_for(entry, report, order.reader, self._day())
            if not plan.shown:
                raise Denied(
                    "export-grade",
                    f"a {order.reader} may see no column of {item.name}",
                    where=order.entry,
                    remedy="export it for another reader",
                )
            draft.rows += write_export(db, plan, target, recipient=order.recipient, key=order.key)
            shown = {column.name for column in plan.columns if column.treatment.kind == "show"}
            said = [
                self._write_judgements(folder, db, found, draft)
                for found in labels
                if _column_of(found) in shown
            ]
        columns = tuple((one, own.get(one, "VARCHAR") if one in shown else "VARCHAR") for one in plan.shown)
        stored = _stored(folder, name, draft, columns)
        kept = {one: role for one, role in roles.items() if one in plan.shown}
        draft.tables += [Table(stored, kept, parts if "split" in kept.values() else ()), *said]
        draft.plans[item.name] = {column.name: column.treatment.kind for column in plan.columns}

    def _joined(
        self,
        db: duckdb.DuckDBPyConnection,
        item: StoredFile,
        order: Order,
        version: DatasetVersion,
        labels: Sequence[LabelSet],
    ) -> tuple[dict[str, str], tuple[str, ...]]:
        """Give the rows their part and labels; the new columns with their meaning, and the parts."""
        roles: dict[str, str] = {}
        parts: tuple[str, ...] = ()
        if order.split:
            split, placed = self._datasets.parts(order.entry, version.number, order.split)
            if split.file == item.name:
                name = _free("split", tables.columns_of(db))
                tables.add_column(db, name, split.by, placed)
                roles[name], parts = "split", tuple(part for part, _ in split.shares)
        for found in labels:
            decided = self._queries.decided(order.entry, found.name, found.number)
            tables.must_have(db, found.unit)
            name = _column_of(found)
            if name in tables.columns_of(db):
                raise Invalid("label-column", f"the table has a column {name!r} already", where=order.entry)
            tables.add_column(db, name, found.unit, {one.unit: one.value for one in decided if one.value})
            roles[name] = "label"
        return roles, parts

    def _write_judgements(
        self, folder: Path, db: duckdb.DuckDBPyConnection, found: LabelSet, draft: _Draft
    ) -> Table:
        """Who said what, by row: annotators have numbers for names."""
        said = self._queries.judgements(found)
        numbers = {name: f"a{at}" for at, name in enumerate(sorted({one.annotator for one in said}), 1)}
        rows: dict[str, list[int]] = {}
        query = f"SELECT row_number() OVER (), CAST({quoted(found.unit)} AS VARCHAR) FROM data"
        for row, unit in db.execute(query).fetchall():
            rows.setdefault(unit, []).append(int(row))
        name = f"labels/{found.name}.csv"
        (folder / "labels").mkdir(exist_ok=True)
        with (folder / name).open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(("row", "annotator", "label"))
            for one in said:
                for row in rows.get(one.unit, ()):
                    writer.writerow((row, numbers[one.annotator], one.value))
        columns = (("row", "BIGINT"), ("annotator", "VARCHAR"), ("label", "VARCHAR"))
        return Table(_stored(folder, name, draft, columns))

    def _day(self) -> date:
        return self._clock.now().date()


def _check(order: Order, version: DatasetVersion) -> None:
    if order.folder.exists():
        raise Conflict(
            "export-exists", "there is something already", where=str(order.folder), remedy="name a new folder"
        )
    if version.destroyed_at:
        raise Conflict(
            "dataset-destroyed",
            f"version {version.number} was destroyed",
            where=order.entry,
            remedy="take a later one",
        )
    if lacking := datasheet.wanting(version.datasheet):
        raise Invalid(
            "datasheet-wanting",
            f"the datasheet does not answer: {', '.join(item.id for item in lacking)}",
            where=order.entry,
            remedy="answer them in a file and add it: chengshu dataset add … --datasheet FILE",
        )


def _must_fit(entry: Resource, report: TableReport, name: str) -> None:
    """Rows that are graver than the entry says do not leave: the ledger would be wrong about them."""
    if entry.grade and report.graded.grade.rank > Grade(entry.grade).rank:
        raise Denied(
            "export-above-grade",
            f"{name} is {report.graded.grade.value}, the entry says {entry.grade}",
            where=entry.id,
            remedy="grade the entry anew, or take what is too grave out of the table",
            reason=report.graded.reasons[0].as_dict(),
        )


def _free(name: str, taken: Sequence[str]) -> str:
    while name in taken:
        name += "_"
    return name


def _column_of(found: LabelSet) -> str:
    return f"label_{found.name}"


def _stored(folder: Path, name: str, draft: _Draft, columns: tuple[tuple[str, str], ...] = ()) -> StoredFile:
    """Record a file that was written below the folder."""
    total, size = hashlib.sha256(), 0
    for portion in _portions(folder / name):
        total.update(portion)
        size += len(portion)
    stored = StoredFile(name, total.hexdigest(), size, None, columns)
    draft.files.append(stored)
    return stored


def _portions(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        yield from iter(lambda: file.read(1 << 20), b"")


def _note(folder: Path, name: str, text: bytes, draft: _Draft) -> None:
    (folder / name).write_bytes(text)
    _stored(folder, name, draft)
