"""What the pages of data share: names of categories and grades, and who may say what a column holds."""

from __future__ import annotations

from datetime import datetime

from chengshu.app.view.base import Base
from chengshu.console import model as shown
from chengshu.console.model import grading as page
from chengshu.kernel.texts import Text
from chengshu.resources.grading.declared import catalogue
from chengshu.resources.grading.model import GRADE_LABELS, Grade
from chengshu.resources.ledger import Resource

NOTHING = Text("nothing known", "无已知类别", "無已知類別")


def category_of(code: str) -> Text:
    """A category by its name on screen; "" for "" and for a code that no table knows."""
    known = catalogue().categories.get(code)
    return known.label if known else Text.of(code)


def grade_of(code: str) -> Text:
    """A grade by its name on screen; words that grading does not know stay as they are."""
    try:
        return GRADE_LABELS[Grade(code)]
    except ValueError:
        return Text.of(code)


def choice(code: str) -> page.Choice:
    """A category to choose."""
    return page.Choice(code, category_of(code) if code else NOTHING)


class DataBase(Base):
    """Shared by the pages of data."""

    def head(self, id_: str, as_of: datetime | None = None) -> tuple[Resource, page.EntryHead]:
        """An entry and the top of its pages. Raises :class:`Missing`."""
        entry = self.hub.ledger_queries.get(id_, as_of)
        provider = self.department(entry.provider) if entry.provider else Text()
        return entry, page.EntryHead(entry.id, entry.title, entry.kind, entry.state, entry.version, provider)

    def may_settle(self, person: shown.Person, entry: Resource | None) -> shown.Permission:
        """Whether the person may say what columns of an entry hold, with the policy's reason."""
        department = (entry.provider or entry.owner) if entry else ""
        known = department if department in self.city.departments else ""
        return self.may(
            person, "grade_data", "resource", entry.id if entry else "", department=known, area=self.root
        )

    def must_settle(self, person: shown.Person, entry: Resource) -> str:
        """As :meth:`may_settle`, raising :class:`Denied`."""
        department = entry.provider or entry.owner
        known = department if department in self.city.departments else ""
        return self.require(person, "grade_data", "resource", entry.id, department=known, area=self.root)
