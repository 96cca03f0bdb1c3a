"""The only writer of the knowledge base: a file comes in as an edition of a document of the ledger."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date

from msgspec.structs import replace
from sqlalchemy import Connection

from chengshu.foundation.journal import Act, Actor, record
from chengshu.kernel.clock import Clock, millis
from chengshu.kernel.errors import Conflict, Findings
from chengshu.kernel.texts import Text
from chengshu.ports.database import Database
from chengshu.resources.grading.model import Grade
from chengshu.resources.knowledge import store
from chengshu.resources.knowledge.cutting import passages_of
from chengshu.resources.knowledge.model import Edition
from chengshu.resources.knowledge.reading import Read, read_file
from chengshu.resources.ledger import Distribution, Ledger, Resource
from chengshu.resources.ledger import store as ledger_store
from chengshu.resources.ledger.checks import check

NO_WORDS = Text()
_LONGEST = 200  # signs of an edition's label


@dataclass(frozen=True, slots=True)
class About:
    """What is said of a file that is added. ``document``: the one it is an edition of, "" for a new one.

    ``valid_from`` is the first day it holds, ``valid_until`` the first day it does no longer (None: open).
    Of a document that is there already, ``None`` and empty parts stay as they are.
    """

    valid_from: date
    title: Text = NO_WORDS
    document: str = ""
    label: str = ""
    valid_until: date | None = None
    provider: str = ""
    grade: Grade | None = None
    open: bool | None = None
    themes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Added:
    """The edition as it stands now, and whether it is new."""

    edition: Edition
    new: bool


class Knowledge:
    """The city's documents. One object per hub."""

    def __init__(self, database: Database, clock: Clock, ledger: Ledger) -> None:
        self._database, self._clock, self._ledger = database, clock, ledger

    def add(self, name: str, body: bytes, about: About, actor: Actor) -> Added:
        """Add a file (its name tells the kind) as an edition, and its document to the ledger.

        The same words with the same dates again change nothing. Raises :class:`Invalid` and
        :class:`TooLarge` as :func:`read_file`, :class:`Invalid` for dates and grades that cannot be,
        :class:`Conflict` when the id belongs to something that is no document.
        """
        read = read_file(name, body)
        parts = passages_of(read.text)
        sha256 = hashlib.sha256(body).hexdigest()
        document = about.document or self._ledger.new_id("document")

        def work(connection: Connection) -> Added:
            before = ledger_store.find_entries(connection, [document]).get(document)
            entry = _entry(document, name, read, about, before[0] if before else None)
            _check(entry, about)
            editions = store.editions_of(connection, document)
            same = (sha256, about.valid_from, about.valid_until)
            for kept in editions:
                if (kept.sha256, kept.valid_from, kept.valid_until) == same:
                    self._ledger.put_in(connection, [entry], actor, why="described anew")
                    return Added(kept, False)
            now = self._clock.now()
            edition = Edition(
                document,
                len(editions) + 1,
                about.label or about.valid_from.isoformat(),
                about.valid_from,
                about.valid_until,
                sha256,
                read.media_type,
                len(read.text),
                len(parts),
                millis(now),
                actor.id,
                read.pages,
            )
            store.add_edition(connection, edition, parts)
            self._ledger.put_in(connection, [entry], actor, why=f"edition {edition.label}")
            said = {
                "edition": edition.number,
                "label": edition.label,
                "valid_from": edition.valid_from.isoformat(),
                "valid_until": edition.valid_until.isoformat() if edition.valid_until else "",
                "sha256": sha256,
                "passages": edition.passages,
            }
            record(connection, Act(actor, "knowledge.added", document, now, said))
            return Added(edition, True)

        return self._database.write(work)


def _entry(document: str, name: str, read: Read, about: About, before: Resource | None) -> Resource:
    """The document as the ledger has it."""
    if before is not None and before.kind != "document":
        raise Conflict(
            "document-other",
            f"{document} is in the ledger as {before.kind}",
            where="document",
            remedy="give another id, or none for a new document",
        )
    stem = name.rsplit("/", 1)[-1].rsplit(".", 1)[0]
    ending = name.rsplit(".", 1)[-1].lower()
    if before is None:
        before = Resource(document, "document", Text.of(stem), grade=Grade.GENERAL_2.value)
    return replace(
        before,
        title=about.title if about.title != NO_WORDS else before.title,
        provider=about.provider or before.provider,
        owner=before.owner or about.provider,
        grade=about.grade.value if about.grade else before.grade,
        open=before.open if about.open is None else about.open,
        themes=about.themes or before.themes,
        format=ending,
        updated_on=max(before.updated_on, about.valid_from.isoformat()),
        distributions=(Distribution(f"/documents/{document}", format="html", local=True),),
        state="active",
        version=0,
    )


def _check(entry: Resource, about: About) -> None:
    findings = Findings()
    if about.valid_until is not None and about.valid_until <= about.valid_from:
        findings.add(
            "document-dates",
            f"it would end on {about.valid_until} before it begins on {about.valid_from}",
            where="valid_until",
            remedy="give the first day on which it holds no longer",
        )
    if len(about.label) > _LONGEST:
        findings.add(
            "document-label", f"the label has over {_LONGEST} signs", where="label", remedy="shorten it"
        )
    if entry.open and entry.grade not in (Grade.GENERAL_1.value, ""):
        findings.add(
            "document-open",
            f"a document graded {entry.grade} cannot be open to everybody",
            where="open",
            remedy="grade it general-1, or leave it closed",
        )
    findings.raise_any()
    check([entry])
