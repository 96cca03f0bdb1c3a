"""Search over documents that are cut into tokens already: the same words everywhere, whatever the engine.

The domain decides what a word is (segmentation, simplified and traditional forms, synonyms); an engine ranks,
filters and counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Document:
    """What is searched: tokens by field (those of :attr:`Layout.fields`) and values by facet."""

    id: str
    tokens: Mapping[str, Sequence[str]]
    facets: Mapping[str, Sequence[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Layout:
    """The fields of an index, each with its weight in the ranking, and its facets."""

    fields: Mapping[str, float]
    facets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Term:
    """One thing looked for: a token or any of its stand-ins, in some fields (all when none is named).

    ``alternatives``: (token, weight in 0..1) counted in place of ``token``; the best one counts.
    ``edits``: how many letters may differ, 0 to 2. ``prefix``: whether it may go on. A ``needed`` term must
    be in every hit.
    """

    token: str
    alternatives: tuple[tuple[str, float], ...] = ()
    fields: tuple[str, ...] = ()
    edits: int = 0
    prefix: bool = False
    needed: bool = False
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Ask:
    """A question: terms (none: everything), filters by facet (any of the values), a page, facets to count.

    ``without``: values by facet that no hit may have. Hits need one term at least, or all that are
    ``needed``; none has all terms of a group of ``unwanted``.
    """

    terms: tuple[Term, ...] = ()
    filters: Mapping[str, Sequence[str]] = field(default_factory=dict)
    facets: tuple[str, ...] = ()
    limit: int = 20
    offset: int = 0
    most_facets: int = 20
    without: Mapping[str, Sequence[str]] = field(default_factory=dict)
    unwanted: tuple[tuple[Term, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """Hits (id, score) best first, ids breaking ties; how many there are; counts per facet, most first."""

    total: int
    hits: tuple[tuple[str, float], ...]
    facets: Mapping[str, Mapping[str, int]] = field(default_factory=dict)


class SearchIndex(Protocol):
    """An index that can be thrown away and built again from the change stream."""

    def position(self) -> int:
        """The stream position up to which everything is durably in the index; 0 when it is new."""
        ...

    def put(self, documents: Iterable[Document]) -> None:
        """Add or replace documents; they are found after :meth:`commit`."""
        ...

    def remove(self, ids: Iterable[str]) -> None:
        """Take documents out, after :meth:`commit`."""
        ...

    def commit(self, position: int) -> None:
        """Make what was put and removed durable and findable, as of a stream position."""
        ...

    def search(self, ask: Ask) -> Answer:
        """Answer a question. Raises :class:`Invalid` for a field or facet that does not exist."""
        ...

    def close(self) -> None:
        """Give files and threads back; what was not committed is gone."""
        ...
