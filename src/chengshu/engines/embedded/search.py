"""Search on SQLite's FTS5: nothing to install, ranked by BM25; right for a hundred thousand documents."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterable, Mapping
from pathlib import Path

from chengshu.kernel.errors import Invalid
from chengshu.kernel.likeness import within
from chengshu.ports.search import Answer, Ask, Document, Layout, Term

_TABLES = """
CREATE TABLE IF NOT EXISTS documents (key INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE);
CREATE TABLE IF NOT EXISTS facets (
  facet TEXT NOT NULL, value TEXT NOT NULL, key INTEGER NOT NULL, PRIMARY KEY (facet, value, key)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS facets_key ON facets (key);
CREATE TABLE IF NOT EXISTS position (seq INTEGER NOT NULL);
INSERT INTO position SELECT 0 WHERE NOT EXISTS (SELECT 1 FROM position);
"""
_LOOSE = 50  # words of the index that may stand in for a mistyped one
_NEAR = 0.5  # the weight of a word that is only near


class FtsIndex:
    """One index in one file. Tokens are kept as hexadecimal words, so that no sign is ever syntax."""

    def __init__(self, path: Path | None, layout: Layout) -> None:
        self._layout = layout
        self._lock = threading.RLock()
        self._db = sqlite3.connect(
            str(path) if path else ":memory:", check_same_thread=False, isolation_level=None
        )
        self._db.executescript(f"PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; {_TABLES}")
        fields = ", ".join(f'"{name}"' for name in layout.fields)
        self._db.execute(f"CREATE VIRTUAL TABLE IF NOT EXISTS words USING fts5({fields})")
        self._db.execute("CREATE VIRTUAL TABLE IF NOT EXISTS lexicon USING fts5vocab(words, 'row')")

    def position(self) -> int:
        return int(self._db.execute("SELECT seq FROM position").fetchone()[0])

    def put(self, documents: Iterable[Document]) -> None:
        with self._lock:
            self._begin()
            for item in documents:
                self._forget(item.id)
                key = self._db.execute("INSERT INTO documents (id) VALUES (?)", (item.id,)).lastrowid
                names = ", ".join(f'"{name}"' for name in self._layout.fields)
                marks = ", ".join("?" * (len(self._layout.fields) + 1))
                texts = [" ".join(map(_spell, item.tokens.get(name, ()))) for name in self._layout.fields]
                self._db.execute(f"INSERT INTO words (rowid, {names}) VALUES ({marks})", (key, *texts))
                rows = {
                    (name, value, key) for name in self._layout.facets for value in item.facets.get(name, ())
                }
                self._db.executemany("INSERT INTO facets (facet, value, key) VALUES (?, ?, ?)", sorted(rows))

    def remove(self, ids: Iterable[str]) -> None:
        with self._lock:
            self._begin()
            for id_ in ids:
                self._forget(id_)

    def commit(self, position: int) -> None:
        with self._lock:
            self._begin()
            self._db.execute("UPDATE position SET seq = ?", (position,))
            self._db.execute("COMMIT")

    def search(self, ask: Ask) -> Answer:
        self._check(ask)
        with self._lock:
            scores = self._scores(ask)
            facets = {name: self._counts(name, scores, ask.most_facets) for name in ask.facets}
            best = sorted(((-score, id_) for id_, score in scores.values()))
        page = best[ask.offset : ask.offset + ask.limit]
        return Answer(len(best), tuple((id_, -score) for score, id_ in page), facets)

    def close(self) -> None:
        with self._lock:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            self._db.close()

    def _begin(self) -> None:
        if not self._db.in_transaction:
            self._db.execute("BEGIN IMMEDIATE")

    def _forget(self, id_: str) -> None:
        row = self._db.execute("SELECT key FROM documents WHERE id = ?", (id_,)).fetchone()
        if row is not None:
            self._db.execute("DELETE FROM words WHERE rowid = ?", row)
            self._db.execute("DELETE FROM facets WHERE key = ?", row)
            self._db.execute("DELETE FROM documents WHERE key = ?", row)

    def _scores(self, ask: Ask) -> dict[int, tuple[str, float]]:
        """Every hit by key: its id and score."""
        allowed = self._allowed(ask.filters)
        barred = self._with(ask.without)
        for group in ask.unwanted:
            having = [self._term(term).keys() for term in group]
            barred |= set.intersection(*map(set, having)) if having else set()
        if not ask.terms:
            rows = self._db.execute("SELECT key, id FROM documents")
            return {
                key: (id_, 0.0)
                for key, id_ in rows
                if (allowed is None or key in allowed) and key not in barred
            }
        total: dict[int, float] = {}
        needed: set[int] | None = None
        for term in ask.terms:
            found = self._term(term)
            for key, score in found.items():
                total[key] = total.get(key, 0.0) + score * term.weight
            if term.needed:
                needed = set(found) if needed is None else needed & found.keys()
        keep = [
            key
            for key in total
            if (allowed is None or key in allowed) and (needed is None or key in needed) and key not in barred
        ]
        names = dict(self._db.execute("SELECT key, id FROM documents")) if keep else {}
        return {key: (names[key], total[key]) for key in keep}

    def _term(self, term: Term) -> dict[int, float]:
        """The best score of the term or one of its stand-ins, per document."""
        ways = [(term.token, 1.0), *term.alternatives]
        if term.edits or term.prefix:
            ways += [(token, _NEAR) for token in self._near(term)]
        best: dict[int, float] = {}
        fields = term.fields or tuple(self._layout.fields)
        weights = ", ".join(str(weight) for weight in self._layout.fields.values())
        columns = " ".join(f'"{name}"' for name in fields)
        for token, weight in ways:
            match = f'{{{columns}}} : "{_spell(token)}"'
            rows = self._db.execute(
                f"SELECT rowid, -bm25(words, {weights}) FROM words WHERE words MATCH ?", (match,)
            )
            for key, score in rows:
                best[key] = max(best.get(key, 0.0), score * weight)
        return best

    def _near(self, term: Term) -> list[str]:
        """Words of the index that go on from the token, or differ by few letters. The first letter holds."""
        start = _spell(term.token if term.prefix and not term.edits else term.token[:1])
        rows = self._db.execute(
            "SELECT term FROM lexicon WHERE term >= ? AND term < ? ORDER BY doc DESC", (start, start + "g")
        )
        found: list[str] = []
        for (spelt,) in rows:
            word = _read(spelt)
            head = word[: len(term.token) + term.edits] if term.prefix else word
            if word != term.token and (
                (term.prefix and word.startswith(term.token)) or within(term.token, head, term.edits)
            ):
                found.append(word)
            if len(found) == _LOOSE:
                break
        return found

    def _allowed(self, filters: Mapping[str, Iterable[str]]) -> set[int] | None:
        allowed: set[int] | None = None
        for name, values in filters.items():
            keys = self._with({name: values})
            allowed = keys if allowed is None else allowed & keys
        return allowed

    def _with(self, values: Mapping[str, Iterable[str]]) -> set[int]:
        """Documents that have any of the values."""
        found: set[int] = set()
        for name, some in values.items():
            wanted = list(some)
            marks = ", ".join("?" * len(wanted))
            rows = self._db.execute(
                f"SELECT key FROM facets WHERE facet = ? AND value IN ({marks})", (name, *wanted)
            )
            found |= {row[0] for row in rows}
        return found

    def _counts(self, facet: str, hits: Mapping[int, object], most: int) -> dict[str, int]:
        counts: dict[str, int] = {}
        for value, key in self._db.execute("SELECT value, key FROM facets WHERE facet = ?", (facet,)):
            if key in hits:
                counts[value] = counts.get(value, 0) + 1
        return dict(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[:most])

    def _check(self, ask: Ask) -> None:
        asked = [*ask.terms, *(term for group in ask.unwanted for term in group)]
        fields = {name for term in asked for name in term.fields} - self._layout.fields.keys()
        facets = ({*ask.filters} | {*ask.without} | {*ask.facets}) - {*self._layout.facets}
        if fields or facets:
            raise Invalid(
                "search-field",
                f"the index has no {', '.join(sorted(fields | facets))}",
                remedy=f"fields: {', '.join(self._layout.fields)}; facets: {', '.join(self._layout.facets)}",
            )


def _spell(token: str) -> str:
    return "x" + token.encode("utf-8", "surrogatepass").hex()


def _read(spelt: str) -> str:
    return bytes.fromhex(spelt[1:]).decode("utf-8", "surrogatepass")
