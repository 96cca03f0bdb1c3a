"""The only writers of datasets: versions, splits, labels, exports; files first, then their record."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from msgspec.structs import replace
from sqlalchemy import Connection

from chengshu.foundation.journal import Act, Actor, record
from chengshu.kernel.clock import Clock, from_millis, iso, millis
from chengshu.kernel.errors import Invalid, Missing
from chengshu.kernel.texts import Text
from chengshu.ports.database import Database
from chengshu.resources.datasets import labelling, splitting, store, tables
from chengshu.resources.datasets.agreement import agreement
from chengshu.resources.datasets.model import (
    SCALES,
    DatasetVersion,
    Exported,
    Judgement,
    LabelSet,
    Quality,
    Scale,
    Split,
    StoredFile,
    manifest_digest,
)
from chengshu.resources.datasets.queries import DatasetQueries, table_of
from chengshu.resources.datasets.vault import Vault
from chengshu.resources.grading.sampling import opened_table
from chengshu.resources.ledger import Field, Ledger, LedgerQueries, Resource
from chengshu.resources.ledger.checks import check
from chengshu.resources.quality.rules import Rule

_NAME = re.compile(r"[^/\\\x00-\x1f]+(/[^/\\\x00-\x1f]+)*")
_WORD = re.compile(r"[a-z][a-z0-9_-]{0,39}")


@dataclass(frozen=True, slots=True)
class About:
    """What is said of a version besides its files. ``title`` is needed for an entry that is new."""

    title: Text | None = None
    licence: str = ""
    note: str = ""
    datasheet: Mapping[str, Mapping[str, str]] | None = None  # None: that of the version before
    rules: tuple[Rule, ...] = ()  # of quality, for the only table; none: what was measured of equal files


@dataclass(frozen=True, slots=True)
class LabelPlan:
    """How labels are to be read: of which column's values, on which scale, with which labels, who decides."""

    name: str
    unit: str
    scale: Scale = "nominal"
    values: tuple[str, ...] = ()
    adjudicators: tuple[str, ...] = ()
    file: str = ""
    note: str = ""


class Datasets:
    """The datasets of the hub, each an entry of the ledger. One object per hub."""

    def __init__(
        self, database: Database, clock: Clock, ledger: Ledger, entries: LedgerQueries, vault: Vault
    ) -> None:
        self._database, self._clock, self._vault = database, clock, vault
        self._ledger, self._entries = ledger, entries
        self._queries = DatasetQueries(database, vault)
        self._lock = threading.Lock()  # what one has put and not recorded yet, no other sweeps away

    def add(
        self, entry: str, files: Mapping[str, Path], actor: Actor, about: About | None = None
    ) -> DatasetVersion:
        """Keep a version of a dataset; equal files and words as the version before stay that version.

        The entry is made where the ledger has none. Raises :class:`Invalid` for names that lead out of the
        dataset, for tables that cannot be read and for an entry without title, :class:`Missing` for files.
        """
        told = about or About()
        known = self._entries.many([entry]).get(entry)
        if known is None and told.title is None:
            raise Missing(
                "resource-missing", f"the ledger has no entry {entry}", remedy="give it a title to make it"
            )
        _check_names(files)
        with self._lock:
            return self._add(entry, files, actor, told, known)

    def _add(
        self, entry: str, files: Mapping[str, Path], actor: Actor, told: About, known: Resource | None
    ) -> DatasetVersion:
        with self._database.read() as connection:
            self._vault.sweep(store.referred(connection))
        stored = tuple(self._stored(name, path) for name, path in sorted(files.items()))
        quality = self._measured(entry, stored, told.rules)

        def work(connection: Connection) -> DatasetVersion:
            earlier = store.versions_of(connection, entry)
            before = earlier[-1] if earlier else None
            version = _version(entry, stored, told, before, millis(self._clock.now()), actor)
            if quality is not None:
                version = replace(version, quality=quality)
            if before is not None and before == replace(
                version, number=before.number, at=before.at, actor=before.actor, note=before.note
            ):
                return before
            store.add_version(connection, version)
            resource = _resource(known or Resource(entry, "dataset", told.title or Text()), version)
            check([resource])
            self._ledger.put_in(connection, [resource], actor, why=told.note)
            body = {
                "version": version.number,
                "sha256": version.digest,
                "files": [[item.name, item.sha256, item.size] for item in stored[:100]],
                "count": len(stored),
                "note": told.note,
            }
            record(connection, Act(actor, "dataset.added", entry, self._clock.now(), body))
            return version

        return self._database.write(work)

    def _measured(
        self, entry: str, stored: tuple[StoredFile, ...], rules: tuple[Rule, ...]
    ) -> Quality | None:
        if not rules:
            return None
        table = table_of(DatasetVersion(entry, 0, 0, "", "", stored))
        return tables.measured(self._named(table), rules, self._clock.now())

    def _stored(self, name: str, path: Path) -> StoredFile:
        sha256, size = self._vault.put_file(path)
        return tables.described(path, name, sha256, size)

    def split(
        self,
        entry: str,
        name: str,
        by: str,
        shares: Sequence[tuple[str, float]],
        actor: Actor,
        *,
        salt: str = "",
        file: str = "",
        version: int = 0,
    ) -> Split:
        """Split a table by the values of a column. ``salt`` empty: the entry's id, the same for all versions.

        Raises :class:`Missing`, :class:`Invalid` for shares that are no whole, for rows without a value and
        for a part that would be empty.
        """
        check_word(name)
        splitting.check_shares(shares)
        found = self._queries.version(entry, version)
        table = table_of(found, file)
        salt = salt or entry
        with opened_table(self._named(table)) as db:
            sizes = tables.group_sizes(db, by)
            parts = splitting.parted(sizes, shares, salt)
            twins = tables.twins(db, by, parts)
        names = [part for part, _ in shares]
        rows = dict.fromkeys(names, 0)
        groups = dict(rows)
        for key, part in parts.items():
            rows[part] += sizes[key]
            groups[part] += 1
        if empty := [part for part in names if not rows[part]]:
            raise Invalid(
                "split-empty",
                f"{', '.join(empty)} would be empty: there are only {len(sizes)} values of {by}",
                where=entry,
                remedy="split by a column with more values, or wait for more data",
            )
        split = Split(
            *(name, table.name, by, tuple(shares), salt, tuple(rows.values()), tuple(groups.values())),
            twins,
        )

        def work(connection: Connection) -> Split:
            store.put_split(connection, entry, found.number, split)
            body = {
                "version": found.number,
                "split": name,
                "by": by,
                "rows": rows,
                "groups": groups,
                "twins": split.twins,
            }
            record(connection, Act(actor, "dataset.split", entry, self._clock.now(), body))
            return split

        return self._database.write(work)

    def parts(self, entry: str, version: int, name: str) -> tuple[Split, dict[str, str]]:
        """A split and the part of each value of its column, computed anew. Raises :class:`Missing`."""
        found = self._queries.version(entry, version)
        split = self._queries.split(entry, found.number, name)
        with opened_table(self._named(table_of(found, split.file))) as db:
            sizes = tables.group_sizes(db, split.by)
        return split, splitting.parted(sizes, split.shares, split.salt)

    def label(self, entry: str, path: Path, plan: LabelPlan, actor: Actor) -> LabelSet:
        """Take judgements in: a new version of labels, with those before that nobody changed.

        Raises :class:`Missing`, :class:`Invalid` with every row that cannot be taken; then nothing is kept.
        """
        check_plan(plan)
        with self._lock:
            return self._label(entry, path, plan, actor)

    def _label(self, entry: str, path: Path, plan: LabelPlan, actor: Actor) -> LabelSet:
        table = table_of(self._queries.version(entry), plan.file)
        units = tables.values_of(self._named(table), plan.unit)
        return self._keep(entry, table, plan, labelling.read_judgements(path, units, plan.values), actor)

    def keep_judgements(
        self,
        entry: str,
        plan: LabelPlan,
        new: Sequence[Judgement],
        actor: Actor,
        also: Callable[[Connection], None] = lambda connection: None,
    ) -> LabelSet:
        """As :meth:`label`, for judgements that were checked one by one; ``also`` commits with them."""
        with self._lock:
            table = table_of(self._queries.version(entry), plan.file)
            return self._keep(entry, table, plan, new, actor, also)

    def _keep(
        self,
        entry: str,
        table: StoredFile,
        plan: LabelPlan,
        new: Sequence[Judgement],
        actor: Actor,
        also: Callable[[Connection], None] = lambda connection: None,
    ) -> LabelSet:
        with self._database.read() as connection:
            earlier = store.labels_of(connection, entry, plan.name)
        before = self._queries.judgements(earlier[-1]) if earlier else ()
        said = labelling.merged(before, new)
        values = plan.values or tuple(sorted({item.value for item in said}))
        agreement(said, plan.scale, values)  # refuses values that the scale cannot take
        sha256, size = self._vault.put([labelling.as_lines(said)])

        def work(connection: Connection) -> LabelSet:
            now = self._clock.now()
            number = store.last_label_number(connection, entry, plan.name) + 1
            found = LabelSet(
                *(plan.name, number, millis(now), actor.id, table.name, plan.unit, plan.scale, values),
                *(sha256, size, len(said), len({item.unit for item in said})),
                *(len({item.annotator for item in said}), plan.adjudicators, plan.note),
            )
            store.add_labels(connection, entry, found)
            body = {"labels": plan.name, "number": number, "sha256": sha256, "judgements": len(said)}
            record(connection, Act(actor, "dataset.labelled", entry, now, body | {"note": plan.note}))
            also(connection)
            return found

        return self._database.write(work)

    def exported(self, export: Exported, columns: Mapping[str, Any], actor: Actor, purpose: str) -> Exported:
        """Note an export before it appears: what left is always on record."""

        def work(connection: Connection) -> Exported:
            now, number = self._clock.now(), len(store.exports_of(connection, export.entry)) + 1
            noted = Exported(
                *(export.entry, number, millis(now), export.version, export.folder, export.recipient),
                *(export.reader, export.rows, export.digest, export.files),
            )
            store.add_export(connection, noted)
            body = {
                "number": number,
                "version": export.version,
                "recipient": export.recipient,
                "reader": export.reader,
                "rows": export.rows,
                "sha256": export.digest,
                "columns": dict(columns),
                "purpose": purpose,
            }
            record(connection, Act(actor, "dataset.exported", export.entry, now, body))
            return noted

        return self._database.write(work)

    def _named(self, table: StoredFile) -> Path:
        """The file of a table under a name that says its form: the vault's own names say none."""
        return self._vault.named(table.sha256, Path(table.name).suffix.lower())


def _check_names(files: Mapping[str, Path]) -> None:
    if not files:
        raise Invalid("dataset-empty", "a dataset has one file at least", remedy="name a file")
    for name in files:
        if not _NAME.fullmatch(name) or ".." in name.split("/") or len(name) > 300:
            raise Invalid("dataset-name", f"{name!r} is no name of a file in a dataset", remedy="rename it")


def check_word(name: str) -> None:
    """Raises :class:`Invalid` for what cannot name a split or labels."""
    if not _WORD.fullmatch(name):
        raise Invalid("dataset-word", f"{name!r} cannot be a name", remedy="small letters, digits, - and _")


def check_plan(plan: LabelPlan) -> None:
    """Raises :class:`Invalid` for a plan that no labels can follow."""
    check_word(plan.name)
    if plan.scale not in SCALES:
        raise Invalid(
            "label-scale", f"there is no scale {plan.scale!r}", remedy=f"use one of {', '.join(SCALES)}"
        )
    if plan.scale == "ordinal" and len(plan.values) < 2:
        raise Invalid(
            "label-order", "an ordinal scale needs its values in their order", remedy="low,mid,high"
        )


def _version(
    entry: str,
    stored: tuple[StoredFile, ...],
    told: About,
    before: DatasetVersion | None,
    at: int,
    actor: Actor,
) -> DatasetVersion:
    digest = manifest_digest(stored)
    equal = before is not None and before.digest == digest
    sheet = told.datasheet if told.datasheet is not None else (before.datasheet if before else {})
    return DatasetVersion(
        *(entry, before.number + 1 if before else 1, at, actor.id, digest, stored),
        told.licence or (before.licence if before else ""),
        told.note,
        {name: dict(answer) for name, answer in sheet.items()},
        before.quality if equal and before else None,
    )


def _resource(known: Resource, version: DatasetVersion) -> Resource:
    """The entry as it stands with this version; what people wrote of its fields stays."""
    table = next((item for item in version.files if item.rows is not None), None)
    fields = known.fields or tuple(Field(name, kind) for name, kind in (table.columns if table else ()))
    return replace(
        known,
        state="active" if known.state == "retired" else known.state,
        fields=fields,
        rows=version.rows if table else known.rows,
        licence=version.licence or known.licence,
        updated_on=iso(from_millis(version.at)),
        extra=known.extra | {"dataset.version": str(version.number), "dataset.sha256": version.digest},
    )
