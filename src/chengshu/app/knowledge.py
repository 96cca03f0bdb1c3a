"""The knowledge base's own wiring: commands, readers, the index and the one who answers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

from starlette.requests import Request

from chengshu.app.guard import Guard
from chengshu.engines.tantivy import TantivyIndex
from chengshu.kernel.clock import Clock
from chengshu.ports.database import Database
from chengshu.ports.search import SearchIndex
from chengshu.resources.knowledge.commands import Knowledge
from chengshu.resources.knowledge.queries import KnowledgeQueries
from chengshu.resources.knowledge.readers import PROGRAM, STRANGER, Reader
from chengshu.resources.knowledge.search import LAYOUT, KnowledgeSearch
from chengshu.resources.ledger import Ledger, LedgerQueries
from chengshu.resources.ledger.meaning import Meanings


@dataclass(frozen=True)
class KnowledgeRoom:
    """What the hub holds of the knowledge base."""

    commands: Knowledge
    queries: KnowledgeQueries
    index: SearchIndex
    search: KnowledgeSearch


def knowledge_of(
    folder: Path,
    database: Database,
    clock: Clock,
    ledger: Ledger,
    entries: LedgerQueries,
    meanings: Meanings | None = None,
) -> KnowledgeRoom:
    """The knowledge base over the data in ``folder``; ``meanings``: None to search by words alone."""
    queries = KnowledgeQueries(database, entries)
    index = TantivyIndex(folder / "search" / "knowledge", LAYOUT)
    return KnowledgeRoom(
        Knowledge(database, clock, ledger), queries, index, KnowledgeSearch(index, queries, meanings)
    )


def reader_of(guard: Guard, request: Request) -> Reader:
    """Who reads over a machine interface: a program with its token or somebody signed in, or a stranger."""
    return Reader(PROGRAM) if guard.knows(request) else STRANGER


def day_in(zone: ZoneInfo, clock: Clock) -> date:
    """The day it is in the city."""
    return clock.now().astimezone(zone).date()
