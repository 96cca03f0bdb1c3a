"""A hub that keeps datasets and has rules for how long; what is destroyed can be killed in between."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from chengshu.engines.embedded.database import SqliteDatabase
from chengshu.foundation.declared import Document, checked
from chengshu.foundation.journal import Actor
from chengshu.foundation.journal import store as journal_store
from chengshu.kernel.clock import VirtualClock
from chengshu.kernel.ids import SequenceIds
from chengshu.kernel.texts import Text
from chengshu.resources.datasets import About, DatasetQueries, Datasets, DatasetVersion, Vault
from chengshu.resources.datasets import store as dataset_store
from chengshu.resources.datasets.holding import DatasetHolding, ExportHolding
from chengshu.resources.datasets.model import Exported, StoredFile, manifest_digest, sha256_of
from chengshu.resources.ledger import Ledger, LedgerQueries
from chengshu.resources.ledger import store as ledger_store
from chengshu.resources.retention import Due, Holding, Proposals, Retention, RetentionQueries, store
from chengshu.resources.retention.declared import RetentionFile

ENTRY = "urn:chengshu:resource:reports"
OTHER = "urn:chengshu:resource:rain"
LIN = Actor("person:lin")
START = datetime(2026, 7, 6, 1, tzinfo=UTC)
RULES = {
    "rules": [
        {
            "id": "reports",
            "entries": [ENTRY],
            "keep": "P1Y",
            "law": "個人信息保護法 19",
            "basis": {"en": "no longer than needed", "zh-Hans": "最短时间", "zh-Hant": "最短時間"},
        },
        {"id": "rest", "kinds": ["dataset"], "keep": "P10Y", "law": "檔案法 14", "basis": "archives"},
    ]
}


class Office:
    def __init__(self, folder: Path, *, holdings: list[Holding] | None = None, now: datetime = START) -> None:
        self.folder = folder
        self.database = SqliteDatabase(folder / "hub.db", durable=False, threaded=False)
        for part in (journal_store, ledger_store, dataset_store, store):
            self.database.create(part.metadata)
        self.clock = VirtualClock(now)
        self.ids = SequenceIds()
        self.entries = LedgerQueries(self.database)
        self.vault = Vault(folder / "vault")
        ledger = Ledger(self.database, self.clock, self.ids)
        self.datasets = Datasets(self.database, self.clock, ledger, self.entries, self.vault)
        self.versions = DatasetQueries(self.database, self.vault)
        own: list[Holding] = [
            DatasetHolding(self.database, self.clock, self.vault),
            ExportHolding(self.database, self.clock),
        ]
        self.holdings = own if holdings is None else holdings
        self.open(self.holdings)

    def open(self, holdings: list[Holding]) -> None:
        self.retention = Retention(self.database, self.clock, self.ids, self.entries, holdings)
        self.proposals = Proposals(self.database, self.clock, self.ids, self.retention)
        rules = checked(RetentionFile, Document(Path("retention.yaml"), RULES)).rules
        self.queries = RetentionQueries(self.database, self.entries, rules, holdings)

    def add(self, text: str, entry: str = ENTRY, **more: str) -> DatasetVersion:
        """A version of one file, and of more where they are given by name."""
        files = {}
        for name, content in ({"a.txt": text} | more).items():
            files[name] = self.folder / name
            files[name].write_text(content, "utf-8")
        return self.datasets.add(entry, files, LIN, About(Text.of("reports")))

    def export(self, number: int, **files: str) -> Path:
        """An export as it was noted, with its files where they were written."""
        folder = self.folder / f"out-{number}"
        stored = []
        for name, text in files.items():
            place = folder / "data" / name
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text, "utf-8")
            stored.append(StoredFile(f"data/{name}", sha256_of(text.encode()), len(text)))
        noted = Exported(
            *(ENTRY, 0, 0, 1, str(folder), "university", "owner", 0),
            *(manifest_digest(stored), tuple(stored)),
        )
        self.datasets.exported(noted, {}, LIN, "")
        return folder

    def wait(self, days: int) -> None:
        self.clock.advance_to(self.clock.now() + timedelta(days=days))

    def due(self, entry: str = ENTRY) -> Due:
        [found] = self.queries.due(self.clock.now(), entry)
        return found
