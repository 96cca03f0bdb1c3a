"""What the knowledge base keeps: documents in editions, cut into passages that can be cited. Frozen."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from datetime import date
from typing import Any, Literal

import msgspec

StepKind = Literal[
    "title",
    "annex",
    "part",
    "subpart",
    "chapter",
    "section",
    "heading",
    "numbered",
    "article",
    "item",
]


class Step(msgspec.Struct, frozen=True, array_like=True):
    """One heading above a passage: what it is, its label as written (第十四条, 3.2, Article 5), its title."""

    kind: StepKind
    label: str
    title: str = ""


class Passage(msgspec.Struct, frozen=True):
    """A piece of a document. ``text`` begins at ``start`` of the document and the passages of an edition,
    put together in order, are the document.

    ``body``: where its own words begin within ``text``; what stands before are headings that open here.
    ``paragraph``: 款, counted from 1 within its article or section, 0 where it has but one.
    ``items``: (label, place in ``text``) of its enumerated items 項.
    """

    number: int
    start: int
    body: int
    text: str
    path: tuple[Step, ...] = ()
    paragraph: int = 0
    items: tuple[tuple[str, int], ...] = ()

    @property
    def words(self) -> str:
        """Its own words, without the headings that open here."""
        return self.text[self.body :].strip()


class Edition(msgspec.Struct, frozen=True):
    """One edition of a document, as it was added. ``number`` counts from 1, in the order they were added.

    It holds from ``valid_from`` (day, inclusive) until ``valid_until`` (day, exclusive; None: open), or until
    an edition holds that begins later. ``sha256`` is that of the file. ``added_at``: milliseconds UTC.
    """

    document: str
    number: int
    label: str
    valid_from: date
    valid_until: date | None
    sha256: str
    media_type: str
    signs: int
    passages: int
    added_at: int
    actor: str
    pages: tuple[int, ...] = ()  # where in its text each page begins, of a file that has pages
    destroyed_at: int = 0  # when its words were destroyed (ms UTC)

    def page_of(self, passage: Passage) -> int:
        """The page on which a passage's own words begin, from 1; 0 for a file without pages."""
        return bisect_right(self.pages, passage.start + passage.body) if self.pages else 0

    def covers(self, day: date) -> bool:
        """Whether the day lies within the edition's own dates."""
        return self.valid_from <= day and (self.valid_until is None or day < self.valid_until)

    def as_dict(self) -> dict[str, Any]:
        """The form of APIs."""
        return {
            "document": self.document,
            "edition": self.number,
            "label": self.label,
            "valid_from": self.valid_from.isoformat(),
            "valid_until": self.valid_until.isoformat() if self.valid_until else None,
            "passages": self.passages,
            "sha256": self.sha256,
        }


def holding(editions: Iterable[Edition], day: date) -> Edition | None:
    """The edition that holds on a day: the one that began last, of two from one day the newer."""
    there = [item for item in editions if item.covers(day)]
    return max(there, key=lambda item: (item.valid_from, item.number), default=None)
