"""A small library for the tests: the knowledge base over a database and an index of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path

from chengshu.engines.embedded.database import SqliteDatabase
from chengshu.engines.tantivy import TantivyIndex
from chengshu.foundation.journal import Actor, Pump
from chengshu.foundation.journal import store as journal_store
from chengshu.kernel.clock import VirtualClock
from chengshu.kernel.ids import SequenceIds
from chengshu.kernel.texts import Text
from chengshu.resources.grading.model import Grade
from chengshu.resources.knowledge import store
from chengshu.resources.knowledge.commands import About, Knowledge
from chengshu.resources.knowledge.queries import KnowledgeQueries
from chengshu.resources.knowledge.readers import Reader
from chengshu.resources.knowledge.search import LAYOUT, KnowledgeSearch
from chengshu.resources.ledger import Ledger, LedgerQueries
from chengshu.resources.ledger import store as ledger_store

EVALUATION = Path(__file__).parent / "evaluation"
CLERK = Actor("person:lin")
TODAY = date(2026, 7, 1)
ALL = Reader(Grade.CORE)


class Library:
    """Everything of the room."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.database = SqliteDatabase(folder / "hub.db", durable=False, threaded=False)
        for part in (journal_store, ledger_store, store):
            self.database.create(part.metadata)
        self.clock = VirtualClock(datetime(2026, 7, 1, 4, tzinfo=UTC))
        self.ledger = Ledger(self.database, self.clock, SequenceIds())
        self.entries = LedgerQueries(self.database)
        self.knowledge = Knowledge(self.database, self.clock, self.ledger)
        self.queries = KnowledgeQueries(self.database, self.entries)
        self.index = TantivyIndex(None, LAYOUT)
        self.search = KnowledgeSearch(self.index, self.queries)
        self.pump = Pump(self.database, self.clock, [self.search], strict=True)

    def add(self, name: str, text: str | bytes, **about: object) -> str:
        """Add a document and index it; its id."""
        body = text.encode() if isinstance(text, str) else text
        known = {"valid_from": date(2026, 1, 1)} | about
        added = self.knowledge.add(name, body, About(**known), CLERK)  # type: ignore[arg-type]
        self.pump.drain()
        return added.edition.document

    def close(self) -> None:
        """Give the files back."""
        self.index.close()
        self.database.close()


@contextmanager
def evaluation_library(folder: Path) -> Iterator[Library]:
    """The library of the evaluation: each document's id ends in its file's name."""
    library = Library(folder)
    for path in sorted(EVALUATION.glob("*.*")):
        if path.suffix in (".txt", ".md"):
            first = path.read_text("utf-8").splitlines()[0].strip("# ")
            document = f"urn:chengshu:resource:{path.stem}"
            library.add(path.name, path.read_bytes(), document=document, title=Text.of(first))
    yield library
    library.close()
