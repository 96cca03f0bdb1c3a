"""What harvesting is made of: pages that a connector finds, and what a run made of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal, Protocol, runtime_checkable

import pyarrow as pa

from chengshu.resources.ledger.model import Field, Resource


@dataclass(frozen=True, slots=True)
class Record:
    """A resource as its source describes it, under the source's own id; ``checksum`` of that description.

    ``resource`` None: it is there and says the same as at the checksum the hub knows.
    """

    native_id: str
    checksum: str
    resource: Resource | None


@dataclass(frozen=True, slots=True)
class Problem:
    """Something at a source that could not be read: which, why, and what to do. The rest goes on."""

    native_id: str
    code: str
    detail: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """A portion of what a source has. ``cursor`` leads on from here after a stop."""

    records: tuple[Record, ...]
    problems: tuple[Problem, ...] = ()
    cursor: str = ""


class Connector(Protocol):
    """Reads one source. It never changes anything there."""

    def pages(self, cursor: str, known: Mapping[str, str]) -> Iterator[Page]:
        """Everything the source has, from ``cursor`` on (empty: from the start), in a stable order.

        ``known``: native id → checksum of what the hub has, so that unchanged things need no second look.
        Raises :class:`Unavailable` when the source does not answer.
        """
        ...


@dataclass(frozen=True, slots=True)
class Rows:
    """What is behind an entry: a file that holds all of it, or a table of ``total`` rows or fewer of them.

    ``total`` None: nobody counted.
    """

    table: Path | pa.Table
    total: int | None = None


@runtime_checkable
class RowSource(Protocol):
    """A connector that can also read the rows of what it describes."""

    def content(self, entry: Resource) -> str:
        """A word that changes with the rows; empty where only reading them tells."""
        ...

    def rows(self, entry: Resource) -> Rows:
        """A bounded look at the rows. Raises :class:`Missing`, :class:`Invalid`, :class:`Unavailable`."""
        ...

    def made(self) -> Mapping[str, str]:
        """SQL that makes a thing (a view), by native id. Raises :class:`Unavailable`."""
        ...

    @property
    def dialect(self) -> str:
        """The dialect of that SQL, as sqlglot calls it."""
        ...


@dataclass(frozen=True, slots=True)
class Drift:
    """How the fields of a resource changed at its source."""

    id: str
    dropped: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    retyped: tuple[tuple[str, str, str], ...] = ()  # name, type before, type now

    def __bool__(self) -> bool:
        return bool(self.dropped or self.added or self.retyped)


@dataclass(frozen=True, slots=True)
class Run:
    """One harvest of one source, finished or not. ``error``: why it broke off, and it can be taken up."""

    source: str
    number: int
    started_at: datetime
    finished_at: datetime | None = None
    state: Literal["running", "done", "broken"] = "running"
    cursor: str = ""
    seen: int = 0
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    vanished: int = 0
    stale: int = 0
    problems: int = 0
    drifts: int = 0
    error: str = ""


def drift_of(id_: str, before: tuple[Field, ...], after: tuple[Field, ...]) -> Drift:
    """What happened to the fields; descriptions and grades are not looked at."""
    old, new = {part.name: part.type for part in before}, {part.name: part.type for part in after}
    return Drift(
        id_,
        tuple(name for name in old if name not in new),
        tuple(name for name in new if name not in old),
        tuple((name, old[name], new[name]) for name in old if name in new and old[name] != new[name]),
    )
