"""Readers of datasets: versions, splits, labels with what annotators agree on, exports."""

from __future__ import annotations

from chengshu.kernel.errors import Invalid, Missing
from chengshu.ports.database import Database
from chengshu.resources.datasets import store
from chengshu.resources.datasets.agreement import Agreement, agreement
from chengshu.resources.datasets.deciding import Decided, decide
from chengshu.resources.datasets.labelling import of_lines
from chengshu.resources.datasets.model import (
    DatasetVersion,
    Exported,
    Judgement,
    LabelSet,
    Split,
    StoredFile,
)
from chengshu.resources.datasets.vault import Vault


class DatasetQueries:
    """What there is of datasets."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database, self._vault = database, vault

    def entries(self) -> list[str]:
        """Entries that have versions."""
        with self._database.read() as connection:
            return store.entries(connection)

    def versions(self, entry: str) -> list[DatasetVersion]:
        """Every version, oldest first. Raises :class:`Missing` for an entry without any."""
        with self._database.read() as connection:
            found = store.versions_of(connection, entry)
        if not found:
            raise Missing(
                "dataset-missing",
                "no version of this dataset is kept",
                where=entry,
                remedy="add one: chengshu dataset add ENTRY FILE",
            )
        return found

    def version(self, entry: str, number: int = 0) -> DatasetVersion:
        """A version; 0: the newest. Raises :class:`Missing`."""
        found = self.versions(entry)
        if number == 0:
            return found[-1]
        wanted = next((item for item in found if item.number == number), None)
        if wanted is None:
            raise Missing("dataset-version", f"there is no version {number}", where=entry)
        return wanted

    def splits(self, entry: str, version: int) -> list[Split]:
        """The splits of a version."""
        with self._database.read() as connection:
            return store.splits_of(connection, entry, version)

    def split(self, entry: str, version: int, name: str) -> Split:
        """One of them. Raises :class:`Missing`."""
        found = {item.name: item for item in self.splits(entry, version)}
        if name not in found:
            raise Missing(
                "split-missing",
                f"version {version} has no split {name!r}",
                where=entry,
                remedy=f"there are: {', '.join(found) or 'none'}",
            )
        return found[name]

    def label_sets(self, entry: str) -> list[LabelSet]:
        """The newest version of each set of labels."""
        with self._database.read() as connection:
            return list({item.name: item for item in store.labels_of(connection, entry)}.values())

    def labels(self, entry: str, name: str, number: int = 0) -> LabelSet:
        """A version of labels; 0: the newest. Raises :class:`Missing`."""
        with self._database.read() as connection:
            found = store.labels_of(connection, entry, name)
        for item in reversed(found):
            if number in (0, item.number):
                return item
        raise Missing(
            "labels-missing",
            f"there are no labels {name!r}{f' number {number}' * bool(number)}",
            where=entry,
            remedy="bring some in: chengshu dataset label",
        )

    def judgements(self, found: LabelSet) -> tuple[Judgement, ...]:
        """What annotators said, read from the vault and proven by its digest."""
        return of_lines(self._vault.proven(found.sha256).read_bytes())

    def agreement(self, entry: str, name: str, number: int = 0) -> Agreement:
        """How far the annotators agree. Raises :class:`Missing`."""
        found = self.labels(entry, name, number)
        final = set(found.adjudicators)
        said = [item for item in self.judgements(found) if item.annotator not in final]
        return agreement(said, found.scale, found.values)

    def decided(self, entry: str, name: str, number: int = 0) -> tuple[Decided, ...]:
        """The label of every unit. Raises :class:`Missing`."""
        found = self.labels(entry, name, number)
        return decide(self.judgements(found), found.adjudicators)

    def exports(self, entry: str) -> list[Exported]:
        """Every export, oldest first."""
        with self._database.read() as connection:
            return store.exports_of(connection, entry)


def table_of(version: DatasetVersion, name: str = "") -> StoredFile:
    """The table of a version; the only one where no name is given. Raises :class:`Invalid`."""
    if (found := version.table(name)) is not None:
        return found
    tables = [item.name for item in version.files if item.rows is not None]
    raise Invalid(
        "dataset-table",
        f"version {version.number} has no table {name!r}" if name else "say which table",
        where=version.entry,
        remedy=f"there are: {', '.join(tables) or 'none'}",
    )
