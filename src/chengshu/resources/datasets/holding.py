"""What retention finds of datasets: files of versions, labels, and exports the hub wrote."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from msgspec.structs import replace
from sqlalchemy import Connection

from chengshu.foundation.journal import Act, Actor, record
from chengshu.kernel.clock import Clock, millis
from chengshu.ports.database import Database
from chengshu.resources.datasets import store
from chengshu.resources.datasets.hand import store as hand
from chengshu.resources.datasets.labelling import as_lines
from chengshu.resources.datasets.model import Judgement, sha256_of
from chengshu.resources.datasets.vault import Vault
from chengshu.resources.retention.files import destroy_file, is_there
from chengshu.resources.retention.model import Item, Outcome

_HUB = Actor.hub("retention")


class DatasetHolding:
    """Versions and labels: ``version/3/reports.csv``, ``labels/kind/2``. Equal files lie there once.

    What was said by hand and is in no version of the labels yet is an item too: ``marks/kind/now``.
    """

    name = "datasets"

    def __init__(self, database: Database, clock: Clock, vault: Vault) -> None:
        self._database, self._clock, self._vault = database, clock, vault

    def entries(self) -> Sequence[str]:
        with self._database.read() as connection:
            return store.entries(connection)

    def items(self, entry: str, before: int) -> Sequence[Item]:
        with self._database.read() as connection:
            found = [
                *self._files(connection, entry),
                *self._labels(connection, entry),
                *self._marks(connection, entry),
            ]
        return [item for item in found if item.at < before]

    def _files(self, connection: Connection, entry: str) -> Iterator[Item]:
        for version in store.versions_of(connection, entry):
            for item in version.files:
                if store.refers(connection, entry, version.number, item.name):
                    name = f"version/{version.number}/{item.name}"
                    yield Item(self.name, name, item.sha256, item.size, version.at)

    def _labels(self, connection: Connection, entry: str) -> Iterator[Item]:
        for found in store.labels_of(connection, entry):
            name = f"labels/{found.name}/{found.number}"
            yield Item(self.name, name, found.sha256, found.size, found.at)

    def _marks(self, connection: Connection, entry: str) -> Iterator[Item]:
        for task in hand.tasks_of(connection, entry):
            if said := hand.marks_of(connection, entry, task.name):
                lines = [Judgement(one.unit, one.annotator, one.value) for one in said]
                digest, newest = sha256_of(as_lines(lines)), max(one.at for one in said)
                yield Item(self.name, f"marks/{task.name}/now", digest, len(said), newest)

    def destroy(self, entry: str, item: Item) -> Outcome:
        """The record goes first, then the bytes where nothing else needs them."""
        if item.name.startswith("marks/"):
            return self._database.write(lambda connection: self._drop_marks(connection, entry, item))
        needed = self._database.write(lambda connection: self._drop(connection, entry, item))
        if needed:
            return "released"
        self._vault.remove(item.digest)
        return "destroyed"

    def _drop_marks(self, connection: Connection, entry: str, item: Item) -> Outcome:
        """Marks go as they were shown; what was said since is left alone."""
        found = next((one for one in self._marks(connection, entry) if one.name == item.name), None)
        if found is None:
            return "absent"
        if found.digest != item.digest:
            return "changed"
        name = item.name.split("/")[1]
        hand.drop_marks(connection, entry, name, hand.marks_of(connection, entry, name))
        return "destroyed"

    def _drop(self, connection: Connection, entry: str, item: Item) -> bool:
        """Refer to the item no more; whether another still refers to its bytes."""
        kind, first, rest = item.name.split("/", 2)
        if kind == "labels":
            store.drop_labels(connection, entry, first, int(rest))
        else:
            number = int(first)
            store.drop_file(connection, entry, number, rest)
            version = next(one for one in store.versions_of(connection, entry) if one.number == number)
            left = any(store.refers(connection, entry, number, one.name) for one in version.files)
            if not version.destroyed_at:
                now = self._clock.now()
                store.mark_destroyed(connection, replace(version, destroyed_at=millis(now)))
                body = {"version": number, "whole": not left}
                record(connection, Act(_HUB, "dataset.version_ended", entry, now, body))
        return item.digest in store.referred(connection)

    def holds(self, entry: str, item: Item) -> bool:
        """Whether a record refers to it still, or its bytes lie there though nothing needs them."""
        kind, first, rest = item.name.split("/", 2)
        with self._database.read() as connection:
            if kind == "marks":
                return any(
                    (one.name, one.digest) == (item.name, item.digest)
                    for one in self._marks(connection, entry)
                )
            if kind == "labels":
                named = any(one.number == int(rest) for one in store.labels_of(connection, entry, first))
            else:
                named = store.refers(connection, entry, int(first), rest)
            needed = item.digest in store.referred(connection)
        return named or (not needed and self._vault.holds(item.digest))


class ExportHolding:
    """Exports where they were written: ``export/2/data/reports.csv``. What others changed is left alone."""

    name = "exports"

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock

    def entries(self) -> Sequence[str]:
        with self._database.read() as connection:
            return store.entries(connection)

    def items(self, entry: str, before: int) -> Sequence[Item]:
        with self._database.read() as connection:
            return [
                Item(self.name, f"export/{found.number}/{item.name}", item.sha256, item.size, found.at)
                for found in store.exports_of(connection, entry, standing=True)
                for item in found.files
                if found.at < before
            ]

    def destroy(self, entry: str, item: Item) -> Outcome:
        number, place = self._place(entry, item)
        outcome = destroy_file(place, item.digest)
        if outcome == "destroyed":
            _drop_empty(place.parent, item.name.count("/") - 1)
        if self._last(entry, number, item):
            now = millis(self._clock.now())
            self._database.write(lambda connection: store.end_export(connection, entry, number, now))
        return outcome

    def holds(self, entry: str, item: Item) -> bool:
        _, place = self._place(entry, item)
        return is_there(place, item.digest)

    def _place(self, entry: str, item: Item) -> tuple[int, Path]:
        _, number, name = item.name.split("/", 2)
        with self._database.read() as connection:
            found = next(one for one in store.exports_of(connection, entry) if one.number == int(number))
        return int(number), Path(found.folder) / name

    def _last(self, entry: str, number: int, item: Item) -> bool:
        with self._database.read() as connection:
            found = next(one for one in store.exports_of(connection, entry) if one.number == number)
        return item.name.endswith(f"/{number}/{found.files[-1].name}")


def _drop_empty(folder: Path, levels: int) -> None:
    """Remove the folders of an export that nothing is left in."""
    for _ in range(levels):
        if any(folder.iterdir()):
            return
        folder.rmdir()
        folder = folder.parent
