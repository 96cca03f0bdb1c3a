"""What two versions of a decision table have that the other has not: cells, rules, columns, hit policy."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher

from chengshu.rules.dmn.model import Rule, Table


@dataclass(frozen=True, slots=True)
class Difference:
    """One place: kind is cell, added, removed, moved, column or policy.

    ``rule`` and ``before_rule`` are numbers in the new and the old table (0: not there); ``part`` and
    ``column`` say which cell; ``before`` and ``after`` are the texts.
    """

    kind: str
    rule: int = 0
    before_rule: int = 0
    part: str = ""
    column: int = 0
    before: str = ""
    after: str = ""


def differences(old: Table, new: Table) -> list[Difference]:
    """Everything that differs, column by column and rule by rule."""
    found = list(_heads(old, new))
    if len(old.inputs) != len(new.inputs) or len(old.outputs) != len(new.outputs):
        return found  # cells stand in other columns; what each rule means is told by the outcomes
    pairs = _pairs(old, new)
    before_of = {after: before for before, after in pairs}
    in_order = [before_of[at] for at in sorted(before_of)]
    settled = _longest_rise(in_order)
    for at, rule in enumerate(new.rules):
        before = before_of.get(at)
        if before is None:
            found.append(Difference("added", at + 1, after=said(rule)))
            continue
        if before not in settled:
            found.append(Difference("moved", at + 1, before + 1))
        found += _cells(old.rules[before], rule, before + 1, at + 1)
    gone = set(range(len(old.rules))) - set(before_of.values())
    found += [Difference("removed", 0, at + 1, before=said(old.rules[at])) for at in sorted(gone)]
    return found


def said(rule: Rule) -> str:
    """A rule on one line."""
    return f"{' | '.join(rule.inputs)} → {' | '.join(rule.outputs)}"


def _heads(old: Table, new: Table) -> Iterator[Difference]:
    before, after = (f"{t.hit_policy} {t.aggregation}".strip() for t in (old, new))
    if before != after:
        yield Difference("policy", before=before, after=after)
    for part, left, right in (
        ("input", [c.expression for c in old.inputs], [c.expression for c in new.inputs]),
        ("output", [c.name for c in old.outputs], [c.name for c in new.outputs]),
    ):
        for at in range(max(len(left), len(right))):
            one = left[at] if at < len(left) else ""
            other = right[at] if at < len(right) else ""
            if one != other:
                yield Difference("column", part=part, column=at + 1, before=one, after=other)


def _pairs(old: Table, new: Table) -> list[tuple[int, int]]:
    """Rules that are the same one: by id, else by what they say, else by their place between equal ones."""
    ids = {rule.id: at for at, rule in enumerate(old.rules) if rule.id}
    pairs = [(ids[rule.id], at) for at, rule in enumerate(new.rules) if rule.id in ids]
    left = [at for at in range(len(old.rules)) if at not in {one for one, _ in pairs}]
    right = [at for at in range(len(new.rules)) if at not in {other for _, other in pairs}]
    unnamed = [at for at in right if not new.rules[at].id], [at for at in left if not old.rules[at].id]
    texts = [said(old.rules[at]) for at in unnamed[1]], [said(new.rules[at]) for at in unnamed[0]]
    for tag, a, b, c, d in SequenceMatcher(None, *texts, autojunk=False).get_opcodes():
        if tag == "equal" or (tag == "replace" and b - a == d - c):
            pairs += [(unnamed[1][a + step], unnamed[0][c + step]) for step in range(b - a)]
    return pairs


def _longest_rise(numbers: list[int]) -> set[int]:
    """The members of a longest increasing run: the rules that need not be called moved."""
    best: list[list[int]] = []
    for number in numbers:
        before = sorted((run for run in best if run[-1] < number), key=len)
        best.append([*(before[-1] if before else []), number])
    return set(sorted(best, key=len)[-1]) if best else set()


def _cells(old: Rule, new: Rule, before: int, after: int) -> Iterator[Difference]:
    for part, left, right in (
        ("input", old.inputs, new.inputs),
        ("output", old.outputs, new.outputs),
        ("annotation", old.annotations, new.annotations),
    ):
        for at in range(max(len(left), len(right))):
            one = left[at] if at < len(left) else ""
            other = right[at] if at < len(right) else ""
            if one != other:
                yield Difference("cell", after, before, part, at + 1, one, other)
