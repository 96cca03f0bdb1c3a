"""The knowledge base's own wiring: commands, readers, the index and the one who answers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

from starlette.requests import Request

from chengshu.app.guard import Guard
from chengshu.engines.tantivy import TantivyIndex
from chengshu.foundation.city import City
from chengshu.foundation.journal import Actor
from chengshu.kernel.clock import Clock
from chengshu.ports.database import Database
from chengshu.ports.search import SearchIndex
from chengshu.resources.grading import Grade
from chengshu.resources.knowledge.commands import About, Knowledge
from chengshu.resources.knowledge.declared import read_documents
from chengshu.resources.knowledge.queries import KnowledgeQueries
from chengshu.resources.knowledge.readers import PROGRAM, STRANGER, Reader
from chengshu.resources.knowledge.search import LAYOUT, KnowledgeSearch
from chengshu.resources.ledger import Ledger, LedgerQueries
from chengshu.resources.ledger.meaning import Meanings

_OWN = "urn:chengshu:resource:city:document"


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


def enter_documents(city: City, room: KnowledgeRoom) -> int:
    """Take in what the city's ``documents.yaml`` names; how many editions were new. Raises :class:`Invalid`
    with the file's mistakes.
    """
    new = 0
    for document in read_documents(city.folder):
        for edition in document.editions:
            about = About(
                edition.valid_from,
                document.title,
                f"{_OWN}:{document.id}",
                edition.label,
                edition.valid_until,
                document.provider,
                Grade(document.grade),
                document.open,
                document.themes,
            )
            path = city.folder / edition.file
            new += room.commands.add(path.name, path.read_bytes(), about, Actor.hub("documents")).new
    return new


def reader_of(guard: Guard, request: Request) -> Reader:
    """Who reads over a machine interface: a program with its token or somebody signed in, or a stranger."""
    return Reader(PROGRAM) if guard.knows(request) else STRANGER


def day_in(zone: ZoneInfo, clock: Clock) -> date:
    """The day it is in the city."""
    return clock.now().astimezone(zone).date()
