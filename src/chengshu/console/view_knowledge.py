"""What the pages of documents need of the hub: a part of the view's Protocol."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from chengshu.console.model import Person
from chengshu.console.model.knowledge import DocumentsView, DocumentView


class KnowledgeDesk(Protocol):
    """Questions to the city's documents, and reading them."""

    def documents(self, person: Person, question: str, as_of: datetime | None) -> DocumentsView:
        """Passages that answer, or none; with an empty question the documents there are. Raises Invalid for
        a question about nothing.
        """
        ...

    def document(
        self, person: Person, id_: str, edition: int | None, passage: int, as_of: datetime | None
    ) -> DocumentView:
        """The page of an edition (None: the one that holds) that has a passage. Raises Missing."""
        ...
