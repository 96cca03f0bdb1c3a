"""Readers of labelling by hand: tasks, the board, and the one unit somebody looks at, treated for them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection

from chengshu.kernel.errors import Missing
from chengshu.ports.database import Database
from chengshu.resources.datasets import store as dataset_store
from chengshu.resources.datasets import tables
from chengshu.resources.datasets.agreement import Agreement, agreement
from chengshu.resources.datasets.hand import store
from chengshu.resources.datasets.hand.model import LabelTask, Seen
from chengshu.resources.datasets.hand.turns import Board, board, following
from chengshu.resources.datasets.labelling import merged
from chengshu.resources.datasets.model import Judgement
from chengshu.resources.datasets.queries import DatasetQueries
from chengshu.resources.datasets.vault import Vault
from chengshu.resources.grading.generalising import generalise
from chengshu.resources.grading.masking import mask

T = TypeVar("T")
_ROWS = 5  # of a unit, shown at once
_KEPT = 64  # answers about files, which never change


@dataclass(frozen=True, slots=True)
class Turn:
    """A unit before somebody: its place among the units, its rows as they may be seen.

    ``mine``: what the person said of it before; ``said``: what the labellers say, for who settles;
    ``following`` and ``before``: the places to skip to and to go back to.
    """

    place: int
    rows: tuple[tuple[str, ...], ...]
    more: int
    mine: str
    said: tuple[str, ...]
    following: int | None
    before: int | None


class HandQueries:
    """What there is of labelling by hand. Keeps a few answers about files in memory."""

    def __init__(self, database: Database, vault: Vault, datasets: DatasetQueries) -> None:
        self._database, self._vault, self._datasets = database, vault, datasets
        self._memory: OrderedDict[Hashable, Any] = OrderedDict()

    def tasks(self, entry: str) -> list[LabelTask]:
        """The tasks of an entry, by name."""
        with self._database.read() as connection:
            return store.tasks_of(connection, entry)

    def task(self, entry: str, name: str) -> LabelTask:
        """One of them. Raises :class:`Missing`."""
        found = next((item for item in self.tasks(entry) if item.name == name), None)
        if found is None:
            raise Missing(
                "task-missing",
                f"nobody labels {name!r} by hand here",
                where=entry,
                remedy="begin it on the dataset's page",
            )
        return found

    def units(self, task: LabelTask) -> tuple[str, ...]:
        """The units in their order: a unit is named by its place, since its name may be a person's."""
        return self._once(
            (task.sha256, task.unit),
            lambda: tuple(sorted(tables.values_of(self.table(task), task.unit))),
        )

    def table(self, task: LabelTask) -> Path:
        """The table's file. Raises :class:`Missing` when it was destroyed."""
        return self._vault.named(task.sha256, Path(task.file).suffix.lower())

    def board(self, task: LabelTask) -> Board:
        """What was said so far: in the newest version of the labels, and by hand since."""
        with self._database.read() as connection:
            return self.board_in(connection, task)

    def board_in(self, connection: Connection, task: LabelTask) -> Board:
        """As :meth:`board`, within a transaction."""
        judgements, thirds = self._said(connection, task)
        return board(self.units(task), judgements, thirds, task.per_unit)

    def pending(self, task: LabelTask) -> int:
        """How much was said that is in no version of the labels yet."""
        with self._database.read() as connection:
            return len(store.marks_of(connection, task.entry, task.name))

    def agreement(self, task: LabelTask) -> Agreement:
        """How far the labellers agree so far; who settles is no party to it."""
        with self._database.read() as connection:
            judgements, thirds = self._said(connection, task)
        return agreement([one for one in judgements if one.annotator not in thirds], task.scale, task.values)

    def _said(self, connection: Connection, task: LabelTask) -> tuple[tuple[Judgement, ...], set[str]]:
        kept = dataset_store.labels_of(connection, task.entry, task.name)
        new = store.marks_of(connection, task.entry, task.name)
        thirds = {one.annotator for one in new if one.final}
        said: tuple[Judgement, ...] = ()
        if kept:
            thirds |= set(kept[-1].adjudicators)
            said = self._once(kept[-1].sha256, lambda: self._datasets.judgements(kept[-1]))
        return merged(said, [Judgement(one.unit, one.annotator, one.value) for one in new]), thirds

    def turn(
        self, task: LabelTask, person: str, place: int | None, after: int | None, *, settle: bool
    ) -> Turn | None:
        """The unit at a place, else the next one that waits for the person after ``after``; None: none does.

        A labeller does not learn what others say. Raises :class:`Missing` for a place that is not there.
        """
        units, found = self.units(task), self.board(task)
        if place is not None and not 0 <= place < len(units):
            raise Missing("unit-missing", f"there is no unit {place + 1}", where=task.entry)
        waiting = found.disputed if settle else found.waits_for(person)
        at = place if place is not None else following(waiting, after)
        if at is None:
            return None
        rows, more = self._rows(task, units[at])
        given = found.settled(units[at]) if settle else found.labelled(units[at])
        labels = tuple(sorted(found.labelled(units[at]).values())) if settle else ()
        skipped = following([one for one in waiting if one != at], at)
        return Turn(at, rows, more, given.get(person, ""), labels, skipped, self._before(task, person, at))

    def _before(self, task: LabelTask, person: str, at: int) -> int | None:
        """The unit the person marked last before this one: the way back."""
        with self._database.read() as connection:
            own = [
                one for one in store.marks_of(connection, task.entry, task.name) if one.annotator == person
            ]
        places = {unit: place for place, unit in enumerate(self.units(task))}
        own.sort(key=lambda one: (one.at, places[one.unit]))
        here = next((n for n, one in enumerate(own) if places[one.unit] == at), len(own))
        return places[own[here - 1].unit] if here > 0 else None

    def _rows(self, task: LabelTask, unit: str) -> tuple[tuple[tuple[str, ...], ...], int]:
        names = [column.name for column in task.columns]
        rows, more = tables.rows_where(self.table(task), task.unit, unit, names, _ROWS)
        return tuple(
            tuple(_seen(value, column) for value, column in zip(row, task.columns, strict=True))
            for row in rows
        ), more

    def _once(self, key: Hashable, work: Callable[[], T]) -> T:
        if key not in self._memory:
            self._memory[key] = work()
            while len(self._memory) > _KEPT:
                self._memory.popitem(last=False)
        found: T = self._memory[key]
        return found


def _seen(value: str | None, column: Seen) -> str:
    """A value as labellers see it; "" where there is none."""
    if value is None or column.treatment == "show":
        return value or ""
    return (
        generalise(value, column.category)
        if column.treatment == "generalise"
        else mask(value, column.category)
    )
