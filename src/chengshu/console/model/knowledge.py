"""What the pages of documents show: passages that answer with their clause, and one document to read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from chengshu.console.model.common import ShownText


@dataclass(frozen=True, slots=True)
class AnswerHit:
    """A passage that answers. ``pieces`` are its text in order, each with whether a word of the question is
    in it; ``meant``: found by what it means and not by its words.
    """

    document: str
    title: ShownText
    edition: int
    label: str
    valid_from: date
    valid_until: date | None
    passage: int
    place: str
    pieces: tuple[tuple[str, bool], ...]
    words: tuple[str, ...]
    meant: bool
    page: int = 0  # of a document with pages, from 1


@dataclass(frozen=True, slots=True)
class DocumentRow:
    """A document that may be read, in the edition that holds."""

    id: str
    title: ShownText
    provider: ShownText
    label: str
    valid_from: date
    passages: int


@dataclass(frozen=True, slots=True)
class DocumentsView:
    """The answer to a question as of a day, none without ``hits``. ``unknown``: words no document has."""

    question: str
    day: date
    hits: tuple[AnswerHit, ...]
    unknown: tuple[str, ...]
    documents: tuple[DocumentRow, ...]


@dataclass(frozen=True, slots=True)
class EditionRow:
    """An edition of a document."""

    number: int
    label: str
    valid_from: date
    valid_until: date | None
    passages: int
    destroyed: bool = False


@dataclass(frozen=True, slots=True)
class DocumentView:
    """A document to read: its editions, and the passages of one of them from ``first`` on."""

    id: str
    title: ShownText
    provider: ShownText
    grade: ShownText
    edition: EditionRow
    editions: tuple[EditionRow, ...]
    holds: bool
    passages: tuple[tuple[int, str, str, int], ...]  # number, place, text, page (0: it has none)
    first: int
    page: int
    pages: int
