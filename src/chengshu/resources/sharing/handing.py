"""Files written for uses on the hub's own disk: on record before they appear, and under retention."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import Connection

from chengshu.foundation.journal import Act, Actor, enter
from chengshu.kernel.clock import Clock, millis
from chengshu.ports.database import Database
from chengshu.resources.retention.files import destroy_file, is_there
from chengshu.resources.retention.model import Item, Outcome
from chengshu.resources.sharing import store_files
from chengshu.resources.sharing.gate import Export
from chengshu.resources.sharing.store_files import SharedFile


class SharedFiles:
    """Writes the files of uses and destroys them: a holding of retention, ``use/17/people.csv``."""

    name = "shares"

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock

    def write(self, export: Export, place: Path) -> SharedFile:
        """Note where the file goes, then write it; it appears whole or not at all."""
        use, now = export.answer.use, self._clock.now()
        file = SharedFile(
            *(use.seq, use.resource, str(place.resolve()), hashlib.sha256(export.content).hexdigest()),
            *(len(export.content), millis(now)),
        )
        actor = Actor(use.person)
        body = {"use": use.seq, "sha256": file.sha256, "size": file.size}
        act = Act(actor, "sharing.file_written", use.resource, now, body)

        def work(connection: Connection) -> None:
            store_files.add_file(connection, file)
            enter(connection, act)

        self._database.write(work)
        spare = place.with_name(place.name + ".part")
        try:
            spare.write_bytes(export.content)
            spare.replace(place)
        finally:
            spare.unlink(missing_ok=True)
        return file

    def entries(self) -> Sequence[str]:
        with self._database.read() as connection:
            return store_files.resources_with_files(connection)

    def items(self, entry: str, before: int) -> Sequence[Item]:
        with self._database.read() as connection:
            found = store_files.files_of(connection, entry)
        return [
            Item(self.name, f"use/{one.use}/{Path(one.place).name}", one.sha256, one.size, one.at)
            for one in found
            if one.at < before
        ]

    def destroy(self, entry: str, item: Item) -> Outcome:
        file = self._file(entry, item)
        outcome = destroy_file(Path(file.place), item.digest)
        now = self._clock.now()
        self._database.write(lambda connection: store_files.end_file(connection, file.use, millis(now)))
        return outcome

    def holds(self, entry: str, item: Item) -> bool:
        return is_there(Path(self._file(entry, item).place), item.digest)

    def _file(self, entry: str, item: Item) -> SharedFile:
        use = int(item.name.split("/")[1])
        with self._database.read() as connection:
            found = store_files.files_of(connection, entry, standing=False)
        return next(one for one in found if one.use == use)
