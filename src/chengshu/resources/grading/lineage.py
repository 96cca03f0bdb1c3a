"""Grades along column lineage: what is read hands its grade on, unless a step breaks it with evidence.

Pure: columns, steps and grades in, grades with their paths out. A step never raises a grade, so one pass from
the highest grade down settles every column, cycles or not, and every path is free of cycles.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from chengshu.kernel.errors import Invalid
from chengshu.kernel.reasons import Reason
from chengshu.kernel.texts import Text
from chengshu.resources.grading.model import Grade, Graded
from chengshu.resources.grading.rulebook import rulings

TRANSFORMS = (
    "copy", "join", "compute", "condition", "mask", "generalise", "tokenise", "aggregate", "anonymise",
    "differential privacy",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Step:
    """Data of column ``source`` reach column ``target`` by ``transform`` (one of TRANSFORMS).

    ``smallest_group`` is the evidence of a breaker: no group of persons is smaller. ``decided`` says that a
    person has decided and recorded that the grade may fall, which important and core data need.
    """

    source: str
    target: str
    transform: str = "copy"
    smallest_group: int = 0
    decided: bool = False


Effect = Callable[[Step, Grade], tuple[Grade, Reason]]
"""What a step makes of a grade: never a higher one."""


@dataclass(frozen=True, slots=True)
class Inherited:
    """The grade of a column, the steps by which it came (none: its own) and a reason for each of them."""

    column: str
    grade: Grade
    path: tuple[Step, ...]
    reasons: tuple[Reason, ...]


def effect_on(day: date) -> Effect:
    """The effect of steps by the tables of a day. Raises Invalid for an unknown transform."""
    known: dict[tuple[str, int, bool, Grade], tuple[Grade, Reason]] = {}

    def effect(step: Step, grade: Grade) -> tuple[Grade, Reason]:
        key = (step.transform, step.smallest_group, step.decided, grade)
        if key not in known:
            known[key] = _effect(step, grade, day)
        return known[key]

    return effect


def _effect(step: Step, grade: Grade, day: date) -> tuple[Grade, Reason]:
    if step.transform not in TRANSFORMS:
        raise Invalid(
            "transform-unknown",
            f"«{step.transform}» is no step of lineage",
            where=f"{step.source} → {step.target}",
            remedy=f"use one of: {', '.join(TRANSFORMS)}",
        )
    given = {
        "transform": step.transform,
        "smallest group": step.smallest_group,
        "decided": step.decided,
        "rank": grade.rank,
    }
    ruling = rulings(day, "derived effect", given)[0]
    rank = min(grade.rank - int(ruling.value["lower"]), int(ruling.value["cap"]))
    return Grade.of_rank(rank), ruling.reason


def propagate(own: Mapping[str, Grade], steps: Iterable[Step], effect: Effect) -> dict[str, Inherited]:
    """The grade of every column that is graded itself or reached by a step: the highest that comes to it.

    Among paths of equal grade the one with fewer steps is told, then the first by name. Raises Invalid for a
    step whose effect would raise a grade.
    """
    onward: dict[str, list[Step]] = {}
    columns = set(own)
    for step in sorted(steps, key=_order):
        onward.setdefault(step.source, []).append(step)
        columns |= {step.source, step.target}
    settled: dict[str, Inherited] = {}
    waiting: list[tuple[int, int, str, tuple[tuple[object, ...], ...], Inherited]] = []
    for column in sorted(columns):
        _offer(waiting, Inherited(column, own.get(column, Grade.GENERAL_1), (), ()))
    while waiting:
        found = heapq.heappop(waiting)[-1]
        if found.column in settled:
            continue
        settled[found.column] = found
        for step in onward.get(found.column, ()):
            if step.target in settled:
                continue
            grade, reason = effect(step, found.grade)
            if grade.rank > found.grade.rank:
                raise Invalid(
                    "effect-raises", "a step cannot raise a grade", where=f"{step.source} → {step.target}"
                )
            _offer(waiting, Inherited(step.target, grade, (*found.path, step), (*found.reasons, reason)))
    return settled


def _offer(
    waiting: list[tuple[int, int, str, tuple[tuple[object, ...], ...], Inherited]], found: Inherited
) -> None:
    key = tuple(_order(step) for step in found.path)
    heapq.heappush(waiting, (-found.grade.rank, len(found.path), found.column, key, found))


def _order(step: Step) -> tuple[object, ...]:
    return step.source, step.target, step.transform, step.smallest_group, step.decided


def as_graded(found: Inherited) -> Graded:
    """An inherited grade as any other, with the path as its first reason."""
    if not found.path:
        return Graded(found.column, found.grade, (Reason("lineage.own", _OWN),))
    way = " → ".join([found.path[0].source, *(step.target for step in found.path)])
    kinds = ", ".join(step.transform for step in found.path)
    reason = Reason("lineage.path", _PATH.fill(way=way, kinds=kinds), {"path": way, "transforms": kinds})
    return Graded(found.column, found.grade, (reason, *found.reasons))


_OWN = Text("its own grade; nothing higher comes to it", "自身级别，无更高来源", "自身級別，無更高來源")
_PATH = Text("comes by {way} ({kinds})", "沿 {way} 传入（{kinds}）", "沿 {way} 傳入（{kinds}）")
