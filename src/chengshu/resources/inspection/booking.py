"""Grades and categories into the ledger's entries: as graded, or higher where lineage brings more."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from msgspec.structs import replace
from sqlalchemy import Connection

from chengshu.foundation.journal import Actor
from chengshu.kernel.clock import Clock
from chengshu.ports.database import Database
from chengshu.resources.grading import Grade, queries
from chengshu.resources.grading.lineage import Step, effect_on, propagate
from chengshu.resources.ledger import Field, Ledger, Resource
from chengshu.resources.ledger import store as ledger_store
from chengshu.resources.lineage import store as lineage_store
from chengshu.resources.lineage.naming import column_key, splits

_BITE = 200  # entries of one transaction


class Booking:
    """Keeps what the ledger says of grades the same as what grading and lineage say."""

    def __init__(self, database: Database, clock: Clock, ledger: Ledger) -> None:
        self._database, self._clock, self._ledger = database, clock, ledger

    def book(self, actor: Actor, only: str = "") -> None:
        """Bring every graded entry, and every one that lineage leads to, up to date.

        ``only``: after a word about this entry, it and what lineage connects are enough. What is to change is
        found without holding the writers up, then written some entries at a time, each looked at again.
        """
        with self._database.read() as connection:
            wanted = [entry.id for entry in self._moved(connection, [only] if only else None)]
        for start in range(0, len(wanted), _BITE):
            self._write(wanted[start : start + _BITE], actor)

    def _write(self, ids: Sequence[str], actor: Actor) -> None:
        def work(connection: Connection) -> None:
            moved = [entry for entry in self._moved(connection, ids) if entry.id in set(ids)]
            self._ledger.put_in(connection, moved, actor, why="graded")

        self._database.write(work)

    def _moved(self, connection: Connection, ids: Sequence[str] | None) -> list[Resource]:
        """Entries as they should be, where they are not: of ``ids`` and what is linked, or of all."""
        steps = lineage_store.all_steps(connection)
        linked = {key for step in steps for key in (step.source, step.target)}
        graded = queries.summaries(connection, None if ids is None else [*ids, *_tables(linked)])
        own = {
            key: grade
            for id_, columns in graded.items()
            for column, (_, grade) in columns.items()
            if (key := column_key(id_, column)) in linked
        }
        found = propagate(own, steps, effect_on(self._clock.now().date())) if steps else {}
        brought = {key: found[key].grade for key in _reached(own, steps)}
        entries = ledger_store.find_entries(connection, [*graded, *_tables(brought)])
        moved = []
        for id_, (entry, _) in sorted(entries.items()):
            after = with_grades(entry, graded.get(id_, {}), brought)
            if after != entry and entry.state != "retired":
                moved.append(after)
        return moved


def _reached(own: Iterable[str], steps: Iterable[Step]) -> set[str]:
    """The columns that come, however far, from one that was graded: their grade may rise, and fall again."""
    onward: dict[str, list[str]] = {}
    for step in steps:
        onward.setdefault(step.source, []).append(step.target)
    edge, found = list(own), set[str]()
    while edge:
        for target in onward.get(edge.pop(), ()):
            if target not in found:
                found.add(target)
                edge.append(target)
    return found


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
