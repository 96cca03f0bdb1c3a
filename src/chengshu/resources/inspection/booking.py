"""Grades and categories into the ledger's entries: as graded, or higher where lineage brings more."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec.structs import replace
from sqlalchemy import Connection

from chengshu.foundation.journal import Actor
from chengshu.kernel.clock import Clock
from chengshu.ports.database import Database
from chengshu.resources.grading import Grade, queries
from chengshu.resources.grading.lineage import Inherited, effect_on, propagate
from chengshu.resources.ledger import Booked, Field, Ledger, Resource
from chengshu.resources.ledger import store as ledger_store
from chengshu.resources.lineage import store as lineage_store
from chengshu.resources.lineage.naming import column_key, splits


class Booking:
    """Keeps what the ledger says of grades the same as what grading and lineage say."""

    def __init__(self, database: Database, clock: Clock, ledger: Ledger) -> None:
        self._database, self._clock, self._ledger = database, clock, ledger

    def book(self, actor: Actor) -> Booked:
        """Bring every graded entry, and every one that lineage leads to, up to date: one transaction."""
        return self._database.write(lambda connection: self._book(connection, actor))

    def inherited(self, connection: Connection) -> dict[str, Inherited]:
        """The grade of every column that lineage brings one, with its way; {} where there is no lineage."""
        steps = lineage_store.all_steps(connection)
        if not steps:
            return {}
        own = queries.own_grades(connection)
        return propagate(own, steps, effect_on(self._clock.now().date()))

    def _book(self, connection: Connection, actor: Actor) -> Booked:
        graded = queries.summaries(connection)
        brought = {key: found.grade for key, found in self.inherited(connection).items() if found.path}
        entries = {
            id_: pair[0]
            for id_, pair in ledger_store.find_entries(connection, [*graded, *_tables(brought)]).items()
        }
        moved = []
        for id_, entry in sorted(entries.items()):
            after = with_grades(entry, graded.get(id_, {}), brought)
            if after != entry and entry.state != "retired":
                moved.append(after)
        return self._ledger.put_in(connection, moved, actor, why="graded")


def _tables(keys: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(table for key in keys for table, _ in splits(key)))


def with_grades(
    entry: Resource, graded: Mapping[str, tuple[str, Grade]], brought: Mapping[str, Grade]
) -> Resource:
    """The entry with the category and grade of each field, and the highest of all as its own.

    ``graded``: column → category and grade, "" for the table itself; ``brought``: what lineage brings, by the
    names of lineage. Fields that nobody graded and nothing reaches stay as they are.
    """
    found: list[Grade] = [graded[""][1]] if "" in graded else []
    fields: list[Field] = []
    for part in entry.fields:
        category, own = graded.get(part.name, (part.category, None))
        grades = [grade for grade in (own, brought.get(column_key(entry.id, part.name))) if grade]
        grade = Grade.highest(grades) if grades else None
        if grade:
            found.append(grade)
        fields.append(replace(part, category=category, grade=grade.value if grade else part.grade))
    whole = Grade.highest(found).value if found else entry.grade
    return replace(entry, fields=tuple(fields), grade=whole)
