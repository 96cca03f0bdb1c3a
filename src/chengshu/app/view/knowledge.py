"""The view's reading of the documents: questions with the clauses that answer, and one document."""

from __future__ import annotations

from datetime import date, datetime

from chengshu.app.view.base import Base
from chengshu.app.view.grading_base import grade_of
from chengshu.console import model as shown
from chengshu.console.model import knowledge as page
from chengshu.kernel.texts import Text
from chengshu.resources.knowledge.citing import place_of
from chengshu.resources.knowledge.model import Edition, holding
from chengshu.resources.knowledge.readers import Reader
from chengshu.resources.knowledge.search import Cited

_PAGE = 100


class KnowledgeReading(Base):
    """What people see of the documents, each as far as they may read."""

    def documents(self, person: shown.Person, question: str, as_of: datetime | None) -> page.DocumentsView:
        """Passages that answer a question, and the documents there are on the day."""
        self.require(person, "view", "document")
        reader, day = self._reader(person), self._day(as_of)
        room = self.hub.knowledge
        found = room.search.ask(question, reader, day) if question else None
        return page.DocumentsView(
            question,
            day,
            tuple(_hit(item) for item in found.passages) if found else (),
            found.unknown if found else (),
            tuple(
                page.DocumentRow(
                    held.resource.id,
                    held.resource.title,
                    self._from(held.resource.provider),
                    held.edition.label,
                    held.edition.valid_from,
                    held.edition.passages,
                )
                for held in room.queries.shelf(reader, day).values()
            ),
        )

    def document(
        self,
        person: shown.Person,
        id_: str,
        edition: int | None,
        passage: int,
        as_of: datetime | None,
    ) -> page.DocumentView:
        """The hundred passages of an edition among which one is."""
        self.require(person, "view", "document", id_)
        day = self._day(as_of)
        first = passage - passage % _PAGE
        found = self.hub.knowledge.queries.page(
            id_,
            self._reader(person),
            day=day if edition is None else None,
            edition=edition,
            after=first - 1,
            limit=_PAGE,
        )
        item, here = found.held.resource, found.held.edition
        return page.DocumentView(
            item.id,
            item.title,
            self._from(item.provider),
            grade_of(item.grade),
            _row(here),
            tuple(_row(each) for each in reversed(found.editions)),
            holding(found.editions, day) == here,
            tuple(
                (part.number, place_of(part), part.text.strip("\n"), here.page_of(part))
                for part in found.passages
            ),
            first,
            first // _PAGE + 1,
            max(1, -(-here.passages // _PAGE)),
        )

    def _reader(self, person: shown.Person) -> Reader:
        account = self.account(person)
        return Reader.of(account.roles, account.departments)

    def _day(self, as_of: datetime | None) -> date:
        return (as_of or self.means.clock.now()).astimezone(self.city.zone).date()

    def _from(self, provider: str) -> Text:
        return self.department(provider) if provider else Text()


def _row(edition: Edition) -> page.EditionRow:
    return page.EditionRow(
        edition.number,
        edition.label,
        edition.valid_from,
        edition.valid_until,
        edition.passages,
        edition.destroyed_at > 0,
    )


def _hit(item: Cited) -> page.AnswerHit:
    return page.AnswerHit(
        item.resource.id,
        item.resource.title,
        item.edition.number,
        item.edition.label,
        item.edition.valid_from,
        item.edition.valid_until,
        item.passage.number,
        item.place,
        tuple(_pieces(item)),
        tuple(dict.fromkeys(match.word for match in item.why if match.how != "meaning"))[:8],
        any(match.how == "meaning" for match in item.why),
        item.page,
    )


def _pieces(item: Cited) -> list[tuple[str, bool]]:
    """The passage's own words, cut where marks begin and end."""
    text = item.passage.text.rstrip("\n")
    found: list[tuple[str, bool]] = []
    at = 0
    for start, end in item.marks:
        found += [(text[at:start], False), (text[start:end], True)]
        at = end
    return [piece for piece in (*found, (text[at:], False)) if piece[0]]
