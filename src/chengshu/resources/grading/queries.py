"""Readers: grades of a resource, the steward's queue, and what has been learned."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

from sqlalchemy import Connection

from chengshu.kernel.errors import Missing
from chengshu.resources.grading import store
from chengshu.resources.grading.classify import said_key
from chengshu.resources.grading.folding import name_key
from chengshu.resources.grading.model import Grade
from chengshu.resources.grading.store import QueueItem, Result, Saying


def results_of(connection: Connection, resource: str) -> list[Result]:
    """The latest grades of a resource: the table itself (column ""), then its columns. Raises Missing."""
    found = store.find_results(connection, resource)
    if not found:
        raise Missing(
            "not-graded", f"{resource!r} has not been graded", where=resource, remedy="grade it first"
        )
    return found


def own_grades(connection: Connection) -> dict[str, Grade]:
    """The grade of every graded column under ``resource.column``: what lineage starts from."""
    return {
        f"{resource}.{column}": Grade(grade) for resource, column, grade in store.column_grades(connection)
    }


def summaries(
    connection: Connection, resources: Sequence[str] | None = None
) -> dict[str, dict[str, tuple[str, Grade]]]:
    """Category and grade of every graded column by resource; column "" is the table itself.

    ``resources``: of these alone.
    """
    found: dict[str, dict[str, tuple[str, Grade]]] = {}
    for resource, column, category, grade in store.summaries(connection, resources):
        found.setdefault(resource, {})[column] = (category, Grade(grade))
    return found


def summaries_of(connection: Connection, resource: str) -> dict[str, tuple[str, Grade]]:
    """Category and grade of every graded column of one resource; {} where it has not been graded."""
    found = store.find_results(connection, resource)
    return {row.column: (row.category, Grade(row.grade)) for row in found}


def taught_about(connection: Connection, resource: str, columns: Iterable[str]) -> str:
    """A digest of all that stewards have taught and that matters for these columns of a resource.

    Where it differs from the one at the last grading, another grading may find something else.
    """
    names = {name_key(column) for column in columns}
    own = {said_key(column) for column in columns}
    learned = {name: what for name, what in learned_names(connection).items() if name in names}
    said = {
        key: what
        for key, what in said_for(connection, resource).items()
        if key in own or key.rsplit("|", 2)[0] in names
    }
    told = repr((sorted(learned.items()), sorted(said.items())))
    return hashlib.sha256(told.encode()).hexdigest()


def queue(connection: Connection, *, state: str = "open", limit: int = 500) -> list[QueueItem]:
    """The steward's queue, the least sure first; or what was settled or dropped."""
    return store.items(connection, state, limit=limit)


def queue_item(connection: Connection, item: str) -> QueueItem:
    """One item. Raises Missing."""
    found = store.find_item(connection, item)
    if found is None:
        raise Missing("queue-item", f"there is no item {item!r} in the queue", where=item)
    return found


def said_for(connection: Connection, resource: str) -> dict[str, str]:
    """Categories by fingerprint that hold for a resource: its own, also by column, and those all others
    agree on.
    """
    said = store.all_sayings(connection)
    mine = [one for one in said if one.resource == resource]
    own = {one.fingerprint: one.category for one in mine}
    own |= {said_key(one.column): one.category for one in mine}
    return _agreed((one.fingerprint, one.category) for one in said) | own


def learned_names(connection: Connection) -> dict[str, str]:
    """Meanings of column names that stewards have taught without contradicting each other."""
    return _agreed((one.name, one.category) for one in store.all_sayings(connection))


def sayings(connection: Connection) -> list[Saying]:
    """Everything stewards have said, oldest first."""
    return store.all_sayings(connection)


def _agreed(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    meanings: dict[str, set[str]] = {}
    for key, category in pairs:
        meanings.setdefault(key, set()).add(category)
    return {key: next(iter(found)) for key, found in meanings.items() if len(found) == 1}
