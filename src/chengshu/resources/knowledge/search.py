"""Questions in words, answered with passages and the clause they stand in, or with: not found."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from chengshu.ports.runtime import Change, Effect
from chengshu.ports.search import Ask, Document, Layout, SearchIndex, Term
from chengshu.resources.knowledge.asking import Question, read_question
from chengshu.resources.knowledge.citing import place_of
from chengshu.resources.knowledge.marking import item_of, marks_of
from chengshu.resources.knowledge.model import Edition, Passage
from chengshu.resources.knowledge.queries import Held, KnowledgeQueries, ids_of, key_of
from chengshu.resources.knowledge.readers import Reader
from chengshu.resources.knowledge.weighing import (
    ENOUGH,
    Match,
    Words,
    edits_of,
    enough_meant,
    head_of,
    rarity,
    weigh,
)
from chengshu.resources.ledger import Resource
from chengshu.resources.ledger.meaning import Meanings, fused
from chengshu.resources.ledger.words import cut, pairs

LAYOUT = Layout({"head": 1.5, "text": 1.0, "pairs": 0.3}, ("edition",))
_WHOLE = ("head", "text")
_STANDING_IN = 0.6
_CANDIDATES = 60  # passages the engine ranks best, which are then weighed


@dataclass(frozen=True, slots=True)
class Cited:
    """A passage that answers. ``place`` cites the clause; ``share`` says how much of the question it has
    (0 to 1) by its words; ``marks`` are the places of the matched words in the passage's text.
    """

    resource: Resource
    edition: Edition
    passage: Passage
    place: str
    share: float
    why: tuple[Match, ...]
    marks: tuple[tuple[int, int], ...]

    @property
    def page(self) -> int:
        """The page on which it stands, from 1; 0 of a document without pages."""
        return self.edition.page_of(self.passage)

    def as_dict(self) -> dict[str, Any]:
        """The form of APIs."""
        return {
            "document": self.resource.id,
            "title": self.resource.title.as_dict(),
            "edition": self.edition.number,
            "label": self.edition.label,
            "valid_from": self.edition.valid_from.isoformat(),
            "passage": self.passage.number,
            "place": self.place,
            "page": self.page,
            "text": self.passage.text,
            "share": round(self.share, 3),
            "marks": self.marks,
            "why": [{"part": match.part, "word": match.word, "how": match.how} for match in self.why],
        }


@dataclass(frozen=True, slots=True)
class Answers:
    """Passages, best first; none at all when the question is not answered. ``documents`` were searched;
    ``unknown`` are words of the question that none of them has.
    """

    passages: tuple[Cited, ...]
    documents: int
    unknown: tuple[str, ...] = ()

    @property
    def found(self) -> bool:
        """Whether the question is answered."""
        return bool(self.passages)

    def as_dict(self) -> dict[str, Any]:
        """The form of APIs."""
        return {
            "found": self.found,
            "documents": self.documents,
            "unknown": self.unknown,
            "passages": [item.as_dict() for item in self.passages],
        }


class KnowledgeSearch:
    """The consumer ``knowledge-search`` that keeps the index, and the one who answers questions."""

    name = "knowledge-search"
    kinds: tuple[str, ...] = ("knowledge.added", "knowledge.ended")

    def __init__(
        self, index: SearchIndex, queries: KnowledgeQueries, meanings: Meanings | None = None
    ) -> None:
        self._index, self._queries, self._meanings = index, queries, meanings

    def offset(self) -> int:
        """Where the durable index ends: the stream is followed from there."""
        return self._index.position()

    def prepare(self, changes: Sequence[Change]) -> Effect | None:
        """Bring the passages of the added editions into the index, and those destroyed out of it."""
        for change in changes:
            edition = int(change.payload["edition"])
            if change.kind == "knowledge.ended":
                self._index.remove(ids_of(change.subject, edition, change.payload))
                continue
            if found := self._queries.edition(change.subject, edition):
                self._index.put(_documents(found[0], edition, found[1]))
        self._index.commit(changes[-1].seq)
        return None

    def ask(self, text: str, reader: Reader, day: date, *, limit: int = 10) -> Answers:
        """Passages of what holds on a day and the reader may read. Raises :class:`Invalid`."""
        asked = read_question(text)
        shelf = self._queries.shelf(reader, day)
        if not shelf:
            return Answers((), 0)
        filters = {"edition": list(shelf)}
        answer = self._index.search(Ask(_terms(asked), filters, limit=_CANDIDATES))
        weights, unknown = self._weights(
            asked, filters, sum(held.edition.passages for held in shelf.values())
        )
        meant = dict(self._meanings.nearest(text, _CANDIDATES, list(shelf))) if self._meanings else {}
        by_words = [id_ for id_, _ in answer.hits]
        found = {
            id_: item
            for id_, held, passage in self._candidates({*by_words, *meant}, shelf)
            if (item := _cited(held, passage, asked, weights, text, meant.get(id_, 0.0))) is not None
        }
        ranks = fused(
            sorted(
                (id_ for id_ in by_words if id_ in found),
                key=lambda id_: (-round(found[id_].share, 1), by_words.index(id_)),
            ),
            [id_ for id_ in meant if id_ in found],
        )
        best = sorted(found, key=lambda id_: (-ranks[id_], id_))
        return Answers(tuple(found[id_] for id_ in best[:limit]), len(shelf), unknown)

    def _weights(
        self, asked: Question, filters: Mapping[str, Sequence[str]], passages: int
    ) -> tuple[dict[str, float], tuple[str, ...]]:
        """How rare each word of the question is in what may be read, and those that are nowhere."""
        weights, unknown = {}, []
        for word in asked.words:
            term = Term(word, fields=_WHOLE)
            count = self._index.search(Ask((term,), filters, limit=1)).total
            weights[word] = rarity(count, passages)
            if not count:
                unknown.append(word)
        return weights, tuple(unknown)

    def _candidates(
        self, ids: Collection[str], shelf: Mapping[str, Held]
    ) -> Iterator[tuple[str, Held, Passage]]:
        wanted: dict[tuple[str, int], list[int]] = {}
        for id_ in ids:
            key, _, number = id_.rpartition("#")
            held = shelf[key]
            wanted.setdefault((held.edition.document, held.edition.number), []).append(int(number))
        for (document, edition, at), passage in self._queries.passages(wanted).items():
            key = key_of(document, edition)
            yield f"{key}#{at}", shelf[key], passage


def _documents(resource: Resource, edition: int, parts: Sequence[Passage]) -> Iterator[Document]:
    key = key_of(resource.id, edition)
    for part in parts:
        head = head_of(resource, part)
        tokens = {"head": cut(head), "text": cut(part.words), "pairs": pairs(part.words)}
        yield Document(f"{key}#{part.number}", tokens, {"edition": (key,)})


def _terms(asked: Question) -> tuple[Term, ...]:
    return (
        *(Term(word, fields=_WHOLE, edits=edits_of(word)) for word in asked.words),
        *(Term(word, fields=_WHOLE, weight=_STANDING_IN) for word in asked.others),
        *(Term(pair, fields=("pairs",)) for pair in asked.pairs),
    )


def _cited(
    held: Held,
    passage: Passage,
    asked: Question,
    weights: Mapping[str, float],
    question: str,
    nearness: float,
) -> Cited | None:
    """The passage as an answer; None when it is none, neither by its words nor by what it means."""
    weighed = weigh(asked, Words(head_of(held.resource, passage), passage.words), weights)
    why = weighed.why
    if weighed.share < ENOUGH:
        if not enough_meant(question, passage.words, nearness):
            return None
        why = (Match("text", f"{nearness:.2f}", "meaning"), *why)
    marks = marks_of(passage.text, (match.word for match in why))
    place = place_of(passage, item_of(passage, marks))
    return Cited(held.resource, held.edition, passage, place, weighed.share, why, marks)
