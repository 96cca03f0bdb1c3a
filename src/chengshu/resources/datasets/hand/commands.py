"""The only writers of labelling by hand: begin, say, settle, keep as a version, end.

The journal says who judged the unit at which place, not what its name is: units may be persons.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from msgspec.structs import replace
from sqlalchemy import Connection

from chengshu.foundation.journal import Act, Actor, record
from chengshu.kernel.clock import Clock, millis
from chengshu.kernel.errors import Conflict, Denied, Invalid
from chengshu.ports.database import Database
from chengshu.resources.datasets import store as dataset_store
from chengshu.resources.datasets import tables
from chengshu.resources.datasets.commands import Datasets, LabelPlan, check_plan
from chengshu.resources.datasets.hand import store
from chengshu.resources.datasets.hand.model import LabelTask, Mark, Seen
from chengshu.resources.datasets.hand.queries import HandQueries
from chengshu.resources.datasets.hand.turns import Board
from chengshu.resources.datasets.model import DatasetVersion, Judgement, LabelSet, StoredFile
from chengshu.resources.datasets.queries import DatasetQueries, table_of
from chengshu.resources.datasets.treating import plan_for, report_of
from chengshu.resources.datasets.vault import Vault
from chengshu.resources.grading.sampling import opened_table
from chengshu.resources.ledger import LedgerQueries

_LOOKED_AT = frozenset(["show", "mask", "generalise"])  # a token says nothing to who labels
MOST_VALUES = 30
PER_UNIT = 2
_Check = Callable[[Board, LabelTask, str], None]


@dataclass(frozen=True, slots=True)
class Begin:
    """What is to be labelled by hand: ``columns`` those labellers see (none: all they may), as ``reader``."""

    plan: LabelPlan
    columns: tuple[str, ...] = ()
    reader: str = "analyst"
    per_unit: int = PER_UNIT


class ByHand:
    """Labels said one at a time. One object per hub."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        entries: LedgerQueries,
        datasets: Datasets,
        queries: DatasetQueries,
        hand: HandQueries,
        vault: Vault,
    ) -> None:
        self._database, self._clock, self._entries = database, clock, entries
        self._datasets, self._queries, self._hand, self._vault = datasets, queries, hand, vault

    def begin(self, entry: str, wanted: Begin, actor: Actor) -> LabelTask:
        """Let the newest version's table be labelled. Labels of the name that are there are gone on with.

        Raises :class:`Missing`, :class:`Conflict` for a task that runs or labels of another kind, and
        :class:`Invalid` for columns that labellers may not see and plans that cannot be.
        """
        plan = wanted.plan
        _check(plan, wanted.per_unit)
        resource, version = self._entries.get(entry), self._queries.version(entry)
        table = _there(version, table_of(version, plan.file))
        now = self._clock.now()
        with opened_table(self._vault.named(table.sha256, Path(table.name).suffix.lower())) as db:
            tables.must_have(db, plan.unit)
            for column in wanted.columns:
                tables.must_have(db, column)
            report = report_of(self._database, entry, db, now.date())
        seen = [
            Seen(column.name, column.category, column.treatment.kind)
            for column in plan_for(resource, report, wanted.reader, now.date()).columns
        ]
        columns = _looked_at(seen, wanted.columns, wanted.reader)
        task = LabelTask(
            *(entry, plan.name, version.number, table.name, table.sha256, plan.unit, plan.scale, plan.values),
            *(columns, 0, wanted.per_unit, millis(now), actor.id, plan.note),
        )
        task = replace(task, units=len(self._hand.units(task)))

        def work(connection: Connection) -> LabelTask:
            known = {one.name: one for one in store.tasks_of(connection, entry)}.get(plan.name)
            if known is not None and not known.closed_at:
                raise Conflict("task-running", f"{plan.name} is being labelled already", where=entry)
            _must_go_on(dataset_store.labels_of(connection, entry, plan.name), plan, entry)
            store.put_task(connection, task)
            body = {"labels": plan.name, "version": task.version, "units": task.units, "note": plan.note}
            told = body | {"columns": [[one.name, one.treatment] for one in columns]}
            record(connection, Act(actor, "dataset.labelling_begun", entry, now, told))
            return task

        return self._database.write(work)

    def say(self, entry: str, name: str, place: int, value: str, actor: Actor) -> Mark:
        """What the person says of the unit at a place; saying it again changes it until it is kept.

        Raises :class:`Denied` for who settles in this set, :class:`Conflict` where enough have judged it.
        """

        def check(board: Board, task: LabelTask, unit: str) -> None:
            if board.part_of(actor.id) == "third":
                raise Denied(
                    "label-third",
                    "who settles what others differ on does not label in the same set",
                    where=name,
                )
            given = board.labelled(unit)
            if actor.id not in given and len(given) >= task.per_unit:
                raise Conflict(
                    "unit-full",
                    "this unit was judged by enough people meanwhile",
                    remedy="go on with the next",
                )

        return self._mark(entry, name, place, value, actor, check, "dataset.judged", final=False)

    def settle(self, entry: str, name: str, place: int, value: str, actor: Actor) -> Mark:
        """The word of a third person on a unit on which labellers differ; it is final.

        Raises :class:`Denied` for who labels in this set, :class:`Conflict` for a unit that is not disputed.
        """

        def check(board: Board, task: LabelTask, unit: str) -> None:
            if board.part_of(actor.id) == "labeller":
                raise Denied(
                    "label-own",
                    "who labelled in this set does not settle it: a third person does",
                    where=name,
                )
            others = set(board.settled(unit)) - {actor.id}
            if place not in board.differing or others:
                raise Conflict("unit-settled", "nobody differs on this unit any more", remedy="take the next")

        return self._mark(entry, name, place, value, actor, check, "dataset.settled", final=True)

    def keep(self, entry: str, name: str, actor: Actor, note: str = "") -> LabelSet:
        """Make a version of the labels of what was said by hand. Raises :class:`Conflict` for nothing."""
        task = self._hand.task(entry, name)
        with self._database.read() as connection:
            new = store.marks_of(connection, entry, name)
            earlier = dataset_store.labels_of(connection, entry, name)
        if not new:
            raise Conflict("marks-none", "nothing was said since the last version", where=name)
        thirds = {one.annotator for one in new if one.final} | set(
            earlier[-1].adjudicators if earlier else ()
        )
        plan = LabelPlan(
            *(name, task.unit, task.scale, task.values, tuple(sorted(thirds)), task.file, note or task.note)
        )
        judgements = [Judgement(one.unit, one.annotator, one.value) for one in new]
        return self._datasets.keep_judgements(
            *(entry, plan, judgements, actor),
            also=lambda connection: store.drop_marks(connection, entry, name, new),
        )

    def close(self, entry: str, name: str, actor: Actor) -> LabelTask:
        """Nobody labels it by hand any more. Raises :class:`Conflict` while something is not kept."""
        self._hand.task(entry, name)

        def work(connection: Connection) -> LabelTask:
            if store.marks_of(connection, entry, name):
                raise Conflict(
                    "marks-left", "what was said is not kept yet", where=name, remedy="keep it first"
                )
            task = next(one for one in store.tasks_of(connection, entry) if one.name == name)
            now = self._clock.now()
            closed = replace(task, closed_at=millis(now))
            store.put_task(connection, closed)
            record(connection, Act(actor, "dataset.labelling_ended", entry, now, {"labels": name}))
            return closed

        return self._database.write(work)

    def _mark(
        self,
        entry: str,
        name: str,
        place: int,
        value: str,
        actor: Actor,
        check: _Check,
        what: str,
        *,
        final: bool,
    ) -> Mark:
        task = self._hand.task(entry, name)
        units = self._hand.units(task)
        if task.closed_at:
            raise Conflict("task-closed", f"{name} is not labelled any more", where=entry)
        if not 0 <= place < len(units):
            raise Invalid("unit-place", f"there is no unit {place + 1}", where=name, remedy="take the next")
        if value not in task.values:
            raise Invalid(
                "label-value", f"{value!r} is no label", where=name, remedy=f"use {', '.join(task.values)}"
            )

        def work(connection: Connection) -> Mark:
            check(self._hand.board_in(connection, task), task, units[place])
            now = self._clock.now()
            mark = Mark(units[place], actor.id, value, millis(now), final)
            store.put_mark(connection, entry, name, mark)
            body = {"labels": name, "version": task.version, "place": place + 1}
            record(connection, Act(actor, what, entry, now, body))
            return mark

        return self._database.write(work)


def _check(plan: LabelPlan, per_unit: int) -> None:
    check_plan(plan)
    if not 2 <= len(set(plan.values)) <= MOST_VALUES or len(set(plan.values)) != len(plan.values):
        raise Invalid(
            "label-values",
            f"by hand one chooses of 2 to {MOST_VALUES} different labels",
            where="values",
            remedy="name them, each once",
        )
    if not 1 <= per_unit <= 9:
        raise Invalid("label-people", "each unit is judged by 1 to 9 people", where="per_unit", remedy="two")


def _there(version: DatasetVersion, table: StoredFile) -> StoredFile:
    if version.destroyed_at:
        raise Conflict("dataset-destroyed", f"version {version.number} was destroyed", where=version.entry)
    return table


def _looked_at(seen: Sequence[Seen], wanted: Sequence[str], reader: str) -> tuple[Seen, ...]:
    """The columns as labellers see them. Raises :class:`Invalid` for one that they may not see."""
    if refused := [one for one in seen if one.name in wanted and one.treatment not in _LOOKED_AT]:
        raise Invalid(
            "label-unseen",
            f"a {reader} may not see the column {refused[0].name!r}",
            where=refused[0].name,
            remedy="leave it out, or let others label",
        )
    found = tuple(one for one in seen if one.treatment in _LOOKED_AT and (not wanted or one.name in wanted))
    if not found:
        raise Invalid("label-blind", f"a {reader} may see no column", remedy="let others label")
    return found


def _must_go_on(earlier: Sequence[LabelSet], plan: LabelPlan, entry: str) -> None:
    """Labels that are there are gone on with by the same rules, or not at all."""
    if earlier and (earlier[-1].unit, earlier[-1].scale, earlier[-1].values) != (
        *(plan.unit, plan.scale, plan.values),
    ):
        raise Conflict(
            "labels-other",
            f"there are labels {plan.name!r} of another unit, scale or values",
            where=entry,
            remedy="give these another name",
        )
