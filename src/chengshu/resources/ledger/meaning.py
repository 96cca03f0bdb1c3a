"""Search by meaning, where a model is installed: entries as vectors, joined to the words by rank.

The vectors follow the change stream by themselves, beside the pump: making one takes some hundredths of a
second. Entries beyond :data:`MOST` are found by their words alone.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from itertools import islice

from chengshu.ports.meaning import Embedded, Meaning, VectorIndex
from chengshu.ports.runtime import Change, Effect
from chengshu.resources.ledger.model import Resource
from chengshu.resources.ledger.queries import LedgerQueries

MOST = 50_000
_BITE = 64  # texts embedded before they are kept
_K = 60  # Cormack, Clarke and Büttcher 2009: reciprocal rank fusion


class Meanings:
    """A model and the vectors it made."""

    def __init__(self, model: Meaning, index: VectorIndex) -> None:
        self._model, self._index = model, index
        self._stopped = False

    def position(self) -> int:
        """The stream position up to which everything has its vector."""
        return self._index.position()

    def stop(self) -> None:
        """Let what is being made be finished later: the next start goes on from the last position."""
        self._stopped = True

    def close(self) -> None:
        """Give the file of vectors back."""
        self._index.close()

    def keep(self, texts: Iterable[tuple[str, str, str]], position: int) -> None:
        """Make vectors of (id, group, text), as of a stream position; no more than :data:`MOST` in all."""
        todo = iter(texts)
        while bite := list(islice(todo, _BITE)):
            if self._stopped:
                return
            if self._index.count() >= MOST:
                break
            rows = self._model.passages([text for _, _, text in bite])
            self._index.put(
                Embedded(id_, group, family_of(text), row)
                for (id_, group, text), row in zip(bite, rows, strict=True)
            )
            self._index.commit(self._index.position())
        self._index.commit(position)

    def forget(self, ids: Iterable[str], position: int) -> None:
        """Take vectors out, as of a stream position."""
        self._index.remove(ids)
        self._index.commit(position)

    def nearest(
        self, question: str, limit: int, groups: Collection[str] | None = None
    ) -> list[tuple[str, float]]:
        """(id, nearness from -1 to 1) of what means most nearly the same, best first."""
        if not self._index.count():
            return []
        row = self._model.questions([question])[0]
        return self._index.nearest(row, family_of(question), limit, groups)


class LedgerMeaning:
    """The consumer ``ledger-meaning``: a vector for each booked entry."""

    name = "ledger-meaning"
    kinds: tuple[str, ...] = ("ledger.booked",)

    def __init__(self, meanings: Meanings, queries: LedgerQueries) -> None:
        self._meanings, self._queries = meanings, queries

    def offset(self) -> int:
        """Where the durable vectors end: the stream is followed from there."""
        return self._meanings.position()

    def prepare(self, changes: Sequence[Change]) -> Effect | None:
        """Make the vectors of the booked entries, as they are now."""
        ids = list(dict.fromkeys(id_ for change in changes for id_ in change.payload["ids"]))
        entries = self._queries.many(ids).values()
        self._meanings.keep(((item.id, "", text_of(item)) for item in entries), changes[-1].seq)
        return None


def text_of(item: Resource) -> str:
    """What of an entry is made into a vector: title, summary, keywords and the names of its columns."""
    names = (part.title.say("zh-Hans") or part.name for part in item.fields[:20])
    forms = dict.fromkeys((item.title.zh_hans or item.title.zh_hant, item.title.en))
    said = (*forms, item.summary.say("zh-Hans"), " ".join((*item.keywords, *item.themes)), " ".join(names))
    return "\n".join(part for part in said if part)


def family_of(text: str) -> str:
    """The script a text is mostly written in."""
    han = sum("\u3400" <= sign <= "\u9fff" for sign in text)
    return "han" if han * 3 > len(text) else "other"


def fused(*rankings: Sequence[str]) -> dict[str, float]:
    """Reciprocal rank fusion: for each id the sum of 1 / (60 + its rank), of those rankings that have it."""
    scores: dict[str, float] = {}
    for ranking in rankings:
        for rank, id_ in enumerate(ranking, 1):
            scores[id_] = scores.get(id_, 0.0) + 1 / (_K + rank)
    return scores
