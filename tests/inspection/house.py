"""A hub's rooms of data over one folder: files and a register that are harvested and looked into."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from chengshu.app.inspection import STORES, InspectionRoom, room_of
from chengshu.engines.embedded.database import SqliteDatabase
from chengshu.foundation.journal import store as journal_store
from chengshu.kernel.clock import VirtualClock
from chengshu.kernel.ids import SequenceIds
from chengshu.resources.inspection import Inspector, Looks, read_declared
from chengshu.resources.inspection.commands import Parts
from chengshu.resources.inspection.following import Follower
from chengshu.resources.inspection.store import Look, find_look
from chengshu.resources.ledger import Ledger, LedgerQueries, Resource
from chengshu.resources.ledger import store as ledger_store
from chengshu.resources.ledger.harvest import Harvester, HarvestSource, Problem, RowSource
from chengshu.resources.ledger.harvest import store as harvest_store
from chengshu.resources.ledger.harvest.connectors.database import DatabaseConnector
from chengshu.resources.ledger.harvest.connectors.folder import FolderConnector
from chengshu.resources.ledger.harvest.declared import Database, Folder
from chengshu.resources.quality.queries import History, history

START = datetime(2026, 7, 1, tzinfo=UTC)


class House:
    """A hub's rooms of data over one folder, with a folder of files and a register to harvest."""

    def __init__(self, folder: Path, url: str = "") -> None:
        self.folder = folder
        self.url = url or f"sqlite:///{folder / 'register.db'}"
        self.database = SqliteDatabase(folder / "hub.db", durable=False, threaded=False)
        for part in (journal_store, ledger_store, harvest_store, *STORES):
            self.database.create(part.metadata)
        self.clock, self.queries = VirtualClock(START), LedgerQueries(self.database)
        ids = SequenceIds()
        self.ledger = Ledger(self.database, self.clock, ids)
        self.room: InspectionRoom = room_of(folder, self.database, self.clock, ids, self.ledger, self.queries)
        self.files, self.register = folder / "files", folder / "register.db"
        self.files.mkdir(exist_ok=True)
        self.open()

    def open(self) -> None:
        """Anew, as after a start."""
        declared = [
            HarvestSource(id="files", connector=Folder(kind="folder", path="files"), department="water"),
            HarvestSource(id="register", connector=Database(kind="database", url=self.url)),
        ]
        sources: dict[str, RowSource] = {
            "files": FolderConnector(self.files, "**/*"),
            "register": DatabaseConnector(Database(kind="database", url=self.url)),
        }
        self.harvester = Harvester(self.database, self.clock, self.ledger, declared, sources)
        follower = Follower(self.database, self.clock, self.room.lineage)
        parts = Parts(self.room.grading, self.room.quality, follower, self.room.booking)
        self.inspector = Inspector(
            self.database, self.clock, parts, read_declared(self.folder), sources, seconds=60
        )

    def cycle(self) -> Looks:
        """A day passes; every source is harvested and looked into."""
        self.clock.advance_to(self.clock.now() + timedelta(days=1))
        for source in self.harvester.sources:
            self.harvester.run(source)
        return self.inspector.look()

    def entry(self, native: str, source: str = "files") -> Resource:
        return self.queries.get(f"urn:chengshu:resource:{source}:{native}")

    def grades(self, native: str, source: str = "files") -> dict[str, tuple[str, str]]:
        return {part.name: (part.category, part.grade) for part in self.entry(native, source).fields}

    def quality(self, native: str) -> History:
        with self.database.read() as connection:
            found = history(connection, self.entry(native).id)
        assert found is not None
        return found

    def look(self, native: str) -> Look:
        with self.database.read() as connection:
            found = find_look(connection, f"urn:chengshu:resource:files:{native}")
        assert found is not None
        return found

    def problems(self) -> dict[str, Problem]:
        """What the last harvest of the files could not read, by name."""
        with self.database.read() as connection:
            last = harvest_store.last_run(connection, "files")
            assert last is not None
            return {
                item.native_id: item for item in harvest_store.problems_of(connection, "files", last.number)
            }
