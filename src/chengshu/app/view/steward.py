"""The view of the steward's queue: what waits, what is said, and what is taken back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from chengshu.app.view.data import DataReading
from chengshu.app.view.grading_base import category_of, choice, grade_of
from chengshu.console import model as shown
from chengshu.console.model import grading as page
from chengshu.kernel.errors import Conflict, Invalid, Missing
from chengshu.kernel.reasons import Reason
from chengshu.kernel.texts import Text
from chengshu.resources.grading import Classification, queries
from chengshu.resources.grading import store as grading_store
from chengshu.resources.grading.declared import catalogue
from chengshu.resources.grading.glimpse import Glimpse
from chengshu.resources.grading.store import QueueItem, Result, Saying
from chengshu.resources.ledger import Resource

_QUEUE = 5_000
_SAID = 12
_NEAR = 5
_NEIGHBOURS = 40


class Stewarding(DataReading):
    """What stewards see and say. Who may not settle an entry sees the queue all the same."""

    def steward(self, person: shown.Person, item: str, entry: str, column: str) -> page.StewardView:
        """The queue at an item, or a column of an entry whether it waits or not."""
        self.require(person, "view", "grading")
        with self.hub.database.read() as connection:
            waiting = queries.queue(connection, limit=_QUEUE)
            sayings = queries.sayings(connection)
        here = self._here(waiting, item, entry, column)
        at = next((n for n, one in enumerate(waiting) if here and one.id == here.id), -1)
        if here is not None:
            card = self._card(person, here.resource, here.column, here)
        elif entry:
            card = self._card(person, entry, column, None)
        else:
            card = None
        following = waiting[at + 1].id if 0 <= at < len(waiting) - 1 else ""
        return page.StewardView(
            card, len(waiting), at + 1, following, choices(), self._said(sayings[-_SAID:][::-1])
        )

    def say_column(
        self, person: shown.Person, item: str, entry: str, column: str, category: str, note: str
    ) -> None:
        """Keep a steward's word and bring the grades that follow from it into the ledger."""
        resource = self._resource(entry)
        if resource is None:
            raise Missing("resource-missing", f"the ledger has no entry {entry}")
        self.must_settle(person, resource)
        with self.hub.database.read() as connection:
            kept = _column(grading_store.find_results(connection, entry), column)
            waits = grading_store.find_item(connection, item) if item else None
        if waits is not None and (waits.resource, waits.column) != (entry, column):
            raise Conflict("item-other", "the item is about another column", remedy="load the queue again")
        if category != kept.category and not note.strip():
            raise Invalid(
                "note-empty",
                "a word against what was found needs a reason",
                where="note",
                remedy="say in a few words how you know",
                text=_NOTE.as_dict(),
            )
        actor = self.account(person).actor
        grading = self.hub.inspection.grading
        if item:
            grading.settle(item, category, actor, note.strip())
        else:
            grading.say(entry, column, category, actor, note.strip())
        self.hub.inspection.booking.book(actor, entry)

    def unsay_column(self, person: shown.Person, entry: str, column: str) -> None:
        """Take a word back; the machine's finding holds again at once."""
        resource = self._resource(entry)
        if resource is None:
            raise Missing("resource-missing", f"the ledger has no entry {entry}")
        self.must_settle(person, resource)
        actor = self.account(person).actor
        self.hub.inspection.grading.withdraw(entry, column, actor)
        self.hub.inspection.booking.book(actor, entry)

    def _resource(self, id_: str) -> Resource | None:
        return self.hub.ledger_queries.many([id_]).get(id_)

    def _here(self, waiting: Sequence[QueueItem], item: str, entry: str, column: str) -> QueueItem | None:
        if item:
            found = next((one for one in waiting if one.id == item), None)
            return found or (waiting[0] if waiting else None)  # settled meanwhile: the queue goes on
        if entry:
            return next((one for one in waiting if (one.resource, one.column) == (entry, column)), None)
        return waiting[0] if waiting else None

    def _card(
        self, person: shown.Person, entry: str, column: str, item: QueueItem | None
    ) -> page.StewardCard:
        with self.hub.database.read() as connection:
            results = queries.results_of(connection, entry)
        kept = _column(results, column)
        found = Classification.from_dict(kept.body)
        seen = Glimpse.from_dict(kept.body.get("glimpse", {}))
        resource = self._resource(entry)
        field = next((part for part in resource.fields if part.name == column), None) if resource else None
        return page.StewardCard(
            item.id if item else "",
            entry,
            resource.title if resource else Text.of(entry),
            column,
            field.title if field else Text(),
            choice(found.category),
            found.confidence,
            grade_of(kept.grade),
            found.reason,
            seen.samples,
            seen.shapes,
            seen.distinct,
            seen.missing,
            int(results[0].body.get("rows", 0)),
            tuple(
                page.Neighbour(row.column, category_of(row.category))
                for row in results
                if row.column not in ("", column)
            )[:_NEIGHBOURS],
            _near(found),
            self.may_settle(person, resource),
            found.by_steward,
            item.opened_at if item else None,
        )

    def _said(self, sayings: Sequence[Saying]) -> tuple[page.SaidRow, ...]:
        titles = self.hub.ledger_queries.many([one.resource for one in sayings])
        return tuple(
            page.SaidRow(
                one.resource,
                titles[one.resource].title if one.resource in titles else Text.of(one.resource),
                one.column,
                choice(one.category).label,
                self.who(one.by),
                one.note,
                one.at,
            )
            for one in sayings
        )


def choices() -> tuple[page.Choice, ...]:
    """Every category there is, and nothing known."""
    return (choice(""), *(choice(code) for code in catalogue().categories))


def _near(found: Classification) -> tuple[page.Choice, ...]:
    """What the column might be: as proposed, as the machine found, what came near, what occurs beside."""
    told = [found.category, *_hints(found.reason)]
    if found.machine is not None:
        told += [found.machine.category, *_hints(found.machine.reason)]
    told += [category for category, _ in found.also]
    known = catalogue().categories
    wanted = [code for code in dict.fromkeys(told) if code == "" or code in known]
    return tuple(choice(code) for code in dict.fromkeys([*wanted[: _NEAR - 1], ""]))


def _hints(reason: Reason) -> list[str]:
    """The nearest category a check told of, and those whose names the column's own name holds."""
    inputs: Mapping[str, Any] = reason.inputs
    word = str(inputs.get("hint") or "")
    named = [
        code for code, item in catalogue().categories.items() if word and word in (*item.names, *item.weak)
    ]
    return [*named, *([str(inputs["nearest"])] if inputs.get("nearest") else [])]


def _column(results: Sequence[Result], column: str) -> Result:
    found = next((row for row in results if row.column == column and column), None)
    if found is None:
        raise Missing("column", f"no column {column!r} was graded", where=column, remedy="harvest it first")
    return found


_NOTE = Text(
    "Say in a few words how you know: your word goes against what was found.",
    "请简要说明依据：您的认定与系统结果不一致。",
    "請簡要說明依據：您的認定與系統結果不一致。",
)
