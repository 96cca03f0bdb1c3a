"""Finding entries: ranked, in either language, forgiving of slips, with facets, and the why of each hit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Literal

from chengshu.kernel.errors import Invalid
from chengshu.kernel.likeness import within
from chengshu.kernel.texts import Text
from chengshu.ports.runtime import Change, Effect
from chengshu.ports.search import Ask, Document, Layout, SearchIndex
from chengshu.resources.ledger.asking import Question, edits, is_sign, read_question, terms, unwanted
from chengshu.resources.ledger.meaning import Meanings, fused
from chengshu.resources.ledger.model import Resource
from chengshu.resources.ledger.queries import LedgerQueries
from chengshu.resources.ledger.words import cut, pairs

FACETS = ("kind", "provider", "sharing", "source_class", "base_library", "grade", "state", "theme", "format")
LAYOUT = Layout({"title": 4.0, "keywords": 2.5, "text": 1.0, "pairs": 0.6}, (*FACETS, "open"))
_LONGEST = 400  # letters of a question
_FUSED = 100  # hits of words and of meaning that are joined; pages beyond are by words alone
MEANT = 0.25  # nearness from which an entry is a hit without any of the words
_BITE = 2000  # entries held at a time while indexing
How = Literal["word", "synonym", "near", "meaning"]


@dataclass(frozen=True, slots=True)
class Match:
    """Why an entry was hit: a word of it, in which part, by itself, as a synonym or as a near one; or what it
    means (``word`` is then how near, from 0 to 1).
    """

    part: str
    word: str
    how: How


@dataclass(frozen=True, slots=True)
class Hit:
    """An entry found, its score (larger is better), and why."""

    resource: Resource
    score: float
    why: tuple[Match, ...]


@dataclass(frozen=True, slots=True)
class Results:
    """A page of hits, how many there are in all, and counts by facet."""

    total: int
    hits: tuple[Hit, ...]
    facets: Mapping[str, Mapping[str, int]]


class LedgerSearch:
    """The consumer ``ledger-search`` that keeps the index, and the one who answers questions."""

    name = "ledger-search"
    kinds: tuple[str, ...] = ("ledger.booked",)

    def __init__(self, index: SearchIndex, queries: LedgerQueries, meanings: Meanings | None = None) -> None:
        self._index, self._queries, self._meanings = index, queries, meanings

    def offset(self) -> int:
        """Where the durable index ends: the stream is followed from there."""
        return self._index.position()

    def prepare(self, changes: Sequence[Change]) -> Effect | None:
        """Bring the booked entries, as they are now, into the index."""
        ids = list(dict.fromkeys(id_ for change in changes for id_ in change.payload["ids"]))
        bites = (ids[at : at + _BITE] for at in range(0, len(ids), _BITE))
        self.index((item for bite in bites for item in self._queries.many(bite).values()), changes[-1].seq)
        return None

    def index(self, resources: Iterable[Resource], position: int) -> None:
        """Put entries into the index, as of a stream position."""
        todo = iter(resources)
        while bite := list(islice(todo, _BITE)):
            self._index.put(document(item) for item in bite)
        self._index.commit(position)

    def ask(
        self,
        text: str,
        *,
        filters: Mapping[str, Sequence[str]] | None = None,
        facets: Sequence[str] = ("kind", "provider", "sharing", "theme"),
        limit: int = 20,
        offset: int = 0,
        retired: bool = False,
        open_only: bool = False,
    ) -> Results:
        """Entries for a question in words; an empty one gives all. Retired ones only when asked for.

        "Words in quotes" must all be there, -words must not, and facet:value narrows as ``filters`` do.

        ``open_only``: what everybody may see; nothing else is shown or counted.

        Raises :class:`Invalid` for a question that is too long or a facet that does not exist.
        """
        if len(text) > _LONGEST:
            raise Invalid(
                "search-long", f"the question has over {_LONGEST} letters", remedy="ask for a few words"
            )
        asked = read_question(text, FACETS)
        if asked.empty:
            return Results(0, (), {name: {} for name in facets})
        wanted = {name: list(values) for name, values in (filters or {}).items()}
        for name, values in asked.filters.items():
            wanted.setdefault(name, []).extend(values)
        if open_only:
            wanted["open"] = ["yes"]
        without = {"state": ["retired"]} if open_only or not (retired or "state" in wanted) else {}
        question = Ask(
            terms(asked), wanted, tuple(facets), limit, offset, without=without, unwanted=unwanted(asked)
        )
        if self._meanings is None or not asked.words or asked.strict or offset + limit > _FUSED:
            found = self._index.search(question)
            return Results(found.total, self._hits(found.hits, asked, open_only), found.facets)
        return self._joined(asked.plain, asked, question, self._meanings, open_only)

    def _joined(
        self, text: str, asked: Question, question: Ask, meanings: Meanings, open_only: bool
    ) -> Results:
        """The page by words and by meaning together (reciprocal rank fusion)."""
        found = self._index.search(replace(question, limit=_FUSED, offset=0))
        near = {id_: score for id_, score in meanings.nearest(text, _FUSED) if score >= MEANT}
        entries = self._queries.many(list(near))
        meant = [id_ for id_ in near if id_ in entries and _passes(entries[id_], question)]
        ranks = fused([id_ for id_, _ in found.hits], meant)
        best = sorted(ranks.items(), key=lambda hit: (-hit[1], hit[0]))
        alone = [document(entries[id_]).facets for id_ in meant if not why(entries[id_], asked)]
        facets = {name: _added(counts, name, alone) for name, counts in found.facets.items()}
        page = best[question.offset : question.offset + question.limit]
        return Results(found.total + len(alone), self._hits(page, asked, open_only, near), facets)

    def _hits(
        self,
        found: Sequence[tuple[str, float]],
        asked: Question,
        open_only: bool,
        near: Mapping[str, float] | None = None,
    ) -> tuple[Hit, ...]:
        entries = self._queries.many([id_ for id_, _ in found])
        # the index follows the ledger: what was closed or retired a moment ago is left out by what it is now
        return tuple(
            Hit(entry, score, why(entry, asked, near.get(id_) if near else None))
            for id_, score in found
            if (entry := entries.get(id_)) is not None
            and not (open_only and (not entry.open or entry.state == "retired"))
        )


def _passes(item: Resource, question: Ask) -> bool:
    """Whether an entry found by meaning is within the filters."""
    facets = document(item).facets
    return all(set(values) & set(facets[name]) for name, values in question.filters.items()) and not any(
        set(values) & set(facets[name]) for name, values in question.without.items()
    )


def _added(
    counts: Mapping[str, int], name: str, more: Sequence[Mapping[str, Sequence[str]]]
) -> dict[str, int]:
    found = Counter(counts)
    for facets in more:
        found.update(facets[name])
    return dict(sorted(found.items(), key=lambda pair: (-pair[1], pair[0])))


def document(item: Resource) -> Document:
    """What of an entry is searched."""
    parts = _parts(item)
    return Document(
        item.id,
        {name: cut(text) for name, text in parts.items()} | {"pairs": pairs(parts["title"])},
        {
            "kind": (item.kind,),
            "provider": _some(item.provider),
            "sharing": (item.sharing,),
            "source_class": (item.source_class,),
            "base_library": _some(item.base_library),
            "grade": _some(item.grade),
            "state": (item.state,),
            "theme": item.themes,
            "format": _some(item.format.lower()),
            "open": ("yes",) if item.open else (),
        },
    )


def _some(value: str) -> tuple[str, ...]:
    return (value,) if value else ()


def _parts(item: Resource) -> dict[str, str]:
    title, summary = item.title, item.summary
    fields = " ".join(
        " ".join(dict.fromkeys((part.name, *_forms(part.title), part.description))) for part in item.fields
    )
    return {
        "title": " ".join(dict.fromkeys(_forms(title))),
        "keywords": " ".join((*item.keywords, *item.themes, item.code, item.id.rsplit(":", 1)[-1])),
        "text": " ".join(
            (*dict.fromkeys(_forms(summary)), item.provider, item.purpose, *item.class_path, fields)
        ),
    }


def _forms(text: Text) -> tuple[str, str, str]:
    return (text.en, text.zh_hans, text.zh_hant)


def why(item: Resource, asked: Question, nearness: float | None = None) -> tuple[Match, ...]:
    """Which words of the entry answer the question, each in the first part that has it; and how near in
    meaning it is, where that counted.
    """
    tokens = document(item).tokens
    found: dict[str, Match] = {}
    for part in ("title", "keywords", "text"):
        for token in tokens[part]:
            if token not in found and (how := _how(token, asked)):
                found[token] = Match(part, token, how)
    for pair in set(tokens["pairs"]) & set(asked.pairs):
        if not any(pair in token for token in found):
            found[pair] = Match("title", pair, "near")
    words = sorted(found.values(), key=lambda match: (match.how != "word", match.part, match.word))
    return (*words, Match("text", f"{nearness:.2f}", "meaning")) if nearness is not None else tuple(words)


def _how(token: str, asked: Question) -> How | None:
    if token in asked.words:
        return "word"
    if token in asked.synonyms:
        return "synonym"
    for word in asked.words:
        if is_sign(word) and word in token:
            return "word"
        slips = edits(word)
        if slips and token.isascii() and within(word, token, slips):
            return "near"
    return None
