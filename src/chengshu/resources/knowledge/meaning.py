"""Passages as vectors, where a model is installed: what answers in other words, or in the other language."""

from __future__ import annotations

from collections.abc import Sequence

from chengshu.ports.runtime import Change, Effect
from chengshu.resources.knowledge.queries import KnowledgeQueries, ids_of, key_of
from chengshu.resources.knowledge.weighing import head_of
from chengshu.resources.ledger.meaning import Meanings


class KnowledgeMeaning:
    """The consumer ``knowledge-meaning``: a vector for each passage of an edition, until it is destroyed."""

    name = "knowledge-meaning"
    kinds: tuple[str, ...] = ("knowledge.added", "knowledge.ended")

    def __init__(self, meanings: Meanings, queries: KnowledgeQueries) -> None:
        self._meanings, self._queries = meanings, queries

    def offset(self) -> int:
        """Where the durable vectors end: the stream is followed from there."""
        return self._meanings.position()

    def prepare(self, changes: Sequence[Change]) -> Effect | None:
        """Make the vectors of the passages of the added editions."""
        for change in changes:
            edition = int(change.payload["edition"])
            if change.kind == "knowledge.ended":
                self._meanings.forget(ids_of(change.subject, edition, change.payload), change.seq)
                continue
            if found := self._queries.edition(change.subject, edition):
                resource, parts = found
                key = key_of(resource.id, edition)
                texts = (
                    (f"{key}#{part.number}", key, f"{head_of(resource, part)}\n{part.words}")
                    for part in parts
                    if part.words
                )
                self._meanings.keep(texts, change.seq)
        return None
