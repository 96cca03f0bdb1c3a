"""The view of datasets: what there is of them, and labelling by hand."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from chengshu.app.view.grading_base import DataBase, grade_of
from chengshu.console import model as shown
from chengshu.console.model import datasets as page
from chengshu.kernel.clock import from_millis
from chengshu.kernel.texts import Text
from chengshu.resources.datasets import (
    Agreement,
    Begin,
    DatasetVersion,
    LabelPlan,
    LabelSet,
    LabelTask,
    Split,
)
from chengshu.resources.datasets.croissant import Table, croissant
from chengshu.resources.datasets.datasheet import form, wanting
from chengshu.resources.datasets.hand import Board
from chengshu.resources.datasets.showing import READINGS
from chengshu.resources.ledger import Resource

_SHOWN = 20


class DatasetDesk(DataBase):
    """What people see of datasets, and say of their units."""

    def datasets(self, person: shown.Person) -> Sequence[page.DatasetRow]:
        """Every dataset, by its newest version."""
        self.require(person, "view", "ledger")
        room = self.hub.datasets
        entries = self.hub.ledger_queries.many(room.queries.entries())
        return tuple(self._dataset_row(entries[id_]) for id_ in sorted(entries))

    def _dataset_row(self, entry: Resource) -> page.DatasetRow:
        room = self.hub.datasets
        version = room.queries.version(entry.id)
        tasks = [one for one in room.hand.tasks(entry.id) if not one.closed_at and not version.destroyed_at]
        names = {one.name for one in room.queries.label_sets(entry.id)} | {one.name for one in tasks}
        return page.DatasetRow(
            entry.id,
            entry.title,
            self._dataset_of(entry),
            version.number,
            from_millis(version.at),
            version.rows,
            version.size,
            version.licence or entry.licence,
            len(names),
            sum(len(room.hand.board(task).disputed) for task in tasks),
            len(wanting(version.datasheet)),
            version.destroyed_at > 0,
        )

    def dataset(self, person: shown.Person, entry: str, version: int) -> page.DatasetView:
        """One dataset at one of its versions."""
        self.require(person, "view", "ledger")
        resource, room = self.hub.ledger_queries.get(entry), self.hub.datasets
        versions = room.queries.versions(entry)
        found = room.queries.version(entry, version)
        tasks = room.hand.tasks(entry) if not versions[-1].destroyed_at else []
        places = {task.name: {unit: at for at, unit in enumerate(room.hand.units(task))} for task in tasks}
        lacking = {item.id for item in wanting(found.datasheet)}
        return page.DatasetView(
            entry,
            resource.title,
            self._dataset_of(resource),
            grade_of(resource.grade) if resource.grade else Text(),
            self._dataset_version(found),
            found == versions[-1],
            found.licence or resource.licence,
            found.digest,
            found.rows,
            found.size,
            tuple(
                page.FileRow(one.name, one.size, one.sha256, one.rows, tuple(name for name, _ in one.columns))
                for one in found.files
            ),
            tuple(self._dataset_version(one) for one in reversed(versions)),
            tuple(_split(one) for one in room.queries.splits(entry, found.number)),
            tuple(
                self._label_set(entry, one, places.get(one.name)) for one in room.queries.label_sets(entry)
            ),
            tuple(self._label_task(person, one) for one in tasks),
            tuple(
                page.SheetRow(
                    form().parts[item.part],
                    item.text,
                    Text.of(dict(found.datasheet.get(item.id, {}))),
                    item.id in lacking,
                )
                for item in form().questions
            ),
            _quality(found),
            tuple(
                page.ExportRow(from_millis(one.at), one.version, one.recipient, one.reader, one.rows)
                for one in reversed(room.queries.exports(entry))
            ),
            self._may_label(person, resource),
        )

    def croissant(self, person: shown.Person, entry: str, version: int) -> bytes:
        """What is in the version's files, for tools of machine learning."""
        self.require(person, "view", "ledger")
        resource = self.hub.ledger_queries.get(entry)
        found = self.hub.datasets.queries.version(entry, version)
        tables = [Table(one) for one in found.files if one.columns]
        described = croissant(resource, found, found.files, tables)
        return json.dumps(described, ensure_ascii=False, indent=2).encode()

    def labelling(
        self, person: shown.Person, entry: str, name: str, place: int, after: int, *, settle: bool
    ) -> page.LabellingView:
        """A unit; who may not label sees none of its rows."""
        resource, hand = self.hub.ledger_queries.get(entry), self.hub.datasets.hand
        task, may = hand.task(entry, name), self._may_label(person, resource)
        closed = task.closed_at > 0
        board = hand.board(task)
        waiting = len(board.disputed if settle else board.waits_for(person.id))
        turn = None
        if may.allowed and not closed:
            wanted = (place - 1 if place else None, after - 1 if after else None)
            turn = hand.turn(task, person.id, *wanted, settle=settle)
        return page.LabellingView(
            entry,
            resource.title,
            name,
            task.note,
            settle,
            task.values,
            tuple((column.name, column.treatment) for column in task.columns),
            turn.place + 1 if turn else 0,
            task.units,
            turn.rows if turn else (),
            turn.more if turn else 0,
            turn.mine if turn else "",
            tuple(sorted(Counter(turn.said).items())) if turn else (),
            _number(turn.following if turn else None),
            _number(turn.before if turn else None),
            waiting,
            may,
            closed,
        )

    def say_label(
        self, person: shown.Person, entry: str, name: str, place: int, value: str, *, settle: bool
    ) -> None:
        """A label, or the third person's word."""
        self._must_label(person, entry)
        by_hand, actor = self.hub.datasets.by_hand, self.account(person).actor
        (by_hand.settle if settle else by_hand.say)(entry, name, place - 1, value, actor)

    def begin_labelling(self, person: shown.Person, entry: str, given: page.BeginGiven) -> None:
        """Let the newest version be labelled; labellers see what analysts may."""
        self._must_label(person, entry)
        plan = LabelPlan(
            *(given.name, given.unit, given.scale, given.values),  # type: ignore[arg-type]  # checked there
            file=given.file,
            note=given.note,
        )
        actor = self.account(person).actor
        self.hub.datasets.by_hand.begin(entry, Begin(plan, given.columns), actor)

    def keep_labels(self, person: shown.Person, entry: str, name: str, note: str, *, end: bool) -> None:
        """Make a version of the labels, and end the labelling where that is wanted."""
        self._must_label(person, entry)
        by_hand, actor = self.hub.datasets.by_hand, self.account(person).actor
        task = self.hub.datasets.hand.task(entry, name)
        if not end or self.hub.datasets.hand.pending(task):
            by_hand.keep(entry, name, actor, note)
        if end:
            by_hand.close(entry, name, actor)

    def _may_label(self, person: shown.Person, entry: Resource) -> shown.Permission:
        return self.may(person, "label_data", "resource", entry.id, **self._label_scope(entry))

    def _must_label(self, person: shown.Person, entry: str) -> None:
        resource = self.hub.ledger_queries.get(entry)
        self.require(person, "label_data", "resource", entry, **self._label_scope(resource))

    def _label_scope(self, entry: Resource) -> dict[str, Any]:
        department = entry.provider or entry.owner
        known = department if department in self.city.departments else ""
        return {"department": known, "area": self.root}

    def _dataset_of(self, entry: Resource) -> Text:
        return self.department(entry.provider) if entry.provider else Text()

    def _dataset_version(self, one: DatasetVersion) -> page.VersionRow:
        return page.VersionRow(
            one.number, from_millis(one.at), self.who(one.actor), one.rows, one.note, one.destroyed_at > 0
        )

    def _label_set(self, entry: str, one: LabelSet, places: dict[str, int] | None) -> page.LabelsRow:
        queries = self.hub.datasets.queries
        undecided = sum(not item.value for item in queries.decided(entry, one.name))
        about = (one.name, one.number, from_millis(one.at), one.units, one.annotators, undecided)
        return _agreement(queries.agreement(entry, one.name), places, *about)

    def _label_task(self, person: shown.Person, task: LabelTask) -> page.TaskRow:
        hand = self.hub.datasets.hand
        board: Board = hand.board(task)
        places = {unit: at for at, unit in enumerate(hand.units(task))}
        counts = board.counts()
        found = _agreement(
            hand.agreement(task), places, task.name, 0, None, board.begun, len(counts), len(board.disputed)
        )
        part = board.part_of(person.id)
        return page.TaskRow(
            task.name,
            task.note,
            self.who(task.actor),
            from_millis(task.at),
            task.version,
            task.units,
            board.begun,
            board.whole,
            task.per_unit,
            len(board.disputed),
            hand.pending(task),
            0 if part == "third" else len(board.waits_for(person.id)),
            part,
            tuple((self.who(who), count) for who, count in counts.items()),
            found,
            task.closed_at > 0,
        )


def _agreement(
    found: Agreement,
    places: dict[str, int] | None,
    name: str,
    number: int,
    at: datetime | None,
    units: int,
    annotators: int,
    undecided: int,
) -> page.LabelsRow:
    """Units go by their place, since the name of a unit may be a person's; 0 where nobody knows it."""
    differing = tuple(
        ((places or {}).get(one.unit, -1) + 1, tuple(sorted(one.said.values())))
        for one in found.disagreements[:_SHOWN]
    )
    return page.LabelsRow(
        *(name, number, at, units, annotators, found.scale, found.share, found.kappa, found.alpha),
        *(found.interval, found.reading, READINGS[found.reading], undecided, differing),
        max(0, len(found.disagreements) - _SHOWN),
    )


def _split(one: Split) -> page.SplitRow:
    parts = tuple(
        (name, share, one.got(name), one.rows[at], one.groups[at])
        for at, (name, share) in enumerate(one.shares)
    )
    return page.SplitRow(one.name, one.by, parts, one.twins)


def _quality(version: DatasetVersion) -> tuple[tuple[Text, float], ...]:
    if version.quality is None:
        return ()
    scores = version.quality.scores.items()
    return (
        (form().overall, version.quality.score),
        *((form().dimensions[name], one) for name, one in scores),
    )


def _number(place: int | None) -> int:
    """A place as people count: from 1; 0 where there is none."""
    return 0 if place is None else place + 1
