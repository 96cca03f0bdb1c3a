"""Readers of the knowledge base: what documents there are for somebody on a day, and their passages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any

from chengshu.kernel.errors import Missing
from chengshu.ports.database import Database
from chengshu.resources.knowledge import store
from chengshu.resources.knowledge.citing import place_of
from chengshu.resources.knowledge.model import Edition, Passage, holding
from chengshu.resources.knowledge.readers import Reader, may_read
from chengshu.resources.ledger import LedgerQueries, Resource


@dataclass(frozen=True, slots=True)
class Held:
    """A document and the edition of it that holds."""

    resource: Resource
    edition: Edition

    @property
    def key(self) -> str:
        """What the search index calls the edition."""
        return key_of(self.edition.document, self.edition.number)


@dataclass(frozen=True, slots=True)
class Page:
    """Some passages of an edition, in order, among all editions of the document."""

    held: Held
    editions: tuple[Edition, ...]
    passages: tuple[Passage, ...]

    def as_dict(self) -> dict[str, Any]:
        """The form of APIs."""
        item = self.held.resource
        return {
            "document": item.id,
            "title": item.title.as_dict(),
            "provider": item.provider,
            "grade": item.grade,
            "edition": self.held.edition.number,
            "editions": [edition.as_dict() for edition in self.editions],
            "passages": [
                {
                    "number": part.number,
                    "place": place_of(part),
                    "page": self.held.edition.page_of(part),
                    "text": part.text,
                }
                for part in self.passages
            ],
        }


def key_of(document: str, edition: int) -> str:
    """An edition's name in the index."""
    return f"{document}#{edition}"


def ids_of(document: str, edition: int, payload: Mapping[str, Any]) -> list[str]:
    """What the search index calls the passages of an edition that was destroyed."""
    return [f"{key_of(document, edition)}#{number}" for number in range(int(payload["passages"]))]


class KnowledgeQueries:
    """What is read; nothing is told of a document that the reader may not read, not even that it is there."""

    def __init__(self, database: Database, ledger: LedgerQueries) -> None:
        self._database, self._ledger = database, ledger

    def shelf(self, reader: Reader, day: date) -> dict[str, Held]:
        """What holds on a day and may be read, by key, ordered by document."""
        with self._database.read() as connection:
            by_document = {
                document: list(group)
                for document, group in groupby(store.all_editions(connection), lambda item: item.document)
            }
        entries = self._ledger.many(list(by_document))
        shelf = {}
        for document, editions in by_document.items():
            entry, edition = entries.get(document), holding(editions, day)
            gone = edition is not None and edition.destroyed_at
            if entry is not None and edition is not None and not gone and may_read(entry, reader):
                held = Held(entry, edition)
                shelf[held.key] = held
        return shelf

    def page(
        self,
        document: str,
        reader: Reader,
        *,
        day: date | None = None,
        edition: int | None = None,
        after: int = -1,
        limit: int | None = None,
    ) -> Page:
        """Passages of the edition named, or of the one that holds on a day. Raises :class:`Missing`."""
        with self._database.read() as connection:
            editions = store.editions_of(connection, document)
        entry = self._ledger.many([document]).get(document)
        if entry is None or not editions or not may_read(entry, reader):
            raise Missing("document-missing", f"there is no document {document}")
        found = self._which(editions, day, edition)
        if found is None:
            said = f"no edition {edition}" if edition is not None else f"no edition that holds on {day}"
            known = "; ".join(f"{item.number}: {item.label}" for item in editions)
            raise Missing("edition-missing", f"{document} has {said}", remedy=f"there are {known}")
        if found.destroyed_at:
            raise Missing("edition-destroyed", f"edition {found.number} was destroyed", where=document)
        with self._database.read() as connection:
            parts = store.passages_of(connection, document, found.number, after, limit)
        return Page(Held(entry, found), tuple(editions), tuple(parts))

    def _which(self, editions: Sequence[Edition], day: date | None, number: int | None) -> Edition | None:
        if number is not None:
            return next((item for item in editions if item.number == number), None)
        return editions[-1] if day is None else holding(editions, day)

    def passages(
        self, wanted: Mapping[tuple[str, int], Sequence[int]]
    ) -> dict[tuple[str, int, int], Passage]:
        """Passages by document, edition and number; what does not exist is left out."""
        found: dict[tuple[str, int, int], Passage] = {}
        with self._database.read() as connection:
            for (document, edition), numbers in wanted.items():
                for number, part in store.find_passages(connection, document, edition, numbers).items():
                    found[(document, edition, number)] = part
        return found

    def edition(self, document: str, number: int) -> tuple[Resource, list[Passage]] | None:
        """All passages of an edition, for the index; None when it does not exist."""
        entry = self._ledger.many([document]).get(document)
        with self._database.read() as connection:
            parts = store.passages_of(connection, document, number)
        return (entry, parts) if entry is not None and parts else None
