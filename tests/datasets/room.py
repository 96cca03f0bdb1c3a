"""A hub with one dataset: reports of residents, labelled by three people."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from chengshu.engines.embedded.database import SqliteDatabase
from chengshu.foundation.journal import Actor
from chengshu.foundation.journal import store as journal_store
from chengshu.kernel.clock import VirtualClock
from chengshu.kernel.ids import SequenceIds
from chengshu.kernel.texts import Text
from chengshu.resources.datasets import (
    About,
    ByHand,
    DatasetExports,
    DatasetQueries,
    Datasets,
    DatasetVersion,
    HandQueries,
    LabelPlan,
    LabelSet,
    Order,
    Vault,
    datasheet,
    store,
)
from chengshu.resources.grading import store as grading_store
from chengshu.resources.ledger import Ledger, LedgerQueries
from chengshu.resources.ledger import store as ledger_store

ENTRY = "urn:chengshu:resource:reports"
LIN = Actor("person:lin")
KEY = b"a key of the test, long enough"
START = datetime(2026, 7, 6, 1, tzinfo=UTC)
TITLE = Text("Reports of residents", "市民诉求", "市民訴求")


def answers() -> dict[str, dict[str, str]]:
    """Every required question answered."""
    return {
        item.id: {"en": f"about {item.id}", "zh-Hans": f"关于{item.id}"}
        for item in datasheet.form().questions
        if item.required
    }


def table(folder: Path, rows: int = 60, name: str = "reports.csv") -> Path:
    """Reports: three of each person, some with a mobile number."""
    path = folder / name
    lines = [
        f"r{at},p{at // 3},{'水浸噪音路燈垃圾停車'[at % 5 * 2 : at % 5 * 2 + 2]},1380013{at:04d},{at * 0.5}"
        for at in range(rows)
    ]
    path.write_text("\n".join(["report,person,kind,mobile,hours", *lines]) + "\n", "utf-8")
    return path


def labels(folder: Path, lines: list[str], name: str = "labels.csv") -> Path:
    path = folder / name
    path.write_text("\n".join(["unit,annotator,label", *lines]) + "\n", "utf-8")
    return path


class Room:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.database = SqliteDatabase(folder / "hub.db", durable=False, threaded=False)
        for part in (journal_store, ledger_store, grading_store, store):
            self.database.create(part.metadata)
        self.clock = VirtualClock(START)
        self.entries = LedgerQueries(self.database)
        self.ledger = Ledger(self.database, self.clock, SequenceIds())
        self.vault = Vault(folder / "vault")
        self.datasets = Datasets(self.database, self.clock, self.ledger, self.entries, self.vault)
        self.queries = DatasetQueries(self.database, self.vault)
        self.exports = DatasetExports(
            self.database, self.clock, self.entries, self.datasets, self.queries, self.vault
        )

        self.hand = HandQueries(self.database, self.vault, self.queries)
        self.by_hand = ByHand(
            self.database, self.clock, self.entries, self.datasets, self.queries, self.hand, self.vault
        )

    def add(self, rows: int = 60) -> DatasetVersion:
        about = About(TITLE, licence="CC-BY-4.0", datasheet=answers())
        return self.datasets.add(ENTRY, {"reports.csv": table(self.folder, rows)}, LIN, about)

    def label(self, lines: list[str], **parts: object) -> LabelSet:
        plan = LabelPlan(**({"name": "kind", "unit": "report", "values": ("a", "b", "c")} | parts))  # type: ignore[arg-type]
        return self.datasets.label(ENTRY, labels(self.folder, lines), plan, LIN)

    def order(self, **parts: object) -> Order:
        told = {
            "entry": ENTRY,
            "folder": self.folder / "out",
            "reader": "analyst",
            "recipient": "university",
            "key": KEY,
        }
        return Order(**(told | parts))  # type: ignore[arg-type]
