"""Vectors in one SQLite file and in memory: every one is compared, right for a hundred thousand."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chengshu.ports.meaning import Embedded, Vectors

_TABLES = """
CREATE TABLE IF NOT EXISTS vectors (
  id TEXT PRIMARY KEY, grp TEXT NOT NULL, family TEXT NOT NULL, vector BLOB NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS about (model TEXT NOT NULL, seq INTEGER NOT NULL);
"""
_FEWEST = 8  # vectors of a family from which its mean says something


class SqliteVectors:
    """One index in one file (None: in memory), of one model; made anew when the model is another."""

    def __init__(self, path: Path | None, model: str) -> None:
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.RLock()
        self._db = sqlite3.connect(
            str(path) if path else ":memory:", check_same_thread=False, isolation_level=None
        )
        self._db.executescript(f"PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; {_TABLES}")
        row = self._db.execute("SELECT model FROM about").fetchone()
        if row is None or row[0] != model:
            self._db.executescript("BEGIN; DELETE FROM vectors; DELETE FROM about;")
            self._db.execute("INSERT INTO about VALUES (?, 0)", (model,))
            self._db.execute("COMMIT")
        self._seq, self._count = self._stored()
        self._loaded: _Loaded | None = None

    def position(self) -> int:
        return self._seq

    def count(self) -> int:
        return self._count

    def put(self, items: Iterable[Embedded]) -> None:
        rows = [
            (item.id, item.group, item.family, np.asarray(item.vector, np.float16).tobytes())
            for item in items
        ]
        with self._lock:
            self._begin()
            self._db.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?, ?, ?)", rows)

    def remove(self, ids: Iterable[str]) -> None:
        with self._lock:
            if not self._db.in_transaction:  # what is deleted is overwritten in the file too
                self._db.execute("PRAGMA secure_delete = ON")
            self._begin()
            self._db.executemany("DELETE FROM vectors WHERE id = ?", [(id_,) for id_ in ids])

    def commit(self, position: int) -> None:
        with self._lock:
            self._begin()
            self._db.execute("UPDATE about SET seq = ?", (position,))
            self._db.execute("COMMIT")
            before = self._seq
            self._seq, self._count = self._stored()
            # between the parts of one change the last picture does, until a tenth is missing from it
            if self._loaded and (position != before or self._count > 1.1 * len(self._loaded.ids)):
                self._loaded = None

    def nearest(
        self, question: NDArray[Any], family: str, limit: int, groups: Collection[str] | None = None
    ) -> list[tuple[str, float]]:
        with self._lock:
            if self._loaded is None and not self._db.in_transaction:
                self._loaded = _load(self._db)
            loaded = self._loaded
        if loaded is None or not loaded.ids:
            return []
        scores = loaded.vectors @ _unit(question - loaded.means.get(family, loaded.mean))
        usable = loaded.usable
        if groups is not None:
            wanted = set(groups)
            usable = usable & np.fromiter((group in wanted for group in loaded.groups), bool, len(usable))
        places = np.flatnonzero(usable)
        if len(places) > 4 * limit:
            places = places[np.argpartition(-scores[places], limit)[: 2 * limit]]
        found = [(loaded.ids[at], float(scores[at])) for at in places]
        return sorted(found, key=lambda hit: (-hit[1], hit[0]))[:limit]

    def close(self) -> None:
        with self._lock:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            self._db.close()

    def _stored(self) -> tuple[int, int]:
        """The stream position and how many vectors there are."""
        row = self._db.execute("SELECT seq, (SELECT count(*) FROM vectors) FROM about").fetchone()
        return int(row[0]), int(row[1])

    def _begin(self) -> None:
        if not self._db.in_transaction:
            self._db.execute("BEGIN IMMEDIATE")


class _Loaded:
    """All vectors with the mean of their family taken off."""

    def __init__(self, rows: list[tuple[str, str, str, bytes]]) -> None:
        self.ids = [row[0] for row in rows]
        self.groups = [row[1] for row in rows]
        size = len(rows[0][3]) // 2 if rows else 0
        raw = np.array([np.frombuffer(row[3], np.float16) for row in rows], np.float32)
        raw = raw.reshape(len(rows), size)
        families = np.array([row[2] for row in rows])
        self.mean: Vectors = raw.mean(axis=0) if rows else np.zeros(0, np.float32)
        self.means: dict[str, Vectors] = {}
        self.usable = np.zeros(len(rows), bool)
        self.vectors = raw
        for family in sorted(set(families.tolist())):
            of_it = families == family
            if of_it.sum() >= _FEWEST:
                self.means[family] = raw[of_it].mean(axis=0)
                self.usable |= of_it
                self.vectors[of_it] -= self.means[family]
        lengths = np.linalg.norm(self.vectors, axis=1, keepdims=True)
        self.vectors /= np.where(lengths == 0, 1, lengths)


def _load(db: sqlite3.Connection) -> _Loaded:
    return _Loaded(db.execute("SELECT id, grp, family, vector FROM vectors ORDER BY id").fetchall())


def _unit(vector: NDArray[Any]) -> NDArray[Any]:
    length = float(np.linalg.norm(vector))
    return vector / length if length else vector
