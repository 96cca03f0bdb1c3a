"""What a dataset for training and testing is made of: versions of files, splits, labels. Frozen."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any, Literal

import msgspec

from chengshu.resources.retention.merkle import leaf, root

Scale = Literal["nominal", "ordinal", "interval"]
SCALES: tuple[Scale, ...] = Scale.__args__  # type: ignore[attr-defined]


class StoredFile(msgspec.Struct, frozen=True, omit_defaults=True):
    """One file. ``rows`` and ``columns`` (name, type) where it is a table; ``size`` in bytes."""

    name: str
    sha256: str
    size: int
    rows: int | None = None
    columns: tuple[tuple[str, str], ...] = ()


class Quality(msgspec.Struct, frozen=True):
    """How good the rows are by declared rules: one score, those of its dimensions (0 to 1), and what each
    broken rule found: its id, rows that break it, rows looked at.
    """

    score: float
    scores: dict[str, float]
    rules: int
    broken: tuple[tuple[str, int, int], ...] = ()


class DatasetVersion(msgspec.Struct, frozen=True, omit_defaults=True):
    """A version: its files under one digest. ``datasheet``: answers by question, then by language."""

    entry: str
    number: int
    at: int
    actor: str
    digest: str
    files: tuple[StoredFile, ...]
    licence: str = ""
    note: str = ""
    datasheet: dict[str, dict[str, str]] = {}
    quality: Quality | None = None
    destroyed_at: int = 0

    @property
    def rows(self) -> int:
        """The rows of all its tables."""
        return sum(item.rows or 0 for item in self.files)

    @property
    def size(self) -> int:
        """Bytes of all its files."""
        return sum(item.size for item in self.files)

    def table(self, name: str = "") -> StoredFile | None:
        """The table of a name; the only one where no name is given; None."""
        tables = [item for item in self.files if item.rows is not None]
        if not name:
            return tables[0] if len(tables) == 1 else None
        return next((item for item in tables if item.name == name), None)


class Split(msgspec.Struct, frozen=True, omit_defaults=True):
    """How a table falls into parts: ``shares`` and ``salt`` say it all; counts are by part, in its order.

    ``by`` is the column whose equal values stay together; ``twins`` how many groups of identical rows lie in
    two parts.
    """

    name: str
    file: str
    by: str
    shares: tuple[tuple[str, float], ...]
    salt: str
    rows: tuple[int, ...] = ()
    groups: tuple[int, ...] = ()
    twins: int = 0

    @property
    def total(self) -> int:
        """The rows of the table."""
        return sum(self.rows)

    def got(self, part: str) -> float:
        """The share of rows a part really has, 0 to 1."""
        at = [name for name, _ in self.shares].index(part)
        return self.rows[at] / self.total if self.total else 0.0


class Judgement(msgspec.Struct, frozen=True, order=True):
    """What one annotator says of one unit."""

    unit: str
    annotator: str
    value: str


class LabelSet(msgspec.Struct, frozen=True, omit_defaults=True):
    """A version of labels: the judgements lie in the vault under ``sha256``.

    ``unit`` is the column of ``file`` that names a unit; ``values`` the values there are, in order where the
    scale is ordinal; what an ``adjudicator`` says is final.
    """

    name: str
    number: int
    at: int
    actor: str
    file: str
    unit: str
    scale: Scale
    values: tuple[str, ...]
    sha256: str
    size: int
    count: int
    units: int
    annotators: int
    adjudicators: tuple[str, ...] = ()
    note: str = ""


class Exported(msgspec.Struct, frozen=True):
    """An export as it was noted: where it went, to whom, and the digest of all its files."""

    entry: str
    number: int
    at: int
    version: int
    folder: str
    recipient: str
    reader: str
    rows: int
    digest: str
    files: tuple[StoredFile, ...]


def manifest_digest(files: Sequence[StoredFile]) -> str:
    """The Merkle root over name, size and SHA-256 of each file, by name: equal files, equal digest."""
    lines = sorted((item.name, item.size, item.sha256) for item in files)
    return root([leaf(msgspec.json.encode(line)) for line in lines]).hex()


def sha256_of(data: bytes) -> str:
    """SHA-256 in hex."""
    return hashlib.sha256(data).hexdigest()


def plain(value: msgspec.Struct) -> dict[str, Any]:
    """A record as JSON has it."""
    found: dict[str, Any] = msgspec.to_builtins(value)
    return found
